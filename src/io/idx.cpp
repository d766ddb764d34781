// IDX: two zero bytes, the type, the number of dimensions, each dimension in 32 bits, the numbers; big-endian.
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include <smolgrad/data.hpp>

#include "file.hpp"
#include "message.hpp"
#include "shape.hpp"

namespace smolgrad {

namespace {

/// Big-endian bytes as numbers of type Source, which has the same size as Bits.
template <class Source, class Bits, class T>
void convert(const unsigned char* bytes, T* values, std::size_t count) {
  static_assert(sizeof(Source) == sizeof(Bits));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t bits = 0;
    for (std::size_t byte = 0; byte < sizeof(Bits); ++byte) bits = bits << 8 | *bytes++;
    const Bits narrow = static_cast<Bits>(bits);
    Source number;
    std::memcpy(&number, &narrow, sizeof number);
    values[i] = static_cast<T>(number);
  }
}

/// Bytes that a number takes; 0 if there is no such type.
std::size_t size_of(unsigned char type) {
  constexpr std::string_view sizes("\1\1\0\2\4\4\10", 7);
  return type < 0x08 || type > 0x0E ? 0 : static_cast<std::size_t>(sizes[type - 0x08u]);
}

template <class T>
void convert(unsigned char type, const unsigned char* bytes, T* values, std::size_t count) {
  switch (type) {
    case 0x08:
      return convert<std::uint8_t, std::uint8_t>(bytes, values, count);
    case 0x09:
      return convert<std::int8_t, std::uint8_t>(bytes, values, count);
    case 0x0B:
      return convert<std::int16_t, std::uint16_t>(bytes, values, count);
    case 0x0C:
      return convert<std::int32_t, std::uint32_t>(bytes, values, count);
    case 0x0D:
      return convert<float, std::uint32_t>(bytes, values, count);
    default:
      return convert<double, std::uint64_t>(bytes, values, count);
  }
}

struct Content {
  std::vector<std::size_t> shape;
  std::size_t count;
  const unsigned char* numbers;
  unsigned char type;
};

Content read_header(const unsigned char* bytes, std::size_t size, const std::string& name) {
  if (bytes == nullptr && size > 0) io::throw_invalid_argument({"parse_idx: no data"});
  if (size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
    io::throw_format({name, ": packed with gzip; it must be unpacked first"});
  if (size < 4) io::throw_format({name, ": ", size, " bytes are too few for an IDX header"});
  if (bytes[0] != 0 || bytes[1] != 0) io::throw_format({name, ": not an IDX file, which begins with two zero bytes"});
  const std::size_t number_size = size_of(bytes[2]);
  if (number_size == 0) io::throw_format({name, ": ", std::size_t{bytes[2]}, " is no type of numbers"});
  const std::size_t dimensions = bytes[3];
  if (dimensions == 0) io::throw_format({name, ": no dimensions"});
  const std::size_t begin = 4 + 4 * dimensions;
  if (size < begin) io::throw_format({name, ": the file ends within its ", dimensions, " dimensions"});

  Content content{std::vector<std::size_t>(dimensions), 0, bytes + begin, bytes[2]};
  convert<std::uint32_t, std::uint32_t>(bytes + 4, content.shape.data(), dimensions);
  const std::size_t available = size - begin;
  const std::optional<std::size_t> count = io::element_count(content.shape);
  if (!count || *count > available / number_size)
    io::throw_format({name, ": ", io::to_text(content.shape), " numbers of ", number_size, " bytes are more than the ",
                      available, " bytes that follow"});
  if (*count * number_size < available)
    io::throw_format({name, ": ", available - *count * number_size, " bytes follow the last number"});
  content.count = *count;
  return content;
}

}  // namespace

template <class T>
IdxArray<T> parse_idx(const void* data, std::size_t size, const std::string& name) try {
  Content content = read_header(static_cast<const unsigned char*>(data), size, name);
  IdxArray<T> array{std::move(content.shape), std::vector<T>(content.count)};
  convert(content.type, content.numbers, array.values.data(), content.count);
  return array;
} catch (const std::bad_alloc&) {
  io::throw_out_of_memory(name);
}

template <class T>
IdxArray<T> read_idx(const std::string& path) {
  const std::string bytes = io::read_file(path);
  return parse_idx<T>(bytes.data(), bytes.size(), path);
}

template SMOLGRAD_API IdxArray<double> parse_idx(const void*, std::size_t, const std::string&);
template SMOLGRAD_API IdxArray<float> parse_idx(const void*, std::size_t, const std::string&);
template SMOLGRAD_API IdxArray<double> read_idx(const std::string&);
template SMOLGRAD_API IdxArray<float> read_idx(const std::string&);

}  // namespace smolgrad

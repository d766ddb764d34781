// A file is the header's length in 8 bytes, little-endian, the header, and the numbers of all tensors.
#include "safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>

#include <smolgrad/error.hpp>

#include "atomic_file.hpp"
#include "file.hpp"
#include "message.hpp"
#include "safetensors_header.hpp"
#include "shape.hpp"

namespace smolgrad::io {

namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::size_t most_header_bytes = 100'000'000;  // the format's own limit

void require_little_endian() {
  const std::uint32_t one = 1;
  unsigned char first;
  std::memcpy(&first, &one, 1);
  if (first != 1) throw Error(ErrorCode::unsupported, "safetensors files need a little-endian processor");
}

/// Wide numbers first, and where each tensor's are.
std::vector<Tensor> arranged(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> order;
  std::size_t total = 0;
  for (const std::size_t size : {8u, 4u, 2u, 1u, 0u}) {
    for (const Tensor& tensor : tensors) {
      if (dtype_size(tensor.dtype) != size) continue;
      const std::optional<std::size_t> count = element_count(tensor.shape);
      if (size == 0 || !count || *count > (SIZE_MAX - total) / size || (*count > 0 && tensor.data == nullptr))
        throw_invalid_argument({"the tensor ", in_quotes(tensor.name), " cannot be written"});
      order.push_back(tensor);
      order.back().offset = total;
      order.back().bytes = *count * size;
      total += order.back().bytes;
    }
  }
  return order;
}

void require_readable(const std::string& json, const std::vector<Tensor>& tensors, const std::string& path) try {
  if (json.size() > most_header_bytes) throw_format({path, ": the header is too long"});
  parse_header(json, tensors.empty() ? 0 : tensors.back().offset + tensors.back().bytes, path);
} catch (const Error& error) {
  throw Error(error.code() == ErrorCode::format ? ErrorCode::invalid_argument : error.code(), error.what());
}

}  // namespace

const Tensor* Safetensors::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(tensors_.begin(), tensors_.end(), [&](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

const void* Safetensors::required(std::string_view name, std::string_view dtype,
                                  const std::vector<std::size_t>& shape) const try {
  const Tensor* const tensor = find(name);
  if (tensor == nullptr) throw_format({name_, ": there is no tensor ", in_quotes(name)});
  if (tensor->dtype != dtype)
    throw_format(
        {name_, ": the tensor ", in_quotes(name), " is of type ", in_quotes(tensor->dtype), " and not ", dtype});
  if (tensor->shape != shape)
    throw_format({name_, ": the tensor ", in_quotes(name), " has the shape ", to_text(tensor->shape), " and not ",
                  to_text(shape)});
  return tensor->data;
} catch (const std::bad_alloc&) {
  throw_out_of_memory(name_);
}

Safetensors parse_safetensors(std::string bytes, const std::string& name) try {
  require_little_endian();
  if (bytes.size() < length_bytes) throw_format({name, ": too short for a safetensors file"});
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), length_bytes);
  const std::size_t rest = bytes.size() - length_bytes;
  if (length > most_header_bytes || length > rest)
    throw_format({name, ": a header of ", std::to_string(length), " bytes in a file of ", bytes.size(),
                  ": not a safetensors file, or cut off"});
  const std::size_t begin = length_bytes + static_cast<std::size_t>(length);

  Safetensors file;
  file.name_ = name;
  file.bytes_ = std::make_unique<const std::string>(std::move(bytes));
  const std::string_view all = *file.bytes_;
  Header header = parse_header(all.substr(length_bytes, begin - length_bytes), all.size() - begin, name);
  file.metadata_ = std::move(header.metadata);
  file.tensors_ = std::move(header.tensors);
  for (Tensor& tensor : file.tensors_) {
    tensor.data = all.data() + begin + tensor.offset;
    const std::size_t alignment = std::max(dtype_size(tensor.dtype), std::size_t{1});
    if (tensor.bytes == 0 || reinterpret_cast<std::uintptr_t>(tensor.data) % alignment == 0) continue;
    std::vector<std::uint64_t>& copy = file.aligned_.emplace_back((tensor.bytes - 1) / 8 + 1);
    std::memcpy(copy.data(), tensor.data, tensor.bytes);
    tensor.data = copy.data();
  }
  return file;
} catch (const std::bad_alloc&) {
  throw_out_of_memory(name);
}

Safetensors read_safetensors(const std::string& path) { return parse_safetensors(read_file(path), path); }

void write_safetensors(const std::string& path, const Metadata& metadata, const std::vector<Tensor>& tensors) try {
  require_little_endian();
  const Header header{metadata, arranged(tensors)};
  std::string json = to_json(header);
  json.append((length_bytes - json.size() % length_bytes) % length_bytes, ' ');
  require_readable(json, header.tensors, path);

  const std::uint64_t length = json.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(json.data(), json.size());
  for (const Tensor& tensor : header.tensors) file.write(tensor.data, tensor.bytes);
  file.commit();
} catch (const std::bad_alloc&) {
  throw_out_of_memory(path);
}

}  // namespace smolgrad::io

// IDX: files written out by hand, of all types, and headers that lie.
#include <cmath>
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <smolgrad/data.hpp>

#include "error_of.hpp"
#include "temporary_directory.hpp"

namespace smolgrad {
namespace {

using test::error_of;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

std::string big_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}

std::string idx(unsigned char type, const std::vector<std::uint32_t>& shape, const std::string& numbers) {
  std::string file = {0, 0, static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::uint32_t dimension : shape) file += big_endian(dimension, 4);
  return file + numbers;
}

template <class T = double>
IdxArray<T> parse(const std::string& file) {
  return parse_idx<T>(file.data(), file.size());
}

template <class T>
class Idx : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Idx, Types);

TYPED_TEST(Idx, AllTypes) {
  using T = TypeParam;
  EXPECT_THAT(parse<T>(idx(0x08, {3}, {'\x00', '\x7f', '\xff'})).values, ElementsAre(0, 127, 255));
  EXPECT_THAT(parse<T>(idx(0x09, {3}, {'\x01', '\x80', '\xff'})).values, ElementsAre(1, -128, -1));
  EXPECT_THAT(parse<T>(idx(0x0B, {3}, big_endian(0x0102, 2) + big_endian(0x8000, 2) + big_endian(0xfffe, 2))).values,
              ElementsAre(258, -32768, -2));
  EXPECT_THAT(parse<T>(idx(0x0C, {2}, big_endian(0x00010203, 4) + big_endian(0x80000000, 4))).values,
              ElementsAre(66051, -2147483648.0));
  EXPECT_THAT(parse<T>(idx(0x0D, {2}, big_endian(0x3fc00000, 4) + big_endian(0xff800000, 4))).values,
              ElementsAre(1.5, -INFINITY));
  EXPECT_THAT(parse<T>(idx(0x0E, {2}, big_endian(0xc004000000000000, 8) + big_endian(0x3fb999999999999a, 8))).values,
              ElementsAre(-2.5, static_cast<T>(0.1)));
}

TEST(Idx, ShapesAsRowsAndColumns) {
  const IdxArray<double> images = parse(idx(8, {2, 1, 3}, "abcdef"));
  EXPECT_THAT(images.shape, ElementsAre(2, 1, 3));
  EXPECT_EQ(images.rows(), 2u);
  EXPECT_EQ(images.columns(), 3u);
  EXPECT_THAT(images.values, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
  EXPECT_EQ(parse(idx(8, {2}, "ab")).columns(), 1u);
  const IdxArray<double> none = parse(idx(8, {0, 28, 28}, ""));
  EXPECT_EQ(none.rows(), 0u);
  EXPECT_EQ(none.columns(), 784u);
  EXPECT_TRUE(none.values.empty());
  EXPECT_EQ(parse<float>(idx(0x0C, {1}, big_endian(0x7fffffff, 4))).values[0], 2147483648.0f) << "rounded";
  EXPECT_EQ(parse<float>(idx(0x0E, {1}, big_endian(0x7fefffffffffffff, 8))).values[0], INFINITY) << "too large";
}

TEST(Idx, EveryTruncationIsAnError) {
  const std::string file = idx(0x0B, {2, 2}, "12345678");
  EXPECT_EQ(parse(file).values.size(), 4u);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<char> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(error_of([&] { parse_idx<double>(cut.data(), size); }), ErrorCode::format) << size;
  }
}

TEST(Idx, HostileHeaders) {
  const auto message = [](const std::string& file) { return message_of([&] { parse(file); }); };
  EXPECT_EQ(message(idx(8, {1}, "ab")), "IDX: 1 bytes follow the last number");
  EXPECT_THAT(message(idx(8, {0}, "a")), HasSubstr("1 bytes follow"));
  EXPECT_THAT(message(idx(0x0A, {1}, "a")), HasSubstr("10 is no type"));
  EXPECT_THAT(message(idx(0x07, {1}, "a")), HasSubstr("7 is no type"));
  EXPECT_THAT(message(idx(0x0F, {1}, "a")), HasSubstr("15 is no type"));
  EXPECT_THAT(message(idx(0xff, {1}, "a")), HasSubstr("255 is no type"));
  EXPECT_THAT(message(idx(8, {}, "a")), HasSubstr("no dimensions"));
  EXPECT_THAT(message("\x01" + idx(8, {1}, "a").substr(1)), HasSubstr("two zero bytes"));
  EXPECT_THAT(message("\x1f\x8b\x08"), HasSubstr("gzip"));
  const std::uint32_t most = 0xffffffff;
  EXPECT_EQ(message(idx(8, {most, 2}, "abc")),
            "IDX: [4294967295,2] numbers of 1 bytes are more than the 3 bytes that follow");
  // Products that are small modulo 2^64: 2^32 * 2^32, and 2^62 * 8 bytes * 4.
  EXPECT_THAT(message(idx(8, {1u << 31, 1u << 31, 4}, "")), HasSubstr("more than the 0 bytes"));
  EXPECT_THAT(message(idx(8, {most, most, most, most}, "a")), HasSubstr("more than"));
  EXPECT_THAT(message(idx(8, {0, most, most, most}, "")), HasSubstr("more than")) << "columns() would not fit";
  EXPECT_THAT(message(idx(0x0E, {1u << 31, 1u << 30}, "a")), HasSubstr("more than"));
  EXPECT_THAT(message(idx(8, std::vector<std::uint32_t>(255, 1), "ab")), HasSubstr("1 bytes follow"));
  EXPECT_EQ(error_of([] { parse_idx<float>(nullptr, 1); }), ErrorCode::invalid_argument);
}

TEST(Idx, Files) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("labels.idx1-ubyte");
  test::put(path, idx(8, {3}, "\x05\x04\x01"));
  EXPECT_THAT(read_idx<float>(path).values, ElementsAre(5, 4, 1));
  test::put(path, "no");
  EXPECT_THAT(message_of([&] { read_idx<float>(path); }), HasSubstr(path + ": "));
  EXPECT_EQ(error_of([&] { read_idx<double>(directory.file("missing")); }), ErrorCode::io);
}

}  // namespace
}  // namespace smolgrad

// safetensors files that lie, one lie at a time, and files broken at random: an error says what is wrong, or the file
// is valid; nothing else happens, which AddressSanitizer watches.
#include <cstring>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "io/safetensors.hpp"
#include "temporary_directory.hpp"

namespace smolgrad::io {
namespace {

using test::error_of;
using test::message_of;
using testing::HasSubstr;

std::string length_of(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes;
}

/// With as many bytes of numbers.
std::string file(const std::string& header, std::size_t bytes) {
  return length_of(header.size()) + header + std::string(bytes, '\x3f');
}

struct Case {
  std::string file;
  const char* message;
};

TEST(SafetensorsHostile, OneLieAtATime) {
  const std::string x = R"("x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_EQ(parse_safetensors(file("{" + x + "}", 8), "f").tensors().size(), 1u) << "no lie";
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const Case cases[] = {
      {"", "too short"},
      {"1234567", "too short"},
      {length_of(2), "a header of 2 bytes in a file of 8"},
      {length_of(3) + "{}", "a header of 3 bytes in a file of 10"},
      {length_of(1ull << 63) + "{}", "a header of 9223372036854775808 bytes"},
      {length_of(UINT64_MAX) + "{}", "a header of 18446744073709551615 bytes"},
      {length_of(UINT64_MAX - 7) + "{}", "a header of 18446744073709551608 bytes"},
      {length_of(100'000'001) + std::string(100'000'001, ' '), "a header of 100000001 bytes"},
      {file("", 0), "does not begin with {"},
      {file("[]", 0), "does not begin with {"},
      {file(" {}", 0), "does not begin with {"},
      {file("null", 0), "does not begin with {"},
      {file("{", 0), "is not JSON"},
      {file("{}}", 0), "is not JSON at its byte 3"},
      {file("{}{}", 0), "is not JSON"},
      {file(std::string("{}\0x", 4), 0), "zero byte"},
      {file("{\"\xff\":1}", 0), "is not JSON"},
      {file(R"({"x":})", 0), "is not JSON"},
      {file("{/**/}", 0), "is not JSON"},
      {file("{}", 1), "describes 0 bytes, but 1 follow"},
      {file(R"({"x":1})", 0), "the tensor \"x\" is no object but the number 1"},
      {file(R"({"x":null})", 0), "\"x\" is no object but null"},
      {file(R"({"x":[]})", 0), "\"x\" is no object but an array"},
      {file(R"({"x":"y"})", 0), "\"x\" is no object but a string"},
      {file(R"({"x":true})", 0), "\"x\" is no object but a boolean"},
      {file(R"({"x":{}})", 0), "lacks one of"},
      {file(R"({"x":{"dtype":"F32","shape":[0]}})", 0), "lacks one of"},
      {file(R"({"x":{"dtype":"F32","data_offsets":[0,0]}})", 0), "lacks one of"},
      {file(R"({"x":{"shape":[0],"data_offsets":[0,0]}})", 0), "lacks one of"},
      {file("{" + x + "," + x + "}", 8), "the tensor \"x\" is there twice"},
      {file(R"({"x":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}})", 0), "a string for \"dtype\""},
      {file(R"({"x":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}})", 0), "an array for \"shape\""},
      {file(R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":1}})", 0), "the number 1 for \"more\""},
      {file(R"({"x":{"dtype":{},"shape":[0],"data_offsets":[0,0]}})", 0), "an object for \"dtype\""},
      {file(R"({"__metadata__":[]})", 0), "__metadata__"},
      {file(R"({"__metadata__":{"k":1}})", 0), "the number 1 for \"k\" in __metadata__"},
      {file(R"({"__metadata__":{"k":{}}})", 0), "an object for \"k\" in __metadata__"},
      {file(R"({"__metadata__":{"k":"a","k":"b"}})", 0), "two of \"k\" in __metadata__"},
      {file(R"({"__metadata__":{},"__metadata__":{}})", 0), "two of __metadata__"},
      {file(tensor("4", "[2]", "[0,8]"), 8), "the number 4 for \"dtype\""},
      {file(tensor("[]", "[2]", "[0,8]"), 8), "an array for \"dtype\""},
      {file(tensor("\"F32\"", "2", "[0,8]"), 8), "the number 2 for \"shape\""},
      {file(tensor("\"F32\"", "[-2]", "[0,8]"), 8), "the number -2"},
      {file(tensor("\"F32\"", "[2.0]", "[0,8]"), 8), "the number \"2.0\""},
      {file(tensor("\"F32\"", "[2e0]", "[0,8]"), 8), "the number \"2e0\""},
      {file(tensor("\"F32\"", "[18446744073709551616]", "[0,8]"), 8), "the number \"18446744073709551616\""},
      {file(tensor("\"F32\"", "[1e999]", "[0,8]"), 8), "is not JSON"},
      {file(tensor("\"F32\"", "[\"2\"]", "[0,8]"), 8), "a string for \"shape\""},
      {file(tensor("\"F32\"", "[[2]]", "[0,8]"), 8), "an array for \"shape\""},
      {file(tensor("\"F32\"", "[null]", "[0,8]"), 8), "null for \"shape\""},
      {file(tensor("\"F32\"", "{}", "[0,8]"), 8), "an object for \"shape\""},
      {file(tensor("\"F32\"", "[2]", "[]"), 8), "lacks one of"},
      {file(tensor("\"F32\"", "[2]", "[8]"), 8), "lacks one of"},
      {file(tensor("\"F32\"", "[2]", "[0,8,8]"), 8), "the number 8 for \"data_offsets\""},
      {file(tensor("\"F32\"", "[2]", "[8,0]"), 8), "the bytes from 8 to 0 of 8"},
      {file(tensor("\"F32\"", "[2]", "[0,9]"), 8), "the bytes from 0 to 9 of 8"},
      {file(tensor("\"F32\"", "[2]", "[0,18446744073709551615]"), 8), "to 18446744073709551615 of 8"},
      {file(tensor("\"F32\"", "[2]", "[18446744073709551608,0]"), 8), "from 18446744073709551608 to 0"},
      {file(tensor("\"F32\"", "[3]", "[0,8]"), 8), "8 bytes for [3] numbers of type \"F32\""},
      {file(tensor("\"F32\"", "[]", "[0,8]"), 8), "8 bytes for [] numbers of type \"F32\""},
      {file(tensor("\"F64\"", "[2]", "[0,8]"), 8), "8 bytes for [2] numbers of type \"F64\""},
      {file(tensor("\"F32\"", "[1]", "[0,7]"), 7), "7 bytes for [1] numbers"},
      {file(tensor("\"F32\"", "[2,0]", "[0,8]"), 8), "8 bytes for [2,0] numbers"},
      // 2^62 * 4 bytes and 2^32 * 2^32 numbers are 0 modulo 2^64.
      {file(tensor("\"F32\"", "[4611686018427387904]", "[0,0]"), 0), "0 bytes for [4611686018427387904] numbers"},
      {file(tensor("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0), "0 bytes for [4294967296,4294967296] numbers"},
      {file(tensor("\"?\"", "[4294967296,4294967296,0]", "[0,0]"), 0), "0 bytes for [4294967296,4294967296,0] numbers"},
      {file(tensor("\"F32\"", "[1]", "[4,8]"), 8), "begins at byte 4 and not at 0"},
      {file(tensor("\"F32\"", "[1]", "[0,4]"), 8), "describes 4 bytes, but 8 follow"},
      {file("{" + x + R"(,"y":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16),
       "\"y\" begins at byte 12 and not at 8"},
      {file("{" + x + R"(,"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12),
       "\"y\" begins at byte 4 and not at 8"},
      {file("{" + x + R"(,"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "begins at byte 0 and not at 8"},
  };
  for (const Case& lie : cases) {
    const std::string shown = lie.file.substr(0, 120);
    EXPECT_EQ(error_of([&] { parse_safetensors(lie.file, "f"); }), ErrorCode::format) << shown;
    EXPECT_THAT(message_of([&] { parse_safetensors(lie.file, "f"); }), HasSubstr(lie.message)) << shown;
    EXPECT_EQ(message_of([&] { parse_safetensors(lie.file, "f"); }).substr(0, 3), "f: ");
  }
}

TEST(SafetensorsHostile, DepthIsNoMatter) {
  for (const char* opening : {"[", "{\"a\":"}) {
    std::string header = "{\"x\":";
    for (int i = 0; i < 1000000; ++i) header += opening;
    EXPECT_EQ(error_of([&] { parse_safetensors(file(header, 0), "f"); }), ErrorCode::format);
  }
}

/// Quadratic time would take minutes.
TEST(SafetensorsHostile, ManyTensors) {
  std::string header = "{";
  for (int i = 0; i < 100000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  EXPECT_EQ(parse_safetensors(file(header + "}", 0), "f").tensors().size(), 100000u);
}

TEST(SafetensorsHostile, FilesBrokenAtRandom) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model");
  const double wide[] = {1, 2, 3, 4};
  const float narrow[] = {5, 6, 7};
  const std::uint64_t counter = 8;
  write_safetensors(path, {{"epoch", "3"}, {"kind", "MLP"}},
                    {tensor("layers.0", {2, 2}, wide), tensor("layers.1", {3}, narrow), tensor("steps", {}, &counter)});
  const std::string whole = test::content(path);
  std::mt19937_64 random(7);
  int valid = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string broken = whole;
    if (i % 2 == 0) broken.resize(random() % whole.size());
    const std::size_t flips = i % 2 == 0 ? random() % 2 : 1 + random() % 3;
    for (std::size_t flip = 0; flip < flips && !broken.empty(); ++flip) {
      // Half of them in the header's text, where there is most to break.
      const std::size_t at = random() % (flip % 2 == 0 ? std::min<std::size_t>(broken.size(), 300) : broken.size());
      broken[at] = static_cast<char>(broken[at] ^ (1 << random() % 8));
    }
    try {
      const Safetensors read = parse_safetensors(broken, "f");
      ++valid;
      std::size_t bytes = 0;
      unsigned sum = 0;
      for (const Tensor& tensor : read.tensors()) {
        for (std::size_t k = 0; k < tensor.bytes; ++k) sum += static_cast<const unsigned char*>(tensor.data)[k];
        bytes += tensor.bytes;
      }
      EXPECT_EQ(bytes, 52u) << "all numbers are some tensor's, once";
      EXPECT_GT(sum, 0u);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::format) << error.what();
    }
  }
  EXPECT_GT(valid, 20) << "flips in names and numbers";
  EXPECT_LT(valid, 1000);
}

}  // namespace
}  // namespace smolgrad::io

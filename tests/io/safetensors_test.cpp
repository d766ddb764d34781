// safetensors: files written and read, against one put together by hand.
#include "io/safetensors.hpp"

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "temporary_directory.hpp"

namespace smolgrad::io {
namespace {

using test::error_of;
using test::message_of;
using testing::HasSubstr;

TEST(Safetensors, ByteForByte) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.safetensors");
  const float narrow[] = {1.0f, -2.0f, 0.5f};
  const double wide[] = {1.0, 2.0};
  write_safetensors(path, {{"format", "smol\"\\\n\x01\xc3\xa9"}},
                    {tensor("narrow", {3}, narrow), tensor("wide", {1, 2}, wide)});
  const std::string header = R"({"__metadata__":{"format":"smol\"\\\u000a\u0001)"
                             "\xc3\xa9"
                             R"("},"wide":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]},)"
                             R"("narrow":{"dtype":"F32","shape":[3],"data_offsets":[16,28]}})";
  const std::size_t padded = (header.size() + 7) / 8 * 8;
  const char numbers[] =
      "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40"
      "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f";
  const std::string length = {static_cast<char>(padded), 0, 0, 0, 0, 0, 0, 0};
  ASSERT_LT(padded, 256u);
  EXPECT_EQ(test::content(path),
            length + header + std::string(padded - header.size(), ' ') + std::string(numbers, sizeof numbers - 1));
  EXPECT_EQ(directory.entries(), 1u) << "no temporary file is left";
}

TEST(Safetensors, RoundTrip) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.safetensors");
  const std::vector<double> weights = {0.1, -0.0, 1e-320, 1.7976931348623157e308, INFINITY, -5};
  const std::vector<float> bias = {0.1f, 3};
  const std::int64_t minus = -7;
  const std::uint64_t counter = UINT64_MAX;
  const std::string odd = "layers.0/\"w\" \\ \n \xf0\x9f\x98\x80";
  const Metadata metadata = {{"", "empty key"}, {"k\t", "\xe2\x82\xac\x7f"}, {"z", ""}};
  write_safetensors(path, metadata,
                    {tensor("bias", {2}, bias.data()), tensor(odd, {2, 3}, weights.data()), tensor("minus", {}, &minus),
                     tensor("counter", {1, 1, 1}, &counter), tensor<float>("nothing", {0, 5}, nullptr)});
  Safetensors read = read_safetensors(path);
  const Safetensors file = std::move(read);
  EXPECT_EQ(file.metadata(), metadata);
  EXPECT_EQ(file.tensors().size(), 5u);
  EXPECT_EQ(std::memcmp(file.numbers<double>(odd, {2, 3}), weights.data(), 48), 0);
  EXPECT_EQ(std::memcmp(file.numbers<float>("bias", {2}), bias.data(), 8), 0);
  EXPECT_EQ(*file.numbers<std::int64_t>("minus", {}), -7);
  EXPECT_EQ(*file.numbers<std::uint64_t>("counter", {1, 1, 1}), UINT64_MAX);
  file.numbers<float>("nothing", {0, 5});
  for (const Tensor& tensor : file.tensors())
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data) % (tensor.dtype == "F32" ? 4 : 8), 0u) << tensor.name;

  EXPECT_EQ(file.find("missing"), nullptr);
  EXPECT_EQ(message_of([&] { file.numbers<float>("missing", {}); }), path + ": there is no tensor \"missing\"");
  EXPECT_EQ(message_of([&] { file.numbers<double>("bias", {2}); }),
            path + ": the tensor \"bias\" is of type \"F32\" and not F64");
  EXPECT_EQ(message_of([&] {
              file.numbers<float>("bias", {2, 1});
            }),
            path + ": the tensor \"bias\" has the shape [2] and not [2,1]");
  EXPECT_EQ(error_of([&] { file.numbers<float>("bias", {}); }), ErrorCode::format);
}

TEST(Safetensors, AnEmptyFile) {
  const test::TemporaryDirectory directory;
  write_safetensors(directory.file("empty"), {}, {});
  const Safetensors file = read_safetensors(directory.file("empty"));
  EXPECT_TRUE(file.tensors().empty() && file.metadata().empty());
}

/// Others need not align numbers, nor use types that we have.
TEST(Safetensors, FilesOfOtherPrograms) {
  const std::string header =
      R"({ "half":{"shape":[3],"data_offsets":[0,6],"dtype":"F16"},"new":{"dtype":"F4","shape":[7],"data_offsets":[6,7]},)"
      R"("x":{"data_offsets":[7,23],"dtype":"F64","shape":[2]}})"
      "  \n";
  const double numbers[] = {1.25, -3.5};
  std::string bytes(23, 'h');
  std::memcpy(bytes.data() + 7, numbers, 16);
  const std::string length = {static_cast<char>(header.size()), 0, 0, 0, 0, 0, 0, 0};
  const Safetensors file = parse_safetensors(length + header + bytes, "other");
  const double* const x = file.numbers<double>("x", {2});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x) % 8, 0u);
  EXPECT_EQ(x[0], 1.25);
  EXPECT_EQ(x[1], -3.5);
  ASSERT_NE(file.find("half"), nullptr);
  EXPECT_EQ(file.find("half")->dtype, "F16");
  EXPECT_EQ(file.find("half")->bytes, 6u);
  EXPECT_THAT(message_of([&] { file.numbers<float>("half", {3}); }), HasSubstr("is of type \"F16\" and not F32"));
}

TEST(Safetensors, WhatCouldNotBeReadIsNotWritten) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model");
  const float numbers[] = {1, 2};
  const auto refused = [&](const Metadata& metadata, const std::vector<Tensor>& tensors) {
    return error_of([&] { write_safetensors(path, metadata, tensors); }) == ErrorCode::invalid_argument &&
           directory.entries() == 0;
  };
  EXPECT_TRUE(refused({}, {tensor("x", {1}, numbers), tensor("x", {2}, numbers)}));
  EXPECT_TRUE(refused({}, {tensor("\xff", {1}, numbers)}));
  EXPECT_TRUE(refused({}, {tensor("\xc3", {1}, numbers)}));
  EXPECT_TRUE(refused({}, {tensor("\xed\xa0\x80", {1}, numbers)})) << "half a surrogate pair";
  EXPECT_TRUE(refused({{"k", "\xc0\x80"}}, {}));
  EXPECT_TRUE(refused({}, {tensor("__metadata__", {1}, numbers)}));
  EXPECT_TRUE(refused({}, {tensor<float>("x", {1}, nullptr)}));
  EXPECT_TRUE(refused({}, {tensor("x", {SIZE_MAX, 2}, numbers)}));
  EXPECT_TRUE(refused({}, {tensor("x", {SIZE_MAX / 2}, numbers)}));
  EXPECT_TRUE(refused({}, {{"x", "F12", {1}, numbers}}));
}

TEST(Safetensors, MissingFiles) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(error_of([&] { read_safetensors(directory.file("missing")); }), ErrorCode::io);
  EXPECT_EQ(error_of([&] { write_safetensors(directory.file("no/such/directory"), {}, {}); }), ErrorCode::io);
}

}  // namespace
}  // namespace smolgrad::io

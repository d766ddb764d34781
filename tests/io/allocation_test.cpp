// Running out of memory in the readers and writers: every allocation fails in turn, each time as an error that leaves
// everything as it was.
#include <cerrno>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <smolgrad/data.hpp>

#include "io/safetensors.hpp"
#include "temporary_directory.hpp"

namespace {

long allocations_until_failure = -1;  // negative: none fails

bool fails() {
  const bool now = allocations_until_failure >= 0 && allocations_until_failure-- == 0;
  if (now) errno = ENOMEM;
  return now;
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
void* realloc(void* block, std::size_t size) { return fails() ? nullptr : __libc_realloc(block, size); }
}

namespace smolgrad {
namespace {

/// Runs `step` with its n-th allocation failing, for n = 0, 1, ... until it needs fewer. Returns how many were errors.
template <class Step>
int fail_each_allocation(Step step) {
  int errors = 0;
  for (int failed = 0;; ++failed) {
    allocations_until_failure = failed;
    try {
      step();
      const bool enough = allocations_until_failure >= 0;
      allocations_until_failure = -1;
      if (enough) return errors;
    } catch (const Error& error) {
      allocations_until_failure = -1;
      ++errors;
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
    }
  }
}

TEST(Allocation, Readers) {
  const test::TemporaryDirectory directory;
  const std::string csv = directory.file("a-file-with-a-name-that-takes-memory.csv");
  test::put(csv, "a column with a long name,b\n1,2\n3,4\n\"5\",6\n");
  EXPECT_GT(fail_each_allocation([&] { EXPECT_EQ(read_csv(csv).rows, 3u); }), 3);
  const std::string idx = directory.file("images.idx");
  test::put(idx, std::string("\0\0\x08\2\0\0\0\2\0\0\0\1ab", 14));
  EXPECT_GT(fail_each_allocation([&] { EXPECT_EQ(read_idx<float>(idx).values[1], 'b'); }), 2);
}

TEST(Allocation, Safetensors) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("model.safetensors");
  const double wide[] = {1, 2};
  const float narrow[] = {3};
  const auto write = [&](const char* version) {
    // What the arguments allocate is the test's.
    const long remaining = std::exchange(allocations_until_failure, -1);
    const io::Metadata metadata = {{"a key that does not fit into a string", version}};
    const std::vector<io::Tensor> tensors = {io::tensor("narrow", {1}, narrow), io::tensor("wide", {2}, wide)};
    allocations_until_failure = remaining;
    io::write_safetensors(path, metadata, tensors);
  };
  write("old");
  const std::string old = test::content(path);
  for (int failed = 0;; ++failed) {
    allocations_until_failure = failed;
    try {
      write("new");
      const bool enough = std::exchange(allocations_until_failure, -1) >= 0;
      if (enough) break;
      write("old");
    } catch (const Error& error) {
      allocations_until_failure = -1;
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      EXPECT_EQ(test::content(path), old);
      EXPECT_EQ(directory.entries(), 1u);
    }
  }
  EXPECT_NE(test::content(path), old);
  EXPECT_GT(fail_each_allocation([&] {
              const io::Safetensors file = io::read_safetensors(path);
              EXPECT_EQ(file.tensors().size(), 2u);
            }),
            10);
}

TEST(Allocation, Preparation) {
  std::vector<double> values = {1, 2, 3, 4};
  EXPECT_GT(fail_each_allocation([&] { one_hot(values.data(), 4, 5); }), 0);
  EXPECT_GT(fail_each_allocation([&] { split(100, 0.5, 1); }), 1);
  std::vector<double> unchanged = values;
  EXPECT_GT(fail_each_allocation([&] {
              EXPECT_EQ(values, unchanged);
              standardize(values.data(), 2, 2);
            }),
            1);
}

}  // namespace
}  // namespace smolgrad

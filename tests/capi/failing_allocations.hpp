// Calls without memory: each of their allocations is failed in turn. Replaces the C library's allocation functions, as
// the sanitizers do.
#pragma once

#include <atomic>
#include <cstdint>

#include <gtest/gtest.h>
#include <smolgrad.h>

namespace smolgrad::test {

extern std::atomic<long> allocations_until_failure;  ///< negative: none fails

/// Makes `call` with its n-th allocation failing, for n = 0, 1, ... until it needs fewer. Each failure is
/// OUT_OF_MEMORY, and `untouched` then. Returns how many failed.
template <class Call, class Untouched>
int fail_each_allocation(Call call, Untouched untouched) {
  for (int failed = 0;; ++failed) {
    allocations_until_failure = failed;
    const std::int32_t status = call();
    const bool enough = allocations_until_failure >= 0;
    allocations_until_failure = -1;
    if (status == SMOLGRAD_OK) {
      if (enough) return failed;
      continue;  // the call did without, as it may
    }
    EXPECT_FALSE(enough);
    EXPECT_EQ(status, SMOLGRAD_ERROR_OUT_OF_MEMORY) << failed;
    EXPECT_TRUE(untouched()) << failed;
    if (enough || status != SMOLGRAD_ERROR_OUT_OF_MEMORY) return failed;
  }
}

/// What a test does between failures.
template <class Body>
auto with_memory(Body body) {
  struct Restore {
    ~Restore() { allocations_until_failure = left; }
    const long left = allocations_until_failure.exchange(-1);
  } restore;
  return body();
}

}  // namespace smolgrad::test

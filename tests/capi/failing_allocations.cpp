#include "failing_allocations.hpp"

#include <cerrno>
#include <cstddef>

namespace smolgrad::test {

std::atomic<long> allocations_until_failure{-1};

namespace {

bool fails() {
  const bool now = allocations_until_failure >= 0 && allocations_until_failure-- == 0;
  if (now) errno = ENOMEM;
  return now;
}

}  // namespace

}  // namespace smolgrad::test

using smolgrad::test::fails;

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
void* realloc(void* block, std::size_t size) { return fails() ? nullptr : __libc_realloc(block, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}
}

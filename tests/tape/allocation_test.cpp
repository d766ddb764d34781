// Running out of memory: every allocation of a program is failed in turn. Each failure is an error that changes
// nothing, and once there is memory again the program goes on to the right result.
#include <cstdlib>
#include <functional>
#include <new>

#include <gtest/gtest.h>
#include <smolgrad/handle.hpp>
#include <smolgrad/smolgrad.hpp>

namespace {

long allocations_until_failure = -1;  // negative: none fails

bool fails() { return allocations_until_failure >= 0 && allocations_until_failure-- == 0; }

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }
void* realloc(void* block, std::size_t size) { return fails() ? nullptr : __libc_realloc(block, size); }
}

namespace smolgrad {
namespace {

/// Runs `step` with its n-th allocation failing, for n = 0, 1, ... until it needs fewer. Returns how many failed.
int fail_each_allocation(const std::function<void()>& step) {
  for (int failed = 0;; ++failed) {
    allocations_until_failure = failed;
    try {
      step();
      const bool enough = allocations_until_failure >= 0;
      allocations_until_failure = -1;
      if (enough) return failed;
      // An allocation failed and the step did without, as it may.
    } catch (const Error& error) {
      allocations_until_failure = -1;
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
    } catch (const std::bad_alloc&) {
      allocations_until_failure = -1;  // from a container of this test's
    }
  }
}

TEST(Allocation, ATapeThatCannotBeMade) {
  EXPECT_GT(fail_each_allocation([] { const Tape tape; }), 3);
}

TEST(Allocation, RecordingAndDifferentiating) {
  int failures = 0;
  for (const int operations : {1, 600, 3000, 20000}) {
    Tape tape;
    Value x = tape.value(1.0);
    Value factor = tape.value(1.0);
    Value y = x;
    for (int i = 0; i < operations; ++i) {
      // Failing at every operation would be slow; growth happens at some.
      const auto record = [&] { y = y * factor; };
      if (i % 64 == 0 || (i & (i - 1)) == 0) failures += fail_each_allocation([&] { record(); }) > 0 ? 1 : 0;
      record();
    }
    const std::size_t nodes = tape.node_count();
    failures += fail_each_allocation([&] { y.backward(); });
    EXPECT_EQ(tape.node_count(), nodes);
    EXPECT_GE(x.grad(), 1.0);
    EXPECT_EQ(y.data(), 1.0);
  }
  EXPECT_GE(failures, 4);
}

TEST(Allocation, EverythingElse) {
  Tape tape;
  TapeScope scope(tape);
  const std::vector<double> numbers(1000, 0.5);
  std::vector<Value> x;
  EXPECT_GT(fail_each_allocation([&] { x = tape.values(numbers); }), 2);
  EXPECT_EQ(tape.node_count(), 1000u) << "failed attempts leave nothing behind";
  Value y;
  EXPECT_GT(fail_each_allocation([&] { y = sum(x); }), 0);
  EXPECT_GT(fail_each_allocation([&] { y = dot(x, x) + y; }), 0);
  EXPECT_GT(fail_each_allocation([&] { y = select(y, x[1], x[5], y) + logsumexp({x[7], y, x[3]}); }), 0);
  EXPECT_GT(fail_each_allocation([&] { y.set_label("a label that does not fit into a string by itself"); }), 0);
  fail_each_allocation([&] { x[3].set_data(0.5); });
  EXPECT_GT(fail_each_allocation([&] { static_cast<void>(to_dot(y)); }), 3);
  EXPECT_GT(fail_each_allocation([&] { const MLP mlp(3, {4, 1}); }), 5);
  y = sum(x);
  y.backward();
  EXPECT_EQ(x[0].grad(), 1.0);
}

TEST(Allocation, Handles) {
  Tape tape;
  open_scope(tape);
  fail_each_allocation([&] {
    Value x = tape.value(1.0);
    release(to_handle(x + 1));
  });
  close_scope(tape, 1);
  EXPECT_EQ(tape.node_count(), 0u);
}

}  // namespace
}  // namespace smolgrad

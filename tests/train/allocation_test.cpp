// Steps and iterations allocate nothing.
#include <smolgrad/smolgrad.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <gtest/gtest.h>

#include "problems.hpp"
#include "reference/optimizers.hpp"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t to) { return counted(size, static_cast<std::size_t>(to)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace smolgrad::test {
namespace {

template <class T>
void expect_no_allocation() {
  constexpr std::size_t count = 3000;
  for (const OptimizerReference& reference : optimizer_references) {
    std::vector<T> parameters(count, T(1)), gradients(count, T(0.5));
    const long before = allocations;
    Optimizer<T> optimizer(reference.options, count, reference.schedule, reference.clipping);
    EXPECT_GT(allocations, before);
    const long made = allocations;
    for (int i = 0; i < 20; ++i) optimizer.step(parameters.data(), gradients.data());
    EXPECT_EQ(allocations, made);
  }
}

TEST(OptimizerAllocation, NoneInAStep) {
  expect_no_allocation<double>();
  expect_no_allocation<float>();
}

TEST(LbfgsAllocation, NoneInAnIteration) {
  const Problem problem = rosenbrock(std::vector<double>(100, 0.0));
  std::vector<double> x = problem.start;
  Lbfgs lbfgs(x.size());
  const long made = allocations;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(lbfgs.iterate(problem.objective, x.data()));
  EXPECT_EQ(allocations, made);
}

}  // namespace
}  // namespace smolgrad::test

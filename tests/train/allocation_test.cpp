// Steps and iterations allocate nothing; where memory runs out, training stays as it was.
#include <smolgrad/smolgrad.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <gtest/gtest.h>

#include "error_of.hpp"
#include "problems.hpp"
#include "reference/optimizers.hpp"
#include "training.hpp"

namespace {

std::atomic<long> allocations{0};
std::atomic<long> failing{-1};  // which of them, counted from when it was set

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  if (failing >= 0 && failing-- == 0) throw std::bad_alloc();
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

TEST(TrainerAllocation, NoneInAStepAfterTheFirst) {
  const Samples data = some_samples(64, 9, 3);
  const std::vector<float> x = narrowed(data.x), y = narrowed(data.y);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    for (const OptimizerOptions& optimizer : some_optimizers()) {
      Model model(shape_of(9, {17, 5, 3}, Activation::gelu, dtype));
      FitOptions options;
      options.optimizer = optimizer;
      options.clipping.norm = 1.0;
      Trainer trainer(model.mlp, options);
      trainer.step(data.x.data(), data.y.data(), 64);
      trainer.step(x.data(), y.data(), 64);           // one of them is not the model's precision
      trainer.step(data.x.data(), data.y.data(), 1);  // runs in another way
      const long made = allocations;
      for (const std::size_t rows : {1, 1, 64, 3, 1, 33}) {
        trainer.step(data.x.data(), data.y.data(), rows);
        trainer.step(x.data(), y.data(), rows);
      }
      EXPECT_EQ(allocations, made);
    }
  }
}

/// Each allocation fails once: an error says so, and a second try gives what there would have been.
template <class Action>
void expect_nothing_lost(const char* what, const Samples& data, const Action& action) {
  const Shape shape = shape_of(2, {3, 1});
  const auto make = [&](Model& model) {
    FitOptions options;
    options.epochs = 2;
    options.patience = 1;
    options.validation_fraction = 0.3;
    options.training_metrics = true;
    return Trainer(model.mlp, options);
  };
  Model undisturbed(shape);
  Trainer expected = make(undisturbed);
  action(expected, data);
  long count = 0;
  for (bool failed = true; failed; ++count) {
    ASSERT_LT(count, 100000) << what;
    Model model(shape);
    Trainer trainer = make(model);
    failing = count;
    try {
      action(trainer, data);
      failed = failing < 0;
      EXPECT_FALSE(failed) << what << ": allocation " << count << " failed unnoticed";
      failing = -1;
    } catch (const Error& error) {
      failing = -1;
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
    } catch (const std::bad_alloc&) {
      failing = -1;
      ADD_FAILURE() << what << ": allocation " << count << " is no Error";
    }
    if (!failed) break;
    EXPECT_EQ(numbers_of(model.mlp), trainer.state().parameters) << what << ", allocation " << count;
    action(trainer, data);
    ASSERT_EQ(numbers_of(model.mlp), numbers_of(undisturbed.mlp)) << what << ", allocation " << count;
    ASSERT_EQ(trainer.steps(), expected.steps()) << what << ", allocation " << count;
  }
  EXPECT_GT(count, 0) << what;
}

TEST(TrainerAllocation, WhereMemoryRunsOutNothingIsLost) {
  const Samples data = some_samples(10, 2, 1);
  expect_nothing_lost("step", data,
                      [](Trainer& trainer, const Samples& on) { trainer.step(on.x.data(), on.y.data(), on.rows); });
  expect_nothing_lost("evaluate", data,
                      [](Trainer& trainer, const Samples& on) { trainer.evaluate(on.x.data(), on.y.data(), on.rows); });
  expect_nothing_lost("fit", data,
                      [](Trainer& trainer, const Samples& on) { trainer.fit(on.x.data(), on.y.data(), on.rows); });
  expect_nothing_lost("minimize", data,
                      [](Trainer& trainer, const Samples& on) { trainer.minimize(on.x.data(), on.y.data(), on.rows); });
  expect_nothing_lost("a new one", data,
                      [](Trainer& trainer, const Samples&) { Trainer other(trainer.model(), FitOptions()); });
}

}  // namespace
}  // namespace smolgrad::test

// Functions on several threads: their own, a runner's, and those of callers. ThreadSanitizer sees the rest.
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "function_fixture.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t rows = 40'000;  // worth several threads

std::vector<double> samples() {
  std::vector<double> xy;
  for (std::size_t i = 0; i < rows; ++i) {
    xy.push_back(std::sin(static_cast<double>(i)));
    xy.push_back(static_cast<double>(i % 1000) / 500.0);
  }
  return xy;
}

/// All that a gradient gives.
struct Result {
  std::vector<double> z = std::vector<double>(rows);
  std::vector<double> by_xy = std::vector<double>(2 * rows);
  double by_a = 0.0;

  Result(const smolgrad_function* f, const std::vector<double>& xy, const smolgrad_run_options* options) {
    const double a = 0.5;
    EXPECT_EQ(smolgrad_function_gradient(f, rows, xy.data(), &a, z.data(), by_xy.data(), &by_a, options), SMOLGRAD_OK);
  }
  friend bool operator==(const Result& a, const Result& b) {
    return a.z == b.z && a.by_xy == b.by_xy && a.by_a == b.by_a;
  }
};

class FunctionThreads : public FunctionFixture {
 protected:
  const std::vector<double> xy_ = samples();
};

TEST_F(FunctionThreads, AnyNumberGivesTheSameBits) {
  const smolgrad_function* const f = wave();
  const Result one(f, xy_, nullptr);
  EXPECT_DOUBLE_EQ(one.z[7], std::exp(0.5 * xy_[14]) * std::sin(xy_[15]));
  for (const std::size_t threads : {0, 1, 2, 3, 8, 1000}) {
    ASSERT_EQ(smolgrad_run_options_set_threads(run_options_, threads), SMOLGRAD_OK);
    EXPECT_TRUE(Result(f, xy_, run_options_) == one) << threads;
  }
}

/// A host's runner: a thread for every task, or none.
struct Runner {
  std::atomic<std::size_t> calls{0};
  std::atomic<std::size_t> tasks{0};
  bool with_threads = true;

  static void run(void (*task)(void* context, std::size_t index), void* context, std::size_t count, void* user_data) {
    auto* const self = static_cast<Runner*>(user_data);
    ++self->calls;
    self->tasks += count;
    std::vector<std::thread> threads;
    for (std::size_t i = count; i-- > 0;) {
      if (self->with_threads) {
        threads.emplace_back(task, context, i);
      } else {
        task(context, i);
      }
    }
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_F(FunctionThreads, OfARunner) {
  const smolgrad_function* const f = wave();
  const Result one(f, xy_, nullptr);
  Runner runner;
  ASSERT_EQ(smolgrad_run_options_set_runner(run_options_, Runner::run, &runner), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_run_options_set_threads(run_options_, 4), SMOLGRAD_OK);
  for (const bool with_threads : {false, true}) {
    runner.with_threads = with_threads;
    EXPECT_TRUE(Result(f, xy_, run_options_) == one);
  }
  EXPECT_EQ(runner.calls, 2u);
  EXPECT_EQ(runner.tasks, 8u);
  ASSERT_EQ(smolgrad_run_options_set_runner(run_options_, nullptr, nullptr), SMOLGRAD_OK);
  EXPECT_TRUE(Result(f, xy_, run_options_) == one);
  EXPECT_EQ(runner.calls, 2u) << "it was taken away";
}

TEST_F(FunctionThreads, CallersShareAFunctionFromItsFirstRun) {
  smolgrad_value* const zero = smolgrad_constant(tape_, 0.0);
  ASSERT_EQ(smolgrad_function_options_add_guard_less(options_, zero, x_), SMOLGRAD_OK);
  const smolgrad_function* const f = wave();
  const Result expected(wave(), xy_, nullptr);
  std::size_t positive = 0;
  for (std::size_t i = 0; i < rows; ++i) positive += xy_[2 * i] > 0.0 ? 1 : 0;
  ASSERT_EQ(smolgrad_run_options_set_threads(run_options_, 2), SMOLGRAD_OK);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      const smolgrad_run_options* const options = caller % 2 == 0 ? run_options_ : nullptr;
      const double a = 0.5;
      for (int round = 0; round < 5; ++round) {
        EXPECT_TRUE(Result(f, xy_, options) == expected);
        std::size_t diverged = 0;
        EXPECT_EQ(smolgrad_function_check(f, rows, xy_.data(), &a, nullptr, &diverged, options), SMOLGRAD_OK);
        EXPECT_EQ(diverged, rows - positive);
        smolgrad_function* const derivative = smolgrad_function_derivative(f);
        EXPECT_EQ(smolgrad_function_output_count(derivative), 2u);
        smolgrad_function_destroy(derivative);
        EXPECT_FALSE(text_of(smolgrad_function_to_text, f).empty());
      }
    });
  }
  // Meanwhile the tape goes on.
  for (int i = 0; i < 1000; ++i) smolgrad_value_release(smolgrad_exp(x_));
  EXPECT_NE(wave(), nullptr);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(take_error(), ok);
}

// Options with guards and functions, released by any thread once the tape is closed.
TEST(FunctionThreadsOfAClosedTape, DestroyOptions) {
  for (int round = 0; round < 50; ++round) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    smolgrad_value* const x = smolgrad_value_create(tape, 1.0);
    smolgrad_function_options* const options = smolgrad_function_options_create();
    smolgrad_value* const sides[] = {smolgrad_sin(x), smolgrad_constant(tape, 2.0)};
    ASSERT_EQ(smolgrad_function_options_add_guard_less(options, sides[0], sides[1]), SMOLGRAD_OK);
    for (smolgrad_value* const side : sides) smolgrad_value_release(side);  // only the options hold them now
    smolgrad_function* const f = smolgrad_function_compile(tape, &x, 1, nullptr, 0, &x, 1, options);
    ASSERT_NE(f, nullptr);
    smolgrad_tape_close(tape);
    std::thread other([&] { smolgrad_function_options_destroy(options); });
    smolgrad_function_destroy(f);
    smolgrad_value_release(x);
    other.join();
  }
}

}  // namespace
}  // namespace smolgrad::test

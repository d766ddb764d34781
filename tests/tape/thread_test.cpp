// Threads: each has its own tape, tapes are independent, and Values may outlive the thread that made them.
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"

namespace smolgrad {
namespace {

TEST(Threads, EachRecordsOnItsOwnTape) {
  std::vector<double> results(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&results, i] {
      for (int round = 0; round < 200; ++round) {
        Value x = static_cast<double>(i);
        Value y = lgamma(x + 1) + exp(-x);
        for (int k = 0; k < 50; ++k) y = tanh(y * 0.5) + x;
        y.backward();
        results[i] = x.grad();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double result : results) EXPECT_TRUE(std::isfinite(result));
  EXPECT_NE(results[0], results[1]);
}

TEST(Threads, ValuesOutliveTheirThread) {
  Value y;
  std::thread([&] {
    Value x = 3.0;
    y = x * x;
    y.backward();
  }).join();
  EXPECT_EQ(y.data(), 9.0);
  EXPECT_EQ(y.grad(), 1.0);
}

TEST(Threads, ATapeMovesBetweenThreads) {
  Tape tape;
  Value x = tape.value(1.0);
  Value y = x;
  for (int i = 0; i < 10; ++i) {
    std::thread([&] { y = y * 2.0 + x; }).join();
  }
  std::thread([&] { y.backward(); }).join();
  EXPECT_EQ(x.grad(), 2047.0);
}

/// A function and a model on the thread's own tape; the numbers depend on `number` alone.
std::vector<double> results_on_current_tape(std::size_t number) {
  constexpr std::size_t rows = 100;
  std::vector<double> x, results(2 * rows + 1);
  for (std::size_t i = 0; i < rows; ++i) x.push_back(static_cast<double>(i + 1) / rows);
  const Value at = 0.5;
  const Value factor = static_cast<double>(number + 1);
  const Value wave = sin(at * factor);
  wave.backward();
  results.back() = factor.grad();
  const Function function({at}, {}, {wave});
  function.evaluate<double>(rows, x.data(), nullptr, results.data(), {number % 2 + 1, nullptr, nullptr});
  MLP mlp(1, {4, 1});
  FitOptions options;
  options.epochs = 3;
  fit(mlp, x.data(), results.data(), rows, options);
  mlp.predict(x.data(), rows, results.data() + rows);
  return results;
}

TEST(Threads, ManyTrainOnTapesOfTheirOwn) {
  std::vector<std::vector<double>> expected(32);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = results_on_current_tape(i);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    threads.emplace_back([&expected, i] {
      for (int round = 0; round < 3; ++round) EXPECT_EQ(results_on_current_tape(i), expected[i]);
      EXPECT_EQ(Tape::current().node_count(), 0u);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Threads, AScopeIsItsThreadsAlone) {
  Tape tape;
  TapeScope scope(tape);
  const Value here = 1.0;
  std::thread([&] {
    EXPECT_NE(&Tape::current(), &tape);
    Tape of_the_other;
    TapeScope inner(of_the_other);
    const Value there = 2.0;
    EXPECT_EQ(&Tape::current(), &of_the_other);
    EXPECT_EQ(of_the_other.node_count(), 1u);
  }).join();
  EXPECT_EQ(&Tape::current(), &tape);
  EXPECT_EQ(tape.node_count(), 1u);
}

TEST(Threads, ATapeIsHandedOver) {
  std::unique_ptr<Tape> tape;
  Value x, y;
  std::thread([&] {
    tape = std::make_unique<Tape>();
    TapeScope scope(*tape);
    x = 3.0;
    y = x * x;
  }).join();
  std::thread([&] {
    TapeScope scope(*tape);
    y = y * x;
    Value constant = 2.0;
    y *= constant;
    y.backward();
  }).join();
  EXPECT_EQ(x.grad(), 54.0);
}

/// Their numbers remain, but nothing more is recorded.
TEST(Threads, ValuesOfAnEndedThread) {
  Value y;
  std::thread([&] { y = Value(3.0); }).join();
  EXPECT_EQ(y.data(), 3.0);
  EXPECT_EQ(test::error_of([&] { y = y * 2.0; }), ErrorCode::invalid_argument);
  EXPECT_EQ(y.data(), 3.0);
}

}  // namespace
}  // namespace smolgrad

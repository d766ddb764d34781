// Memory: deep recordings on a small stack, loops that hold it flat, bytes an operation.
#include <cmath>

#include <gtest/gtest.h>
#include <pthread.h>
#include <smolgrad/smolgrad.hpp>

#include "resident_memory.hpp"
#include "sanitized.hpp"

namespace smolgrad {
namespace {

constexpr int fewer = test::sanitized ? 20 : 1;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// Sanitizers keep shadows and quarantines: their resident memory says nothing.
void expect_growth_below(std::size_t before, std::size_t bytes) {
  const std::size_t after = test::resident_bytes();
  if (fewer == 1 && before > 0) {
    EXPECT_LT(after, before + bytes);
  }
}

void* record_deep_chain(void* result) {
  constexpr int operations = 10'000'000 / fewer;
  Tape tape;
  const std::size_t before = test::resident_bytes();
  Value x = tape.value(1.0), factor = tape.value(1.0 + 1e-8), term = tape.value(1e-9);
  Value y = x;
  for (int i = 0; i < operations / 2; ++i) {
    y = y * factor;
    y = y + term;
  }
  EXPECT_EQ(tape.node_count(), static_cast<std::size_t>(operations) + 3);
  expect_growth_below(before, std::size_t{36} * operations);
  y.backward();
  expect_growth_below(before, std::size_t{44} * operations);
  const double expected = std::exp(operations / 2 * std::log1p(1e-8));
  EXPECT_NEAR(x.grad(), expected, 1e-9);
  y = Value();
  EXPECT_EQ(tape.node_count(), 3u);
  *static_cast<bool*>(result) = true;
  return nullptr;
}

TEST(Memory, ChainOfTenMillionOnASmallStack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread;
  bool finished = false;
  ASSERT_EQ(pthread_create(&thread, &attributes, record_deep_chain, &finished), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_TRUE(finished);
}

/// The loop every Python program has: `loss` lives outside, so the old graph is there while the new one is recorded;
/// and each step's parameters are new leaves.
TEST(Memory, LoopThatHoldsThePreviousLossIsFlat) {
  Tape tape;
  TapeScope scope(tape);
  const std::size_t before = test::resident_bytes();
  Value w = 3.0, b = -1.0;
  Value loss;
  for (int step = 0; step < 1'000'000 / fewer; ++step) {
    loss = square(w * 2.0 + b - 1.0) + square(tanh(w) * b);
    loss.backward();
    Value next_w = w.data() - 0.01 * w.grad();
    Value next_b = b.data() - 0.01 * b.grad();
    w = next_w;
    b = next_b;
  }
  EXPECT_LT(loss.data(), 0.2);
  expect_growth_below(before, mebibyte);
  loss = Value();
  w = Value();
  b = Value();
  EXPECT_LT(tape.memory_bytes(), mebibyte);
}

TEST(Memory, LoopOverManyOperandsIsFlat) {
  Tape tape;
  TapeScope scope(tape);
  Parameters parameters(tape, std::vector<double>(50, 0.1));
  std::size_t settled = 0;
  Value loss;
  for (int step = 0; step < 200'000 / fewer; ++step) {
    std::vector<Value> x = {1.0, 2.0, step * 1e-6};
    loss = logsumexp({dot(parameters.values(), parameters.values()), mean(x), max_of(x)});
    loss.set_label("loss");
    loss.backward();
    parameters.zero_grad();
    if (step == 5000) settled = test::resident_bytes();
  }
  expect_growth_below(settled, mebibyte / 2);
}

TEST(Memory, LeavesAloneAreReclaimedInAnyOrder) {
  Tape tape;
  TapeScope scope(tape);
  const std::size_t before = test::resident_bytes();
  std::vector<Value> window(100, Value(0.0));
  for (int step = 0; step < 1'000'000 / fewer; ++step) {
    window[static_cast<std::size_t>(step * 37) % window.size()] = Value(step);
  }
  expect_growth_below(before, mebibyte);
  window.clear();
  EXPECT_EQ(tape.node_count(), 0u);
}

TEST(Memory, ReversedOrderOfRelease) {
  Tape tape;
  TapeScope scope(tape);
  for (int round = 0; round < 1000; ++round) {
    auto x = std::make_unique<Value>(2.0);
    auto y = std::make_unique<Value>(*x * *x);
    auto z = std::make_unique<Value>(*y + *x);
    x.reset();
    y.reset();
    EXPECT_EQ(z->data(), 6.0);
    z.reset();
    ASSERT_EQ(tape.node_count(), 0u);
  }
}

TEST(Memory, SmallTapesAreSmall) {
  Tape tape;
  Value x = tape.value(1.0);
  Value y = x + 1;
  EXPECT_LT(tape.memory_bytes(), 64u * 1024);
}

}  // namespace
}  // namespace smolgrad

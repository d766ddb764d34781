// Programs that run for long: what they hold must not grow, whatever the order they release their handles in.
#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "resident_memory.hpp"
#include "sanitized.hpp"
#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

constexpr int iterations = sanitized ? 50'000 : 1'000'000;

/// Calls `body` over and over. Once it has run for a tenth of the time, memory must not grow by a MiB.
template <class Body>
void expect_no_growth(int times, Body body) {
  [[maybe_unused]] std::size_t before = 0;
  for (int i = 0; i < times; ++i) {
    if (i == times / 10) before = resident_bytes();
    body(i);
    if (::testing::Test::HasFatalFailure()) return;
  }
#ifndef SMOLGRAD_SANITIZED  // the sanitizers keep what was freed
  const std::size_t after = resident_bytes();
  if (before == 0) GTEST_SKIP() << "this system does not say how much memory is used";
  EXPECT_LT(after, before + (std::size_t{1} << 20));
#endif
}

class Memory : public TapeFixture {};

// Gradient descent that makes its parameters anew at every step, and looks at the last loss while it records the next.
TEST_F(Memory, OfATrainingLoop) {
  std::mt19937_64 random(1);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53 - 0.5; };
  constexpr std::array<double, 3> truth = {0.5, -1.5, 2.0};
  std::vector<smolgrad_value*> parameters = {leaf(0.0), leaf(0.0), leaf(0.0)};
  smolgrad_value* last_loss = leaf(0.0);
  std::size_t most_nodes = 0;

  expect_no_growth(iterations, [&](int i) {
    const double x[] = {uniform(), uniform()};
    smolgrad_value* inputs[] = {leaf(x[0]), leaf(x[1]), smolgrad_constant(tape_, 1.0)};
    smolgrad_value* const target = leaf(truth[0] * x[0] + truth[1] * x[1] + truth[2]);
    smolgrad_value* const sum = smolgrad_dot(parameters.data(), inputs, 3);
    smolgrad_value* const difference = smolgrad_sub(sum, target);
    smolgrad_value* const loss = smolgrad_square(difference);
    ASSERT_EQ(smolgrad_backward(loss), SMOLGRAD_OK);
    ASSERT_FALSE(std::isnan(smolgrad_value_data(last_loss)));

    std::vector<smolgrad_value*> done = {inputs[0], inputs[1], inputs[2], target, sum, difference, last_loss};
    for (smolgrad_value*& parameter : parameters) {
      done.push_back(parameter);
      parameter = leaf(smolgrad_value_data(parameter) - 0.1 * smolgrad_value_grad(parameter));
    }
    last_loss = loss;
    std::shuffle(done.begin(), done.end(), random);
    for (smolgrad_value* const value : done) smolgrad_value_release(value);
    if (i % 1000 == 0) most_nodes = std::max(most_nodes, nodes());
  });

  EXPECT_LT(most_nodes, 100'000u);
  for (std::size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(smolgrad_value_data(parameters[i]), truth[i], 1e-6);
  for (smolgrad_value* const parameter : parameters) smolgrad_value_release(parameter);
  EXPECT_EQ(smolgrad_tape_error_code(tape_), SMOLGRAD_OK);
}

// The same with parameters that are set, all handles in a scope, and the last loss retained.
TEST_F(Memory, OfATrainingLoopInScopes) {
  smolgrad_value* const a = leaf(3.0);
  smolgrad_value* const b = leaf(-2.0);
  smolgrad_value* last_loss = leaf(0.0);
  expect_no_growth(iterations / 4, [&](int) {
    const std::size_t scope = smolgrad_tape_scope_open(tape_);
    smolgrad_value* const loss = smolgrad_add(smolgrad_square(a), smolgrad_mul(smolgrad_tanh(b), b));
    ASSERT_EQ(smolgrad_tape_zero_grad(tape_), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_backward(loss), SMOLGRAD_OK);
    for (smolgrad_value* const parameter : {a, b}) {
      const double next = smolgrad_value_data(parameter) - 0.1 * smolgrad_value_grad(parameter);
      ASSERT_EQ(smolgrad_value_set_data(parameter, next), SMOLGRAD_OK);
    }
    smolgrad_value_release(last_loss);
    last_loss = smolgrad_value_retain(loss);
    ASSERT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK);
  });
  EXPECT_NEAR(smolgrad_value_data(last_loss), 0.0, 1e-12);
}

// A program inside one scope that is never closed, releasing by itself.
TEST_F(Memory, OfAScopeInWhichAllIsReleasedAtOnce) {
  smolgrad_value* const x = leaf(0.5);
  const std::size_t scope = smolgrad_tape_scope_open(tape_);
  expect_no_growth(iterations, [&](int) {
    smolgrad_value* const sine = smolgrad_sin(x);
    smolgrad_value* const root = smolgrad_add(sine, x);
    smolgrad_value_release(sine);
    smolgrad_value_release(root);
  });
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK);
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(Memory, OfAScopeInWhichTheLastIsHeld) {
  smolgrad_value* const x = leaf(0.5);
  const std::size_t outer = smolgrad_tape_scope_open(tape_);
  smolgrad_value* const of_outer = leaf(1.5);
  const std::size_t inner = smolgrad_tape_scope_open(tape_);
  smolgrad_value* held = leaf(0.0);
  expect_no_growth(iterations, [&](int) {
    smolgrad_value* const next = smolgrad_add(x, x);
    smolgrad_value_release(held);
    held = next;
  });
  EXPECT_EQ(smolgrad_value_data(held), 1.0);
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, inner), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_data(of_outer), 1.5);
  EXPECT_EQ(nodes(), 2u);
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, outer), SMOLGRAD_OK);
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(Memory, OfHandlesReleasedLater) {
  smolgrad_value* const x = leaf(0.5);
  expect_no_growth(iterations, [&](int) { smolgrad_value_release_later(smolgrad_sin(x)); });
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(Memory, OfLabels) {
  smolgrad_value* held = leaf(0.5);
  expect_no_growth(iterations / 4, [&](int) {
    smolgrad_value* const next = smolgrad_square(held);
    ASSERT_EQ(smolgrad_value_set_label(next, "a label that is longer than a string's own few bytes"), SMOLGRAD_OK);
    smolgrad_value* const later = leaf(0.5);
    smolgrad_value_release(held);
    smolgrad_value_release(next);
    held = later;
  });
  EXPECT_EQ(smolgrad_tape_error_code(tape_), SMOLGRAD_OK);
}

TEST_F(Memory, OfErrors) {
  OtherTape other;
  smolgrad_value* const a = leaf(0.5);
  smolgrad_value* const mixed[] = {a, a, other.value};
  expect_no_growth(iterations / 50, [&](int) {
    EXPECT_EQ(smolgrad_mul(a, other.value), nullptr);
    EXPECT_EQ(smolgrad_logsumexp(mixed, 3), nullptr);
    EXPECT_EQ(smolgrad_value_set_data(nullptr, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    smolgrad_tape_clear_error(tape_);
  });
  EXPECT_EQ(nodes(), 1u);
}

TEST(MemoryOfTapes, ThatComeAndGo) {
  expect_no_growth(iterations / 100, [](int i) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    const std::size_t layers[] = {8, 1};
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape, 4, layers, 2, nullptr);
    smolgrad_value* value = smolgrad_value_create(tape, 0.5);
    for (int n = 0; n < 100; ++n) {
      smolgrad_value* const next = smolgrad_tanh(value);
      smolgrad_value_release(value);
      value = next;
    }
    if (i % 2 == 0) {
      smolgrad_tape_destroy(tape);
    } else {
      smolgrad_tape_close(tape);
      smolgrad_value_release(value);
      smolgrad_mlp_destroy(mlp);
    }
  });
}

}  // namespace
}  // namespace smolgrad::test

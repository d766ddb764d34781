// Handles released in any order, and what becomes of everything when a tape ends.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

class Lifetime : public TapeFixture {
 protected:
  /// Enough operations, released in an order that keeps their nodes from being popped off the end, for a collection.
  void provoke_collection() {
    smolgrad_value* const x = leaf(1.0);
    smolgrad_value* previous = smolgrad_square(x);
    for (int i = 0; i < 40000; ++i) {
      smolgrad_value* const next = smolgrad_square(x);
      smolgrad_value_release(previous);
      previous = next;
    }
    smolgrad_value_release(previous);
    smolgrad_value_release(x);
  }
};

TEST_F(Lifetime, WhatOthersWereComputedFromStays) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const b = leaf(-3.0);
  smolgrad_value* const product = smolgrad_mul(a, b);
  smolgrad_value* const root = smolgrad_exp(product);
  const double expected = smolgrad_value_data(root);
  smolgrad_value_release(product);
  smolgrad_value_release(b);
  EXPECT_EQ(nodes(), 4u) << "the root still needs all of them";
  EXPECT_EQ(smolgrad_backward(root), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), -3.0 * expected);
  smolgrad_value_release(root);
  smolgrad_value_release(a);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

// What refers to such a leaf stands lower on the tape than the end was when the leaf was made.
TEST_F(Lifetime, ALeafMadeBeforeOtherOperationsWentAway) {
  smolgrad_value* const a = leaf(1.0);
  std::vector<smolgrad_value*> others;
  for (int i = 0; i < 10; ++i) others.push_back(smolgrad_exp(a));
  smolgrad_value* const late = leaf(2.0);
  for (smolgrad_value* const other : others) smolgrad_value_release(other);
  smolgrad_value* const square = smolgrad_square(late);
  smolgrad_value_release(late);
  EXPECT_EQ(nodes(), 3u) << "the square still needs it";
  smolgrad_value* const unrelated = leaf(100.0);
  ASSERT_EQ(smolgrad_backward(square), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(unrelated), 0.0);
}

/// An expression of many values, each computed from earlier ones chosen at random.
struct RandomExpression {
  RandomExpression(smolgrad_tape* tape, std::mt19937_64& random) {
    for (int i = 0; i < 6; ++i) values.push_back(smolgrad_value_create(tape, 0.5 + 0.1 * i));
    leaves = values;
    while (values.size() < 80) {
      smolgrad_value* const a = values[random() % values.size()];
      smolgrad_value* const b = values[random() % values.size()];
      smolgrad_value* const many[] = {a, b, a};
      switch (random() % 5) {
        case 0:
          values.push_back(smolgrad_add(a, b));
          break;
        case 1:
          values.push_back(smolgrad_mul(tanh_of(a), b));
          break;
        case 2:
          values.push_back(smolgrad_sigmoid(a));
          break;
        case 3:
          values.push_back(smolgrad_mean(many, 3));
          break;
        default:
          values.push_back(smolgrad_max(a, b));
          break;
      }
    }
    root = smolgrad_sum(values.data(), values.size());
    for (smolgrad_value* const value : values) data.push_back(smolgrad_value_data(value));
    EXPECT_EQ(smolgrad_backward(root), SMOLGRAD_OK);
    for (smolgrad_value* const leaf : leaves) gradients.push_back(smolgrad_value_grad(leaf));
  }

  /// tanh(a), whose handle is one of `values` too.
  smolgrad_value* tanh_of(smolgrad_value* a) {
    values.push_back(smolgrad_tanh(a));
    return values.back();
  }

  std::vector<smolgrad_value*> values;
  std::vector<smolgrad_value*> leaves;
  smolgrad_value* root;
  std::vector<double> data;       // of `values`
  std::vector<double> gradients;  // of `leaves`, of the root
};

TEST_F(Lifetime, ReleasedInAnyOrder) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    RandomExpression expression(tape_, random);
    std::vector<std::size_t> order(expression.values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    const std::size_t collected_at = random() % order.size();
    for (std::size_t released = 0; released < order.size(); ++released) {
      smolgrad_value_release(expression.values[order[released]]);
      if (released == collected_at) provoke_collection();
      if (released % 16 != 0) continue;
      for (std::size_t i = released + 1; i < order.size(); ++i) {
        ASSERT_EQ(smolgrad_value_data(expression.values[order[i]]), expression.data[order[i]]);
      }
      ASSERT_EQ(smolgrad_tape_zero_grad(tape_), SMOLGRAD_OK);
      ASSERT_EQ(smolgrad_backward(expression.root), SMOLGRAD_OK);
      for (std::size_t i = released + 1; i < order.size(); ++i) {
        if (order[i] >= expression.leaves.size()) continue;
        ASSERT_EQ(smolgrad_value_grad(expression.values[order[i]]), expression.gradients[order[i]]);
      }
    }
    smolgrad_value_release(expression.root);
    EXPECT_EQ(nodes(), 0u);
    EXPECT_EQ(take_error(), ok);
  }
}

TEST_F(Lifetime, TheRootAmongThem) {
  std::mt19937_64 random(2);
  smolgrad_value* const base = leaf(1.0);
  for (int round = 0; round < 200; ++round) {
    RandomExpression expression(tape_, random);
    std::vector<smolgrad_value*> handles = expression.values;
    handles.push_back(expression.root);
    std::shuffle(handles.begin(), handles.end(), random);
    for (smolgrad_value* const handle : handles) {
      if (random() % 2 == 0) {
        smolgrad_value_release(handle);
      } else {
        smolgrad_value_release_later(handle);
      }
    }
    ASSERT_EQ(nodes(), 1u) << round;
    ASSERT_EQ(smolgrad_value_data(base), 1.0);
  }
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Lifetime, SideBySideLeavesInAnyOrder) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20; ++round) {
    const std::vector<double> data = {1, 2, 3, 4, 5, 6, 7, 8};
    std::vector<smolgrad_value*> leaves(data.size());
    ASSERT_EQ(smolgrad_value_create_array(tape_, data.data(), data.size(), leaves.data()), SMOLGRAD_OK);
    for (std::size_t i = 0; i < data.size(); ++i) EXPECT_EQ(smolgrad_value_data(leaves[i]), data[i]);
    smolgrad_value* const sum = smolgrad_sum(leaves.data(), leaves.size());
    std::shuffle(leaves.begin(), leaves.end(), random);
    for (smolgrad_value* const leaf : leaves) smolgrad_value_release(leaf);
    EXPECT_EQ(smolgrad_value_data(sum), 36.0);
    EXPECT_EQ(nodes(), 9u);
    smolgrad_value_release(sum);
    EXPECT_EQ(nodes(), 0u);
  }
}

TEST_F(Lifetime, ModelsAndTheirOutputs) {
  std::mt19937_64 random(4);
  smolgrad_value* const x[] = {leaf(1.0), leaf(2.0)};
  const std::size_t layers[] = {3, 2};
  std::vector<smolgrad_mlp*> models;
  std::vector<smolgrad_value*> outputs;
  for (int i = 0; i < 8; ++i) {
    models.push_back(smolgrad_mlp_create(tape_, 2, layers, 2, nullptr));
    smolgrad_value* out[2] = {};
    ASSERT_EQ(smolgrad_mlp_forward(models.back(), x, 2, out, 2), SMOLGRAD_OK);
    outputs.insert(outputs.end(), out, out + 2);
  }
  const double expected = smolgrad_value_data(outputs[0]);
  std::shuffle(models.begin(), models.end(), random);
  for (smolgrad_mlp* const model : models) smolgrad_mlp_destroy(model);
  for (std::size_t i = 0; i < outputs.size(); i += 2) EXPECT_EQ(smolgrad_value_data(outputs[i]), expected);
  EXPECT_EQ(smolgrad_backward(outputs[0]), SMOLGRAD_OK) << "through parameters that only the recording holds";
  std::shuffle(outputs.begin(), outputs.end(), random);
  for (smolgrad_value* const output : outputs) smolgrad_value_release(output);
  EXPECT_EQ(nodes(), 2u);
}

TEST_F(Lifetime, AParameterKeptBeyondItsModel) {
  const std::size_t layers[] = {1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 1, layers, 1, nullptr);
  smolgrad_value* const weight = smolgrad_value_retain(smolgrad_mlp_parameter(mlp, 0));
  const double data = smolgrad_value_data(weight);
  smolgrad_mlp_destroy(mlp);
  EXPECT_EQ(smolgrad_value_data(weight), data);
  EXPECT_EQ(smolgrad_value_set_data(weight, 4.0), SMOLGRAD_OK);
  smolgrad_value_release(weight);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

// The sanitizers see what these two leave behind or touch too late.

TEST_F(Lifetime, DestroyingATapeWithEverythingOnIt) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    const std::size_t layers[] = {4, 1};
    smolgrad_mlp* const destroyed = smolgrad_mlp_create(tape, 2, layers, 2, nullptr);
    ASSERT_NE(smolgrad_mlp_create(tape, 2, layers, 2, nullptr), nullptr);
    smolgrad_tape_scope_open(tape);
    const RandomExpression expression(tape, random);
    smolgrad_tape_scope_open(tape);
    ASSERT_NE(smolgrad_mlp_create(tape, 2, layers, 2, nullptr), nullptr);
    smolgrad_value* const later = smolgrad_value_create(tape, 1.0);
    smolgrad_value_set_label(later, "a label that is longer than a string's own few bytes");
    smolgrad_value_release_later(later);
    smolgrad_mlp_destroy(destroyed);
    EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
    smolgrad_tape_destroy(tape);
  }
}

TEST_F(Lifetime, ClosingATapeWithEverythingOnIt) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 20; ++round) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    const std::size_t layers[] = {4, 1};
    std::vector<smolgrad_mlp*> models;
    for (int i = 0; i < 3; ++i) models.push_back(smolgrad_mlp_create(tape, 2, layers, 2, nullptr));
    const RandomExpression expression(tape, random);
    std::vector<smolgrad_value*> handles = expression.values;
    handles.push_back(expression.root);
    smolgrad_tape_scope_open(tape);
    handles.push_back(smolgrad_value_retain(smolgrad_value_create(tape, 1.0)));  // outlives the scope
    ASSERT_NE(smolgrad_value_create(tape, 2.0), nullptr);                        // goes with it
    smolgrad_value_release_later(smolgrad_value_create(tape, 3.0));              // went before
    std::shuffle(handles.begin(), handles.end(), random);
    smolgrad_value_release_later(handles.back());
    handles.pop_back();
    smolgrad_tape_close(tape);
    std::shuffle(models.begin(), models.end(), random);
    std::size_t destroyed = 0;
    for (std::size_t i = 0; i < handles.size(); ++i) {
      if (i % 20 == 19 && destroyed + 1 < models.size()) smolgrad_mlp_destroy(models[destroyed++]);
      if (random() % 2 == 0) {
        smolgrad_value_release(handles[i]);
      } else {
        smolgrad_value_release_later(handles[i]);
      }
    }
    while (destroyed < models.size()) smolgrad_mlp_destroy(models[destroyed++]);
  }
}

TEST(LifetimeOfNothing, EmptyTapes) {
  smolgrad_tape_close(smolgrad_tape_create());
  smolgrad_tape_destroy(smolgrad_tape_create());
  smolgrad_tape* const tape = smolgrad_tape_create();
  smolgrad_value* const only = smolgrad_value_create(tape, 1.0);
  smolgrad_tape_close(tape);
  smolgrad_value_release(only);
  smolgrad_tape* const in_scope = smolgrad_tape_create();
  smolgrad_tape_scope_open(in_scope);
  ASSERT_NE(smolgrad_value_create(in_scope, 1.0), nullptr);
  smolgrad_tape_close(in_scope);
}

}  // namespace
}  // namespace smolgrad::test

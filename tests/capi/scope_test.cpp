// Scopes: everything made since one was opened goes when it is closed, except what was released or retained meanwhile.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

class Scope : public TapeFixture {
 protected:
  std::size_t open() {
    const std::size_t scope = smolgrad_tape_scope_open(tape_);
    EXPECT_NE(scope, 0u);
    return scope;
  }
  void close(std::size_t scope) { EXPECT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK); }

  bool is_live(const smolgrad_value* value) {
    const bool live = !std::isnan(smolgrad_value_data(value));
    EXPECT_EQ(take_error(), live ? ok : stale);
    return live;
  }
};

TEST_F(Scope, ReleasesWhatWasMadeInIt) {
  smolgrad_value* const before = leaf(2.0);
  const std::size_t scope = open();
  smolgrad_value* const inside = leaf(3.0);
  smolgrad_value* const constant = smolgrad_constant(tape_, 4.0);
  smolgrad_value* const product = smolgrad_mul(before, inside);
  const double data[] = {1.0, 2.0};
  smolgrad_value* array[2];
  ASSERT_EQ(smolgrad_value_create_array(tape_, data, 2, array), SMOLGRAD_OK);
  smolgrad_value* probabilities[2];
  ASSERT_EQ(smolgrad_softmax(array, 2, probabilities), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_backward(product), SMOLGRAD_OK);
  close(scope);
  EXPECT_TRUE(is_live(before));
  for (const smolgrad_value* value : {inside, constant, product, array[0], array[1], probabilities[0]}) {
    EXPECT_FALSE(is_live(value));
  }
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(smolgrad_value_grad(before), 3.0);
}

TEST_F(Scope, OutputsOfAModelButNotTheModel) {
  const std::size_t outer = open();
  const std::size_t layers[] = {2};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 1, layers, 1, nullptr);
  const std::size_t held = nodes();
  const std::size_t inner = open();
  smolgrad_value* const x[] = {leaf(1.0)};
  smolgrad_value* out[2];
  ASSERT_EQ(smolgrad_mlp_forward(mlp, x, 1, out, 2), SMOLGRAD_OK);
  close(inner);
  EXPECT_FALSE(is_live(out[0]));
  EXPECT_EQ(nodes(), held);
  close(outer);
  EXPECT_EQ(nodes(), held) << "a model is not made of handles";
  EXPECT_TRUE(is_live(smolgrad_mlp_parameter(mlp, 0)));
}

TEST_F(Scope, NestedOnesCloseFromInside) {
  const std::size_t outer = open();
  smolgrad_value* const in_outer = leaf(1.0);
  const std::size_t inner = open();
  EXPECT_NE(inner, outer);
  smolgrad_value* const in_inner = leaf(2.0);
  close(inner);
  EXPECT_FALSE(is_live(in_inner));
  EXPECT_TRUE(is_live(in_outer));
  smolgrad_value* const after = leaf(3.0);
  close(outer);
  EXPECT_FALSE(is_live(in_outer));
  EXPECT_FALSE(is_live(after));
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(Scope, TheOuterOneClosesTheInner) {
  const std::size_t outer = open();
  leaf(1.0);
  const std::size_t inner = open();
  leaf(2.0);
  close(outer);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, inner), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(take_error(), invalid_argument);
  smolgrad_value* const value = leaf(3.0);
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, outer), SMOLGRAD_ERROR_INVALID_ARGUMENT) << "twice";
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_TRUE(is_live(value)) << "which belongs to no scope";
}

TEST_F(Scope, OnesThatAreNotOpen) {
  for (const std::size_t scope : {std::size_t{0}, std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    EXPECT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_ERROR_INVALID_ARGUMENT) << scope;
    EXPECT_EQ(take_error(), invalid_argument);
  }
}

TEST_F(Scope, WhatWasRetainedSurvives) {
  const std::size_t outer = open();
  const std::size_t inner = open();
  smolgrad_value* const kept = smolgrad_value_retain(leaf(5.0));
  leaf(6.0);
  close(inner);
  close(outer);
  EXPECT_EQ(smolgrad_value_data(kept), 5.0);
  EXPECT_EQ(nodes(), 1u);
  smolgrad_value_release(kept);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Scope, ARetainedValueOfOutsideStaysToo) {
  smolgrad_value* const before = leaf(5.0);
  const std::size_t scope = open();
  EXPECT_EQ(smolgrad_value_retain(before), before);
  close(scope);
  smolgrad_value_release(before);
  EXPECT_EQ(smolgrad_value_data(before), 5.0);
  smolgrad_value_release(before);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Scope, WhatWasReleasedInsideIsNotReleasedAgain) {
  const std::size_t scope = open();
  smolgrad_value* const first = leaf(1.0);
  smolgrad_value* const second = leaf(2.0);
  smolgrad_value* const outlives = smolgrad_value_retain(second);
  smolgrad_value_release(first);
  smolgrad_value* const third = leaf(3.0);  // in the first one's place
  smolgrad_value_retain(third);
  close(scope);
  EXPECT_TRUE(is_live(outlives));
  EXPECT_TRUE(is_live(third));
  smolgrad_value_release(outlives);
  smolgrad_value_release(third);
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Scope, WhatWasReleasedOutsideFirstAndTakenAgainInside) {
  smolgrad_value* const before = leaf(1.0);
  const std::size_t outer = open();
  smolgrad_value_release(before);
  smolgrad_value* const in_outer = leaf(2.0);
  const std::size_t inner = open();
  smolgrad_value_release(in_outer);
  smolgrad_value* const in_inner = smolgrad_value_retain(leaf(3.0));
  close(inner);
  EXPECT_TRUE(is_live(in_inner)) << "the outer scope's entry of the same place is an old one";
  close(outer);
  EXPECT_TRUE(is_live(in_inner));
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(Scope, WhatAnotherThreadReleasedIsNotReleasedAgain) {
  smolgrad_value* const kept = leaf(7.0);
  const std::size_t scope = open();
  smolgrad_value* const later = leaf(1.0);
  smolgrad_value* const retained = smolgrad_value_retain(leaf(2.0));
  smolgrad_value_release_later(later);     // takes effect some time after the scope was closed, or before
  smolgrad_value_release_later(retained);  // one of its two references
  close(scope);
  EXPECT_EQ(nodes(), 1u);
  std::vector<smolgrad_value*> values;
  for (int i = 0; i < 1000; ++i) values.push_back(leaf(i));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(smolgrad_value_data(values[i]), i) << "no two values share a place";
  EXPECT_EQ(smolgrad_value_data(kept), 7.0);
  for (smolgrad_value* const value : values) smolgrad_value_release(value);
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Scope, ManyDeep) {
  std::vector<std::size_t> scopes;
  for (int i = 0; i < 1000; ++i) {
    scopes.push_back(open());
    leaf(i);
  }
  EXPECT_EQ(nodes(), 1000u);
  for (int i = 999; i >= 500; --i) close(scopes[i]);
  EXPECT_EQ(nodes(), 500u);
  close(scopes[0]);
  EXPECT_EQ(nodes(), 0u);
}

}  // namespace
}  // namespace smolgrad::test

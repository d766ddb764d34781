// Handles used after their release, and recordings used after a leaf of theirs was changed.
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/ops/table.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

class Stale : public TapeFixture {
 protected:
  /// A handle released just now.
  smolgrad_value* released() {
    smolgrad_value* const value = leaf(1.0);
    smolgrad_value_release(value);
    return value;
  }
};

TEST_F(Stale, HandleOfAReleasedValue) {
  smolgrad_value* const gone = released();
  EXPECT_TRUE(std::isnan(smolgrad_value_data(gone)));
  EXPECT_EQ(take_error(), stale);
  EXPECT_TRUE(std::isnan(smolgrad_value_grad(gone)));
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_set_data(gone, 2.0), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_set_grad(gone, 2.0), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_label(gone), nullptr);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_set_label(gone, "x"), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_operation(gone), nullptr);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_value_retain(gone), nullptr);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_backward(gone), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  std::size_t needed = 77;
  EXPECT_EQ(smolgrad_value_to_string(gone, nullptr, 0, &needed), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_graph_to_dot(gone, nullptr, 0, &needed), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(needed, 77u);
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(Stale, HandleAsAnyOperand) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const gone = released();
  const std::size_t before = nodes();
  const auto expect_refused = [&](const smolgrad_value* result, const char* name) {
    SCOPED_TRACE(name);
    EXPECT_EQ(result, nullptr);
    EXPECT_EQ(take_error(), stale);
    EXPECT_EQ(nodes(), before);
  };
#define X(Definition, name) expect_refused(smolgrad_##name(gone), #name);
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name)                        \
  expect_refused(smolgrad_##name(a, gone), #name); \
  expect_refused(smolgrad_##name(gone, a), #name);
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
  smolgrad_value* const good[] = {a, a};
  smolgrad_value* const last_gone[] = {a, gone};
  smolgrad_value* const first_gone[] = {gone, a};
#define X(Definition, name)                              \
  expect_refused(smolgrad_##name(first_gone, 2), #name); \
  expect_refused(smolgrad_##name(last_gone, 2), #name);
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  expect_refused(smolgrad_dot(good, last_gone, 2), "dot");
  expect_refused(smolgrad_dot(last_gone, good, 2), "dot");
  expect_refused(smolgrad_select(gone, a, a, a), "select");
  expect_refused(smolgrad_select(a, gone, a, a), "select");
  expect_refused(smolgrad_select(a, a, gone, a), "select");
  expect_refused(smolgrad_select(a, a, a, gone), "select");
  smolgrad_value* out[] = {nullptr, nullptr};
  EXPECT_EQ(smolgrad_softmax(last_gone, 2, out), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(out[0], nullptr);
  expect_refused(nullptr, "softmax");
}

TEST_F(Stale, HandleAsAModelsInput) {
  const std::size_t layers[] = {2};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 1, nullptr);
  smolgrad_value* const inputs[] = {leaf(1.0), released()};
  const std::size_t before = nodes();
  smolgrad_value* out[] = {nullptr, nullptr};
  EXPECT_EQ(smolgrad_mlp_forward(mlp, inputs, 2, out, 2), SMOLGRAD_ERROR_STALE);
  EXPECT_TRUE(out[0] == nullptr && out[1] == nullptr);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(nodes(), before);
}

TEST_F(Stale, HandleReleasedTwice) {
  smolgrad_value* const a = leaf(1.0);
  smolgrad_value* const gone = released();
  smolgrad_value_release(gone);
  EXPECT_EQ(take_error(), stale);
  smolgrad_value* const kept = smolgrad_value_retain(a);
  smolgrad_value_release(a);
  smolgrad_value_release(kept);
  EXPECT_EQ(take_error(), ok) << "retained once, it is released twice";
  smolgrad_value_release(a);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(Stale, HandleWhosePlaceWasTaken) {
  smolgrad_value* const old = leaf(0.0);
  smolgrad_value_release(old);
  for (int times = 1; times < 32; ++times) {
    smolgrad_value* const next = leaf(times);
    smolgrad_value_release(old);
    EXPECT_EQ(take_error(), stale) << times;
    EXPECT_TRUE(std::isnan(smolgrad_value_data(old))) << times;
    EXPECT_EQ(take_error(), stale) << times;
    EXPECT_EQ(smolgrad_value_data(next), times) << "the value in its place is not touched";
    smolgrad_value_release(next);
    EXPECT_EQ(take_error(), ok);
  }
}

// Between a release from another thread and its taking effect.
TEST_F(Stale, HandleReleasedLaterAndNow) {
  smolgrad_value* const kept = leaf(7.0);
  smolgrad_value* const gone = leaf(1.0);
  smolgrad_value_release_later(gone);
  smolgrad_value_release(gone);
  EXPECT_EQ(nodes(), 1u);
  std::vector<smolgrad_value*> values;
  for (int i = 0; i < 1000; ++i) values.push_back(leaf(i));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(smolgrad_value_data(values[i]), i) << "no two values share a place";
  EXPECT_EQ(smolgrad_value_data(kept), 7.0);
}

TEST_F(Stale, HandleReleasedLaterTwice) {
  smolgrad_value* const kept = leaf(7.0);
  smolgrad_value* const gone = leaf(1.0);
  smolgrad_value_release_later(gone);
  smolgrad_value_release_later(gone);
  EXPECT_EQ(nodes(), 1u);
  smolgrad_value_release_later(gone);
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(smolgrad_value_data(kept), 7.0);
}

class StaleRecording : public TapeFixture {
 protected:
  std::vector<double> gradients() const {
    return {smolgrad_value_grad(a_), smolgrad_value_grad(b_), smolgrad_value_grad(product_),
            smolgrad_value_grad(root_)};
  }

  smolgrad_value* const a_ = leaf(2.0);
  smolgrad_value* const b_ = leaf(3.0);
  smolgrad_value* const product_ = smolgrad_mul(a_, b_);
  smolgrad_value* const root_ = smolgrad_exp(smolgrad_mul(product_, smolgrad_constant(tape_, 0.1)));
};

TEST_F(StaleRecording, ChangesNoGradient) {
  ASSERT_EQ(smolgrad_backward(root_), SMOLGRAD_OK);
  const std::vector<double> before = gradients();
  const double data = smolgrad_value_data(root_);
  ASSERT_EQ(smolgrad_value_set_data(a_, 5.0), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_backward(root_), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_backward(product_), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(gradients(), before);
  EXPECT_EQ(smolgrad_value_data(root_), data) << "still the number that was computed";
  EXPECT_EQ(smolgrad_value_data(a_), 5.0);
}

TEST_F(StaleRecording, RecordedAgainIsFine) {
  ASSERT_EQ(smolgrad_value_set_data(a_, 5.0), SMOLGRAD_OK);
  smolgrad_value* const again = smolgrad_mul(a_, b_);
  EXPECT_EQ(smolgrad_backward(again), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a_), 3.0);
  EXPECT_EQ(smolgrad_value_grad(b_), 5.0);
  smolgrad_value* const unrelated = smolgrad_square(b_);
  EXPECT_EQ(smolgrad_backward(unrelated), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(b_), 11.0);
  smolgrad_value* const mixed = smolgrad_add(again, product_);
  EXPECT_EQ(smolgrad_backward(mixed), SMOLGRAD_ERROR_STALE) << "by way of what was recorded before";
}

// What refers to such a leaf stands lower on the tape than the end was when the leaf was made.
TEST_F(StaleRecording, ByALeafMadeBeforeOtherOperationsWentAway) {
  std::vector<smolgrad_value*> others;
  for (int i = 0; i < 10; ++i) others.push_back(smolgrad_exp(b_));
  smolgrad_value* const late = leaf(2.0);
  for (smolgrad_value* const other : others) smolgrad_value_release(other);
  smolgrad_value* const square = smolgrad_square(late);
  ASSERT_EQ(smolgrad_value_set_data(late, 3.0), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_backward(square), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(smolgrad_value_grad(late), 0.0);
}

TEST_F(StaleRecording, SettingAGradientMakesNothingStale) {
  EXPECT_EQ(smolgrad_value_set_grad(a_, 100.0), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_backward(product_), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a_), 103.0);
}

TEST_F(StaleRecording, OfAModelsParameters) {
  const std::size_t layers[] = {3, 1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 2, nullptr);
  smolgrad_value* const x[] = {a_, b_};
  smolgrad_value* out[] = {nullptr};
  ASSERT_EQ(smolgrad_mlp_forward(mlp, x, 2, out, 1), SMOLGRAD_OK);
  std::vector<double> parameters(smolgrad_mlp_parameter_count(mlp));
  ASSERT_EQ(smolgrad_mlp_get_parameters(mlp, parameters.data(), parameters.size()), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_mlp_set_parameters(mlp, parameters.data(), parameters.size()), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_backward(out[0]), SMOLGRAD_ERROR_STALE);
  std::vector<double> gradients(parameters.size(), -7.0);
  ASSERT_EQ(smolgrad_mlp_get_gradients(mlp, gradients.data(), gradients.size()), SMOLGRAD_OK);
  EXPECT_EQ(gradients, std::vector<double>(parameters.size(), 0.0));
  EXPECT_EQ(smolgrad_backward(product_), SMOLGRAD_OK) << "which no parameter is part of";
}

}  // namespace
}  // namespace smolgrad::test

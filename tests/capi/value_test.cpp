// The numbers: expressions with known values and derivatives, and what values say of themselves.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/smolgrad.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

class CValue : public TapeFixture {
 protected:
  smolgrad_value* constant(double data) { return smolgrad_constant(tape_, data); }
};

TEST_F(CValue, FirstExample) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const b = leaf(-3.0);
  smolgrad_value* const c = leaf(10.0);
  smolgrad_value* const d = smolgrad_add(smolgrad_mul(a, b), c);
  EXPECT_EQ(smolgrad_value_data(d), 4.0);
  EXPECT_EQ(text_of(smolgrad_value_to_string, d), "Value(data=4, grad=0)");
  ASSERT_EQ(smolgrad_backward(d), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), -3.0);
  EXPECT_EQ(smolgrad_value_grad(b), 2.0);
  EXPECT_EQ(smolgrad_value_grad(c), 1.0);
  EXPECT_EQ(smolgrad_value_grad(d), 1.0);
  EXPECT_EQ(text_of(smolgrad_value_to_string, d), "Value(data=4, grad=1)");
  ASSERT_EQ(smolgrad_backward(d), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), -6.0) << "of leaves, calls add up";
  EXPECT_EQ(smolgrad_value_grad(b), 4.0);
  EXPECT_EQ(smolgrad_value_grad(d), 1.0) << "of operations, the last one counts";
  ASSERT_EQ(smolgrad_tape_zero_grad(tape_), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), 0.0);
  EXPECT_EQ(take_error(), ok);
}

// The expression of micrograd's README; its numbers are those of PyTorch.
TEST_F(CValue, MicrogradExpression) {
  smolgrad_value* const a = leaf(-4.0);
  smolgrad_value* const b = leaf(2.0);
  smolgrad_value* const one = constant(1.0);
  smolgrad_value* const two = constant(2.0);
  smolgrad_value* const three = constant(3.0);
  smolgrad_value* c = smolgrad_add(a, b);
  smolgrad_value* d = smolgrad_add(smolgrad_mul(a, b), smolgrad_pow(b, three));
  c = smolgrad_add(c, smolgrad_add(c, one));
  c = smolgrad_add(c, smolgrad_add(smolgrad_add(one, c), smolgrad_neg(a)));
  d = smolgrad_add(d, smolgrad_add(smolgrad_mul(d, two), smolgrad_relu(smolgrad_add(b, a))));
  d = smolgrad_add(d, smolgrad_add(smolgrad_mul(three, d), smolgrad_relu(smolgrad_sub(b, a))));
  smolgrad_value* const e = smolgrad_sub(c, d);
  smolgrad_value* const f = smolgrad_pow(e, two);
  smolgrad_value* g = smolgrad_div(f, two);
  g = smolgrad_add(g, smolgrad_div(constant(10.0), f));
  ASSERT_EQ(smolgrad_backward(g), SMOLGRAD_OK);
  EXPECT_DOUBLE_EQ(smolgrad_value_data(g), 24.70408163265306);
  EXPECT_DOUBLE_EQ(smolgrad_value_grad(a), 138.83381924198252);
  EXPECT_DOUBLE_EQ(smolgrad_value_grad(b), 645.5772594752186);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CValue, AConstantTakesNoGradient) {
  smolgrad_value* const c = constant(3.0);
  smolgrad_value* const root = smolgrad_square(c);
  ASSERT_EQ(smolgrad_backward(root), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(c), 0.0);
  ASSERT_EQ(smolgrad_backward(c), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(c), 0.0);
}

TEST_F(CValue, LeavesAreSetAndBackwardFromThemIsOne) {
  smolgrad_value* const a = leaf(1.0);
  EXPECT_EQ(smolgrad_value_set_data(a, 2.5), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_set_grad(a, 7.0), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_backward(a), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_data(a), 2.5);
  EXPECT_EQ(smolgrad_value_grad(a), 8.0);
}

TEST_F(CValue, ArithmeticIsNoError) {
  EXPECT_TRUE(std::isnan(smolgrad_value_data(smolgrad_log(leaf(-1.0)))));
  EXPECT_TRUE(std::isinf(smolgrad_value_data(smolgrad_div(leaf(1.0), leaf(0.0)))));
  EXPECT_TRUE(std::isnan(smolgrad_value_data(leaf(std::nan("")))));
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CValue, OneOperandTwice) {
  smolgrad_value* const a = leaf(3.0);
  ASSERT_EQ(smolgrad_backward(smolgrad_mul(a, a)), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), 6.0);
  smolgrad_value* const same[] = {a, a, a};
  ASSERT_EQ(smolgrad_tape_zero_grad(tape_), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_backward(smolgrad_dot(same, same, 3)), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(a), 18.0);
}

TEST_F(CValue, Labels) {
  smolgrad_value* const a = leaf(1.0);
  EXPECT_STREQ(smolgrad_value_label(a), "");
  char text[] = "Größe\n\"x\" {y}";
  const std::string copied = text;
  ASSERT_EQ(smolgrad_value_set_label(a, text), SMOLGRAD_OK);
  std::memset(text, '#', sizeof text - 1);
  const char* const label = smolgrad_value_label(a);
  EXPECT_EQ(label, copied);
  for (int i = 0; i < 10000; ++i) smolgrad_value_release(smolgrad_exp(a));
  EXPECT_EQ(label, copied) << "valid until it is set again";
  ASSERT_EQ(smolgrad_value_set_label(a, ""), SMOLGRAD_OK);
  EXPECT_STREQ(smolgrad_value_label(a), "");
  smolgrad_value* const root = smolgrad_exp(a);
  ASSERT_EQ(smolgrad_value_set_label(root, "root"), SMOLGRAD_OK);
  EXPECT_STREQ(smolgrad_value_label(root), "root");
  EXPECT_EQ(text_of(smolgrad_value_to_string, a), "Value(data=1, grad=0)") << "labels are for graphs";
}

TEST_F(CValue, LeavesSayWhatTheyAre) {
  EXPECT_STREQ(smolgrad_value_operation(leaf(1.0)), "leaf");
  EXPECT_STREQ(smolgrad_value_operation(constant(1.0)), "constant");
}

TEST_F(CValue, NumbersAreWrittenWithoutLoss) {
  smolgrad_value* const a = leaf(0.1);
  ASSERT_EQ(smolgrad_value_set_grad(a, -1.0 / 3.0), SMOLGRAD_OK);
  EXPECT_EQ(text_of(smolgrad_value_to_string, a), "Value(data=0.1, grad=-0.3333333333333333)");
  EXPECT_EQ(text_of(smolgrad_value_to_string, leaf(1e300)), "Value(data=1e+300, grad=0)");
}

TEST_F(CValue, GraphIsTheOneOfCPlusPlus) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const b = leaf(-3.0);
  ASSERT_EQ(smolgrad_value_set_label(a, "a {1}"), SMOLGRAD_OK);
  smolgrad_value* const root = smolgrad_tanh(smolgrad_mul(a, b));
  ASSERT_EQ(smolgrad_backward(root), SMOLGRAD_OK);
  const std::string graph = text_of(smolgrad_graph_to_dot, root);
  EXPECT_EQ(graph.rfind("digraph {", 0), 0u) << graph;
  for (const char* part : {"tanh", "mul", "leaf", "data -6", "a \\{1\\}", " -> "}) {
    EXPECT_NE(graph.find(part), std::string::npos) << part << " in " << graph;
  }
  Tape tape;
  const Value x = tape.value(2.0, "a {1}");
  const Value y = tape.value(-3.0);
  const Value product = x * y;
  const Value other_root = tanh(product);
  other_root.backward();
  EXPECT_EQ(graph, to_dot(other_root));
}

TEST_F(CValue, Counting) {
  EXPECT_EQ(nodes(), 0u);
  leaf(1.0);
  constant(2.0);
  smolgrad_exp(leaf(3.0));
  EXPECT_EQ(nodes(), 4u);
  EXPECT_GT(smolgrad_tape_memory_bytes(tape_), 4 * sizeof(double));
}

TEST_F(CValue, NotANumberIsWrittenWithoutASign) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(text_of(smolgrad_value_to_string, leaf(std::copysign(nan, -1.0))), "Value(data=nan, grad=0)");
  EXPECT_EQ(text_of(smolgrad_value_to_string, leaf(std::copysign(nan, 1.0))), "Value(data=nan, grad=0)");
  smolgrad_value* const minus_infinity = leaf(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(text_of(smolgrad_value_to_string, minus_infinity), "Value(data=-inf, grad=0)");
  const std::string graph = text_of(smolgrad_graph_to_dot, smolgrad_sqrt(leaf(-1.0)));
  EXPECT_EQ(graph.find("-nan"), std::string::npos) << graph;
}

TEST_F(CValue, TextIsNeverLongerThanSaid) {
  const double longest = -2.2250738585072014e-308;
  smolgrad_value* const x = leaf(longest);
  ASSERT_EQ(smolgrad_value_set_grad(x, longest), SMOLGRAD_OK);
  std::size_t needed = 0;
  EXPECT_EQ(smolgrad_value_to_string(x, nullptr, 0, &needed), SMOLGRAD_OK);
  EXPECT_EQ(needed, 68u);
}

TEST_F(CValue, KnowsItsTape) {
  smolgrad_value* const x = leaf(1.0);
  EXPECT_EQ(smolgrad_value_tape(smolgrad_exp(x)), tape_);
  smolgrad_value_release(x);
  EXPECT_EQ(smolgrad_value_tape(x), tape_);
  const OtherTape other;
  EXPECT_EQ(smolgrad_value_tape(other.value), other.tape);
}

}  // namespace
}  // namespace smolgrad::test

// The numbers: expressions with known values and derivatives, what values say of themselves, and the constants.
#include <cmath>
#include <cstring>
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

TEST(CLibrary, Version) {
  EXPECT_EQ(smolgrad_version(),
            SMOLGRAD_VERSION_MAJOR * 1000000u + SMOLGRAD_VERSION_MINOR * 1000u + SMOLGRAD_VERSION_PATCH);
  EXPECT_EQ(smolgrad_version_string(), std::to_string(SMOLGRAD_VERSION_MAJOR) + "." +
                                           std::to_string(SMOLGRAD_VERSION_MINOR) + "." +
                                           std::to_string(SMOLGRAD_VERSION_PATCH));
}

TEST(CLibrary, Features) {
  EXPECT_EQ(smolgrad_has_feature("value"), 1);
  EXPECT_EQ(smolgrad_has_feature("mlp"), 1);
  EXPECT_EQ(smolgrad_has_feature("training"), 1);
  EXPECT_EQ(smolgrad_has_feature("checkpoint"), 1);
  EXPECT_EQ(smolgrad_has_feature("Value"), 0);
  EXPECT_EQ(smolgrad_has_feature("value "), 0);
  EXPECT_EQ(smolgrad_has_feature(""), 0);
}

// These numbers are part of the binary interface: programs already compiled hold them.
static_assert(SMOLGRAD_OK == 0 && SMOLGRAD_ERROR_INVALID_ARGUMENT == 1 && SMOLGRAD_ERROR_OUT_OF_MEMORY == 2 &&
              SMOLGRAD_ERROR_WRONG_TAPE == 3 && SMOLGRAD_ERROR_STALE == 4 && SMOLGRAD_ERROR_IO == 5 &&
              SMOLGRAD_ERROR_FORMAT == 6 && SMOLGRAD_ERROR_CANCELLED == 7 && SMOLGRAD_ERROR_UNSUPPORTED == 8 &&
              SMOLGRAD_ERROR_INTERNAL == 9);
static_assert(SMOLGRAD_ACTIVATION_LINEAR == 0 && SMOLGRAD_ACTIVATION_RELU == 1 && SMOLGRAD_ACTIVATION_LEAKY_RELU == 2 &&
              SMOLGRAD_ACTIVATION_ELU == 3 && SMOLGRAD_ACTIVATION_TANH == 4 && SMOLGRAD_ACTIVATION_SIGMOID == 5 &&
              SMOLGRAD_ACTIVATION_SOFTPLUS == 6 && SMOLGRAD_ACTIVATION_SILU == 7 && SMOLGRAD_ACTIVATION_GELU == 8);
static_assert(SMOLGRAD_INIT_UNIFORM == 0 && SMOLGRAD_INIT_XAVIER == 1 && SMOLGRAD_INIT_HE == 2);
static_assert(SMOLGRAD_RECORDING_DOT == 0 && SMOLGRAD_RECORDING_SINGLE == 1);
static_assert(SMOLGRAD_DTYPE_FLOAT64 == 0 && SMOLGRAD_DTYPE_FLOAT32 == 1);
static_assert(SMOLGRAD_HEAD_NONE == 0 && SMOLGRAD_HEAD_SIGMOID == 1 && SMOLGRAD_HEAD_SOFTMAX == 2);
static_assert(SMOLGRAD_LOSS_MSE == 0 && SMOLGRAD_LOSS_MAE == 1 && SMOLGRAD_LOSS_HUBER == 2 &&
              SMOLGRAD_LOSS_HINGE == 3 && SMOLGRAD_LOSS_BINARY_CROSS_ENTROPY == 4 && SMOLGRAD_LOSS_CROSS_ENTROPY == 5);
static_assert(SMOLGRAD_OPTIMIZER_SGD == 0 && SMOLGRAD_OPTIMIZER_RMSPROP == 1 && SMOLGRAD_OPTIMIZER_ADAM == 2 &&
              SMOLGRAD_OPTIMIZER_ADAMW == 3);
static_assert(SMOLGRAD_OUTCOME_FINISHED == 0 && SMOLGRAD_OUTCOME_STOPPED_EARLY == 1 &&
              SMOLGRAD_OUTCOME_CANCELLED == 2 && SMOLGRAD_OUTCOME_DIVERGED == 3);
static_assert(SMOLGRAD_HISTORY_TRAINING_LOSS == 0 && SMOLGRAD_HISTORY_TRAINING_ACCURACY == 1 &&
              SMOLGRAD_HISTORY_VALIDATION_LOSS == 2 && SMOLGRAD_HISTORY_VALIDATION_ACCURACY == 3 &&
              SMOLGRAD_HISTORY_LEARNING_RATE == 4 && SMOLGRAD_HISTORY_SECONDS == 5);
static_assert(SMOLGRAD_CSV_HEADER_AUTOMATIC == 0 && SMOLGRAD_CSV_HEADER_PRESENT == 1 &&
              SMOLGRAD_CSV_HEADER_ABSENT == 2);

// The C++ library casts between its enumerations and these.
constexpr bool same(ErrorCode code, int status) { return static_cast<int>(code) == status; }
static_assert(same(ErrorCode::invalid_argument, SMOLGRAD_ERROR_INVALID_ARGUMENT) &&
              same(ErrorCode::out_of_memory, SMOLGRAD_ERROR_OUT_OF_MEMORY) &&
              same(ErrorCode::wrong_tape, SMOLGRAD_ERROR_WRONG_TAPE) && same(ErrorCode::stale, SMOLGRAD_ERROR_STALE) &&
              same(ErrorCode::io, SMOLGRAD_ERROR_IO) && same(ErrorCode::format, SMOLGRAD_ERROR_FORMAT) &&
              same(ErrorCode::cancelled, SMOLGRAD_ERROR_CANCELLED) &&
              same(ErrorCode::unsupported, SMOLGRAD_ERROR_UNSUPPORTED) &&
              same(ErrorCode::internal, SMOLGRAD_ERROR_INTERNAL));
template <class Enumeration>
constexpr bool ends_with(Enumeration last, int number) {
  return static_cast<int>(last) == number;
}
static_assert(ends_with(Loss::cross_entropy, SMOLGRAD_LOSS_CROSS_ENTROPY) &&
              ends_with(FitOutcome::diverged, SMOLGRAD_OUTCOME_DIVERGED) &&
              ends_with(Head::softmax, SMOLGRAD_HEAD_SOFTMAX) && ends_with(Dtype::float32, SMOLGRAD_DTYPE_FLOAT32) &&
              ends_with(CsvHeader::absent, SMOLGRAD_CSV_HEADER_ABSENT));

}  // namespace
}  // namespace smolgrad::test

// Arguments that make no sense: each is refused with its status, nothing else changes, and work goes on.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/ops/table.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

class Error : public TapeFixture {
 protected:
  smolgrad_mlp* model(std::size_t inputs, const std::vector<std::size_t>& layers) {
    return smolgrad_mlp_create(tape_, inputs, layers.data(), layers.size(), nullptr);
  }
};

TEST_F(Error, TheFirstStaysUntilCleared) {
  smolgrad_value* const a = leaf(2.0);
  EXPECT_EQ(smolgrad_add(a, nullptr), nullptr);
  const std::string first = smolgrad_tape_error_message(tape_);
  smolgrad_value* const gone = leaf(1.0);
  smolgrad_value_release(gone);
  EXPECT_EQ(smolgrad_value_set_data(gone, 1.0), SMOLGRAD_ERROR_STALE) << "a call returns its own error";
  EXPECT_EQ(smolgrad_tape_error_code(tape_), SMOLGRAD_ERROR_INVALID_ARGUMENT) << "and the tape keeps the first";
  EXPECT_EQ(smolgrad_tape_error_message(tape_), first);
  EXPECT_EQ(smolgrad_value_set_data(a, 3.0), SMOLGRAD_OK) << "what succeeds neither clears it";
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_value_set_data(gone, 1.0), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale) << "cleared, there is room for the next";
}

TEST_F(Error, WorkGoesOnAfterwards) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const b = leaf(5.0);
  OtherTape other;
  EXPECT_EQ(smolgrad_mul(a, other.value), nullptr);
  smolgrad_value* const product = smolgrad_mul(a, b);
  ASSERT_NE(product, nullptr) << "an error that was not cleared is no obstacle";
  EXPECT_EQ(smolgrad_backward(product), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_data(product), 10.0);
  EXPECT_EQ(smolgrad_value_grad(a), 5.0);
  EXPECT_EQ(take_error(), wrong_tape);
}

TEST_F(Error, ANestedExpressionIsCheckedOnce) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const gone = leaf(3.0);
  smolgrad_value_release(gone);
  const std::size_t before = nodes();
  const std::size_t scope = smolgrad_tape_scope_open(tape_);
  smolgrad_value* const result = smolgrad_exp(smolgrad_mul(smolgrad_sin(a), smolgrad_add(a, smolgrad_tanh(gone))));
  EXPECT_EQ(result, nullptr);
  EXPECT_EQ(smolgrad_backward(result), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(take_error(), stale) << "the cause, not the NULLs that followed from it";
  EXPECT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK);
  EXPECT_EQ(nodes(), before);
}

TEST_F(Error, OperandsOfTwoTapes) {
  OtherTape other;
  smolgrad_value* const a = leaf(1.0);
  const std::size_t before = nodes();
  const auto expect_refused = [&](const smolgrad_value* result, const char* name) {
    SCOPED_TRACE(name);
    EXPECT_EQ(result, nullptr);
    EXPECT_EQ(take_error(), wrong_tape);
    EXPECT_EQ(nodes(), before);
    EXPECT_EQ(smolgrad_tape_node_count(other.tape), 1u);
  };
#define X(Definition, name) expect_refused(smolgrad_##name(a, other.value), #name);
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
  smolgrad_value* const mixed[] = {a, a, other.value};
  smolgrad_value* const pure[] = {a, a, a};
  smolgrad_value* const others[] = {other.value, other.value, other.value};
#define X(Definition, name) expect_refused(smolgrad_##name(mixed, 3), #name);
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  expect_refused(smolgrad_dot(pure, mixed, 3), "dot, right");
  expect_refused(smolgrad_dot(mixed, pure, 3), "dot, left");
  expect_refused(smolgrad_dot(pure, others, 3), "dot, side by side");
  smolgrad_value* operands[] = {a, a, a, a};
  for (std::size_t i = 1; i < 4; ++i) {
    operands[i] = other.value;
    expect_refused(smolgrad_select(operands[0], operands[1], operands[2], operands[3]), "select");
    operands[i] = a;
  }
  smolgrad_value* out[] = {nullptr, nullptr, nullptr};
  EXPECT_EQ(smolgrad_softmax(mixed, 3, out), SMOLGRAD_ERROR_WRONG_TAPE);
  EXPECT_EQ(out[0], nullptr);
  expect_refused(nullptr, "softmax");
}

TEST_F(Error, InputsOfAnotherTapeThanTheModels) {
  OtherTape other;
  smolgrad_value* const mixed[] = {leaf(1.0), leaf(2.0), other.value};
  for (const int32_t recording : {SMOLGRAD_RECORDING_DOT, SMOLGRAD_RECORDING_SINGLE}) {
    smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
    smolgrad_mlp_options_set_recording(options, recording);
    const std::size_t layers[] = {4, 1};
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 3, layers, 2, options);
    smolgrad_mlp_options_destroy(options);
    const std::size_t before = nodes();
    smolgrad_value* out[] = {nullptr};
    EXPECT_EQ(smolgrad_mlp_forward(mlp, mixed, 3, out, 1), SMOLGRAD_ERROR_WRONG_TAPE);
    EXPECT_EQ(out[0], nullptr);
    EXPECT_EQ(take_error(), wrong_tape);
    EXPECT_EQ(nodes(), before) << "what was recorded before the third input is taken back";
  }
}

TEST_F(Error, CountsOfAModelsArrays) {
  smolgrad_mlp* const mlp = model(2, {3, 2});
  ASSERT_EQ(smolgrad_mlp_parameter_count(mlp), 17u);
  smolgrad_value* const x[] = {leaf(1.0), leaf(2.0), leaf(3.0)};
  std::vector<double> numbers(18, -7.0);
  const std::vector<double> untouched = numbers;
  const std::size_t before = nodes();
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
    smolgrad_value* out[] = {nullptr, nullptr};
    EXPECT_EQ(smolgrad_mlp_forward(mlp, x, n, out, 2), SMOLGRAD_ERROR_INVALID_ARGUMENT) << n;
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_mlp_forward(mlp, x, 2, out, n), SMOLGRAD_ERROR_INVALID_ARGUMENT) << n;
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(out[0], nullptr);
  }
  for (const std::size_t n : {std::size_t{0}, std::size_t{16}, std::size_t{18}, SIZE_MAX}) {
    EXPECT_EQ(smolgrad_mlp_get_parameters(mlp, numbers.data(), n), SMOLGRAD_ERROR_INVALID_ARGUMENT) << n;
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_mlp_get_gradients(mlp, numbers.data(), n), SMOLGRAD_ERROR_INVALID_ARGUMENT) << n;
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_mlp_set_parameters(mlp, numbers.data(), n), SMOLGRAD_ERROR_INVALID_ARGUMENT) << n;
    EXPECT_EQ(take_error(), invalid_argument);
  }
  EXPECT_EQ(numbers, untouched);
  EXPECT_NE(smolgrad_value_data(smolgrad_mlp_parameter(mlp, 0)), -7.0);
  for (const std::size_t index : {std::size_t{17}, SIZE_MAX}) {
    EXPECT_EQ(smolgrad_mlp_parameter(mlp, index), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
  }
  EXPECT_EQ(nodes(), before);
}

TEST_F(Error, ModelsOfNoSize) {
  const std::size_t before = nodes();
  EXPECT_EQ(model(2, {}), nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  const std::size_t size = 1;
  EXPECT_EQ(smolgrad_mlp_create(tape_, 2, &size, 0, nullptr), nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(model(0, {1}), nullptr);
  EXPECT_EQ(take_error(), invalid_argument);
  for (const std::vector<std::size_t>& layers : {std::vector<std::size_t>{0}, {0, 1}, {4, 0}, {4, 0, 1}}) {
    EXPECT_EQ(model(2, layers), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
  }
  EXPECT_EQ(nodes(), before);
}

TEST_F(Error, SizesBeyondAnyMemory) {
  const std::size_t before = nodes();
  for (const std::size_t huge : {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / sizeof(double)}) {
    SCOPED_TRACE(huge);
    EXPECT_EQ(model(huge, {1}), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    EXPECT_EQ(model(1, {huge}), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    EXPECT_EQ(model(2, {4, huge}), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    EXPECT_EQ(model(huge, {huge}), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    const std::size_t size = 1;
    EXPECT_EQ(smolgrad_mlp_create(tape_, 2, &size, huge, nullptr), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    const double number = 1.0;
    smolgrad_value* out[] = {nullptr};
    EXPECT_EQ(smolgrad_value_create_array(tape_, &number, huge, out), SMOLGRAD_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(out[0], nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
  }
  EXPECT_EQ(nodes(), before);
}

TEST_F(Error, CountsOfOperandsBeyondAnyMemory) {
  smolgrad_value* const values[] = {leaf(1.0)};
  smolgrad_value* out[] = {nullptr};
  const std::size_t before = nodes();
#define X(Definition, name)                              \
  EXPECT_EQ(smolgrad_##name(values, SIZE_MAX), nullptr); \
  EXPECT_EQ(take_error(), out_of_memory) << #name;
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  EXPECT_EQ(smolgrad_dot(values, values, SIZE_MAX), nullptr);
  EXPECT_EQ(take_error(), out_of_memory);
  EXPECT_EQ(smolgrad_softmax(values, SIZE_MAX, out), SMOLGRAD_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(take_error(), out_of_memory);
  EXPECT_EQ(out[0], nullptr);
  EXPECT_EQ(nodes(), before);
}

TEST_F(Error, NoOperands) {
  smolgrad_value* const values[] = {leaf(1.0)};
  smolgrad_value* out[] = {nullptr};
#define X(Definition, name) EXPECT_EQ(smolgrad_##name(values, 0), nullptr) << #name;
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  EXPECT_EQ(smolgrad_dot(values, values, 0), nullptr);
  EXPECT_EQ(smolgrad_softmax(values, 0, out), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(out[0], nullptr);
  EXPECT_EQ(nodes(), 1u);
}

TEST(ErrorOfOptions, OutOfRange) {
  smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
  using Setter = int32_t (*)(smolgrad_mlp_options*, int32_t);
  const std::pair<Setter, int32_t> setters[] = {
      {smolgrad_mlp_options_set_activation, SMOLGRAD_ACTIVATION_GELU},
      {smolgrad_mlp_options_set_init, SMOLGRAD_INIT_HE},
      {smolgrad_mlp_options_set_bias, 1},
      {smolgrad_mlp_options_set_recording, SMOLGRAD_RECORDING_SINGLE},
      {smolgrad_mlp_options_set_head, SMOLGRAD_HEAD_SOFTMAX},
      {smolgrad_mlp_options_set_dtype, SMOLGRAD_DTYPE_FLOAT32},
  };
  for (const auto& [set, last] : setters) {
    for (int32_t good = 0; good <= last; ++good) EXPECT_EQ(set(options, good), SMOLGRAD_OK);
    EXPECT_EQ(set(options, 0), SMOLGRAD_OK);
    for (const int32_t bad : {-1, last + 1, INT32_MIN, INT32_MAX}) {
      EXPECT_EQ(set(options, bad), SMOLGRAD_ERROR_INVALID_ARGUMENT) << bad;
    }
  }
  EXPECT_EQ(smolgrad_mlp_options_set_seed(options, UINT64_MAX), SMOLGRAD_OK);
  for (const int32_t bad : {-1, SMOLGRAD_ACTIVATION_GELU + 1}) {
    const int32_t activations[] = {SMOLGRAD_ACTIVATION_TANH, bad};
    EXPECT_EQ(smolgrad_mlp_options_set_activations(options, activations, 1), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_activations(options, activations, 2), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(smolgrad_mlp_options_set_activations(options, activations, SIZE_MAX), SMOLGRAD_ERROR_OUT_OF_MEMORY);
  }
  smolgrad_mlp_options_destroy(options);
}

TEST_F(Error, OnlyLeavesAreSet) {
  smolgrad_value* const a = leaf(2.0);
  smolgrad_value* const constant = smolgrad_constant(tape_, 3.0);
  smolgrad_value* const computed = smolgrad_mul(a, constant);
  EXPECT_EQ(smolgrad_value_set_data(computed, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(std::string(smolgrad_tape_error_message(tape_)).find("mul"), std::string::npos) << "says what it is";
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_value_set_data(constant, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_value_set_grad(constant, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_value_data(computed), 6.0);
  EXPECT_EQ(smolgrad_value_data(constant), 3.0);
  EXPECT_EQ(smolgrad_value_grad(constant), 0.0);
  EXPECT_EQ(smolgrad_backward(computed), SMOLGRAD_OK) << "nothing is stale";
}

TEST_F(Error, StringsOut) {
  smolgrad_value* const a = leaf(4.0);
  const std::string expected = "Value(data=4, grad=0)";
  std::size_t needed = 0;
  EXPECT_EQ(smolgrad_value_to_string(a, nullptr, 0, &needed), SMOLGRAD_OK);
  EXPECT_EQ(needed, expected.size() + 1);
  EXPECT_EQ(smolgrad_value_to_string(a, nullptr, 0, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(take_error(), ok);

  char buffer[64];
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, expected.size()}) {
    std::memset(buffer, '#', sizeof buffer);
    needed = 0;
    EXPECT_EQ(smolgrad_value_to_string(a, buffer, capacity, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT) << capacity;
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(needed, expected.size() + 1);
    EXPECT_EQ(std::string(buffer, sizeof buffer), std::string(sizeof buffer, '#'));
  }
  EXPECT_EQ(smolgrad_value_to_string(a, buffer, expected.size() + 1, &needed), SMOLGRAD_OK);
  EXPECT_EQ(std::string(buffer), expected);
  EXPECT_EQ(buffer[expected.size() + 1], '#') << "and not one byte more";

  EXPECT_EQ(smolgrad_graph_to_dot(a, buffer, 10, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_GT(needed, 10u);
  EXPECT_EQ(take_error(), invalid_argument);
}

TEST(ErrorName, OfEveryStatus) {
  EXPECT_STREQ(smolgrad_status_name(SMOLGRAD_OK), "SMOLGRAD_OK");
  EXPECT_STREQ(smolgrad_status_name(SMOLGRAD_ERROR_STALE), "SMOLGRAD_ERROR_STALE");
  EXPECT_STREQ(smolgrad_status_name(SMOLGRAD_ERROR_INTERNAL), "SMOLGRAD_ERROR_INTERNAL");
  for (const int32_t other : {-1, SMOLGRAD_ERROR_INTERNAL + 1, INT32_MIN, INT32_MAX}) {
    EXPECT_STREQ(smolgrad_status_name(other), "unknown") << other;
  }
}

}  // namespace
}  // namespace smolgrad::test

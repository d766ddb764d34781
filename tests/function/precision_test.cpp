// float32: every operator and a network against float64's results on the tape.
#include <cfloat>

#include "formula.hpp"

namespace smolgrad::test {
namespace {

/// Within this many units in the last place of a float of max(|exact|, floor).
constexpr double float_ulp = 16.0;

const std::vector<float> points = {0.0F, 0.25F, -0.25F, 0.5F, 0.9F, -0.9F, 1.0F,  -1.0F, 1.5F,
                                   2.0F, -2.0F, -2.5F,  3.0F, 4.5F, -7.5F, 1e-6F, 60.0F};

void compare(const char* name, const Formula& formula, std::size_t width, const std::vector<float>& inputs) {
  SCOPED_TRACE(name);
  const Function function = compile(formula, width, 0, {Dtype::float32, {}});
  const std::size_t rows = inputs.size() / width;
  const Results<double> exact = eagerly(formula, rows, {inputs.begin(), inputs.end()}, {});
  const Results<float> got = gradient_of<float>(function, rows, inputs, {});
  const auto expect = [&](float result, double expected, std::size_t row) {
    if (std::abs(expected) > FLT_MAX) expected = std::copysign(infinite, expected);
    EXPECT_LE(ulp_apart(result, expected, 1.0, FLT_EPSILON), float_ulp)
        << "at " << inputs[row * width] << ", " << inputs[row * width + width - 1] << ": " << result << ", exactly "
        << expected;
  };
  for (std::size_t i = 0; i < rows; ++i) expect(got.outputs[i], exact.outputs[i], i);
  for (std::size_t i = 0; i < inputs.size(); ++i) expect(got.d_inputs[i], exact.d_inputs[i], i / width);
}

TEST(FunctionFloat32, Operators) {
#define X(Definition, name) \
  compare(                  \
      #name, [](const Values& x, const Values&) { return Values{name(x[0])}; }, 1, points);
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
  std::vector<float> pairs;
  for (const float left : points) {
    for (const float right : points) {
      if (std::abs(left) < 50.0F && std::abs(right) < 50.0F) pairs.insert(pairs.end(), {left, right});
    }
  }
#define X(Definition, name) \
  compare(                  \
      #name, [](const Values& x, const Values&) { return Values{name(x[0], x[1])}; }, 2, pairs);
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name)                            \
  compare(                                             \
      #name,                                           \
      [](const Values& x, const Values&) {             \
        return Values{name({x[0], x[1], x[0] * 0.5})}; \
      },                                               \
      2, pairs);
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
}

TEST(FunctionFloat32, Network) {
  const Formula formula = [](const Values& x, const Values& a) {
    Values hidden;
    for (std::size_t i = 0; i < 9; ++i) hidden.push_back(relu(dot(x, {a[3 * i], a[3 * i + 1], a[3 * i + 2]})));
    return Values{tanh(dot(hidden, hidden)) + x[0]};
  };
  const Function function = compile(formula, 3, 27, {Dtype::float32, {}});
  for (const std::size_t rows : {1u, 7u, 16u, 33u, 500u}) {
    const std::vector<double> x = some_numbers(rows * 3), a = some_numbers(27, 4);
    const std::vector<float> x_float(x.begin(), x.end()), a_float(a.begin(), a.end());
    const Results<double> expected =
        eagerly(formula, rows, {x_float.begin(), x_float.end()}, {a_float.begin(), a_float.end()});
    const Results<float> got = gradient_of(function, rows, x_float, a_float);
    for (std::size_t i = 0; i < rows; ++i) EXPECT_NEAR(got.outputs[i], expected.outputs[i], 2e-6);
    for (std::size_t i = 0; i < rows * 3; ++i) EXPECT_NEAR(got.d_inputs[i], expected.d_inputs[i], 2e-5);
    for (std::size_t i = 0; i < 27; ++i) {
      EXPECT_NEAR(got.d_shared[i], expected.d_shared[i], 2e-6 * static_cast<double>(10 + rows));
    }
    const Results<float> threaded = gradient_of(function, rows, x_float, a_float, {3, nullptr, nullptr});
    EXPECT_EQ(threaded.d_shared, got.d_shared);
  }
}

}  // namespace
}  // namespace smolgrad::test

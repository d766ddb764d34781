// Large recordings: deep, wide, with many inputs and outputs. Time and memory are linear: what is quadratic or recurses
// does not come to an end here.
#include "formula.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t deep = sanitized ? 20000 : 200000, wide = sanitized ? 5000 : 50000, many = sanitized ? 100 : 1000;

TEST(FunctionScale, DeepChain) {
  const Formula formula = [](const Values& x, const Values& a) {
    Value y = x[0];
    for (std::size_t i = 0; i < deep / 2; ++i) y = sin(y) + a[0];
    return Values{y};
  };
  const Function function = compile(formula, 1, 1);
  const std::vector<double> x = {0.3}, a = {0.25};
  const Results<double> expected = eagerly(formula, 1, x, a);
  double y = 0.0;
  function.evaluate(1, x.data(), a.data(), &y);
  EXPECT_NEAR(y, expected.outputs[0], 1e-14);
  const Results<double> got = gradient_of(function, 1, x, a);
  EXPECT_NEAR(got.d_inputs[0], expected.d_inputs[0], 1e-14);
  EXPECT_NEAR(got.d_shared[0], expected.d_shared[0], 1e-12 * expected.d_shared[0]);
}

TEST(FunctionScale, DeepChainOfPiecewiseOperators) {
  const Formula formula = [](const Values& x, const Values& a) {
    Value y = x[0];
    for (std::size_t i = 0; i < deep / 20; ++i) y = max(select(y, a[0], sqrt(relu(y) + 1.0), y), x[0]);
    return Values{y};
  };
  const Function function = compile(formula, 1, 1);
  const std::vector<double> x = {0.3}, a = {1.25};
  const Results<double> expected = eagerly(formula, 1, x, a);
  const Results<double> got = gradient_of(function, 1, x, a);
  EXPECT_EQ(got.outputs[0], expected.outputs[0]);
  EXPECT_NEAR(got.d_inputs[0], expected.d_inputs[0], 1e-13);
  double hessian = 0.0, tangent = 1.0, moved = 0.0;
  function.hessian<double>(1, x.data(), a.data(), nullptr, &hessian);
  EXPECT_TRUE(std::isfinite(hessian));
  function.jvp<double>(1, x.data(), a.data(), &tangent, nullptr, &moved);
  EXPECT_NEAR(moved, expected.d_inputs[0], 1e-13);
}

TEST(FunctionScale, WideOperators) {
  const std::pair<const char*, Value (*)(const Values&)> operators[] = {
      {"sum", [](const Values& x) { return sum(x); }},
      {"mean", [](const Values& x) { return mean(x); }},
      {"max_of", [](const Values& x) { return max_of(x); }},
      {"logsumexp", [](const Values& x) { return logsumexp(x); }},
      {"dot", [](const Values& x) { return dot(x, x); }},
  };
  for (const auto& [name, apply] : operators) {
    SCOPED_TRACE(name);
    // Half of it from shared leaves.
    const Formula formula = [apply = apply](const Values& x, const Values& a) {
      Values all = a;
      for (std::size_t i = 0; i < wide / 2; ++i) all.push_back(x[0] * (1.0 + static_cast<double>(i) / wide));
      return Values{apply(all)};
    };
    const Function function = compile(formula, 1, wide / 2);
    const std::vector<double> x = {0.7}, a = some_numbers(wide / 2);
    const Results<double> expected = eagerly(formula, 1, x, a);
    const Results<double> got = gradient_of(function, 1, x, a);
    EXPECT_NEAR(got.outputs[0], expected.outputs[0], 1e-10 * std::abs(expected.outputs[0]));
    EXPECT_NEAR(got.d_inputs[0], expected.d_inputs[0], 1e-10 * std::abs(expected.d_inputs[0]));
    for (std::size_t i = 0; i < a.size(); i += 97) EXPECT_NEAR(got.d_shared[i], expected.d_shared[i], 1e-12);
  }
}

TEST(FunctionScale, ManyInputsAndOutputs) {
  const Formula formula = [](const Values& x, const Values& a) {
    Values y;
    for (std::size_t i = 0; i < x.size(); ++i) y.push_back(sin(x[i] * a[0]) + x[(i + 1) % x.size()]);
    return y;
  };
  const Function function = compile(formula, many, 1);
  const std::vector<double> a = {0.5};
  for (const std::size_t rows : {1u, 9u}) {
    const std::vector<double> x = some_numbers(rows * many), adjoints = some_numbers(rows * many, 7);
    const Results<double> expected = eagerly(formula, rows, x, a, adjoints.data());
    const Results<double> got = vjp_of(function, rows, x, a, adjoints);
    for (std::size_t i = 0; i < rows * many; ++i) {
      EXPECT_NEAR(got.outputs[i], expected.outputs[i], 1e-15);
      EXPECT_NEAR(got.d_inputs[i], expected.d_inputs[i], 1e-15);
    }
    EXPECT_NEAR(got.d_shared[0], expected.d_shared[0], 1e-12 * static_cast<double>(rows * many));
  }
}

TEST(FunctionScale, JacobiansAreSparse) {
  // In reverse: one row of many inputs; forward: one column of many outputs.
  const std::size_t n = many / 4;
  const Formula spread = [n](const Values& x, const Values&) {
    Values y;
    for (std::size_t i = 0; i < 2 * n; ++i) y.push_back(x[i % n] * (1.0 + static_cast<double>(i)));
    return y;
  };
  const Function function = compile(spread, n, 0);
  EXPECT_EQ(function.jacobian_sparsity().size(), 2 * n);
  const std::vector<double> x = some_numbers(n);
  std::vector<double> jacobian(2 * n * n);
  function.jacobian<double>(1, x.data(), nullptr, nullptr, jacobian.data());
  for (std::size_t i = 0; i < jacobian.size(); ++i) {
    EXPECT_EQ(jacobian[i], i % n == i / n % n ? 1.0 + static_cast<double>(i / n) : 0.0);
  }
}

}  // namespace
}  // namespace smolgrad::test

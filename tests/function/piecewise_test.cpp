// select and the piecewise operators in Functions: the side not taken contributes exactly 0 to every derivative, in
// either mode and any order, and a side taken contributes what it does, also where its derivative happens to be 0.
#include "formula.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

using Scalar = std::function<Value(const Value&)>;

/// f at x: value, first, second and third derivative, however they are asked for.
void expect_derivatives(const Scalar& f, double x, const std::vector<double>& expected, double tolerance = 1e-14) {
  SCOPED_TRACE(testing::Message() << "at " << x);
  const Function function = compile([&](const Values& v, const Values&) { return Values{f(v[0])}; }, 1, 0);
  const auto expect = [&](double got, std::size_t order, const char* how) {
    if (std::isinf(expected[order])) {
      EXPECT_EQ(got, expected[order]) << how;
    } else {
      EXPECT_NEAR(got, expected[order], tolerance * std::max(1.0, std::abs(expected[order]))) << how;
    }
  };
  const double one = 1.0;
  double y = 0.0, d = 0.0;
  function.evaluate<double>(1, &x, nullptr, &y);
  expect(y, 0, "evaluate");
  function.gradient<double>(1, &x, nullptr, &y, &d, nullptr);
  expect(y, 0, "gradient's value");
  expect(d, 1, "gradient");
  function.vjp<double>(1, &x, nullptr, &one, nullptr, &d, nullptr);
  expect(d, 1, "vjp");
  function.jvp<double>(1, &x, nullptr, &one, nullptr, &d);
  expect(d, 1, "jvp");
  function.jacobian<double>(1, &x, nullptr, nullptr, &d);
  expect(d, 1, "jacobian");
  if (expected.size() < 3) return;
  function.hessian<double>(1, &x, nullptr, nullptr, &d);
  expect(d, 2, "hessian");
  function.hessian_vector<double>(1, &x, nullptr, &one, nullptr, &d);
  expect(d, 2, "hessian_vector");
  const Function first = function.derivative();
  first.evaluate<double>(1, &x, nullptr, &d);
  expect(d, 1, "derivative");
  first.gradient<double>(1, &x, nullptr, nullptr, &d, nullptr);
  expect(d, 2, "gradient of the derivative");
  first.jvp<double>(1, &x, nullptr, &one, nullptr, &d);
  expect(d, 2, "jvp of the derivative");
  if (expected.size() < 4) return;
  first.hessian<double>(1, &x, nullptr, nullptr, &d);
  expect(d, 3, "hessian of the derivative");
  first.derivative().gradient<double>(1, &x, nullptr, nullptr, &d, nullptr);
  expect(d, 3, "gradient of the second derivative");
}

/// The side taken where 0 < x, or 0.
Scalar where_positive(const Scalar& f) {
  return [f](const Value& x) { return select(Value(0.0), x, f(x), Value(0.0)); };
}

TEST(FunctionPiecewise, SideNotTakenIsZeroToEveryOrder) {
  const std::pair<const char*, Scalar> singular[] = {
      {"sqrt", [](const Value& x) { return sqrt(x); }},
      {"log", [](const Value& x) { return log(x); }},
      {"division", [](const Value& x) { return 1.0 / x; }},
      {"x^1.5", [](const Value& x) { return pow(x, 1.5); }},
      {"x^x", [](const Value& x) { return pow(x, x); }},
      {"x log x", [](const Value& x) { return x * log(x); }},
      {"cbrt", [](const Value& x) { return cbrt(x); }},
      {"dot",
       [](const Value& x) {
         return dot({sqrt(x), log(x)}, {exp(x), x});
       }},
      {"logsumexp",
       [](const Value& x) {
         return logsumexp({log(x), sqrt(x), 1.0 / x});
       }},
      {"mean",
       [](const Value& x) {
         return mean({log(x), sqrt(x)}) * sum({1.0 / x, x});
       }},
      {"max", [](const Value& x) { return max(sqrt(x), 1.0 / x); }},
      {"inside out", [](const Value& x) { return tanh(relu(log(x)) * sqrt(x)) / x; }},
  };
  for (const auto& [name, f] : singular) {
    SCOPED_TRACE(name);
    for (const double x : {0.0, -0.0, -1.0, -infinite}) expect_derivatives(where_positive(f), x, {0, 0, 0, 0});
  }
}

TEST(FunctionPiecewise, LayersBehindASelect) {
  // Enough products for a matrix; the outputs are not taken, and sqrt has an infinite derivative at 0.
  const Scalar layers = [](const Value& x) {
    const Values features = {sqrt(x), log(x), 1.0 / x, x};
    Values hidden;
    for (int i = 0; i < 4; ++i) {
      hidden.push_back(tanh(dot(features, {Value(0.1), Value(-0.2), Value(0.3), Value(0.1 * i)})));
    }
    return sum(hidden);
  };
  for (const double x : {0.0, -1.0}) expect_derivatives(where_positive(layers), x, {0, 0, 0, 0});
}

TEST(FunctionPiecewise, WhatComesFromAboveIsInfinite) {
  const Scalar roots[] = {
      [](const Value& x) { return sqrt(relu(x)); },
      [](const Value& x) { return sqrt(max(x, 0.0)); },
      [](const Value& x) { return sqrt(select(Value(0.0), x, x, Value(0.0))); },
      [](const Value& x) { return sqrt(-min(-x, 0.0)); },
      [](const Value& x) {
        return sqrt(max_of({x, Value(0.0)}));
      },
      [](const Value& x) { return sqrt(dot({relu(x)}, {Value(1.0)})); },
      [](const Value& x) {
        return sqrt(sum({relu(x), relu(x), relu(x)}) / 3.0);
      },
      [](const Value& x) {
        Values sums;
        const Values features = {relu(x), max(x, 0.0), relu(2.0 * x), select(Value(0.0), x, x, Value(0.0))};
        for (int i = 0; i < 4; ++i) sums.push_back(sqrt(dot(features, {Value(i), Value(1.0), Value(i), Value(1.0)})));
        return sums[0] / std::sqrt(2.0);
      },
  };
  for (const Scalar& root : roots) {
    expect_derivatives(root, -1.0, {0, 0, 0});
    expect_derivatives(root, 4.0, {2.0, 0.25, -1.0 / 32, 3.0 / 256});
  }
  expect_derivatives([](const Value& x) { return sqrt(abs(x)); }, 0.0, {0, 0});
  expect_derivatives([](const Value& x) { return sqrt(abs(x)); }, -4.0, {2.0, -0.25, -1.0 / 32, -3.0 / 256});
}

/// An adjoint that is 0 here and not beside it.
TEST(FunctionPiecewise, SideTakenKeepsItsCurvatureWhereTheSlopeIsZero) {
  const Scalar huber = [](const Value& x) {
    const Value r = sin(x);
    return select(abs(r), Value(1.0), 0.5 * r * r, abs(r) - 0.5);
  };
  expect_derivatives(huber, 0.0, {0, 0, 1, 0});
  expect_derivatives(huber, 0.5, {0.5 * std::sin(0.5) * std::sin(0.5), std::sin(0.5) * std::cos(0.5), std::cos(1.0)});
  const Scalar hinge = [](const Value& x) {
    const Value r = max(exp(x) - 1.0, -0.5);
    return r * r;
  };
  expect_derivatives(hinge, 0.0, {0, 0, 2, 6});
  const Scalar clipped = [](const Value& x) {
    const Value r = min_of({exp(x) - 1.0, Value(2.0)});
    return dot({r}, {r}) * exp(x);
  };
  expect_derivatives(clipped, 0.0, {0, 0, 2, 12});
  // Twice through a select, and through a layer.
  const Scalar twice = [](const Value& x) {
    const Value r = select(x, Value(1.0), sin(x), Value(7.0));
    const Value s = select(r, Value(1.0), exp(r) - 1.0, Value(7.0));
    return s * s;
  };
  expect_derivatives(twice, 0.0, {0, 0, 2, 6});
  const Scalar layer = [](const Value& x) {
    Values squares;
    const Values features = {sin(x), exp(x) - 1.0};
    for (int i = 0; i < 4; ++i) {
      const Value r = relu(dot(features, {Value(i), Value(1.0)}) + 1.0) - 1.0;
      squares.push_back(r * r);
    }
    return sum(squares);
  };
  expect_derivatives(layer, 0.0, {0, 0, 2.0 * (1 + 4 + 9 + 16), 6.0 * (1 + 2 + 3 + 4)}, 1e-13);
}

TEST(FunctionPiecewise, Kinks) {
  expect_derivatives([](const Value& x) { return relu(x); }, 0.0, {0, 0, 0, 0});
  expect_derivatives([](const Value& x) { return abs(x); }, 0.0, {0, 0, 0, 0});
  expect_derivatives([](const Value& x) { return max(x, -x); }, 0.0, {0, 0, 0, 0});
  expect_derivatives([](const Value& x) { return max(x, 2.0 * x); }, 0.0, {0, 1.5, 0, 0});
  expect_derivatives([](const Value& x) { return max_of({x, x, 4.0 * x}); }, 0.0, {0, 2, 0, 0});
  expect_derivatives([](const Value& x) { return max(x, x) * min(x, x); }, 3.0, {9, 6, 2, 0});
}

/// As the tape, for inputs that are not numbers.
TEST(FunctionPiecewise, NotANumber) {
  const Scalar formulas[] = {
      [](const Value& x) { return relu(x) + 1.0; },
      [](const Value& x) { return abs(x) * 2.0; },
      [](const Value& x) { return min(x, 1.0); },
      [](const Value& x) {
        return max_of({x, Value(1.0)});
      },
      [](const Value& x) { return select(x, Value(1.0), x * 3.0, exp(x)); },
      [](const Value& x) {
        return logsumexp({x, Value(1.0)});
      },
  };
  for (const Scalar& f : formulas) {
    const Formula formula = [&](const Values& v, const Values&) { return Values{f(v[0])}; };
    const std::vector<double> x = {not_a_number, infinite, -infinite, 1.0};
    const Results<double> expected = eagerly(formula, x.size(), x, {});
    const Results<double> got = gradient_of(compile(formula, 1, 0), x.size(), x, {});
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(ulp_apart(got.outputs[i], expected.outputs[i]), 4.0) << x[i];
      EXPECT_LE(ulp_apart(got.d_inputs[i], expected.d_inputs[i]), 4.0) << x[i];
    }
  }
}

/// Where everything was taken, 0 times infinity is NaN: here alone the tape is more lenient.
TEST(FunctionPiecewise, ZeroTimesInfinity) {
  const Formula formula = [](const Values& x, const Values&) { return Values{x[1] * sqrt(x[0])}; };
  const std::vector<double> origin = {0.0, 0.0};
  EXPECT_EQ(eagerly(formula, 1, origin, {}).d_inputs, origin);
  const Results<double> got = gradient_of(compile(formula, 2, 0), 1, origin, {});
  EXPECT_TRUE(std::isnan(got.d_inputs[0]));
  EXPECT_EQ(got.d_inputs[1], 0.0);
}

/// Chains of selects neither recurse nor multiply.
TEST(FunctionPiecewise, SelectsWithinSelects) {
  constexpr int depth = sanitized ? 10000 : 200000;
  const Scalar chain = [](const Value& x) {
    Value y = x;
    for (int i = 0; i < depth; ++i) y = select(y, Value(static_cast<double>(i)), y, x);
    return abs(y);
  };
  expect_derivatives(chain, -2.0, {2, -1, 0});
  const Scalar network = [](const Value& x) {
    Value a = x, b = x * 2.0;
    for (int i = 0; i < 60; ++i) {
      const Value low = select(a, b, a, b);
      const Value high = select(a, b, b, a);
      a = i % 2 == 0 ? low : high;
      b = i % 2 == 0 ? high : low;
    }
    return abs(a) * abs(b);
  };
  expect_derivatives(network, -2.0, {8, -8, 4, 0});
}

}  // namespace
}  // namespace smolgrad::test

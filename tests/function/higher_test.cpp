// Higher derivatives against closed forms, and which of them can be other than 0.
#include <algorithm>

#include "formula.hpp"

namespace smolgrad::test {
namespace {

TEST(FunctionHigher, ProductOfPowersToThirdOrder) {
  constexpr double exponents[] = {2.5, -1.5, 4.0};
  const Formula formula = [&](const Values& x, const Values&) {
    return Values{pow(x[0], exponents[0]) * pow(x[1], exponents[1]) * pow(x[2], exponents[2])};
  };
  const Function f = compile(formula, 3, 0);
  const Function first = f.derivative(), second = first.derivative(), third = second.derivative();
  ASSERT_EQ(third.output_count(), 27u);
  const std::vector<double> x = {0.75, 1.5, 2.0, 1.25, 0.5, 3.0, 2.0, 2.0, 0.125};
  std::vector<double> y(3), by1(9), by2(27), by3(81), hessian(27);
  f.evaluate<double>(3, x.data(), nullptr, y.data());
  first.evaluate<double>(3, x.data(), nullptr, by1.data());
  second.evaluate<double>(3, x.data(), nullptr, by2.data());
  third.evaluate<double>(3, x.data(), nullptr, by3.data());
  f.hessian<double>(3, x.data(), nullptr, nullptr, hessian.data());
  /// The derivative by each input this often.
  const auto exact = [&](std::size_t row, const std::size_t(&orders)[3]) {
    double result = 1.0;
    for (std::size_t i = 0; i < 3; ++i) {
      double exponent = exponents[i];
      for (std::size_t k = 0; k < orders[i]; ++k) result *= exponent--;
      result *= std::pow(x[row * 3 + i], exponent);
    }
    return result;
  };
  constexpr double ulp = 64.0;
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_LE(ulp_apart(y[row], exact(row, {0, 0, 0})), ulp);
    for (std::size_t i = 0; i < 3; ++i) {
      std::size_t orders[3] = {};
      ++orders[i];
      EXPECT_LE(ulp_apart(by1[row * 3 + i], exact(row, orders)), ulp);
      for (std::size_t j = 0; j < 3; ++j) {
        ++orders[j];
        EXPECT_LE(ulp_apart(by2[row * 9 + i * 3 + j], exact(row, orders)), ulp) << i << j;
        EXPECT_LE(ulp_apart(hessian[row * 9 + i * 3 + j], exact(row, orders)), ulp) << i << j;
        for (std::size_t k = 0; k < 3; ++k) {
          ++orders[k];
          EXPECT_LE(ulp_apart(by3[row * 27 + i * 9 + j * 3 + k], exact(row, orders)), ulp) << i << j << k;
          --orders[k];
        }
        --orders[j];
      }
    }
  }
}

TEST(FunctionHigher, Rosenbrock) {
  const Function f = compile(
      [](const Values& v, const Values&) {
        const Value a = 1.0 - v[0], b = v[1] - v[0] * v[0];
        return Values{a * a + 100.0 * b * b};
      },
      2, 0);
  const double points[] = {1.0, 1.0, -1.2, 1.0, 0.0, 3.0};
  double y[3], hessian[12], products[6];
  const double vectors[] = {1.0, 0.0, 0.0, 1.0, 2.0, -3.0};
  f.hessian<double>(3, points, nullptr, y, hessian);
  f.hessian_vector<double>(3, points, nullptr, vectors, nullptr, products);
  for (std::size_t row = 0; row < 3; ++row) {
    const double x = points[2 * row], z = points[2 * row + 1];
    const double exact[] = {2 - 400 * (z - 3 * x * x), -400 * x, -400 * x, 200};
    EXPECT_NEAR(y[row], (1 - x) * (1 - x) + 100 * (z - x * x) * (z - x * x), 1e-12);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(hessian[4 * row + i], exact[i], 1e-12 * 2000);
    for (std::size_t i = 0; i < 2; ++i) {
      const double product = exact[2 * i] * vectors[2 * row] + exact[2 * i + 1] * vectors[2 * row + 1];
      EXPECT_NEAR(products[2 * row + i], product, 1e-12 * 4000);
    }
  }
}

/// Their definitions choose by the sign of x, but nothing about them is special at 0.
TEST(FunctionHigher, SmoothActivationsAtZero) {
  const Formula formula = [](const Values& x, const Values&) {
    return Values{1.0 * sigmoid(x[0]) + 10.0 * softplus(x[0]) + 100.0 * silu(x[0]) + 1000.0 * gelu(x[0])};
  };
  const Function f = compile(formula, 1, 0);
  const double points[] = {0.0, -0.0, 1e-9};
  double hessian[3];
  f.hessian<double>(3, points, nullptr, nullptr, hessian);
  for (const double second : hessian) EXPECT_NEAR(second, 10.0 / 4 + 100.0 / 2 + 2000.0 / std::sqrt(2 * M_PI), 1e-6);
}

TEST(FunctionHigher, LogSumExp) {
  const Function f = compile([](const Values& x, const Values&) { return Values{logsumexp(x)}; }, 4, 0);
  const double points[] = {0.1, 0.7, -0.3, 0.2, 700.0, 1.0, 699.0, -5.0, -800.0, -801.0, -802.0, -803.0};
  double hessian[48], gradient[12];
  f.hessian<double>(3, points, nullptr, nullptr, hessian);
  f.gradient<double>(3, points, nullptr, nullptr, gradient, nullptr);
  for (std::size_t row = 0; row < 3; ++row) {
    const double* const x = points + 4 * row;
    const long double largest = *std::max_element(x, x + 4);
    long double p[4], total = 0.0L;
    for (std::size_t i = 0; i < 4; ++i) total += p[i] = std::exp(static_cast<long double>(x[i]) - largest);
    for (long double& share : p) share /= total;
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(gradient[4 * row + i], static_cast<double>(p[i]), 1e-15);
      for (std::size_t k = 0; k < 4; ++k) {
        const long double exact = (i == k ? p[i] : 0.0L) - p[i] * p[k];
        EXPECT_NEAR(hessian[16 * row + 4 * i + k], static_cast<double>(exact), 1e-15);
      }
    }
  }
}

TEST(FunctionHigher, Polygamma) {
  const Function f = compile([](const Values& x, const Values&) { return Values{lgamma(x[0])}; }, 1, 0);
  const Function second = f.derivative().derivative();
  const Function third = second.derivative();
  const double points[] = {0.5, 1.0, 2.0, 0.25};
  double trigamma[4], next[4], hessian[4];
  f.hessian<double>(4, points, nullptr, nullptr, hessian);
  second.evaluate<double>(4, points, nullptr, trigamma);
  third.evaluate<double>(4, points, nullptr, next);
  const double pi = std::acos(-1.0), zeta3 = 1.2020569031595942854, catalan = 0.91596559417721901505;
  const double by2[] = {pi * pi / 2, pi * pi / 6, pi * pi / 6 - 1, pi * pi + 8 * catalan};
  const double by3[] = {-14 * zeta3, -2 * zeta3, -2 * zeta3 + 2, -2 * pi * pi * pi - 56 * zeta3};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(trigamma[i], by2[i], 1e-13 * std::abs(by2[i])) << points[i];
    EXPECT_NEAR(hessian[i], trigamma[i], 1e-14 * trigamma[i]);
    EXPECT_NEAR(next[i], by3[i], 1e-12 * std::abs(by3[i])) << points[i];
  }
}

/// Of every operator of one operand: its second derivative is the slope of the first, in forward over reverse and in
/// reverse over reverse.
TEST(FunctionHigher, SecondDerivativesOfOperators) {
  const auto check = [](const char* name, const Formula& formula, double at) {
    const Function f = compile(formula, 1, 0), first = f.derivative();
    double hessian = 0.0, reverse = 0.0;
    f.hessian<double>(1, &at, nullptr, nullptr, &hessian);
    first.gradient<double>(1, &at, nullptr, nullptr, &reverse, nullptr);
    const auto slope = [&](double x) { return eagerly(formula, 1, {x}, {}).d_inputs[0]; };
    constexpr double h = 1e-3;
    const double by_differences = (45 * (slope(at + h) - slope(at - h)) - 9 * (slope(at + 2 * h) - slope(at - 2 * h)) +
                                   (slope(at + 3 * h) - slope(at - 3 * h))) /
                                  (60 * h);
    EXPECT_NEAR(hessian, by_differences, 1e-9 * std::max(1.0, std::abs(by_differences))) << name << " at " << at;
    EXPECT_NEAR(hessian, reverse, 1e-13 * std::max(1.0, std::abs(hessian))) << name << " at " << at;
  };
  for (const double at : {0.3, 0.85, -0.6, 1.7, 2.6}) {
#define X(Definition, name)                                                            \
  if (!std::isnan(ops::Definition::derivative(at, ops::Definition::value(at))) &&      \
      !std::isnan(ops::Definition::value(at))) {                                       \
    check(                                                                             \
        #name, [](const Values& x, const Values&) { return Values{name(x[0])}; }, at); \
  }
    SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name)                                                                                        \
  check(                                                                                                           \
      #name, [](const Values& x, const Values&) { return Values{name(1.25 + 0.5 * sin(x[0]), exp(0.3 * x[0]))}; }, \
      at);
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name)                                             \
  check(                                                                \
      #name,                                                            \
      [](const Values& x, const Values&) {                              \
        return Values{name({x[0] * x[0], sin(x[0]), exp(x[0]) - 3.0})}; \
      },                                                                \
      at);
    SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  }
}

std::string entries(const std::vector<SparsityEntry>& pattern) {
  std::string text;
  for (const SparsityEntry& entry : pattern) text += std::to_string(entry.row) + std::to_string(entry.column) + " ";
  return text;
}

TEST(FunctionSparsity, Patterns) {
  const Function f = compile(
      [](const Values& x, const Values& a) {
        return Values{x[0] * x[1],       a[0] * x[2], Value(3.0), a[1], 2.0 * x[0] - 2.0 * x[3],
                      x[3] + 0.0 * x[1], sin(x[1])};
      },
      4, 2);
  // 0 x1 + x3 has the constant derivative 0 by x1.
  EXPECT_EQ(entries(f.jacobian_sparsity()), "00 01 12 40 43 53 61 ");
  const Function g = compile(
      [](const Values& x, const Values& a) {
        return Values{x[0] * x[1] + sin(x[2]) + a[0] * x[3] * x[3] + 5.0 * x[4] + relu(x[5])};
      },
      6, 1);
  EXPECT_EQ(entries(g.hessian_sparsity()), "01 10 22 33 ");
  EXPECT_EQ(entries(g.jacobian_sparsity()), "00 01 02 03 04 05 ");
}

/// A chain of neighbours is tridiagonal.
TEST(FunctionSparsity, Chain) {
  constexpr std::size_t n = 100;
  const Function f = compile(
      [](const Values& x, const Values&) {
        Value total = exp(x[0]);
        for (std::size_t i = 1; i < n; ++i) total += sin(x[i] * x[i - 1]);
        return Values{total};
      },
      n, 0);
  EXPECT_EQ(f.hessian_sparsity().size(), n + 2 * (n - 1));
  for (const SparsityEntry& entry : f.hessian_sparsity()) {
    EXPECT_LE(std::max(entry.row, entry.column) - std::min(entry.row, entry.column), 1u);
  }
}

}  // namespace
}  // namespace smolgrad::test

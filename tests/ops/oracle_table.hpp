// What each operator is, said independently of its definition: its closed form over MPFR numbers, and where to test.
// A new operator needs a line here and one in stated_errors.hpp.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "points.hpp"

namespace smolgrad::test {

/// `kinked`: piecewise linear, so that a difference may be exactly zero; see difference(). `costly`: smooth, and so
/// slow in extended precision that fewer points are taken.
enum class Shape { smooth, kinked, costly };

struct UnaryOracle {
  const char* name;
  mpreal (*value)(const mpreal& x);
  Domain domain;
  Shape shape = Shape::smooth;
};

struct BinaryOracle {
  const char* name;
  mpreal (*value)(const mpreal& a, const mpreal& b);
  Domain left, right;
  Shape shape = Shape::smooth;
};

struct ReductionOracle {
  const char* name;
  mpreal (*value)(const std::vector<mpreal>& x);
  Domain domain;
  Shape shape = Shape::smooth;
};

inline mpreal normal_cdf(const mpreal& x) { return erfc(-x / sqrt(mpreal(2))) / 2; }

inline mpreal sum(const std::vector<mpreal>& x) {
  mpreal total = 0;
  for (const mpreal& one : x) total += one;
  return total;
}

/// The extra bits are beside 1, for the exponentials of operands near 0.
inline mpreal logsumexp(const std::vector<mpreal>& x) {
  const mp_prec_t bits = mpreal::get_default_prec();
  mpreal total(0, bits + 1000);
  for (mpreal one : x) total += exp(one.setPrecision(static_cast<int>(bits) + 1000));
  return mpreal(log(total)).setPrecision(static_cast<int>(bits));
}

// clang-format off
inline const std::vector<UnaryOracle> unary_oracles = {
    {"neg", [](const mpreal& x) { return 0 - x; }, reals(-10, 10)},
    {"square", [](const mpreal& x) { return sqr(x); }, reals(-10, 10)},
    {"sqrt", [](const mpreal& x) { return sqrt(x); }, above(0, 10)},
    {"cbrt", [](const mpreal& x) { return x < 0 ? -pow(-x, mpreal(1) / 3) : pow(x, mpreal(1) / 3); }, reals(-10, 10)},
    {"abs", [](const mpreal& x) { return x < 0 ? -x : x; }, reals(-10, 10), Shape::kinked},
    {"exp", [](const mpreal& x) { return exp(x); }, reals(-745, 709)},
    {"exp2", [](const mpreal& x) { return pow(mpreal(2), x); }, reals(-1074, 1023)},
    {"expm1", [](const mpreal& x) { return expm1(x); }, reals(-50, 709)},
    {"log", [](const mpreal& x) { return log(x); }, above(0, 10)},
    {"log2", [](const mpreal& x) { return log(x) / log(mpreal(2)); }, above(0, 10)},
    {"log10", [](const mpreal& x) { return log(x) / log(mpreal(10)); }, above(0, 10)},
    {"log1p", [](const mpreal& x) { return log1p(x); }, above(-1, 10)},
    {"sin", [](const mpreal& x) { return sin(x); }, reals(-100, 100)},
    {"cos", [](const mpreal& x) { return cos(x); }, reals(-100, 100)},
    {"tan", [](const mpreal& x) { return sin(x) / cos(x); }, reals(-100, 100)},
    {"asin", [](const mpreal& x) { return asin(x); }, {-1, 1, -1, 1}},
    {"acos", [](const mpreal& x) { return acos(x); }, {-1, 1, -1, 1}},
    {"atan", [](const mpreal& x) { return atan(x); }, reals(-10, 10)},
    {"sinh", [](const mpreal& x) { return sinh(x); }, reals(-710, 710)},
    {"cosh", [](const mpreal& x) { return (exp(x) + exp(-x)) / 2; }, reals(-710, 710)},
    {"tanh", [](const mpreal& x) { return tanh(x); }, reals(-20, 20)},
    {"asinh", [](const mpreal& x) { return asinh(x); }, reals(-10, 10)},
    {"acosh", [](const mpreal& x) { return acosh(x); }, above(1, 10)},
    {"atanh", [](const mpreal& x) { return (log1p(x) - log1p(-x)) / 2; }, {-1, 1, -1, 1}},
    {"erf", [](const mpreal& x) { return erf(x); }, reals(-6, 6)},
    {"erfc", [](const mpreal& x) { return erfc(x); }, reals(-6, 27), Shape::costly},
    {"lgamma", [](const mpreal& x) { return lgamma(x); }, reals(-20, 20), Shape::costly},
    {"normal_cdf", [](const mpreal& x) { return normal_cdf(x); }, reals(-38, 8), Shape::costly},
    {"relu", [](const mpreal& x) { return x < 0 ? mpreal(0) : x; }, reals(-10, 10), Shape::kinked},
    {"leaky_relu", [](const mpreal& x) { return x < 0 ? x / 100 : x; }, reals(-10, 10), Shape::kinked},
    {"elu", [](const mpreal& x) { return x < 0 ? expm1(x) : x; }, reals(-40, 10)},
    {"sigmoid", [](const mpreal& x) { return 1 / (1 + exp(-x)); }, reals(-745, 40)},
    {"softplus", [](const mpreal& x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }, reals(-745, 40)},
    {"silu", [](const mpreal& x) { return x / (1 + exp(-x)); }, reals(-745, 40)},
    {"gelu", [](const mpreal& x) { return x * normal_cdf(x); }, reals(-38, 8), Shape::costly},
};

inline const std::vector<BinaryOracle> binary_oracles = {
    {"add", [](const mpreal& a, const mpreal& b) { return a + b; }, reals(-10, 10), reals(-10, 10)},
    {"sub", [](const mpreal& a, const mpreal& b) { return a - b; }, reals(-10, 10), reals(-10, 10)},
    {"mul", [](const mpreal& a, const mpreal& b) { return a * b; }, reals(-10, 10), reals(-10, 10)},
    {"div", [](const mpreal& a, const mpreal& b) { return a / b; }, reals(-10, 10), reals(-10, 10)},
    {"pow", [](const mpreal& a, const mpreal& b) { return pow(a, b); }, above(0, 10), reals(-50, 50)},
    {"hypot", [](const mpreal& a, const mpreal& b) { return sqrt(a * a + b * b); }, reals(-10, 10), reals(-10, 10)},
    {"atan2", [](const mpreal& a, const mpreal& b) { return atan2(a, b); }, reals(-10, 10), reals(-10, 10)},
    {"min", [](const mpreal& a, const mpreal& b) { return a < b ? a : b; }, reals(-10, 10), reals(-10, 10), Shape::kinked},
    {"max", [](const mpreal& a, const mpreal& b) { return a < b ? b : a; }, reals(-10, 10), reals(-10, 10), Shape::kinked},
};

inline const std::vector<ReductionOracle> reduction_oracles = {
    {"sum", [](const std::vector<mpreal>& x) { return sum(x); }, {-100, 100, -10, 10}},
    {"mean", [](const std::vector<mpreal>& x) { return mpreal(sum(x) / x.size()); }, {-100, 100, -10, 10}},
    {"max_of", [](const std::vector<mpreal>& x) { return *std::max_element(x.begin(), x.end()); }, reals(-10, 10), Shape::kinked},
    {"min_of", [](const std::vector<mpreal>& x) { return *std::min_element(x.begin(), x.end()); }, reals(-10, 10), Shape::kinked},
    {"logsumexp", [](const std::vector<mpreal>& x) { return logsumexp(x); }, {-800, 800, -800, 800}, Shape::costly},
};
// clang-format on

/// The row of that name in one of these tables; null if there is none.
template <class Row>
const Row* find(const std::vector<Row>& rows, const std::string& name) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return name == one.name; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace smolgrad::test

// Literal values and derivatives at kinks, domain edges, zeros, infinities and NaN, and far out in the tails. The
// expectations are the mathematics: limits where they exist. Where they do not, they are the rules of the definitions
// and of PyTorch; outside its domain an operator's value is NaN, but a derivative's formula may continue.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "operators.hpp"
#include "oracle_table.hpp"

namespace smolgrad::test {
namespace {

constexpr double inf = infinity;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tiny = 0x1p-1074;  // the smallest subnormal
constexpr double pi = 3.141592653589793;
constexpr double ln_2 = 0.6931471805599453;

/// The sign of a zero is not compared.
void expect_close(double got, double expected, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(got)) << what << " is " << got << ", not NaN";
  } else if (expected == 0.0 || std::isinf(expected)) {
    EXPECT_EQ(got, expected) << what;
  } else {
    EXPECT_NEAR(got, expected, 2e-15 * std::abs(expected)) << what;
  }
}

std::string label(const std::string& name, std::initializer_list<double> arguments) {
  std::string text = name + " at";
  for (const double x : arguments) text += " " + ::testing::PrintToString(x);
  return text;
}

struct UnaryCase {
  const char* name;
  double x, value, derivative;
};

const UnaryCase unary_cases[] = {
    {"neg", 0, 0, -1},
    {"neg", inf, -inf, -1},
    {"square", 0, 0, 0},
    {"square", -inf, inf, -inf},
    {"square", 1e300, inf, 2e300},
    {"square", -1e-300, 0, -2e-300},
    {"square", tiny, 0, 2 * tiny},
    {"sqrt", 4, 2, 0.25},
    {"sqrt", 0, 0, inf},
    {"sqrt", -1, nan, nan},
    {"sqrt", -inf, nan, nan},
    {"sqrt", inf, inf, 0},
    {"sqrt", 1e300, 1e150, 5e-151},
    {"sqrt", 1e-300, 1e-150, 5e149},
    {"sqrt", tiny, 0x1p-537, 0x1p536},
    {"cbrt", -8, -2, 1.0 / 12},
    {"cbrt", 0, 0, inf},
    {"cbrt", -0.0, 0, inf},
    {"cbrt", inf, inf, 0},
    {"cbrt", -inf, -inf, 0},
    {"cbrt", 1e300, 1e100, 1e-200 / 3},
    {"cbrt", -1e-300, -1e-100, 1e200 / 3},
    {"cbrt", tiny, 0x1p-358, 0x1p716 / 3},
    {"abs", 0, 0, 0},
    {"abs", -0.0, 0, 0},
    {"abs", -3, 3, -1},
    {"abs", inf, inf, 1},
    {"abs", -inf, inf, -1},
    {"abs", -tiny, tiny, -1},
    {"abs", nan, nan, nan},
    {"exp", 0, 1, 1},
    {"exp", inf, inf, inf},
    {"exp", -inf, 0, 0},
    {"exp", 1e300, inf, inf},
    {"exp", -1e300, 0, 0},
    {"exp", tiny, 1, 1},
    {"exp2", 0, 1, ln_2},
    {"exp2", 10, 1024, 709.782712893383997},
    {"exp2", inf, inf, inf},
    {"exp2", -inf, 0, 0},
    {"exp2", -1e-300, 1, ln_2},
    {"expm1", 0, 0, 1},
    {"expm1", -50, -1, 1.92874984796391778e-22},
    {"expm1", inf, inf, inf},
    {"expm1", -inf, -1, 0},
    {"expm1", -1e-300, -1e-300, 1},
    {"expm1", tiny, tiny, 1},
    {"log", 1, 0, 1},
    {"log", 0, -inf, inf},
    {"log", -1, nan, -1},
    {"log", inf, inf, 0},
    {"log", 1e-300, -690.775527898213705, 1e300},
    {"log", tiny, -744.440071921381262, inf},
    {"log2", 8, 3, 0.180336880111120426},
    {"log2", 0, -inf, inf},
    {"log2", -1, nan, -1.44269504088896341},
    {"log2", inf, inf, 0},
    {"log2", tiny, -1074, inf},
    {"log10", 1000, 3, 4.34294481903251828e-4},
    {"log10", 0, -inf, inf},
    {"log10", -1, nan, -0.434294481903251828},
    {"log10", inf, inf, 0},
    {"log10", 1e300, 300, 4.34294481903251828e-301},
    {"log1p", 0, 0, 1},
    {"log1p", -1, -inf, inf},
    {"log1p", -2, nan, -1},
    {"log1p", inf, inf, 0},
    {"log1p", -1e-300, -1e-300, 1},
    {"log1p", tiny, tiny, 1},
    {"sin", 0, 0, 1},
    {"sin", inf, nan, nan},
    {"sin", -inf, nan, nan},
    {"sin", 1e300, -0.817881912115908597, -0.575386111957549047},
    {"sin", -1e-300, -1e-300, 1},
    {"sin", tiny, tiny, 1},
    {"cos", 0, 1, 0},
    {"cos", inf, nan, nan},
    {"cos", 1e300, -0.575386111957549047, 0.817881912115908597},
    {"cos", -1e-300, 1, 1e-300},
    {"cos", tiny, 1, -tiny},
    {"tan", 0, 0, 1},
    {"tan", inf, nan, nan},
    {"tan", -1e-300, -1e-300, 1},
    {"asin", 0, 0, 1},
    {"asin", 1, pi / 2, inf},
    {"asin", -1, -pi / 2, inf},
    {"asin", 1.5, nan, nan},
    {"asin", inf, nan, nan},
    {"asin", tiny, tiny, 1},
    {"acos", 0, pi / 2, -1},
    {"acos", 1, 0, -inf},
    {"acos", -1, pi, -inf},
    {"acos", -1.5, nan, nan},
    {"acos", -inf, nan, nan},
    {"atan", 0, 0, 1},
    {"atan", 1, pi / 4, 0.5},
    {"atan", inf, pi / 2, 0},
    {"atan", -inf, -pi / 2, 0},
    {"atan", 1e300, pi / 2, 0},
    {"atan", tiny, tiny, 1},
    {"sinh", 0, 0, 1},
    {"sinh", inf, inf, inf},
    {"sinh", -inf, -inf, inf},
    {"sinh", 1e300, inf, inf},
    {"sinh", tiny, tiny, 1},
    {"cosh", 0, 1, 0},
    {"cosh", inf, inf, inf},
    {"cosh", -inf, inf, -inf},
    {"cosh", -1e-300, 1, -1e-300},
    {"tanh", 0, 0, 1},
    {"tanh", inf, 1, 0},
    {"tanh", -inf, -1, 0},
    {"tanh", -1e300, -1, 0},
    {"tanh", tiny, tiny, 1},
    {"asinh", 0, 0, 1},
    {"asinh", inf, inf, 0},
    {"asinh", -inf, -inf, 0},
    {"asinh", 1e300, 691.468675078773651, 1e-300},
    {"asinh", tiny, tiny, 1},
    {"acosh", 1, 0, inf},
    {"acosh", 0.5, nan, nan},
    {"acosh", -2, nan, nan},
    {"acosh", inf, inf, 0},
    {"acosh", 1e300, 691.468675078773651, 1e-300},
    {"atanh", 0, 0, 1},
    {"atanh", 1, inf, inf},
    {"atanh", -1, -inf, inf},
    {"atanh", 2, nan, -1.0 / 3},
    {"atanh", tiny, tiny, 1},
    {"erf", 0, 0, 1.12837916709551257},
    {"erf", -5, -0.99999999999846254, 1.56708665310173353e-11},
    {"erf", inf, 1, 0},
    {"erf", -inf, -1, 0},
    {"erf", 1e300, 1, 0},
    {"erf", 1e-300, 1.12837916709551257e-300, 1.12837916709551257},
    {"erfc", 0, 1, -1.12837916709551257},
    {"erfc", 26, 5.66319240885614285e-296, -2.94703499326626954e-294},
    {"erfc", inf, 0, 0},
    {"erfc", -inf, 2, 0},
    {"erfc", -1e300, 2, 0},
    {"lgamma", 1, 0, -0.577215664901532861},
    {"lgamma", 2, 0, 0.422784335098467139},
    {"lgamma", 0.5, 0.572364942924700087, -1.96351002602142348},
    {"lgamma", -1.5, 0.860047015376481007, 0.703156640645243187},
    {"lgamma", -20.25, -41.6009619153405243, 6.17423563361448377},
    {"lgamma", 0, inf, -inf},
    {"lgamma", -0.0, inf, inf},
    {"lgamma", -1, inf, nan},
    {"lgamma", -2, inf, nan},
    {"lgamma", -1e300, inf, nan},
    {"lgamma", inf, inf, inf},
    {"lgamma", 1e300, 6.89775527898213741e+302, 690.775527898213705},
    {"lgamma", 1e-300, 690.775527898213705, -1e300},
    {"lgamma", -1e-300, 690.775527898213705, 1e300},
    {"lgamma", tiny, 744.440071921381262, -inf},
    {"normal_cdf", 0, 0.5, 0.398942280401432678},
    {"normal_cdf", -1, 0.158655253931457051, 0.241970724519143349},
    {"normal_cdf", inf, 1, 0},
    {"normal_cdf", -inf, 0, 0},
    {"normal_cdf", -1e300, 0, 0},
    {"relu", 0, 0, 0},
    {"relu", -0.0, 0, 0},
    {"relu", -2, 0, 0},
    {"relu", 2, 2, 1},
    {"relu", tiny, tiny, 1},
    {"relu", -tiny, 0, 0},
    {"relu", inf, inf, 1},
    {"relu", -inf, 0, 0},
    {"leaky_relu", 0, 0, 0.01},
    {"leaky_relu", -0.0, 0, 0.01},
    {"leaky_relu", -2, -0.02, 0.01},
    {"leaky_relu", tiny, tiny, 1},
    {"leaky_relu", inf, inf, 1},
    {"leaky_relu", -inf, -inf, 0.01},
    {"elu", 0, 0, 1},
    {"elu", -0.0, 0, 1},
    {"elu", 2, 2, 1},
    {"elu", -1, -0.632120558828557678, 0.367879441171442322},
    {"elu", 1e300, 1e300, 1},
    {"elu", inf, inf, 1},
    {"elu", -inf, -1, 0},
    {"elu", -tiny, -tiny, 1},
    {"sigmoid", 0, 0.5, 0.25},
    {"sigmoid", -700, 9.85967654375977086e-305, 9.85967654375977086e-305},
    {"sigmoid", 700, 1, 9.85967654375977086e-305},
    {"sigmoid", 1e300, 1, 0},
    {"sigmoid", -1e300, 0, 0},
    {"sigmoid", inf, 1, 0},
    {"sigmoid", -inf, 0, 0},
    {"softplus", 0, ln_2, 0.5},
    {"softplus", -700, 9.85967654375977086e-305, 9.85967654375977086e-305},
    {"softplus", 1e300, 1e300, 1},
    {"softplus", -1e300, 0, 0},
    {"softplus", inf, inf, 1},
    {"softplus", -inf, 0, 0},
    {"silu", 0, 0, 0.5},
    {"silu", tiny, 0, 0.5},
    {"silu", -700, -6.9017735806318396e-302, -6.89191390408807983e-302},
    {"silu", 1e300, 1e300, 1},
    {"silu", -1e300, 0, 0},
    {"silu", inf, inf, 1},
    {"silu", -inf, 0, 0},
    {"gelu", 0, 0, 0.5},
    {"gelu", -2, -0.0455002638963584142, -0.0852318010781969190},
    {"gelu", 1e300, 1e300, 1},
    {"gelu", -1e300, 0, 0},
    {"gelu", inf, inf, 1},
    {"gelu", -inf, 0, 0},
};

TEST(EdgeCases, Unary) {
  for (const UnaryCase& one : unary_cases) {
    const Operator<Unary>* const op = find(unary_operators, one.name);
    ASSERT_NE(op, nullptr) << one.name;
    const double y = op->in_double.value(one.x);
    expect_close(y, one.value, label(one.name, {one.x}));
    expect_close(op->in_double.derivative(one.x, y), one.derivative, label(one.name, {one.x}) + ", derivative");
  }
}

TEST(EdgeCases, EveryUnaryOperatorHasSome) {
  for (const Operator<Unary>& op : unary_operators) {
    EXPECT_TRUE(std::any_of(std::begin(unary_cases), std::end(unary_cases), [&](const UnaryCase& one) {
      return std::string(one.name) == op.name;
    })) << op.name;
  }
}

/// NaN in, NaN out. A derivative is NaN too, but one that is constant, or constant on each side of a comparison.
TEST(EdgeCases, UnaryOfNan) {
  const std::vector<std::pair<std::string, double>> constant = {{"neg", -1}, {"relu", 0}, {"leaky_relu", 0.01}};
  for (const Operator<Unary>& op : unary_operators) {
    const double y = op.in_double.value(nan);
    expect_close(y, nan, label(op.name, {nan}));
    double derivative = nan;
    for (const auto& [name, slope] : constant) derivative = name == op.name ? slope : derivative;
    expect_close(op.in_double.derivative(nan, y), derivative, label(op.name, {nan}) + ", derivative");
  }
}

struct BinaryCase {
  const char* name;
  double a, b, value, left, right;
};

const BinaryCase binary_cases[] = {
    {"add", 1, 2, 3, 1, 1},
    {"add", inf, -inf, nan, 1, 1},
    {"add", tiny, tiny, 2 * tiny, 1, 1},
    {"sub", 1, 2, -1, 1, -1},
    {"sub", inf, inf, nan, 1, -1},
    {"mul", 2, 3, 6, 3, 2},
    {"mul", 0, inf, nan, inf, 0},
    {"mul", 1e300, 1e300, inf, 1e300, 1e300},
    {"mul", 1e-300, 1e-300, 0, 1e-300, 1e-300},
    {"div", 6, 3, 2, 1.0 / 3, -2.0 / 3},
    {"div", 1, 0, inf, inf, -inf},
    {"div", 1, -0.0, -inf, -inf, -inf},
    {"div", 0, 0, nan, inf, nan},
    {"div", 0, 2, 0, 0.5, 0},
    {"div", 1, inf, 0, 0, 0},
    {"div", inf, inf, nan, 0, nan},
    {"div", 1e200, 1e200, 1, 1e-200, -1e-200},
    {"div", 1e-200, 1e-200, 1, 1e200, -1e200},
    // PyTorch's rules: x**0 has base gradient 0, 0**b with b >= 0 exponent gradient 0, a negative base NaN.
    {"pow", 2, 10, 1024, 5120, 709.782712893383997},
    {"pow", 0, 0, 1, 0, 0},
    {"pow", -0.0, 0, 1, 0, 0},
    {"pow", 5, 0, 1, 0, 1.60943791243410037},
    {"pow", inf, 0, 1, 0, inf},
    {"pow", nan, 0, 1, 0, nan},
    {"pow", 1, nan, 1, nan, 0},
    {"pow", 0, nan, nan, nan, nan},
    {"pow", 0, 1, 0, 1, 0},
    {"pow", 0, 2, 0, 0, 0},
    {"pow", 0, 3, 0, 0, 0},
    {"pow", 0, 2.5, 0, 0, 0},
    {"pow", 0, 0.75, 0, inf, 0},
    {"pow", 0, 0.25, 0, inf, 0},
    {"pow", 0, -1, inf, -inf, -inf},
    {"pow", 0, -2.5, inf, -inf, -inf},
    {"pow", -2, 2, 4, -4, nan},
    {"pow", -2, 3, -8, 12, nan},
    {"pow", -2, 4, 16, -32, nan},
    {"pow", -2, -1, -0.5, -0.25, nan},
    {"pow", -2, 0, 1, 0, nan},
    {"pow", -2, 0.5, nan, nan, nan},
    {"pow", -2, -0.5, nan, nan, nan},
    {"pow", 1, 0.25, 1, 0.25, 0},
    {"pow", 1, 1e300, 1, 1e300, 0},
    {"pow", inf, 2, inf, inf, inf},
    {"pow", inf, 0.25, inf, 0, inf},
    {"pow", 1e300, 2, inf, 2e300, inf},
    {"pow", 1e-300, 2, 0, 2e-300, 0},
    {"pow", 1e-300, 0.5, 1e-150, 5e149, -690.775527898213705e-150},
    {"pow", 1e300, -0.5, 1e-150, 0, 690.775527898213705e-150},
    {"hypot", 3, -4, 5, 0.6, -0.8},
    {"hypot", 0, 0, 0, 0, 0},
    {"hypot", -0.0, 0, 0, 0, 0},
    {"hypot", 0, -2, 2, 0, -1},
    {"hypot", 1e300, 1e300, 1.41421356237309505e300, 0.707106781186547524, 0.707106781186547524},
    {"hypot", 1e-300, -1e-300, 1.41421356237309505e-300, 0.707106781186547524, -0.707106781186547524},
    {"hypot", 0, tiny, tiny, 0, 1},
    {"atan2", 0, 1, 0, 1, 0},
    {"atan2", 1, 0, pi / 2, 0, -1},
    {"atan2", 0, -1, pi, -1, 0},
    {"atan2", -0.0, -1, -pi, -1, 0},
    {"atan2", 0, 0, 0, nan, nan},
    {"atan2", 0, -0.0, pi, nan, nan},
    {"atan2", 1e300, 1e300, pi / 4, 5e-301, -5e-301},
    {"atan2", 1e-300, 1e-300, pi / 4, 5e299, -5e299},
    {"min", 1, 2, 1, 1, 0},
    {"min", 2, 1, 1, 0, 1},
    {"min", 3, 3, 3, 0.5, 0.5},
    {"min", 0, -0.0, 0, 0.5, 0.5},
    {"min", -inf, inf, -inf, 1, 0},
    {"min", inf, inf, inf, 0.5, 0.5},
    {"min", tiny, 0, 0, 0, 1},
    {"min", nan, 1, nan, 0.5, 0.5},
    {"min", 1, nan, nan, 0.5, 0.5},
    {"max", 1, 2, 2, 0, 1},
    {"max", 2, 1, 2, 1, 0},
    {"max", 3, 3, 3, 0.5, 0.5},
    {"max", 0, -0.0, 0, 0.5, 0.5},
    {"max", -inf, inf, inf, 0, 1},
    {"max", -inf, -inf, -inf, 0.5, 0.5},
    {"max", tiny, 0, tiny, 1, 0},
    {"max", nan, 1, nan, 0.5, 0.5},
    {"max", 1, nan, nan, 0.5, 0.5},
};

TEST(EdgeCases, Binary) {
  for (const BinaryCase& one : binary_cases) {
    const Operator<Binary>* const op = find(binary_operators, one.name);
    ASSERT_NE(op, nullptr) << one.name;
    const std::string what = label(one.name, {one.a, one.b});
    const double y = op->in_double.value(one.a, one.b);
    expect_close(y, one.value, what);
    expect_close(op->in_double.left_partial(one.a, one.b, y), one.left, what + ", left partial");
    expect_close(op->in_double.right_partial(one.a, one.b, y), one.right, what + ", right partial");
  }
}

TEST(EdgeCases, EveryBinaryOperatorHasSome) {
  for (const Operator<Binary>& op : binary_operators) {
    EXPECT_TRUE(std::any_of(std::begin(binary_cases), std::end(binary_cases), [&](const BinaryCase& one) {
      return std::string(one.name) == op.name;
    })) << op.name;
  }
}

TEST(EdgeCases, BinaryOfNan) {
  for (const Operator<Binary>& op : binary_operators) {
    for (const auto& [a, b] : {std::pair{nan, 2.0}, std::pair{2.0, nan}, std::pair{nan, nan}}) {
      const std::string what = label(op.name, {a, b});
      const double y = op.in_double.value(a, b);
      expect_close(y, nan, what);
      const std::string name = op.name;
      if (name != "pow" && name != "hypot" && name != "atan2") continue;
      expect_close(op.in_double.left_partial(a, b, y), nan, what + ", left partial");
      expect_close(op.in_double.right_partial(a, b, y), nan, what + ", right partial");
    }
  }
}

struct ReductionCase {
  const char* name;
  std::vector<double> x;
  double value;
  std::vector<double> partials;
};

const ReductionCase reduction_cases[] = {
    {"sum", {7}, 7, {1}},
    {"sum", {1, 2, 3}, 6, {1, 1, 1}},
    {"sum", {inf, -inf}, nan, {1, 1}},
    {"sum", {nan, 1}, nan, {1, 1}},
    {"mean", {7}, 7, {1}},
    {"mean", {1, 2, 6}, 3, {1.0 / 3, 1.0 / 3, 1.0 / 3}},
    {"mean", {nan, 1}, nan, {0.5, 0.5}},
    {"max_of", {7}, 7, {1}},
    {"max_of", {1, 3, 2}, 3, {0, 1, 0}},
    {"max_of", {3, 1, 3}, 3, {0.5, 0, 0.5}},
    {"max_of", {0, -0.0, 0}, 0, {1.0 / 3, 1.0 / 3, 1.0 / 3}},
    {"max_of", {-inf, -inf}, -inf, {0.5, 0.5}},
    {"max_of", {1, nan, 2}, nan, {0, 0, 0}},
    {"max_of", {nan, 1}, nan, {0, 0}},
    {"min_of", {7}, 7, {1}},
    {"min_of", {1, 3, 2}, 1, {1, 0, 0}},
    {"min_of", {1, 3, 1}, 1, {0.5, 0, 0.5}},
    {"min_of", {inf, inf}, inf, {0.5, 0.5}},
    {"min_of", {1, nan, 2}, nan, {0, 0, 0}},
    {"logsumexp", {7}, 7, {1}},
    {"logsumexp", {0, 0}, ln_2, {0.5, 0.5}},
    {"logsumexp", {1000, 1000}, 1000.6931471805599453, {0.5, 0.5}},
    {"logsumexp", {-1e300, -1e300}, -1e300, {0.5, 0.5}},
    {"logsumexp", {1e9 + 1, 1e9}, 1000000001.31326168752, {0.731058578630004879, 0.268941421369995121}},
    {"logsumexp", {1e300, 0}, 1e300, {1, 0}},
    {"logsumexp", {-inf, 0}, 0, {0, 1}},
    {"logsumexp", {-inf, -inf}, -inf, {nan, nan}},
    {"logsumexp", {inf, 0}, inf, {nan, 0}},
    {"logsumexp", {nan, 0}, nan, {nan, nan}},
};

TEST(EdgeCases, Reduction) {
  for (const Operator<Reduction>& op : reduction_operators) {
    bool any = false;
    for (const ReductionCase& one : reduction_cases) {
      if (std::string(one.name) != op.name) continue;
      any = true;
      const std::string what = op.name + (" of " + ::testing::PrintToString(one.x));
      const double y = op.in_double.value(one.x.data(), one.x.size());
      expect_close(y, one.value, what);
      std::vector<double> partials(one.x.size(), -7);
      op.in_double.partials(one.x.data(), one.x.size(), y, partials.data());
      for (std::size_t i = 0; i < partials.size(); ++i) expect_close(partials[i], one.partials[i], what + ", partial");
    }
    EXPECT_TRUE(any) << op.name;
  }
}

TEST(EdgeCases, Select) {
  using smolgrad::ops::Select;
  EXPECT_EQ(Select::value(1.0, 2.0, 10.0, 20.0), 10.0);
  EXPECT_EQ(Select::value(2.0, 1.0, 10.0, 20.0), 20.0);
  EXPECT_EQ(Select::value(1.0, 1.0, 10.0, 20.0), 20.0);
  EXPECT_EQ(Select::value(-0.0, 0.0, 10.0, 20.0), 20.0);
  EXPECT_EQ(Select::value(nan, 1.0, 10.0, 20.0), 20.0);
  EXPECT_EQ(Select::value(1.0, nan, 10.0, 20.0), 20.0);
  EXPECT_EQ(Select::value(-inf, inf, 10.0, nan), 10.0);
}

TEST(EdgeCases, Dot) {
  using smolgrad::ops::Dot;
  const auto ones = [](std::size_t) { return 1.0; };
  const auto index = [](std::size_t i) { return static_cast<double>(i); };
  for (std::size_t n = 0; n < 12; ++n) {
    EXPECT_EQ(Dot::value<double>(ones, index, n), static_cast<double>(n) * (static_cast<double>(n) - 1) / 2) << n;
  }
  EXPECT_TRUE(std::isnan(Dot::value<double>([](std::size_t) { return inf; }, index, 5)));
}

}  // namespace
}  // namespace smolgrad::test

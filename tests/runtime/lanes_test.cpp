// Every operator with SIMD numbers, on each target that this processor can run: against the oracle, against the same
// operator in double at special values, and against itself beside other neighbours.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "ops/operators.hpp"
#include "ops/oracle_table.hpp"
#include "stated_errors.hpp"

namespace smolgrad::test {

Target target_baseline();
Target target_avx2();
Target target_avx512();

namespace {

struct NamedTarget {
  const char* name;
  Target target;
};

std::vector<NamedTarget> targets() {
  std::vector<NamedTarget> all = {{"baseline", target_baseline()}};
#if defined(SMOLGRAD_X86_TARGETS)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back({"avx2", target_avx2()});
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    all.push_back({"avx512", target_avx512()});
  }
#endif
  return all;
}

template <class Float>
const Kernels<Float>& kernels(const Target& target) {
  if constexpr (sizeof(Float) == sizeof(double)) {
    return target.in_double;
  } else {
    return target.in_float;
  }
}

/// As error_in_ulp of tests/ops, for either precision.
template <class Float>
double error_in_ulp(Float got, const mpreal& exact, double floor) {
  using Limits = std::numeric_limits<Float>;
  if (isnan(exact) || std::isnan(got)) return isnan(exact) && std::isnan(got) ? 0.0 : infinity;
  const mpreal beyond = power_of_two(Limits::max_exponent);
  const auto clamp = [&](const mpreal& x) { return x > beyond ? beyond : x < -beyond ? mpreal(-beyond) : x; };
  const mpreal clamped = clamp(exact);
  const mpreal least = std::max<double>(floor, Limits::min());
  const mpreal size = abs(clamped) > least ? mpreal(abs(clamped)) : least;
  const long exponent = std::min<long>(size.get_exp() - 1, Limits::max_exponent - 1);
  return (abs(clamp(mpreal(got)) - clamped) / power_of_two(exponent - (Limits::digits - 1))).toDouble();
}

/// The largest error of one quantity, and where.
struct Worst {
  double ulp = 0.0;
  double a = 0.0, b = 0.0;
  void add(double error, double at_a, double at_b = 0.0) {
    if (error <= ulp) return;
    ulp = error;
    a = at_a;
    b = at_b;
  }
};

template <class Float>
const lanes::StatedErrors* stated(const char* name) {
  for (const lanes::StatedError& row : lanes::stated_errors) {
    if (std::string(name) == row.name) return sizeof(Float) == sizeof(double) ? &row.in_double : &row.in_float;
  }
  return nullptr;
}

void check(const NamedTarget& target, const char* type, const char* name, const char* what, const Worst& worst,
           const lanes::Bound& bound) {
  std::printf("%-9s %-7s %-11s %-6s %9.3f of %7.2f at %.17g %.17g\n", target.name, type, name, what, worst.ulp,
              bound.ulp, worst.a, worst.b);
  EXPECT_LE(worst.ulp, bound.ulp) << target.name << ' ' << type << ' ' << name << ' ' << what << " at " << worst.a
                                  << ", " << worst.b;
}

template <class Float>
constexpr const char* type_name = sizeof(Float) == sizeof(double) ? "double" : "float";

std::size_t count(Shape shape) { return shape == Shape::costly ? 500 : 1500; }

/// What is not ordinary about numbers, and where these functions change their ways.
template <class Float>
std::vector<Float> special_points() {
  using Limits = std::numeric_limits<Float>;
  std::vector<Float> points = {Limits::quiet_NaN()};
  for (const double x : {0.0,
                         double(Limits::infinity()),
                         double(Limits::denorm_min()),
                         double(Limits::min()) / 64,
                         double(Limits::min()),
                         double(Limits::max()),
                         1e-20,
                         0.5,
                         0.75,
                         1.0,
                         1.5,
                         2.0,
                         3.0,
                         4.0,
                         10.0,
                         19.5,
                         27.5,
                         30.0,
                         87.0,
                         89.0,
                         104.0,
                         700.0,
                         709.75,
                         710.4,
                         711.0,
                         745.1,
                         746.0,
                         1023.5,
                         1024.0,
                         1050.5,
                         1e5,
                         1e6,
                         1e22}) {
    points.push_back(static_cast<Float>(x));
    points.push_back(static_cast<Float>(-x));
  }
  return points;
}

/// The operators in one number.
template <class Float>
const std::map<std::string, Unary<Float>> unary_references = {
#define X(Definition, public_name) \
  {#public_name, {&ops::Definition::value<Float>, &ops::Definition::derivative<Float>}},
    SMOLGRAD_UNARY_OPERATORS(X)
#undef X
};

template <class Float>
const std::map<std::string, Binary<Float>> binary_references = {
#define X(Definition, public_name) \
  {#public_name,                   \
   {&ops::Definition::value<Float>, &ops::Definition::left_partial<Float>, &ops::Definition::right_partial<Float>}},
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
};

/// Of a scalar function of the C library.
constexpr double scalar_error = 3.0;

/// Same NaN, same infinity, same zero with its sign; or numbers within the bound.
template <class Float>
::testing::AssertionResult agrees(Float got, Float expected, const lanes::Bound& bound) {
  bool same = std::isnan(got) == std::isnan(expected);
  if (same && !std::isnan(got)) {
    const bool exact = expected == 0 || std::isinf(expected) || got == 0 || std::isinf(got);
    same = exact ? got == expected && std::signbit(got) == std::signbit(expected)
                 : error_in_ulp(got, mpreal(expected), bound.floor) <= bound.ulp + scalar_error;
  }
  if (same) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "got " << got << ", the scalar operator gives " << expected;
}

template <class Float>
bool same_bits(Float a, Float b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

/// A kernel over points, which must give each the same whatever its neighbours and its place are.
template <class Float, class Run>
std::vector<Float> run(const Run& kernel, const std::vector<Float>& a, const std::vector<Float>& b) {
  std::vector<Float> y(a.size()), again(a.size());
  kernel(a.data(), b.data(), y.data(), a.size());
  std::vector<Float> reversed_a(a.rbegin(), a.rend()), reversed_b(b.rbegin(), b.rend());
  kernel(reversed_a.data(), reversed_b.data(), again.data(), a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(same_bits(y[i], again[a.size() - 1 - i])) << "depends on its neighbours: " << a[i] << ", " << b[i];
  }
  return y;
}

template <class Float>
std::vector<Float> run(void (*kernel)(const Float*, Float*, std::size_t), const std::vector<Float>& x) {
  return run([&](const Float* a, const Float*, Float* y, std::size_t n) { kernel(a, y, n); }, x, x);
}

template <class Float>
void measure_unary(const UnaryOracle& oracle) {
  const lanes::StatedErrors* const bounds = stated<Float>(oracle.name);
  ASSERT_NE(bounds, nullptr) << oracle.name << " has no line in stated_errors.hpp";
  std::vector<Float> x;
  std::vector<mpreal> exact;
  for (const double point : unary_points(oracle.domain, count(oracle.shape))) {
    const auto rounded = static_cast<Float>(point);
    if (!std::isfinite(rounded) || !oracle.domain.contains(rounded)) continue;
    x.push_back(rounded);
    exact.push_back(oracle.value(mpreal(rounded)));
  }
  const std::size_t ordinary = x.size();
  for (const Float special : special_points<Float>()) x.push_back(special);
  const Unary<Float>& reference = unary_references<Float>.at(oracle.name);
  for (const NamedTarget& target : targets()) {
    const UnaryKernel<Float>* kernel = kernels<Float>(target.target).unary;
    while (std::string(kernel->name) != oracle.name) ++kernel;
    SCOPED_TRACE(std::string(target.name) + ' ' + type_name<Float> + ' ' + oracle.name);
    const std::vector<Float> y = run(kernel->value, x);
    const std::vector<Float> slope = run(kernel->derivative, x);
    Worst value, derivative;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Float scalar_y = reference.value(x[i]);
      const Float scalar_slope = reference.derivative(x[i], scalar_y);
      if (i >= ordinary) {
        EXPECT_TRUE(agrees(y[i], scalar_y, bounds->value)) << "value at " << x[i];
        EXPECT_TRUE(agrees(slope[i], scalar_slope, bounds->left)) << "derivative at " << x[i];
      } else {
        value.add(error_in_ulp(y[i], exact[i], bounds->value.floor), x[i]);
        derivative.add(error_in_ulp(slope[i], mpreal(scalar_slope), bounds->left.floor), x[i]);
      }
    }
    check(target, type_name<Float>, oracle.name, "value", value, bounds->value);
    check(target, type_name<Float>, oracle.name, "slope", derivative, bounds->left);
  }
}

template <class Float>
void measure_binary(const BinaryOracle& oracle) {
  const lanes::StatedErrors* const bounds = stated<Float>(oracle.name);
  ASSERT_NE(bounds, nullptr) << oracle.name << " has no line in stated_errors.hpp";
  std::vector<Float> a, b;
  std::vector<mpreal> exact;
  for (const auto& point : binary_points(oracle.left, oracle.right, 2000)) {
    const auto left = static_cast<Float>(point.first);
    const auto right = static_cast<Float>(point.second);
    if (!std::isfinite(left) || !std::isfinite(right)) continue;
    if (!oracle.left.contains(left) || !oracle.right.contains(right)) continue;
    a.push_back(left);
    b.push_back(right);
    exact.push_back(oracle.value(mpreal(left), mpreal(right)));
  }
  const std::size_t ordinary = a.size();
  for (const Float left : special_points<Float>()) {
    for (const Float right : special_points<Float>()) {
      a.push_back(left);
      b.push_back(right);
    }
  }
  const Binary<Float>& reference = binary_references<Float>.at(oracle.name);
  for (const NamedTarget& target : targets()) {
    const BinaryKernel<Float>* kernel = kernels<Float>(target.target).binary;
    while (std::string(kernel->name) != oracle.name) ++kernel;
    SCOPED_TRACE(std::string(target.name) + ' ' + type_name<Float> + ' ' + oracle.name);
    const std::vector<Float> y = run(kernel->value, a, b);
    const std::vector<Float> by_left = run(kernel->left_partial, a, b);
    const std::vector<Float> by_right = run(kernel->right_partial, a, b);
    Worst value, left, right;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const Float scalar_y = reference.value(a[i], b[i]);
      const Float scalar_left = reference.left_partial(a[i], b[i], scalar_y);
      const Float scalar_right = reference.right_partial(a[i], b[i], scalar_y);
      if (i >= ordinary) {
        EXPECT_TRUE(agrees(y[i], scalar_y, bounds->value)) << "value at " << a[i] << ", " << b[i];
        EXPECT_TRUE(agrees(by_left[i], scalar_left, bounds->left)) << "left partial at " << a[i] << ", " << b[i];
        EXPECT_TRUE(agrees(by_right[i], scalar_right, bounds->right)) << "right partial at " << a[i] << ", " << b[i];
      } else {
        value.add(error_in_ulp(y[i], exact[i], bounds->value.floor), a[i], b[i]);
        left.add(error_in_ulp(by_left[i], mpreal(scalar_left), bounds->left.floor), a[i], b[i]);
        right.add(error_in_ulp(by_right[i], mpreal(scalar_right), bounds->right.floor), a[i], b[i]);
      }
    }
    check(target, type_name<Float>, oracle.name, "value", value, bounds->value);
    check(target, type_name<Float>, oracle.name, "left", left, bounds->left);
    check(target, type_name<Float>, oracle.name, "right", right, bounds->right);
  }
}

/// By the table of operators, so that a new one is measured too.
template <class Float>
void measure_all() {
  const Precision precision(value_bits);
  for (const auto& op : unary_references<Float>) {
    const UnaryOracle* const oracle = find(unary_oracles, op.first);
    ASSERT_NE(oracle, nullptr) << op.first << " has no line in tests/ops/oracle_table.hpp";
    measure_unary<Float>(*oracle);
  }
  for (const auto& op : binary_references<Float>) {
    const BinaryOracle* const oracle = find(binary_oracles, op.first);
    ASSERT_NE(oracle, nullptr) << op.first << " has no line in tests/ops/oracle_table.hpp";
    measure_binary<Float>(*oracle);
  }
}

TEST(Lanes, Double) { measure_all<double>(); }
TEST(Lanes, Float) { measure_all<float>(); }

}  // namespace
}  // namespace smolgrad::test

// The definitions are generic over the number type: evaluated in 512 bits they agree with the oracle to 60 digits,
// unless they contain constants or series for double only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "operators.hpp"
#include "oracle_table.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t unary_count = 100;
constexpr std::size_t binary_count = 300;
constexpr std::size_t list_count = 40;
constexpr int difference_bits = 215;
const double generic_tolerance = 1e-60;

/// Those that contain a constant of double, and what that costs: most a relative 1e-15, also where x² magnifies it.
struct Exception {
  const char* name;
  double value, partial;
};
// The constant in normal_cdf is rounded to double, and its lower tail magnifies that x² times.
const std::vector<Exception> exceptions = {
    {"exp2", generic_tolerance, 1e-15},   {"log2", generic_tolerance, 1e-15}, {"log10", generic_tolerance, 1e-15},
    {"leaky_relu", 1e-15, 1e-15},         {"erf", generic_tolerance, 1e-15},  {"erfc", generic_tolerance, 1e-15},
    {"lgamma", generic_tolerance, 1e-15}, {"normal_cdf", 2e-13, 1e-15},       {"gelu", 2e-13, 1e-15},
};

class Agreement {
 public:
  explicit Agreement(const char* name) : name_(name) {}

  /// Relative, or absolute below 1 for results with zeros.
  void add(const mpreal& got, const mpreal& exact, mpreal& worst, double floor) {
    const mpreal size = abs(exact) > floor ? mpreal(abs(exact)) : mpreal(floor);
    const mpreal error = got == exact ? mpreal(0) : mpreal(abs(got - exact) / size);
    if (!(error <= worst) && !isnan(worst)) worst = error;  // a NaN stays, and fails
  }
  void value(const mpreal& got, const mpreal& exact) { add(got, exact, value_, 0.0); }
  void partial(const mpreal& got, const mpreal& exact, double floor = 0.0) { add(got, exact, partial_, floor); }

  void check() const {
    const Exception* const exception = find(exceptions, name_);
    const double value = exception == nullptr ? generic_tolerance : exception->value;
    const double partial = exception == nullptr ? generic_tolerance : exception->partial;
    EXPECT_LE(value_.toDouble(), value) << name_;
    EXPECT_LE(partial_.toDouble(), partial) << name_;
    if (exception != nullptr) {
      EXPECT_GT(std::max(value_, partial_).toDouble(), generic_tolerance) << name_ << " is no exception";
    }
  }

 private:
  const char* name_;
  mpreal value_ = 0, partial_ = 0;
};

/// Where the definition works without underflow or saturation: the extremes are those of double.
Domain moderate(const Domain& domain) {
  return {std::max(domain.from, -50.0), std::min(domain.to, 50.0), std::max(domain.from, -50.0),
          std::min(domain.to, 50.0)};
}

bool moderate(double x) { return std::abs(x) > 1e-3; }

TEST(Generic, Unary) {
  const Precision precision(512);
  for (const Operator<Unary>& op : unary_operators) {
    const UnaryOracle* const oracle = find(unary_oracles, op.name);
    ASSERT_NE(oracle, nullptr) << op.name << " has no line in oracle_table.hpp";
    Agreement agreement(op.name);
    for (const double at : unary_points(moderate(oracle->domain), unary_count)) {
      if (!moderate(at)) continue;
      const mpreal x(at);
      const mpreal y = op.in_mpreal.value(x);
      const mpreal slope = difference(oracle->value, at, oracle->shape == Shape::kinked, difference_bits);
      agreement.value(y, oracle->value(x));
      agreement.partial(op.in_mpreal.derivative(x, y), slope, std::string(op.name) == "lgamma" ? 1.0 : 0.0);
    }
    agreement.check();
  }
}

TEST(Generic, Binary) {
  const Precision precision(512);
  for (const Operator<Binary>& op : binary_operators) {
    const BinaryOracle* const oracle = find(binary_oracles, op.name);
    ASSERT_NE(oracle, nullptr) << op.name << " has no line in oracle_table.hpp";
    const bool kinked = oracle->shape == Shape::kinked;
    Agreement agreement(op.name);
    for (const auto& point : binary_points(moderate(oracle->left), moderate(oracle->right), binary_count)) {
      if (!moderate(point.first) || !moderate(point.second)) continue;
      const mpreal a(point.first), b(point.second);
      const mpreal y = op.in_mpreal.value(a, b);
      const auto of_a = [&](const mpreal& moved) { return oracle->value(moved, b); };
      const auto of_b = [&](const mpreal& moved) { return oracle->value(a, moved); };
      agreement.value(y, oracle->value(a, b));
      agreement.partial(op.in_mpreal.left_partial(a, b, y), difference(of_a, point.first, kinked, difference_bits));
      agreement.partial(op.in_mpreal.right_partial(a, b, y), difference(of_b, point.second, kinked, difference_bits));
    }
    agreement.check();
  }
}

TEST(Generic, Reduction) {
  const Precision precision(512);
  for (const Operator<Reduction>& op : reduction_operators) {
    const ReductionOracle* const oracle = find(reduction_oracles, op.name);
    ASSERT_NE(oracle, nullptr) << op.name << " has no line in oracle_table.hpp";
    Agreement agreement(op.name);
    for (const std::vector<double>& list : lists(moderate(oracle->domain), list_count)) {
      if (!std::all_of(list.begin(), list.end(), [](double x) { return moderate(x); })) continue;
      const std::vector<mpreal> x(list.begin(), list.end());
      const mpreal y = op.in_mpreal.value(x.data(), x.size());
      agreement.value(y, oracle->value(x));
      std::vector<mpreal> partials(x.size());
      op.in_mpreal.partials(x.data(), x.size(), y, partials.data());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto of_one = [&](const mpreal& moved) {
          std::vector<mpreal> all = x;
          all[i] = moved;
          return oracle->value(all);
        };
        const bool kinked = oracle->shape == Shape::kinked;
        agreement.partial(partials[i], difference(of_one, list[i], kinked, difference_bits));
      }
    }
    agreement.check();
  }
}

TEST(Generic, DotAndSelect) {
  const Precision precision(512);
  const std::vector<mpreal> a = {1, sqrt(mpreal(2)), -3, 4, mpreal(1) / 7};
  const auto operand = [&](std::size_t i) { return a[i]; };
  const mpreal y = smolgrad::ops::Dot::value<mpreal>(operand, operand, a.size());
  EXPECT_LE(abs(y - (28 + mpreal(1) / 49)).toDouble(), generic_tolerance);
  EXPECT_EQ(smolgrad::ops::Select::value<mpreal>(1, 2, a[1], a[2]), a[1]);
}

}  // namespace
}  // namespace smolgrad::test

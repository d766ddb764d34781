// Measures every operator's largest error against the oracle, prints it, and holds it to the stated one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "operators.hpp"
#include "oracle_table.hpp"
#include "stated_errors.hpp"

namespace smolgrad::test {
namespace {

std::size_t unary_count(Shape shape) { return shape == Shape::costly ? 1000 : 3000; }
constexpr std::size_t binary_count = 3000;
std::size_t reduction_count(Shape shape) { return shape == Shape::costly ? 100 : 300; }

// The errors were measured with these versions of the C library; others may well have smaller ones.
#if defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ < 41
constexpr bool measured_with_this_library = true;
#else
constexpr bool measured_with_this_library = false;
#endif

/// The largest error of a value or partial so far, and where.
class Worst {
 public:
  explicit Worst(const Bound& bound) : bound_(bound) {}

  /// `scale` multiplies the floor: sums are as accurate as their largest operand.
  void add(double got, const mpreal& exact, const std::vector<double>& at, double scale = 1.0) {
    const double ulp = error_in_ulp(got, exact, std::max(bound_.floor * scale, gradual));
    if (ulp <= ulp_) return;
    ulp_ = ulp;
    at_ = at;
  }

  void check(const char* name, const char* what) const {
    const std::string label = std::string(name) + " (" + what + ")";
    std::string at;
    for (std::size_t i = 0; i < std::min<std::size_t>(at_.size(), 2); ++i) {
      char text[32];
      std::snprintf(text, sizeof text, " %.17g", at_[i]);
      at += text;
    }
    if (at_.size() > 2) at += " ... (" + std::to_string(at_.size()) + " operands)";
    std::printf("%-24s %8.3f ulp of %-9.2g stated %6.2f   at%s\n", label.c_str(), ulp_, bound_.floor, bound_.ulp,
                at.c_str());
    EXPECT_LE(ulp_, bound_.ulp) << "the error of " << label << " at" << at;
    if (measured_with_this_library) {
      EXPECT_LE(bound_.ulp, 4 * ulp_) << "the error stated of " << label << " is too loose";
    }
  }

 private:
  Bound bound_;
  double ulp_ = 0.0;
  std::vector<double> at_;
};

/// Where the value overflows, a partial computed from it may too, before its time.
bool overflows(const mpreal& value) { return !(abs(value) <= DBL_MAX); }

void measure(const Operator<Unary>& op, const UnaryOracle& oracle, const StatedError& stated) {
  Worst value(stated.value), derivative(stated.left);
  const bool kinked = oracle.shape == Shape::kinked;
  for (const double x : unary_points(oracle.domain, unary_count(oracle.shape))) {
    const double y = op.in_double.value(x);
    const mpreal exact = oracle.value(mpreal(x));
    value.add(y, exact, {x});
    if (!overflows(exact)) derivative.add(op.in_double.derivative(x, y), difference(oracle.value, x, kinked), {x});
  }
  value.check(op.name, "value");
  derivative.check(op.name, "derivative");
}

void measure(const Operator<Binary>& op, const BinaryOracle& oracle, const StatedError& stated) {
  Worst value(stated.value), left(stated.left), right(stated.right);
  const bool kinked = oracle.shape == Shape::kinked;
  for (const auto& point : binary_points(oracle.left, oracle.right, binary_count)) {
    const double a = point.first;
    const double b = point.second;
    const double y = op.in_double.value(a, b);
    const mpreal exact = oracle.value(mpreal(a), mpreal(b));
    value.add(y, exact, {a, b});
    if (overflows(exact)) continue;
    const auto of_a = [&](const mpreal& moved) { return oracle.value(moved, mpreal(b)); };
    const auto of_b = [&](const mpreal& moved) { return oracle.value(mpreal(a), moved); };
    left.add(op.in_double.left_partial(a, b, y), difference(of_a, a, kinked), {a, b});
    right.add(op.in_double.right_partial(a, b, y), difference(of_b, b, kinked), {a, b});
  }
  value.check(op.name, "value");
  left.check(op.name, "left");
  right.check(op.name, "right");
}

double largest_magnitude(const std::vector<double>& x) {
  double largest = 0.0;
  for (const double one : x) largest = std::max(largest, std::abs(one));
  return largest;
}

void measure(const Operator<Reduction>& op, const ReductionOracle& oracle, const StatedError& stated) {
  Worst value(stated.value), partial(stated.left);
  for (const std::vector<double>& x : lists(oracle.domain, reduction_count(oracle.shape))) {
    const std::vector<mpreal> wide(x.begin(), x.end());
    const double y = op.in_double.value(x.data(), x.size());
    value.add(y, oracle.value(wide), x, largest_magnitude(x));
    std::vector<double> partials(x.size());
    op.in_double.partials(x.data(), x.size(), y, partials.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto of_one = [&](const mpreal& moved) {
        std::vector<mpreal> all = wide;
        all[i] = moved;
        return oracle.value(all);
      };
      partial.add(partials[i], difference(of_one, x[i], oracle.shape == Shape::kinked), x);
    }
  }
  value.check(op.name, "value");
  partial.check(op.name, "partial");
}

template <class Row, class Oracle>
void measure_all(const std::vector<Row>& operators, const std::vector<Oracle>& oracles) {
  const Precision precision(value_bits);
  for (const Row& op : operators) {
    const Oracle* const oracle = find(oracles, op.name);
    const StatedError* const stated = find(stated_errors, op.name);
    EXPECT_NE(oracle, nullptr) << op.name << " has no line in oracle_table.hpp";
    EXPECT_NE(stated, nullptr) << op.name << " has no line in stated_errors.hpp";
    if (oracle != nullptr && stated != nullptr) measure(op, *oracle, *stated);
  }
  for (const Oracle& oracle : oracles) {
    EXPECT_NE(find(operators, oracle.name), nullptr) << oracle.name << " is not an operator of this kind";
  }
}

TEST(Accuracy, Unary) { measure_all(unary_operators, unary_oracles); }
TEST(Accuracy, Binary) { measure_all(binary_operators, binary_oracles); }
TEST(Accuracy, Reduction) { measure_all(reduction_operators, reduction_oracles); }

/// The definition of dot has no partials: they are the other list's operands.
TEST(Accuracy, Dot) {
  const Precision precision(value_bits);
  const StatedError* const stated = find(stated_errors, "dot");
  ASSERT_NE(stated, nullptr);
  Worst value(stated->value);
  Sampler sampler;
  for (std::size_t n = 0; n < 300; ++n) {
    std::vector<double> a(n % 24), b(a.size()), products(a.size());
    mpreal exact = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::tie(a[i], b[i]) = sampler.draw({-1e3, 1e3, -10, 10}, {-1e3, 1e3, -10, 10});
      products[i] = a[i] * b[i];
      exact += mpreal(a[i]) * b[i];
    }
    const double y = smolgrad::ops::Dot::value<double>([&](std::size_t i) { return a[i]; },
                                                       [&](std::size_t i) { return b[i]; }, a.size());
    value.add(y, exact, a, largest_magnitude(products));
  }
  value.check("dot", "value");
}

/// Select copies one of its operands, so there is nothing to measure: edge_cases_test.cpp says which.
TEST(Accuracy, EveryOperatorIsStated) {
  for (const char* name : operator_names) {
    EXPECT_TRUE(std::string(name) == "select" || find(stated_errors, name) != nullptr) << name;
  }
  for (const StatedError& stated : stated_errors) {
    EXPECT_NE(std::find(operator_names.begin(), operator_names.end(), std::string(stated.name)), operator_names.end())
        << stated.name << " is not an operator";
  }
}

}  // namespace
}  // namespace smolgrad::test

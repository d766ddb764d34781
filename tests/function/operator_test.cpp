// Every operator of the table in a Function, against the eager tape: values and gradients, with operands that vary,
// are shared or are numbers, in both precisions.
#include <algorithm>
#include <random>

#include "formula.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

/// Values and gradients are within this many units in the last place of the tape's. The tape's formulas are the same;
/// what differs is the mathematics of vectors and that products and sums are fused.
constexpr double value_ulp = 4.0;
constexpr double gradient_ulp = 8.0;

constexpr int more = sanitized ? 3 : 24;

std::vector<double> some_points() {
  std::vector<double> result = {0.0,  -0.0, 0.3,   -0.3,  0.5,   0.9,    -0.9,     1.0,       -1.0,        1.5,
                                2.0,  -2.0, -2.5,  3.0,   4.25,  -4.25,  17.0,     -17.0,     1e-9,        -1e-9,
                                1e10, -1e5, 1e-40, 700.0, -40.5, 1e-308, infinite, -infinite, not_a_number};
  std::mt19937_64 random(1);
  for (int i = 0; i < more; ++i) result.push_back(static_cast<double>(random() >> 11) * 0x1p-50 - 4.0);
  return result;
}
const std::vector<double> points = some_points();

/// Derivatives that are sums in which terms of the size of 1 cancel; and the lower tail of the normal distribution,
/// where the tape and vectors magnify different roundings x² times.
struct Exception {
  const char* name;
  double ulp;
  double floor;
  double value = value_ulp;
};
const Exception exceptions[] = {{"lgamma", 16.0, 1.0},
                                {"tanh", 8.0, 1.0},
                                {"silu", 8.0, 1.0},
                                {"gelu", 8.0, 1.0, 17.0 * 17.0},
                                {"normal_cdf", gradient_ulp, DBL_MIN, 17.0 * 17.0}};

void compare(const char* name, const Formula& formula, std::size_t rows, const std::vector<double>& inputs,
             const std::vector<double>& shared) {
  SCOPED_TRACE(name);
  double ulp = gradient_ulp;
  double floor = DBL_MIN;
  double of_value = value_ulp;
  for (const Exception& exception : exceptions) {
    if (std::string(name) == exception.name) {
      ulp = exception.ulp;
      floor = exception.floor;
      of_value = exception.value;
    }
  }
  const std::size_t width = inputs.size() / rows;
  const Function function = compile(formula, width, shared.size());
  const Results<double> expected = eagerly(formula, rows, inputs, shared);
  const Results<double> got = gradient_of(function, rows, inputs, shared);
  for (std::size_t row = 0; row < rows; ++row) {
    EXPECT_LE(ulp_apart(got.outputs[row], expected.outputs[row]), of_value)
        << "at " << inputs[row * width] << ", " << inputs[row * width + width - 1] << ": " << got.outputs[row]
        << ", on the tape " << expected.outputs[row];
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t row = i / width;
    EXPECT_LE(ulp_apart(got.d_inputs[i], expected.d_inputs[i], floor), ulp)
        << "derivative by " << i % width << " at " << inputs[row * width] << ", " << inputs[row * width + width - 1]
        << ": " << got.d_inputs[i] << ", on the tape " << expected.d_inputs[i];
  }
  for (std::size_t i = 0; i < shared.size(); ++i) {
    EXPECT_TRUE(std::isnan(expected.d_shared[i]) == std::isnan(got.d_shared[i])) << "shared";
  }
}

template <class Apply>
void check_unary(const char* name, Apply apply) {
  compare(name, [&](const Values& x, const Values&) { return Values{apply(x[0])}; }, points.size(), points, {});
}

/// Every pair of points.
std::vector<double> pairs() {
  std::vector<double> result;
  for (const double left : points) {
    for (const double right : points) result.insert(result.end(), {left, right});
  }
  return result;
}

template <class Apply>
void check_binary(const char* name, Apply apply) {
  const std::vector<double> both = pairs();
  compare(name, [&](const Values& x, const Values&) { return Values{apply(x[0], x[1])}; }, both.size() / 2, both, {});
  // Where both partials meet they may cancel: of x / x they do.
  if (std::string(name) != "div") {
    compare(name, [&](const Values& x, const Values&) { return Values{apply(x[0], x[0])}; }, points.size(), points, {});
  }
  for (const double point : points) {
    SCOPED_TRACE(testing::Message() << "the other side is " << point);
    compare(name, [&](const Values& x, const Values&) { return Values{apply(x[0], point)}; }, points.size(), points,
            {});
    compare(name, [&](const Values& x, const Values&) { return Values{apply(point, x[0])}; }, points.size(), points,
            {});
    compare(name, [&](const Values& x, const Values& a) { return Values{apply(x[0], a[0])}; }, points.size(), points,
            {point});
    compare(name, [&](const Values& x, const Values& a) { return Values{apply(a[0], x[0])}; }, points.size(), points,
            {point});
  }
}

TEST(FunctionOperators, Unary) {
#define X(Definition, name) check_unary(#name, [](const Value& x) { return name(x); });
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
}

TEST(FunctionOperators, Binary) {
#define X(Definition, name) check_binary(#name, [](const auto& a, const auto& b) { return name(a, b); });
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
}

}  // namespace
}  // namespace smolgrad::test

// The line search on the functions of Moré and Thuente (1994), from far too short to far too long first steps.
#include "train/line_search.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

namespace smolgrad::train {
namespace {

using Function = std::function<std::pair<double, double>(double)>;

class Along final : public Line {
 public:
  explicit Along(Function function) : function_(std::move(function)) {}
  LinePoint at(double step) override {
    ++evaluations;
    const auto [value, slope] = function_(step);
    return {step, value, slope};
  }
  int evaluations = 0;

 private:
  Function function_;
};

const Function functions[] = {
    [](double a) -> std::pair<double, double> {
      const double below = a * a + 2.0;
      return {-a / below, (a * a - 2.0) / (below * below)};
    },
    [](double a) -> std::pair<double, double> {
      const double b = a + 0.004;
      return {std::pow(b, 5) - 2 * std::pow(b, 4), 5 * std::pow(b, 4) - 8 * std::pow(b, 3)};
    },
    [](double a) -> std::pair<double, double> {
      return {std::exp(a) - 3.0 * a, std::exp(a) - 3.0};
    },
    [](double a) -> std::pair<double, double> {
      return {std::cosh(a - 100.0), std::sinh(a - 100.0)};
    },
};

void expect_wolfe(const LinePoint& origin, const LinePoint& found, const Wolfe& wolfe) {
  EXPECT_GT(found.step, 0.0);
  EXPECT_LE(found.value, origin.value + wolfe.c1 * found.step * origin.slope);
  EXPECT_LE(std::abs(found.slope), wolfe.c2 * std::abs(origin.slope));
}

TEST(LineSearch, FindsTheStrongWolfeConditions) {
  for (const Function& function : functions) {
    for (const Wolfe wolfe : {Wolfe{1e-4, 0.9}, Wolfe{0.1, 0.1001}, Wolfe{1e-3, 0.01}}) {
      for (const double first : {1e-3, 0.1, 1.0, 10.0, 1e3}) {
        Along line(function);
        const LinePoint origin = line.at(0.0);
        // Less of so flat a start's slope is where rounding hides that values differ.
        if (-origin.slope < 1e-6 && wolfe.c2 < 0.9) continue;
        expect_wolfe(origin, search(line, origin, first, wolfe, 40), wolfe);
        EXPECT_LE(line.evaluations, 25) << "from " << first;
      }
    }
  }
}

/// -log(1 - a) - 3 a, which ends at 1: beyond is NaN, infinite, or one with a finite derivative.
TEST(LineSearch, GoesBackFromWhatIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const auto& beyond : {std::pair<double, double>(nan, nan), {infinity, 1.0}, {-infinity, -1.0}, {0.0, nan}}) {
    for (const double first : {0.1, 1.5, 1e6}) {
      Along line([&](double a) -> std::pair<double, double> {
        if (a >= 1.0) return beyond;
        return {-std::log1p(-a) - 3.0 * a, 1.0 / (1.0 - a) - 3.0};
      });
      const LinePoint origin = line.at(0.0);
      const Wolfe wolfe{1e-4, 0.1};
      const LinePoint found = search(line, origin, first, wolfe, 40);
      expect_wolfe(origin, found, wolfe);
      EXPECT_LT(found.step, 1.0);
    }
  }
}

TEST(LineSearch, KeepsToItsEvaluations) {
  for (std::size_t most = 0; most < 8; ++most) {
    Along line(functions[3]);
    const LinePoint origin = line.at(0.0);
    const LinePoint found = search(line, origin, 1e-3, {1e-4, 0.9}, most);
    EXPECT_LE(line.evaluations, static_cast<int>(most) + 1);
    EXPECT_LE(found.value, origin.value);
    EXPECT_EQ(found.step > 0.0, most > 0);
  }
}

TEST(LineSearch, GivesTheOriginWhereNothingDecreases) {
  Along line([](double a) { return std::pair<double, double>(a, -1.0); });
  EXPECT_EQ(search(line, line.at(0.0), 1.0, {1e-4, 0.9}, 40).step, 0.0);
}

}  // namespace
}  // namespace smolgrad::train

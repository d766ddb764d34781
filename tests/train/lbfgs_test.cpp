// L-BFGS: known minima, the conditions on each step, what is not finite, exceptions, limits and checkpoints.
#include <smolgrad/lbfgs.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "error_of.hpp"
#include "problems.hpp"

namespace smolgrad::test {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

TEST(Lbfgs, FindsKnownMinima) {
  for (const Problem& problem : problems()) {
    SCOPED_TRACE(problem.name);
    std::vector<double> x = problem.start;
    LbfgsOptions options;
    options.max_iterations = 20000;
    options.max_evaluations = 20000;
    options.value_tolerance = 0.0;
    const LbfgsResult result = minimize(problem.objective, x.data(), x.size(), options);
    EXPECT_EQ(result.status, LbfgsStatus::gradient_converged);
    EXPECT_LE(result.gradient_norm, options.gradient_tolerance);
    EXPECT_NEAR(result.value, problem.least, 1e-12);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], problem.minimum[i], 1e-5) << i;
    std::vector<double> gradient(x.size());
    EXPECT_EQ(problem.objective(x.data(), gradient.data()), result.value) << "of the x that is left";
  }
}

/// PyTorch 1.13's torch.optim.LBFGS (history 10, strong_wolfe, tolerance_grad 1e-7) takes 46, 614 and 13 evaluations.
TEST(Lbfgs, TakesAboutAsManyEvaluationsAsPyTorch) {
  const std::pair<std::size_t, std::size_t> counts[] = {{0, 46}, {1, 614}, {3, 13}};
  for (const auto& [which, evaluations] : counts) {
    const Problem problem = problems()[which];
    std::vector<double> x = problem.start;
    std::size_t calls = 0;
    const LbfgsResult result = minimize(
        [&](const double* at, double* gradient) {
          ++calls;
          return problem.objective(at, gradient);
        },
        x.data(), x.size());
    EXPECT_EQ(result.evaluations, calls);
    EXPECT_LE(calls, evaluations * 5 / 4) << problem.name;
    EXPECT_LT(result.iterations, calls);
  }
}

TEST(Lbfgs, EachStepHasTheStrongWolfeConditions) {
  for (const Problem& problem : problems()) {
    SCOPED_TRACE(problem.name);
    const std::size_t n = problem.start.size();
    LbfgsOptions options;
    options.c2 = 0.5;
    Lbfgs lbfgs(n, options);
    std::vector<double> x = problem.start, before = x, g(n), g_before(n);
    double value_before = problem.objective(x.data(), g_before.data());
    while (lbfgs.iterations() < 100 && lbfgs.iterate(problem.objective, x.data())) {
      const double value = problem.objective(x.data(), g.data());
      double slope_before = 0.0, slope = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        slope_before += g_before[i] * (x[i] - before[i]);
        slope += g[i] * (x[i] - before[i]);
      }
      // What the rounding of x leaves of a slope near the bound.
      const double rounding = 1e-9 * std::abs(slope_before);
      EXPECT_EQ(lbfgs.value(), value);
      EXPECT_LE(value, value_before + options.c1 * slope_before + rounding) << lbfgs.iterations();
      EXPECT_LE(std::abs(slope), options.c2 * std::abs(slope_before) + rounding) << lbfgs.iterations();
      before = x;
      g_before = g;
      value_before = value;
    }
    EXPECT_GT(lbfgs.iterations(), 5u);
  }
}

/// Σ x - log x, least at ones; NaN below 0, as the logarithm is, or infinite.
TEST(Lbfgs, StaysWhereTheObjectiveIsFinite) {
  for (const double outside : {nan, infinity, -infinity}) {
    for (const double start : {1e-3, 50.0}) {
      std::vector<double> x{start, 2.0, 0.5};
      const LbfgsResult result = minimize(
          [&](const double* at, double* gradient) {
            double f = 0.0;
            for (std::size_t i = 0; i < 3; ++i) {
              if (at[i] <= 0.0) return outside;
              f += at[i] - std::log(at[i]);
              gradient[i] = 1.0 - 1.0 / at[i];
            }
            return f;
          },
          x.data(), 3);
      EXPECT_EQ(result.status, LbfgsStatus::gradient_converged);
      for (const double number : x) EXPECT_NEAR(number, 1.0, 1e-6);
    }
  }
}

TEST(Lbfgs, NeedsAFiniteStart) {
  for (const bool value : {true, false}) {
    std::vector<double> x{1.0, 2.0};
    const LbfgsResult result = minimize(
        [&](const double*, double* gradient) {
          gradient[0] = 1.0;
          gradient[1] = value ? 1.0 : nan;
          return value ? infinity : 0.0;
        },
        x.data(), 2);
    EXPECT_EQ(result.status, LbfgsStatus::not_finite);
    EXPECT_EQ(result.evaluations, 1u);
    EXPECT_EQ(x, (std::vector<double>{1.0, 2.0}));
  }
}

TEST(Lbfgs, TellsAWrongGradient) {
  std::vector<double> x{1.0};
  const LbfgsResult result = minimize(
      [](const double* at, double* gradient) {
        gradient[0] = -2.0 * at[0];
        return at[0] * at[0];
      },
      x.data(), 1);
  EXPECT_EQ(result.status, LbfgsStatus::no_progress);
  EXPECT_EQ(x[0], 1.0);
}

/// Far above 0 rounding hides the last decreases.
TEST(Lbfgs, EndsWhereRoundingHidesTheRest) {
  const Problem problem = rosenbrock({-1.2, 1.0});
  std::vector<double> x = problem.start;
  LbfgsOptions options;
  options.gradient_tolerance = 0.0;
  options.value_tolerance = 0.0;
  const LbfgsResult result = minimize(
      [&](const double* at, double* gradient) { return 1e6 + problem.objective(at, gradient); }, x.data(), 2, options);
  EXPECT_EQ(result.status, LbfgsStatus::value_converged);
  EXPECT_NEAR(x[0], 1.0, 1e-3);
}

TEST(Lbfgs, AnExceptionLeavesTheBestPoint) {
  const Problem problem = rosenbrock({-1.2, 1.0});
  for (std::size_t fatal = 1; fatal < 40; ++fatal) {
    Lbfgs lbfgs(2);
    std::vector<double> x = problem.start, best = x;
    double least = infinity;
    std::size_t calls = 0;
    const Objective objective = [&](const double* at, double* gradient) {
      if (++calls == fatal) throw std::runtime_error("no more");
      const double f = problem.objective(at, gradient);
      if (f < least) {
        least = f;
        best = {at[0], at[1]};
      }
      return f;
    };
    EXPECT_THROW(while (lbfgs.iterate(objective, x.data())){}, std::runtime_error) << fatal;
    EXPECT_EQ(x, best) << fatal;
    while (lbfgs.iterate(objective, x.data())) {
    }
    EXPECT_EQ(lbfgs.status(), LbfgsStatus::gradient_converged);
    EXPECT_NEAR(x[0], 1.0, 1e-6) << "goes on after call " << fatal;
  }
}

TEST(Lbfgs, GoesOnFromACheckpoint) {
  const Problem problem = rosenbrock(std::vector<double>(10, 0.0));
  for (const std::size_t at : {0u, 1u, 5u, 25u}) {
    Lbfgs lbfgs(10), restored(10);
    std::vector<double> x = problem.start;
    for (std::size_t i = 0; i < at; ++i) ASSERT_TRUE(lbfgs.iterate(problem.objective, x.data()));
    EXPECT_EQ(lbfgs.pair_count(), std::min<std::size_t>(at, 10));
    std::vector<double> s, y, copy = x;
    for (std::size_t i = 0; i < lbfgs.pair_count(); ++i) {
      s.insert(s.end(), lbfgs.s(i), lbfgs.s(i) + 10);
      y.insert(y.end(), lbfgs.y(i), lbfgs.y(i) + 10);
    }
    restored.set_pairs(s.data(), y.data(), lbfgs.pair_count());
    for (int i = 0; i < 15; ++i) {
      ASSERT_TRUE(lbfgs.iterate(problem.objective, x.data()));
      ASSERT_TRUE(restored.iterate(problem.objective, copy.data()));
      ASSERT_EQ(std::memcmp(x.data(), copy.data(), 10 * sizeof(double)), 0) << at << " and " << i;
    }
  }
}

TEST(Lbfgs, TakesTheLastPairsThatHaveCurvature) {
  LbfgsOptions options;
  options.history = 2;
  Lbfgs lbfgs(1, options);
  const double s[] = {1, 2, 3, 4, 5}, y[] = {1, 1, 1, -1, 0};
  lbfgs.set_pairs(s, y, 5);
  EXPECT_LE(lbfgs.pair_count(), 2u);
  ASSERT_GE(lbfgs.pair_count(), 1u);
  EXPECT_EQ(lbfgs.s(lbfgs.pair_count() - 1)[0], 3.0);
}

TEST(Lbfgs, Limits) {
  const Problem problem = rosenbrock({-1.2, 1.0});
  LbfgsOptions options;
  options.max_iterations = 7;
  std::vector<double> x = problem.start;
  LbfgsResult result = minimize(problem.objective, x.data(), 2, options);
  EXPECT_EQ(result.status, LbfgsStatus::iteration_limit);
  EXPECT_EQ(result.iterations, 7u);
  options = {};
  for (std::size_t most = 1; most < 20; ++most) {
    options.max_evaluations = most;
    x = problem.start;
    result = minimize(problem.objective, x.data(), 2, options);
    EXPECT_EQ(result.status, LbfgsStatus::evaluation_limit);
    EXPECT_GE(result.evaluations, most);
    EXPECT_LE(result.evaluations, most + 1);
    EXPECT_LE(result.value, problem.objective(problem.start.data(), std::vector<double>(2).data()));
  }
  x = problem.start;
  options = {};
  std::size_t calls = 0;
  result = minimize(problem.objective, x.data(), 2, options, [&](const Lbfgs& lbfgs) {
    EXPECT_EQ(lbfgs.iterations(), ++calls);
    return calls < 3;
  });
  EXPECT_EQ(result.status, LbfgsStatus::cancelled);
  EXPECT_EQ(result.iterations, 3u);
}

TEST(Lbfgs, StopsWhereItHasConverged) {
  const Problem problem = rosenbrock({1.0, 1.0});
  Lbfgs lbfgs(2);
  EXPECT_TRUE(std::isnan(lbfgs.value()));
  std::vector<double> x = problem.start;
  EXPECT_FALSE(lbfgs.iterate(problem.objective, x.data()));
  EXPECT_FALSE(lbfgs.iterate(problem.objective, x.data()));
  EXPECT_EQ(lbfgs.status(), LbfgsStatus::gradient_converged);
  EXPECT_EQ(lbfgs.evaluations(), 1u);
  x = {-1.2, 1.0};
  lbfgs.restart();
  EXPECT_TRUE(lbfgs.iterate(problem.objective, x.data()));
  EXPECT_EQ(minimize([](const double*, double*) { return 3.0; }, nullptr, 0).value, 3.0) << "of no variables";
}

TEST(Lbfgs, WrongArguments) {
  const auto with = [](auto change) {
    LbfgsOptions options;
    change(options);
    return error_of([&] { Lbfgs(3, options); });
  };
  EXPECT_EQ(with([](LbfgsOptions& o) { o.history = 0; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.max_line_search = 1; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.gradient_tolerance = -1; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.gradient_tolerance = nan; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.value_tolerance = nan; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.c1 = 0; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.c2 = 1; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.c1 = 0.95; }), ErrorCode::invalid_argument);
  EXPECT_EQ(with([](LbfgsOptions& o) { o.history = SIZE_MAX; }), ErrorCode::out_of_memory);
  EXPECT_EQ(error_of([] { Lbfgs lbfgs(SIZE_MAX / 4); }), ErrorCode::out_of_memory);
  Lbfgs lbfgs(3);
  double x[3] = {};
  EXPECT_EQ(error_of([&] { lbfgs.iterate({}, x); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { lbfgs.iterate([](const double*, double*) { return 0.0; }, nullptr); }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { lbfgs.set_pairs(nullptr, x, 1); }), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace smolgrad::test

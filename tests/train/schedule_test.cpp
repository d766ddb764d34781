// Schedules against PyTorch's and their closed forms.
#include <smolgrad/schedule.hpp>

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "error_of.hpp"
#include "reference/optimizers.hpp"

namespace smolgrad::test {
namespace {

TEST(Schedule, AsPyTorch) {
  for (std::size_t i = 0; i < schedule_references.size(); ++i) {
    const ScheduleReference& reference = schedule_references[i];
    for (std::size_t step = 0; step < reference.factors.size(); ++step) {
      EXPECT_NEAR(reference.schedule.factor(step), reference.factors[step], 1e-14)
          << "schedule " << i << " at " << step;
    }
  }
}

TEST(Schedule, LongAfterwards) {
  const std::uint64_t late = std::uint64_t{1} << 60;
  EXPECT_EQ(Schedule{}.factor(late), 1.0);
  EXPECT_EQ((Schedule{CosineDecay{10, 0.25}, 3}.factor(late)), 0.25);
  EXPECT_EQ((Schedule{StepDecay{1, 0.5}, 0}.factor(late)), 0.0);
  EXPECT_EQ((Schedule{StepDecay{late, 0.5}, 0}.factor(late)), 0.5);
  EXPECT_EQ((Schedule{ConstantRate{}, 2 * late}.factor(late - 1)), 0.5);
}

TEST(Schedule, OutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const Schedule& schedule :
       {Schedule{StepDecay{0, 0.5}, 0}, Schedule{StepDecay{1, -0.5}, 0}, Schedule{StepDecay{1, nan}, 0},
        Schedule{StepDecay{1, infinity}, 0}, Schedule{CosineDecay{0, 0.0}, 0}, Schedule{CosineDecay{1, -0.1}, 0},
        Schedule{CosineDecay{1, 1.1}, 10}, Schedule{CosineDecay{1, nan}, 10}}) {
    EXPECT_EQ(error_of([&] { schedule.factor(0); }), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { Optimizer<float>(Sgd{}, 3, schedule); }), ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace smolgrad::test

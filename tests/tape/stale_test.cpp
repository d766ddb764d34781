// Changing a leaf after recording: backward through what read it is an error, and nothing else is.
#include <gtest/gtest.h>

#include "tape/shadow.hpp"

namespace smolgrad {
namespace {

using test::RandomProgram;

bool backward_is_stale(const Value& root) {
  try {
    root.backward();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::stale);
    return true;
  }
  return false;
}

TEST(Stale, ChangedLeafIsReportedAndNoGradientIsTouched) {
  Value x = 2.0, y = 3.0;
  Value z = x * y;
  z.backward();
  x.set_data(5.0);
  EXPECT_TRUE(backward_is_stale(z));
  EXPECT_EQ(x.grad(), 3.0);
  EXPECT_EQ(y.grad(), 2.0);
  Value again = x * y;
  EXPECT_FALSE(backward_is_stale(again));
  EXPECT_EQ(y.grad(), 7.0);
  EXPECT_TRUE(backward_is_stale(z)) << "the old recording stays stale";
  EXPECT_TRUE(backward_is_stale(again + z)) << "also below a new one";
}

TEST(Stale, WhatDoesNotDependOnTheLeafIsNotStale) {
  Value x = 2.0, y = 3.0;
  Value of_x = x * x;
  Value of_y = y * y;
  x.set_data(1.0);
  EXPECT_FALSE(backward_is_stale(of_y));
  EXPECT_FALSE(backward_is_stale(x)) << "the leaf itself";
  EXPECT_TRUE(backward_is_stale(of_x));
}

TEST(Stale, PoppedAndRecordedAgainIsNotStale) {
  Value x = 2.0;
  { Value y = x * x; }
  Value kept = x * 3;
  { Value y = kept * x; }
  x.set_data(4.0);
  Value z = x * x;
  EXPECT_FALSE(backward_is_stale(z));
  EXPECT_EQ(x.grad(), 8.0);
  EXPECT_TRUE(backward_is_stale(kept));
}

TEST(Stale, ParametersUpdatedInPlace) {
  Tape tape;
  Parameters w(tape, {1.0, 2.0});
  Value y = dot(w.values(), w.values());
  y.backward();
  w.update([](double* data, double* grad, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      data[i] -= 0.5 * grad[i];
      grad[i] = 0.0;
    }
  });
  EXPECT_EQ(w.values()[1].data(), 0.0);
  EXPECT_EQ(w.values()[1].grad(), 0.0);
  EXPECT_TRUE(backward_is_stale(y));
  const double fresh[] = {3.0, 4.0};
  w.set_data(fresh);
  EXPECT_EQ(dot(w.values(), w.values()).data(), 25.0);
}

class StaleProperty : public testing::TestWithParam<int> {};

TEST_P(StaleProperty, ExactlyWhatReadTheOldNumber) {
  RandomProgram program(static_cast<std::uint64_t>(GetParam()) + 1000);
  program.add_leaves(5);
  int stale = 0;
  int fresh = 0;
  for (int step = 0; step < 500; ++step) {
    RandomProgram::Pair& chosen = program.live[program.pick(program.live.size())];
    switch (program.pick(8)) {
      case 0:
        if (chosen.value.is_leaf()) {
          const double data = program.number();
          chosen.value.set_data(data);
          chosen.shadow->data = data;
          ++chosen.shadow->version;
        }
        break;
      case 1:
      case 2:
        if (program.live.size() > 12) program.drop();
        break;
      case 3:
        detail::tape_of(detail::ValueAccess::cell(chosen.value)).collect();
        break;
      case 4: {
        const bool expected = test::shadow_is_stale(chosen.shadow);
        ASSERT_EQ(backward_is_stale(chosen.value), expected) << "at step " << step;
        ++(expected ? stale : fresh);
        break;
      }
      default:
        program.record();
        if (program.pick(20) == 0) program.add_leaves(2);
    }
  }
  EXPECT_GT(stale, 0);
  EXPECT_GT(fresh, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StaleProperty, testing::Range(0, 40));

}  // namespace
}  // namespace smolgrad

// Reclaiming memory must not be seen: random programs that drop Values in any order, with collections forced in
// between, compute what a web of shared objects computes.
#include <gtest/gtest.h>

#include "tape/shadow.hpp"

namespace smolgrad {
namespace {

using test::RandomProgram;

detail::TapeCore& core_of(const Value& value) { return detail::tape_of(detail::ValueAccess::cell(value)); }

void expect_near_relative(double got, double expected) {
  EXPECT_NEAR(got, expected, 1e-11 * std::max(1.0, std::abs(expected)));
}

void check_gradients(RandomProgram& program) {
  const RandomProgram::Pair root = program.live[program.pick(program.live.size())];
  program.tape.zero_grad();
  root.value.backward();
  const auto expected = test::shadow_gradients(root.shadow);
  for (const auto& [value, shadow] : program.live) {
    EXPECT_EQ(value.data(), shadow->data);
    const auto found = expected.find(shadow.get());
    expect_near_relative(value.grad(), found == expected.end() ? 0.0 : found->second);
  }
}

class Collect : public testing::TestWithParam<int> {};

TEST_P(Collect, IsNotSeenByRandomPrograms) {
  RandomProgram program(static_cast<std::uint64_t>(GetParam()));
  program.add_leaves(3);
  for (int step = 0; step < 600; ++step) {
    switch (program.pick(6)) {
      case 0:
        program.add_leaves(1 + program.pick(5));
        break;
      case 1:
      case 2:
        if (program.live.size() > 8) program.drop();
        break;
      default:
        program.record();
    }
    if (program.live.size() > 40) program.drop();
    if (program.pick(10) == 0) core_of(program.live.front().value).collect();
    if (program.pick(10) == 0) check_gradients(program);
    if (HasFailure()) FAIL() << "at step " << step;
  }
  program.live.clear();
  EXPECT_EQ(program.tape.node_count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Collect, testing::Range(0, 60));

TEST(CollectOnce, KeepsWhatAHandleLeadsTo) {
  Tape tape;
  TapeScope scope(tape);
  Value kept;
  Value x(2.0, "x");
  {
    Value unused = exp(x);
    Value inner = x * 3;
    inner.set_label("inner");
    kept = inner * inner;
  }
  kept.backward();
  ASSERT_EQ(tape.node_count(), 4u);
  core_of(x).collect();
  EXPECT_EQ(tape.node_count(), 3u);
  EXPECT_EQ(kept.data(), 36.0);
  EXPECT_EQ(kept.grad(), 1.0) << "gradients move with their nodes";
  EXPECT_NE(to_dot(kept).find("inner | mul | data 6 | grad 12"), std::string::npos) << to_dot(kept);
  x.zero_grad();
  kept.backward();
  EXPECT_EQ(x.grad(), 36.0);
}

TEST(CollectOnce, ParametersStaySideBySide) {
  Tape tape;
  TapeScope scope(tape);
  Value before = 1.0;
  Parameters parameters(tape, {10.0, 20.0, 30.0});
  Value keeps_it_in_place = exp(before);
  before = Value();
  keeps_it_in_place = Value();
  Value later = 5.0;
  core_of(later).collect();
  EXPECT_EQ(std::vector<double>(parameters.data(), parameters.data() + 3), (std::vector<double>{10, 20, 30}));
  Value y = dot(parameters.values(), parameters.values()) * later;
  y.backward();
  EXPECT_EQ(std::vector<double>(parameters.grad(), parameters.grad() + 3), (std::vector<double>{100, 200, 300}));
}

/// A leaf remembers how many operations there were when it was made; when those go, operations before that mark refer
/// to it.
TEST(CollectOnce, ALeafMadeAmongOperationsThatWentAwayIsKept) {
  Tape tape;
  TapeScope scope(tape);
  Value x = 2.0;
  Value many = x;
  for (int i = 0; i < 10; ++i) many = many * x;
  Value y;
  {
    Value late = 3.0;
    many = Value();
    y = x * late;
  }
  EXPECT_EQ(tape.node_count(), 3u);
  Value another = 100.0;
  y.backward();
  EXPECT_EQ(x.grad(), 3.0);
  EXPECT_EQ(another.grad(), 0.0);
}

}  // namespace
}  // namespace smolgrad

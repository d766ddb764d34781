// Guards: which samples would have taken another branch than the recording did.
#include <gmock/gmock.h>

#include "formula.hpp"

namespace smolgrad::test {
namespace {

/// Compares x[0] with x[1] in a recording where they are `left` and `right`.
template <class Compare>
std::vector<std::uint8_t> checked(double left, double right, const std::vector<double>& pairs, Compare compare) {
  Tape tape;
  const Value a = tape.value(left), b = tape.value(right);
  GuardScope scope(tape);
  static_cast<void>(compare(a, b));
  EXPECT_EQ(scope.guards().size(), 1u);
  const Function function({a, b}, {}, {a}, {Dtype::float64, scope.guards()});
  std::vector<std::uint8_t> diverged(pairs.size() / 2, 7);
  const std::size_t count = function.check<double>(diverged.size(), pairs.data(), nullptr, diverged.data());
  std::size_t ones = 0;
  for (const std::uint8_t one : diverged) ones += one;
  EXPECT_EQ(count, ones);
  EXPECT_EQ(function.check<double>(diverged.size(), pairs.data(), nullptr, nullptr), count);
  return diverged;
}

TEST(FunctionGuards, EveryComparison) {
  std::vector<double> pairs;
  const double numbers[] = {-1.0, -0.0, 0.0, 1.0, infinite, -infinite, not_a_number};
  for (const double left : numbers) {
    for (const double right : numbers) pairs.insert(pairs.end(), {left, right});
  }
  const auto test = [&](const char* name, auto compare) {
    for (const auto& [left, right] : {std::pair(1.0, 2.0), std::pair(2.0, 1.0), std::pair(1.0, 1.0)}) {
      SCOPED_TRACE(testing::Message() << left << name << right);
      const std::vector<std::uint8_t> diverged = checked(left, right, pairs, compare);
      for (std::size_t i = 0; i < diverged.size(); ++i) {
        const bool differs = compare(pairs[2 * i], pairs[2 * i + 1]) != compare(left, right);
        EXPECT_EQ(diverged[i], differs ? 1 : 0) << pairs[2 * i] << ", " << pairs[2 * i + 1];
      }
    }
  };
  test("<", [](const auto& a, const auto& b) { return a < b; });
  test("<=", [](const auto& a, const auto& b) { return a <= b; });
  test(">", [](const auto& a, const auto& b) { return a > b; });
  test(">=", [](const auto& a, const auto& b) { return a >= b; });
  test("==", [](const auto& a, const auto& b) { return a == b; });
  test("!=", [](const auto& a, const auto& b) { return a != b; });
}

TEST(FunctionGuards, ComputedSharedAndNumbers) {
  Tape tape;
  const Value x = tape.value(2.0), a = tape.value(3.0);
  GuardScope scope(tape);
  Value y = x;
  if (x * a > 5.0) y = log(x * a - 5.0);
  if (0.0 <= sin(x)) y = y + 1.0;
  if (a < 10.0) y = y * 2.0;
  EXPECT_EQ(scope.guards().size(), 3u);
  const Function function({x}, {a}, {y}, {Dtype::float64, scope.guards()});
  const double at[] = {2.0, 1.0, 4.0, 3.0};
  std::uint8_t diverged[4];
  double shared = 3.0;
  EXPECT_EQ(function.check(4, at, &shared, diverged), 2u);
  EXPECT_THAT(diverged, testing::ElementsAre(0, 1, 1, 0)) << "1 * 3 < 5, sin(4) < 0";
  shared = 20.0;
  EXPECT_EQ(function.check(4, at, &shared, diverged), 4u) << "every sample has the shared leaf";
  EXPECT_EQ(function.derivative().check(4, at, &shared, diverged), 4u) << "derivatives take the same branches";
}

TEST(FunctionGuards, ManyRows) {
  Tape tape;
  const Value x = tape.value(1.0);
  GuardScope scope(tape);
  EXPECT_TRUE(x > 0.5);
  const Function function({x}, {}, {x}, {Dtype::float32, scope.guards()});
  for (const std::size_t rows : {1u, 1023u, 1024u, 1025u, 5000u}) {
    std::vector<float> at(rows, 1.0F);
    std::vector<std::uint8_t> diverged(rows + 1, 7), expected(rows + 1, 0);
    for (std::size_t i = 0; i < rows; i += 7) at[i] = 0.0F, expected[i] = 1;
    expected[rows] = 7;
    EXPECT_EQ(function.check<float>(rows, at.data(), nullptr, diverged.data(), {3, nullptr, nullptr}), (rows + 6) / 7);
    EXPECT_EQ(diverged, expected);
  }
}

TEST(FunctionGuards, NoneAreNotChecked) {
  const Function function = compile([](const Values& x, const Values&) { return x; }, 1, 0);
  const double at = not_a_number;
  std::uint8_t diverged = 7;
  EXPECT_EQ(function.check<double>(1, &at, nullptr, &diverged), 0u);
  EXPECT_EQ(diverged, 0);
}

TEST(FunctionGuards, ScopesNest) {
  Tape tape;
  const Value x = tape.value(1.0);
  GuardScope outer(tape);
  static_cast<void>(x < 2.0);
  {
    GuardScope inner(tape);
    static_cast<void>(x < 3.0);
    EXPECT_EQ(inner.guards().size(), 1u);
  }
  static_cast<void>(4.0 < x);
  ASSERT_EQ(outer.guards().size(), 2u);
  EXPECT_EQ(outer.guards()[1].left_number, 4.0);
  EXPECT_TRUE(outer.guards()[1].left.empty());
  EXPECT_FALSE(outer.guards()[1].outcome);
}

}  // namespace
}  // namespace smolgrad::test

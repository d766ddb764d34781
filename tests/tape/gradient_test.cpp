// Gradients of whole expressions, against differences of the same expression in wider arithmetic.
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad {
namespace {

/// One step of a random straight-line program; every function of it is smooth and tame.
struct Instruction {
  int kind;
  std::size_t left, right;
  double number;
};

template <class T>
T run(const std::vector<Instruction>& program, std::vector<T> values) {
  using std::cos, std::exp, std::log, std::sin, std::sqrt, std::tanh;
  for (const Instruction& instruction : program) {
    const T a = values[instruction.left];
    const T b = values[instruction.right];
    switch (instruction.kind) {
      case 0:
        values.push_back(a + b);
        break;
      case 1:
        values.push_back(a * b * instruction.number);
        break;
      case 2:
        values.push_back(instruction.number - a / (b * b + 1.5));
        break;
      case 3:
        values.push_back(tanh(a) - b);
        break;
      case 4:
        values.push_back(sin(a) * cos(b));
        break;
      case 5:
        values.push_back(exp(-(a * a)) + instruction.number * b);
        break;
      case 6:
        values.push_back(log(a * a + 1.0) * b);
        break;
      default:
        values.push_back(sqrt(a * a + b * b + 0.5));
    }
    values.back() = tanh(values.back() * 0.3) * 2.0;  // keeps thousands of steps from growing
  }
  return values.back();
}

class RandomExpression : public testing::TestWithParam<int> {};

/// Central differences with one step of Richardson extrapolation: error O(h^4), about 1e-12 in long double.
TEST_P(RandomExpression, GradientAgreesWithDifferences) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-52 - 1.0; };
  constexpr std::size_t inputs = 5;
  const std::size_t steps = 3 + random() % 80;
  std::vector<Instruction> program;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t available = inputs + i;
    program.push_back({static_cast<int>(random() % 8), random() % available,
                       random() % 3 == 0 ? random() % available : available - 1, uniform()});
  }
  std::vector<double> point;
  for (std::size_t i = 0; i < inputs; ++i) point.push_back(uniform());

  const std::vector<Value> x(point.begin(), point.end());
  Value y = run(program, x);
  y.backward();
  const auto shifted = [&](std::size_t i, long double by) {
    std::vector<long double> wide(point.begin(), point.end());
    wide[i] += by;
    return run(program, wide);
  };
  EXPECT_NEAR(y.data(), static_cast<double>(shifted(0, 0.0L)), 1e-12);
  for (std::size_t i = 0; i < inputs; ++i) {
    const auto difference = [&](long double h) { return (shifted(i, h) - shifted(i, -h)) / (2 * h); };
    const long double h = 1e-4L;
    const long double expected = (4 * difference(h / 2) - difference(h)) / 3;
    EXPECT_NEAR(x[i].grad(), static_cast<double>(expected), 1e-9 * std::max(1.0L, std::abs(expected)));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomExpression, testing::Range(0, 200));

TEST(Gradient, OfALargePowerIsExactlyLinearInTheNumberOfSweeps) {
  Value x = 1.5;
  Value y = x;
  for (int i = 0; i < 20; ++i) y = y * x;
  y.backward();
  const double once = x.grad();
  EXPECT_NEAR(once, 21 * std::pow(1.5, 20), 1e-9 * once);
  for (int sweep = 2; sweep <= 4; ++sweep) {
    y.backward();
    EXPECT_EQ(x.grad(), sweep * once);
  }
}

TEST(Gradient, ReachesFarDownTheTape) {
  Tape tape;
  TapeScope scope(tape);
  Value x = 2.0;
  Value early = x * x;
  std::vector<Value> between;
  for (int i = 0; i < 5000; ++i) between.push_back(x * static_cast<double>(i));
  Value late = early * 10.0;
  late.backward();
  EXPECT_EQ(x.grad(), 40.0);
  EXPECT_EQ(early.grad(), 10.0);
  EXPECT_EQ(between[2500].grad(), 0.0);
}

TEST(Gradient, InfinitiesAndNaNFlow) {
  Value x = 0.0;
  Value y = log(x) * 2;
  y.backward();
  EXPECT_EQ(y.data(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(x.grad(), std::numeric_limits<double>::infinity());
  Value z = -1.0;
  Value w = log(z) + z;
  w.backward();
  EXPECT_TRUE(std::isnan(w.data()));
  EXPECT_EQ(z.grad(), 0.0) << "1/z + 1";
}

}  // namespace
}  // namespace smolgrad

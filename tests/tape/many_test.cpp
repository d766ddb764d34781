// Operators over many operands.
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"

namespace smolgrad {
namespace {

using test::error_of;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> gradients(const std::vector<Value>& values) {
  std::vector<double> result;
  for (const Value& value : values) result.push_back(value.grad());
  return result;
}

TEST(Many, SumAndMean) {
  std::vector<Value> x = {1.0, 2.0, 4.5, -1.5};
  EXPECT_EQ(sum(x).data(), 6.0);
  Value y = mean(x) * 8;
  EXPECT_EQ(y.data(), 12.0);
  y.backward();
  EXPECT_EQ(gradients(x), (std::vector<double>{2, 2, 2, 2}));
}

TEST(Many, ExtremesShareTies) {
  std::vector<Value> x = {3.0, -1.0, 3.0, 0.0, -1.0, 3.0};
  Value largest = max_of(x);
  EXPECT_EQ(largest.data(), 3.0);
  largest.backward();
  EXPECT_EQ(gradients(x), (std::vector<double>{1.0 / 3, 0, 1.0 / 3, 0, 0, 1.0 / 3}));
  Tape::current().zero_grad();
  Value smallest = min_of(x);
  EXPECT_EQ(smallest.data(), -1.0);
  smallest.backward();
  EXPECT_EQ(gradients(x), (std::vector<double>{0, 0.5, 0, 0, 0.5, 0}));
}

TEST(Many, WhatIsNotTheMaximumGetsNothing) {
  std::vector<Value> x = {3.0, 1.0};
  sqrt(max_of(x) - 3.0).backward();
  EXPECT_EQ(gradients(x), (std::vector<double>{infinity, 0.0}));
}

TEST(Many, LogsumexpIsStableAndItsGradientIsSoftmax) {
  std::vector<Value> x = {1000.0, 1001.0, 999.0};
  Value y = logsumexp(x);
  const double shifted = std::log(std::exp(-1.0) + 1.0 + std::exp(-2.0));
  EXPECT_NEAR(y.data(), 1001.0 + shifted, 1e-12);
  y.backward();
  const std::vector<Value> p = softmax(x);
  double total = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(x[i].grad(), std::exp(x[i].data() - 1001.0 - shifted), 1e-13);
    EXPECT_NEAR(p[i].data(), x[i].grad(), 1e-12) << "an exponent near 1000 is rounded";
    total += p[i].data();
  }
  EXPECT_NEAR(total, 1.0, 1e-13);
  EXPECT_EQ(logsumexp(std::vector<Value>{-1000.0, -1000.0}).data(), -1000.0 + std::log(2.0));
  EXPECT_EQ(logsumexp(std::vector<Value>{infinity, 0.0}).data(), infinity);
  EXPECT_EQ(logsumexp(std::vector<Value>{-infinity, -infinity}).data(), -infinity);
  EXPECT_EQ(logsumexp(std::vector<Value>{-infinity, 2.0}).data(), 2.0);
}

TEST(Many, SoftmaxJacobian) {
  std::vector<Value> x = {0.5, -1.0, 2.0};
  const std::vector<Value> p = softmax(x);
  for (std::size_t i = 0; i < 3; ++i) {
    Tape::current().zero_grad();
    p[i].backward();
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(x[k].grad(), p[i].data() * ((i == k ? 1.0 : 0.0) - p[k].data()), 1e-15);
    }
  }
}

/// Operands side by side and operands anywhere are stored differently and give the same bits.
TEST(Many, DotOfAnyOperands) {
  for (const std::size_t n : {1, 2, 3, 4, 7, 64}) {
    SCOPED_TRACE(n);
    std::vector<double> numbers(2 * n);
    std::iota(numbers.begin(), numbers.end(), -3.25);
    const std::vector<Value> both = Tape::current().values(numbers);
    const std::vector<Value> side_by_side_a(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(n));
    const std::vector<Value> side_by_side_b(both.begin() + static_cast<std::ptrdiff_t>(n), both.end());
    std::vector<Value> scattered_a, scattered_b;
    for (std::size_t i = 0; i < n; ++i) {
      scattered_a.push_back(numbers[i]);
      scattered_b.push_back(numbers[n + i]);
    }
    const auto check = [&](const std::vector<Value>& a, const std::vector<Value>& b) {
      Tape::current().zero_grad();
      Value y = dot(a, b) * 2;
      double expected = 0.0;
      for (std::size_t i = 0; i < n; ++i) expected += 2 * numbers[i] * numbers[n + i];
      EXPECT_EQ(y.data(), expected);  // quarters: exact
      y.backward();
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_EQ(a[i].grad(), 2 * numbers[n + i]);
        EXPECT_EQ(b[i].grad(), 2 * numbers[i]);
      }
    };
    check(side_by_side_a, side_by_side_b);
    check(side_by_side_a, scattered_b);
    check(scattered_a, side_by_side_b);
    check(scattered_a, scattered_b);
  }
}

TEST(Many, DotWithItself) {
  std::vector<Value> x = {1.0, 2.0, 3.0};
  Value y = dot(x, x);
  EXPECT_EQ(y.data(), 14.0);
  y.backward();
  EXPECT_EQ(gradients(x), (std::vector<double>{2, 4, 6}));
  Value same = 3.0;
  Value z = sum({same, same, same});
  z.backward();
  EXPECT_EQ(same.grad(), 3.0);
}

TEST(Many, SelectTakesOneBranch) {
  Value x = -1.0, zero = 0.0;
  // log of a negative number is NaN; the branch is not taken, so neither its value nor its derivative is seen.
  Value y = select(zero, x, log(x), x * 2);
  EXPECT_EQ(y.data(), -2.0);
  EXPECT_STREQ(y.operation(), "select");
  y.backward();
  EXPECT_EQ(x.grad(), 2.0);
  EXPECT_EQ(zero.grad(), 0.0);
  Value nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(select(nan, zero, Value(1.0), Value(2.0)).data(), 2.0) << "NaN compares as not less";
  x.zero_grad();
  sqrt(select(x, zero, x * 0, x)).backward();
  EXPECT_TRUE(std::isnan(x.grad())) << "through the branch taken, IEEE arithmetic flows: inf * 0";
}

TEST(Many, BadCounts) {
  const std::vector<Value> none;
  Value x = 1.0;
  EXPECT_EQ(error_of([&] { sum(none); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { mean(none); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { max_of(nullptr, 3); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { softmax(none); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { dot(none, none); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { dot({x}, {x, x}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { sum({x, Value()}); }), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace smolgrad

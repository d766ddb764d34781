// Standardising, one-hot labels, splitting and taking rows, against closed forms and an implementation in Python.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <smolgrad/data.hpp>

#include "error_of.hpp"
#include "train/permutation.hpp"

namespace smolgrad {
namespace {

using test::error_of;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// 0 .. n - 1 have mean (n - 1) / 2 and variance (n * n - 1) / 12.
template <class T>
void standardize_a_ramp(double scale, double offset, double tolerance) {
  const std::size_t n = 101;
  std::vector<T> values;
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(static_cast<T>(scale * static_cast<double>(i * 37 % n) + offset));
    values.push_back(static_cast<T>(0.1));
  }
  const Standardization done = standardize(values.data(), n, 2);
  const double deviation = std::sqrt((n * n - 1) / 12.0);
  EXPECT_NEAR(done.means[0], scale * 50 + offset, tolerance * scale * 50);
  EXPECT_NEAR(done.deviations[0], scale * deviation, tolerance * scale * 50);
  EXPECT_EQ(done.means[1], static_cast<double>(static_cast<T>(0.1)));
  EXPECT_EQ(done.deviations[1], 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_NEAR(values[2 * i], (static_cast<double>(i * 37 % n) - 50) / deviation, tolerance);
    EXPECT_EQ(values[2 * i + 1], T(0)) << "a constant";
  }
}

TEST(Standardize, ClosedForm) {
  standardize_a_ramp<double>(1, 0, 1e-14);
  standardize_a_ramp<double>(1e-3, 2, 1e-12);
  standardize_a_ramp<double>(1, 1e9, 1e-12);
  standardize_a_ramp<double>(1e100, 0, 1e-14);
  standardize_a_ramp<float>(1, 0, 1e-6);
  standardize_a_ramp<float>(1, 65536, 1e-6);
}

TEST(Standardize, AppliesToOtherRows) {
  std::vector<double> values = {1, 5, 3, 5};
  const Standardization done = standardize(values.data(), 2, 2);
  EXPECT_THAT(values, ElementsAre(-1, 0, 1, 0));
  EXPECT_THAT(done.means, ElementsAre(2, 5));
  EXPECT_THAT(done.deviations, ElementsAre(1, 0));
  std::vector<float> other = {5, 7, 2, 5, 0, -1};
  done.apply(other.data(), 3);
  EXPECT_THAT(other, ElementsAre(3, 0, 0, 0, -2, 0));
}

TEST(Standardize, WhatHasNoDeviation) {
  std::vector<double> one = {7, INFINITY};
  standardize(one.data(), 1, 2);
  EXPECT_EQ(one[0], 0.0);
  EXPECT_TRUE(std::isnan(one[1]));
  std::vector<double> poisoned = {1, 2, NAN, 4};
  standardize(poisoned.data(), 2, 2);
  EXPECT_TRUE(std::isnan(poisoned[0]) && std::isnan(poisoned[2]));
  EXPECT_EQ(poisoned[1], -1.0);
  EXPECT_EQ(poisoned[3], 1.0);
  EXPECT_EQ(error_of([&] { standardize(one.data(), 0, 2); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { standardize<double>(nullptr, 1, 2); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { Standardization{{1.0}, {}}.apply(one.data(), 1); }), ErrorCode::invalid_argument);
}

TEST(OneHot, Labels) {
  const double labels[] = {2, 0, 1};
  EXPECT_THAT(one_hot(labels, 3, 3), ElementsAre(0, 0, 1, 1, 0, 0, 0, 1, 0));
  const float narrow[] = {1};
  EXPECT_THAT(one_hot(narrow, 1, 2), ElementsAre(0, 1));
  EXPECT_THAT(one_hot(labels, 0, 3), IsEmpty());
}

TEST(OneHot, WhatIsNoLabel) {
  for (const double wrong : {3.0, -1.0, 0.5, std::nan(""), static_cast<double>(INFINITY), 1e300}) {
    const double labels[] = {2, wrong};
    EXPECT_EQ(error_of([&] { one_hot(labels, 2, 3); }), ErrorCode::invalid_argument);
    EXPECT_THAT(message_of([&] { one_hot(labels, 2, 3); }), HasSubstr("row 1")) << wrong;
  }
  const double zero = 0;
  EXPECT_EQ(error_of([&] { one_hot(&zero, 1, 0); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { one_hot<float>(nullptr, 1, 1); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { one_hot(&zero, 1, SIZE_MAX); }), ErrorCode::out_of_memory);
}

TEST(Split, EachRowOnce) {
  for (const double fraction : {0.0, 0.3, 0.5, 0.8, 1.0}) {
    for (const std::size_t rows : {0u, 1u, 7u, 1000u}) {
      const Split lists = split(rows, fraction, 3);
      EXPECT_EQ(lists.training.size(), static_cast<std::size_t>(std::lround(static_cast<double>(rows) * fraction)));
      std::vector<std::size_t> all = lists.training;
      all.insert(all.end(), lists.rest.begin(), lists.rest.end());
      std::sort(all.begin(), all.end());
      std::vector<std::size_t> expected(rows);
      std::iota(expected.begin(), expected.end(), 0);
      EXPECT_EQ(all, expected);
    }
  }
  for (const double wrong : {-0.1, 1.1, std::nan("")})
    EXPECT_EQ(error_of([&] { split(10, wrong, 0); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { split(SIZE_MAX, 0.5, 0); }), ErrorCode::out_of_memory);
}

std::vector<std::size_t> permuted(std::size_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  train::permute(order, seed, stream);
  return order;
}

/// From std::seed_seq, mt19937_64 and the shuffle of Fisher and Yates written out in Python after the C++ standard.
TEST(Permutation, TheSameOnEveryPlatform) {
  EXPECT_THAT(permuted(10, 0, 0), ElementsAre(8, 2, 3, 5, 1, 6, 9, 7, 0, 4));
  EXPECT_THAT(permuted(10, 42, 3), ElementsAre(5, 1, 6, 2, 4, 3, 8, 7, 0, 9));
  EXPECT_THAT(permuted(10, (1ull << 40) + 7, 1ull << 33), ElementsAre(9, 8, 1, 6, 4, 2, 5, 3, 7, 0));
  const Split lists = split(10, 0.6, 5);
  EXPECT_THAT(lists.training, ElementsAre(1, 7, 0, 4, 5, 8));
  EXPECT_THAT(lists.rest, ElementsAre(3, 9, 6, 2));
}

TEST(Permutation, AllAreEquallyLikely) {
  std::map<std::vector<std::size_t>, int> seen;
  const int draws = 24000;
  for (int i = 0; i < draws; ++i) ++seen[permuted(4, 1, static_cast<std::uint64_t>(i))];
  ASSERT_EQ(seen.size(), 24u);
  double chi_squared = 0.0;
  for (const auto& [order, count] : seen) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_squared, 49.7) << "probability 0.001 with 23 degrees of freedom";
}

TEST(Take, RowsAndColumns) {
  const double values[] = {1, 2, 3, 4, 5, 6};
  EXPECT_THAT(take_rows(values, 2, {2, 0, 2}), ElementsAre(5, 6, 1, 2, 5, 6));
  EXPECT_THAT(take_columns(values, 2, 3, {2, 0}), ElementsAre(3, 1, 6, 4));
  EXPECT_THAT(take_rows(values, 2, {}), IsEmpty());
  EXPECT_THAT(take_columns(values, 2, 3, {}), IsEmpty());
  EXPECT_EQ(error_of([&] { take_columns(values, 2, 3, {3}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { take_rows<float>(nullptr, 2, {0}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { take_columns<float>(nullptr, 2, 2, {0}); }), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace smolgrad

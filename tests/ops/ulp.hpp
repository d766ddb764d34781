// The unit in which the tests measure errors.
#pragma once

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

#include "oracle.hpp"

namespace smolgrad::test {

/// Results may underflow gradually: down to DBL_MIN the error is relative, below it in units of the smallest
/// subnormal, which is the spacing of doubles there.
constexpr double gradual = DBL_MIN;

/// |got - exact| in units in the last place of max(|exact|, floor): from `floor` down the error is absolute. A floor
/// above `gradual` is for results that are accurate only beside 1 (floor 1), or whose intermediates underflow first.
/// Beyond the largest double the exact result counts as 2^1024, which is infinity's place, so infinity has no error.
/// NaN, to either side, is infinitely wrong.
inline double error_in_ulp(double got, const mpreal& exact, double floor) {
  if (isnan(exact) || std::isnan(got)) return std::numeric_limits<double>::infinity();
  const mpreal beyond = power_of_two(1024);
  const auto clamp = [&](const mpreal& x) { return x > beyond ? beyond : x < -beyond ? mpreal(-beyond) : x; };
  const mpreal clamped = clamp(exact);
  const mpreal size = abs(clamped) > floor ? mpreal(abs(clamped)) : mpreal(floor);
  const long exponent = std::min<long>(size.get_exp() - 1, DBL_MAX_EXP - 1);
  return (abs(clamp(mpreal(got)) - clamped) / power_of_two(exponent - (DBL_MANT_DIG - 1))).toDouble();
}

}  // namespace smolgrad::test

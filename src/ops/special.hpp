// Special functions: error functions, the normal distribution, log-gamma.
#pragma once

#include <limits>

#include "number.hpp"

namespace smolgrad::ops {

constexpr double pi = 3.141592653589793238462643383279502884;
constexpr double two_over_sqrt_pi = 1.128379167095512573896158903121545172;
constexpr double sqrt_half = 0.707106781186547524400844362104849039;
constexpr double one_over_sqrt_two_pi = 0.398942280401432677939946059934381868;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The derivatives of these and of normal_cdf are exponentials of a rounded square, whose relative error grows with it.
struct Erf {
  template <class T>
  static T value(const T& x) {
    return erf(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(two_over_sqrt_pi) * exp(-x * x);
  }
};

struct Erfc {
  template <class T>
  static T value(const T& x) {
    return erfc(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(-two_over_sqrt_pi) * exp(-x * x);
  }
};

/// The derivative of log-gamma. Below 1/2 the reflection formula (Abramowitz and Stegun 6.3.7) leads to
/// arguments above it; ten steps of the recurrence (6.3.5) lead above 10, where the asymptotic series
/// (6.3.18) to the term in x⁻¹⁴ is exact to double precision. The error is a few ulp of max(1, |result|), for
/// large negative x of log|x|: there is no relative accuracy beside the zeros (the positive one is 1.4616...).
/// At a signed zero it is the infinity of that side; at the negative integers, where the sides differ, NaN.
template <class T>
T digamma(const T& x) {
  const T half(0.5);
  const T one(1.0);
  const T reflected = select_less(x, half, one - x, x);
  T below(0.0);
  for (int step = 9; step >= 0; --step) below = below + one / (reflected + T(step));
  const T z = reflected + T(10.0);
  const T w = one / (z * z);
  // Bernoulli numbers B(2k) / 2k, k = 1..7.
  const T series =
      w *
      (T(1.0 / 12) -
       w * (T(1.0 / 120) -
            w * (T(1.0 / 252) - w * (T(1.0 / 240) - w * (T(1.0 / 132) - w * (T(691.0 / 32760) - w * T(1.0 / 12)))))));
  const T above = log(z) - half / z - series - below;
  const T turn = x - nearest_integer(x);
  const T pole = select_less(x, T(0.0), T(not_a_number), T(-1.0) / x);
  const T below_half = select_equal(turn, T(0.0), pole, above - T(pi) / tan(T(pi) * turn));
  return select_less(x, half, below_half, above);
}

/// log|Γ(x)|. At zero and the negative integers the value is +inf.
struct Lgamma {
  template <class T>
  static T value(const T& x) {
    return lgamma(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return ops::digamma(x);  // not one that T may have
  }
};

/// The standard normal distribution function by erfc. Vectors have a definition of their own, by the bell e^(-x²/2),
/// which the derivative needs as well. Either way the lower tail keeps its relative accuracy but for a rounding, of
/// erfc's argument or of the bell's exponent, which it magnifies x² times.
template <class T>
T normal_cdf_by_bell(const T& x, const T&) {
  return T(0.5) * erfc(-x * T(sqrt_half));
}

struct NormalCdf {
  template <class T>
  static T bell(const T& x) {
    return exp(T(-0.5) * x * x);
  }
  template <class T>
  static T value(const T& x) {
    return normal_cdf_by_bell(x, bell(x));
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(one_over_sqrt_two_pi) * bell(x);
  }
};

/// An operator of graphs alone. That the bell depends on x is in the derivative by x.
struct NormalCdfByBell {
  template <class T>
  static T value(const T& x, const T& bell) {
    return normal_cdf_by_bell(x, bell);
  }
  template <class T>
  static T left_partial(const T&, const T& bell, const T&) {
    return T(one_over_sqrt_two_pi) * bell;
  }
  template <class T>
  static T right_partial(const T&, const T&, const T&) {
    return T(0.0);
  }
};

}  // namespace smolgrad::ops

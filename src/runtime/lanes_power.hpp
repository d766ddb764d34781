// Powers and roots.
#pragma once

#include "lanes_exponential.hpp"
#include "lanes_fallback.hpp"
#include "lanes_logarithmic.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// A number in two parts.
struct Pair {
  Double high, low;
};

/// a + b, |a| >= |b| or a = 0.
HWY_INLINE Pair sum_of(Double a, Double b) {
  const Double high = a + b;
  return {high, (a - high) + b};
}

HWY_INLINE Pair product_of(Double a, Double b) {
  const Double high = a * b;
  return {high, multiply_subtract(a, b, high)};
}

/// log x to some 2^-65 of itself: 2 s + s³ (2/3 + ...) with s and the leading terms in two parts.
HWY_INLINE Pair precise_logarithm(Split<double> x) {
  const Double d = x.f + Double(2.0);
  const Double d_low = x.f - (d - Double(2.0));
  const Double inverse = Double(1.0) / d;
  const Double s = x.f * inverse;
  const Double s_low = negative_multiply_add(s, d_low, negative_multiply_add(s, d, x.f)) * inverse;
  const Double z = s * s;
  const Double z_low = multiply_add(s + s, s_low, multiply_subtract(s, s, z));
  const Double tail =
      z * polynomial(z, z * z, 0.3999999999999973, 0.2857142857157578, 0.22222222191473126, 0.18181821508927806,
                     0.1538440738280006, 0.13341126587865923, 0.11592590362774238, 0.12570191324704874);
  constexpr double two_thirds = 0x1.5555555555555p-1;
  constexpr double two_thirds_low = 0x1.5555555555555p-55;
  const Pair factor = sum_of(Double(two_thirds), tail);
  const Pair cube = product_of(s, z);
  const Double cube_low = multiply_add(s, z_low, multiply_add(s_low, z, cube.low));
  const Pair third = product_of(cube.high, factor.high);
  const Double third_low =
      multiply_add(cube.high, factor.low + Double(two_thirds_low), multiply_add(cube_low, factor.high, third.low));
  const Pair power = product_of(x.n, Double(ln_2_high));
  const Pair sum = sum_of(power.high, s + s);
  const Pair all = sum_of(sum.high, third.high);
  const Double low = multiply_add(x.n, Double(ln_2_low), power.low) + (s_low + s_low + third_low) + sum.low + all.low;
  return sum_of(all.high, low);
}

/// As the exponential of b log |a|. Zeros, infinities, NaN, subnormal bases, and results that may overflow or be
/// subnormal are left to the C library.
HWY_INLINE Double pow(Double a, Double b) {
  const Double base = abs(a);
  const Pair l = precise_logarithm(split(base));
  const Pair product = product_of(b, l.high);
  const Exponential<double> e = reduced_exponential(product.high, multiply_add(b, l.low, product.low));
  Double y = add_exponent(e.p + Double(1.0), e.shifted);
  const Mask<double> hard = hn::Or(is_special(base), is_beyond(abs(product.high), 708.0));
  if (HWY_UNLIKELY(!all_of<double>(Double(0.0) < a))) {
    const Double half = Double(0.5) * b;
    const Double of_integer = select_equal(nearest_integer(half), half, y, -y);
    const Double of_negative = select_equal(nearest_integer(b), b, of_integer, Double(quiet_nan));
    y = select_less(a, Double(0.0), of_negative, y);
  }
  return with_fallback<double>(hard, y, scalar::pow, a, b);
}

/// One step of the third order from a guess within 2^-16: x^(1/3) = y (1 + d)^(1/3), d = x / y³ - 1.
HWY_INLINE Double cbrt_of_normal(Split<double> x) {
  const Double shifted = multiply_add(x.n, Double(1.0 / 3), Double(rounding));
  const Double rest = negative_multiply_add(shifted - Double(rounding), Double(3.0), x.n);
  const Double m = x.f + Double(1.0);
  const Double guess = polynomial(m, m * m, 0.46061857876805445, 0.8699919757786563, -0.48556778288903124,
                                  0.18541716703681407, -0.030451014888846);
  const Mask<double> below = rest < Double(0.0);
  const Mask<double> above = Double(0.0) < rest;
  const Double scaled = m * select(below, Double(0.5), select(above, Double(2.0), Double(1.0)));
  constexpr double root_of_two = 1.2599210498948732;
  constexpr double root_of_half = 0.7937005259840998;
  const Double y = guess * select(below, Double(root_of_half), select(above, Double(root_of_two), Double(1.0)));
  const Double square = y * y;
  const Double d = negative_multiply_add(square, y, scaled) / (square * y);
  const Double correction = d * multiply_add(d, multiply_add(d, Double(5.0 / 81), Double(-1.0 / 9)), Double(1.0 / 3));
  return multiply_add(y, correction, y) * power_of_two(shifted);
}

HWY_INLINE Double cbrt(Double x) {
  const Double a = abs(x);
  if (HWY_LIKELY(none_of<double>(is_special(a)))) return copy_sign(cbrt_of_normal(split(a)), x);
  const Mask<double> subnormal = a < Double(Format<double>::smallest_normal);
  const Double y = cbrt_of_normal(split(select(subnormal, a * Double(0x1p54), a)));
  const Double small_or_not = y * select(subnormal, Double(0x1p-18), Double(1.0));
  const Mask<double> finite = hn::And(Double(0.0) < a, a < Double(infinite));
  return select(finite, copy_sign(small_or_not, x), x);
}

/// Where a square may overflow or lose digits below the smallest number, of operands scaled by a power of two.
HWY_INLINE Double hypot(Double a, Double b) {
  const Double left = abs(a);
  const Double right = abs(b);
  const Double larger = select(left < right, right, left);
  const Double smaller = select(left < right, left, right);
  const Mask<double> tiny = larger < Double(0x1p-400);
  const Mask<double> extreme = hn::Or(tiny, is_beyond(larger, 0x1p500));
  const Double direct = sqrt(multiply_add(larger, larger, smaller * smaller));
  if (HWY_LIKELY(none_of<double>(extreme))) return direct;
  const Double down = select(tiny, Double(0x1p600), Double(0x1p-600));
  const Double up = select(tiny, Double(0x1p-600), Double(0x1p600));
  const Double u = larger * down;
  const Double v = smaller * down;
  const Double y = sqrt(multiply_add(u, u, v * v)) * up;
  const Mask<double> infinity = hn::Or(left == Double(infinite), right == Double(infinite));
  return select(extreme, select(infinity, Double(infinite), y), direct);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

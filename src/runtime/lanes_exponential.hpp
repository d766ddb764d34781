// exp, exp2, expm1 and the hyperbolic functions. The reduction is Cody and Waite's (Software Manual for the Elementary
// Functions, 1980): x = n ln 2 + r, |r| <= ln 2 / 2, e^x = 2^n (1 + p) with p = e^r - 1 by a minimax polynomial.
#pragma once

#include "lanes_parts.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// e^r - 1 for |r| <= ln 2 / 2, within 2^-58.
HWY_INLINE Double expm1_near_zero(Double r) {
  const Double square = r * r;
  const Double q =
      polynomial(r, square, 0.5000000000000012, 0.166666666666667, 0.0416666666665161, 0.008333333333307515,
                 0.0013888888946864378, 0.00019841269916785284, 2.4801490080410832e-05, 2.7557216779785385e-06,
                 2.763123591239133e-07, 2.511772372579821e-08);
  return multiply_add(square, q, r);
}

/// Likewise within 2^-28.
HWY_INLINE Single expm1_near_zero(Single r) {
  const Single square = r * r;
  const Single q = polynomial(r, square, 0.5000000095972145, 0.16666518376488565, 0.04166620356921261,
                              0.008368947057101823, 0.0013950630890002085);
  return multiply_add(square, q, r);
}

/// e^x = 2^n (1 + p), n = shifted - rounding.
template <class Float>
struct Exponential {
  Lanes<Float> shifted, p;
  HWY_INLINE Lanes<Float> n() const { return shifted - Lanes<Float>(Format<Float>::rounding); }
};

template <class Float>
HWY_INLINE Exponential<Float> reduced_exponential(Lanes<Float> x) {
  using Number = Lanes<Float>;
  const Number shifted = multiply_add(x, Number(log2_of_e), Number(Format<Float>::rounding));
  const Number n = shifted - Number(Format<Float>::rounding);
  const Number r = negative_multiply_add(n, Number(Format<Float>::ln_2_high), x);
  return {shifted, expm1_near_zero(negative_multiply_add(n, Number(Format<Float>::ln_2_low), r))};
}

/// Of x + low.
HWY_INLINE Exponential<double> reduced_exponential(Double x, Double low) {
  const Double shifted = multiply_add(x, Double(log2_of_e), Double(rounding));
  const Double n = shifted - Double(rounding);
  const Double r = negative_multiply_add(n, Double(ln_2_high), x);
  return {shifted, expm1_near_zero(r + negative_multiply_add(n, Double(ln_2_low), low))};
}

/// Without the instruction that scales, the exponents are added where all results are normal numbers.
template <class Float>
HWY_INLINE Lanes<Float> exp(Lanes<Float> x) {
#if !(HWY_ARCH_X86 && HWY_CAP_GE512)
  if (HWY_LIKELY(none_of<Float>(is_beyond(abs(x), Format<Float>::normal_exponents)))) {
    const Exponential<Float> e = reduced_exponential(x);
    return add_exponent(e.p + Lanes<Float>(1.0), e.shifted);
  }
#endif
  constexpr double bound = Format<Float>::all_exponents;
  const Exponential<Float> e = reduced_exponential(at_least(at_most(x, bound), -bound));
  return scale(e.p + Lanes<Float>(1.0), e.n());
}

/// As exp, of (x - n) ln 2.
HWY_INLINE Double exp2(Double x) {
  const Double clamped = at_least(at_most(x, 1100.0), -1100.0);
  const Double shifted = clamped + Double(rounding);
  const Double n = shifted - Double(rounding);
  const Double fraction = clamped - n;
  const Double r = fraction * Double(ln_2_high);
  const Double low = multiply_add(fraction, Double(ln_2_low), multiply_subtract(fraction, Double(ln_2_high), r));
  const Double p = expm1_near_zero(r);
  return scale(p + low + Double(1.0), n);
}

/// 2^(n-1) is representable where e^x is not; tiny x are their own result.
template <class Float>
HWY_INLINE Lanes<Float> expm1(Lanes<Float> x) {
  using Number = Lanes<Float>;
  const Exponential<Float> e = reduced_exponential(at_least(at_most(x, Format<Float>::largest_exponent), -50.0));
  const Number half_power = power_of_two(e.shifted - Number(1.0));
  const Number half = multiply_add(half_power, e.p, half_power - Number(0.5));
  return select(abs(x) < Number(std::numeric_limits<Float>::epsilon() / 4), x, half + half);
}

/// (e^x - 1) / 4 for 0 <= x <= 710.6.
HWY_INLINE Double quarter_expm1(Double x) {
  const Exponential<double> e = reduced_exponential(x);
  const Double power = power_of_two(e.shifted - Double(2.0));
  return multiply_add(power, e.p, power - Double(0.25));
}

/// (t + t / (t + 1)) / 2 with t = e^|x| - 1.
HWY_INLINE Double sinh(Double x) {
  const Double t = quarter_expm1(at_most(abs(x), 710.6));
  const Double half = t + t / multiply_add(t, Double(4.0), Double(1.0));
  return select(abs(x) < Double(0x1p-28), x, copy_sign(half + half, x));
}

/// (e^|x| + 1 / e^|x|) / 2.
HWY_INLINE Double cosh(Double x) {
  const Double quarter = quarter_expm1(at_most(abs(x), 710.6)) + Double(0.25);
  const Double half = quarter + Double(0.0625) / quarter;
  return half + half;
}

/// t / (t + 2) with t = e^2|x| - 1; beyond 20 it rounds to 1.
template <class Float>
HWY_INLINE Lanes<Float> tanh(Lanes<Float> x) {
  using Number = Lanes<Float>;
  const Number clamped = at_most(abs(x), 20.0);
  const Exponential<Float> e = reduced_exponential(clamped + clamped);
  const Number power = power_of_two(e.shifted);
  const Number t = multiply_add(power, e.p, power - Number(1.0));
  return copy_sign(t / (t + Number(2.0)), x);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

// Trigonometric functions and their inverses. Angles are reduced by multiples of π or π / 2 in three parts, as Cody and
// Waite do, with fused multiply-add: the first difference is exact, and the last part is beyond the precision of the
// result.
#pragma once

#include "lanes_fallback.hpp"
#include "lanes_parts.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

constexpr double pi_high = 0x1.921fb54442d18p+1;
constexpr double pi_middle = 0x1.1a62633145c07p-53;
constexpr double pi_low = -0x1.f1976b7ed8fbcp-109;
constexpr double one_over_pi = 0x1.45f306dc9c883p-2;
/// Beyond, a fourth part would be needed; the C library knows what to do.
constexpr double largest_angle = 1e5;

/// x - n π
HWY_INLINE Double minus_multiple_of_pi(Double x, Double n) {
  const Double high = negative_multiply_add(n, Double(pi_high), x);
  return negative_multiply_add(n, Double(pi_low), negative_multiply_add(n, Double(pi_middle), high));
}

/// For |r| <= π / 2.
HWY_INLINE Double sine_near_zero(Double r) {
  const Double z = r * r;
  const Double s =
      polynomial(z, z * z, -0.16666666666666666, 0.008333333333333193, -0.00019841269841208817, 2.7557319211068026e-06,
                 -2.5052106866388542e-08, 1.6058939378843347e-10, -7.642982844053966e-13, 2.721082456683108e-15);
  return multiply_add(z * r, s, r);
}

/// The sign bit of the parity of n, where `shifted` is n + rounding.
HWY_INLINE Bits<double> alternating_sign(Double shifted) { return hn::ShiftLeft<63>(bits_of(shifted)); }

HWY_INLINE Double flip_sign(Double x, Bits<double> sign) { return from_bits<double>(hn::Xor(bits_of(x), sign)); }

/// (-1)^n sin(|x| - n π), with the sign of x.
HWY_INLINE Double sin(Double x) {
  const Double a = abs(x);
  const Double shifted = multiply_add(a, Double(one_over_pi), Double(rounding));
  const Double y = sine_near_zero(minus_multiple_of_pi(a, shifted - Double(rounding)));
  const Bits<double> sign = hn::Xor(bits_of(x), bits_of(a));
  const Double signed_y = flip_sign(y, hn::Xor(sign, alternating_sign(shifted)));
  return with_fallback<double>(is_beyond(a, largest_angle), signed_y, scalar::sin, x);
}

/// cos x = sin(x + π / 2): n is half an odd number.
HWY_INLINE Double cos(Double x) {
  const Double a = abs(x);
  const Double shifted = multiply_add(a, Double(one_over_pi), Double(0.5)) + Double(rounding);
  const Double n = (shifted - Double(rounding)) - Double(0.5);
  const Double y = flip_sign(sine_near_zero(minus_multiple_of_pi(a, n)), alternating_sign(shifted));
  return with_fallback<double>(is_beyond(a, largest_angle), y, scalar::cos, x);
}

/// sin / cos or -cos / sin of |x| - n π / 2, |r| <= π / 4.
HWY_INLINE Double tan(Double x) {
  const Double a = abs(x);
  const Double shifted = multiply_add(a, Double(2 * one_over_pi), Double(rounding));
  const Double r = minus_multiple_of_pi(a, Double(0.5) * (shifted - Double(rounding)));
  const Double z = r * r;
  const Double square = z * z;
  const Double s = polynomial(z, square, -0.16666666666666632, 0.008333333333322372, -0.0001984126982977188,
                              2.7557313678831704e-06, -2.5050755978204792e-08, 1.5896667065936048e-10);
  const Double c = polynomial(z, square, 0.0416666666666666, -0.0013888888888874073, 2.4801587289447896e-05,
                              -2.75573143418714e-07, 2.087572178007656e-09, -1.1359567015888108e-11);
  const Double sine = multiply_add(z * r, s, r);
  const Double cosine = multiply_add(z, multiply_add(z, c, Double(-0.5)), Double(1.0));
  const Bits<double> sign = alternating_sign(shifted);
  const Mask<double> odd = hn::MaskFromVec(from_bits<double>(hn::BroadcastSignBit(sign)).raw);
  const Double y = select(odd, cosine, sine) / select(odd, sine, cosine);
  const Double signed_y = flip_sign(y, hn::Xor(hn::Xor(bits_of(x), bits_of(a)), sign));
  return with_fallback<double>(is_beyond(a, largest_angle), signed_y, scalar::tan, x);
}

/// atan(t) for |t| <= tan(π / 8).
HWY_INLINE Double atan_near_zero(Double t) {
  const Double z = t * t;
  const Double s = polynomial(z, z * z, -0.333333333333332, 0.19999999999953672, -0.14285714280204687,
                              0.11111110783846616, -0.09090897768051062, 0.07692060380034083, -0.06663105671107847,
                              0.05847898990096809, -0.050393380472871854, 0.038065136236841865, -0.017907537873465145);
  return multiply_add(z * t, s, t);
}

/// The angle of the point (b, a) in the first quadrant, reduced as in Cephes (Moshier, 1989): to t = a / b below π / 8,
/// (a - b) / (a + b) about π / 4, -b / a above 3π / 8.
HWY_INLINE Double first_quadrant(Double a, Double b) {
  const Mask<double> steep = b * Double(2.414213562373095) < a;
  const Mask<double> flat = a <= b * Double(0.41421356237309503);
  const Double above = select(steep, -b, select(flat, a, a - b));
  const Double below = select(steep, a, select(flat, b, a + b));
  const Double base = select(steep, Double(pi_high / 2), select(flat, Double(0.0), Double(pi_high / 4)));
  const Double low = select(steep, Double(pi_middle / 2), select(flat, Double(0.0), Double(pi_middle / 4)));
  return base + (atan_near_zero(above / below) + low);
}

/// Infinite x count as a number so large that the angle is the same.
HWY_INLINE Double atan(Double x) { return copy_sign(first_quadrant(at_most(abs(x), 0x1p70), Double(1.0)), x); }

/// Left to the C library where the sum may overflow, or the quotient be of two zeros, infinities or NaN.
HWY_INLINE Double atan2(Double y, Double x) {
  const Double a = abs(y);
  const Double b = abs(x);
  const Double angle = first_quadrant(a, b);
  const Double other = Double(pi_high) - (angle - Double(pi_middle));
  const Double signed_angle = copy_sign(select(x < Double(0.0), other, angle), y);
  const Mask<double> large = hn::Or(is_beyond(a, 0x1p1000), is_beyond(b, 0x1p1000));
  const Mask<double> small = to_mask<double>(hn::Gt(bits_of(Double(0x1p-1000)), hn::Or(bits_of(a), bits_of(b))));
  return with_fallback<double>(hn::Or(large, small), signed_angle, scalar::atan2, y, x);
}

/// asin(t) / t - 1, divided by z = t² <= 1/4.
HWY_INLINE Double asin_rest(Double z) {
  return polynomial(z, z * z, 0.16666666666666763, 0.07499999999970106, 0.04464285717527674, 0.03038194267578932,
                    0.02237221589089498, 0.017351595769873135, 0.01398101538202836, 0.011397317781641447,
                    0.010789189887089346, 0.0036726502122475546, 0.021789593363021068, -0.021115339455712357,
                    0.0327013681569597);
}

/// Above 1/2: π / 2 - 2 asin(sqrt((1 - |x|) / 2)).
HWY_INLINE Double asin(Double x) {
  const Double a = abs(x);
  const Mask<double> small = a <= Double(0.5);
  const Double z = select(small, a * a, Double(0.5) - Double(0.5) * a);
  const Double t = select(small, a, sqrt(z));
  const Double part = multiply_add(z * t, asin_rest(z), t);
  const Double above = Double(pi_high / 2) - (part + part - Double(pi_middle / 2));
  return copy_sign(select(small, part, above), x);
}

/// Above 1/2: 2 asin(sqrt((1 - |x|) / 2)), below -1/2 what is left of π; between, π / 2 - asin x.
HWY_INLINE Double acos(Double x) {
  const Double a = abs(x);
  const Mask<double> small = a <= Double(0.5);
  const Double z = select(small, a * a, Double(0.5) - Double(0.5) * a);
  const Double t = select(small, x, sqrt(z));
  const Double part = multiply_add(z * t, asin_rest(z), t);
  const Double beside = Double(pi_high / 2) - (part - Double(pi_middle / 2));
  const Double twice = part + part;
  const Double outside = select_less(x, Double(0.0), Double(pi_high) - (twice - Double(pi_middle)), twice);
  return select(small, beside, outside);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

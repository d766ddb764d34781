// The error functions. erfc(x) = e^(-x²) R(x) for x >= 0, R a rational minimax approximation on all of 0..28 (W. J.
// Cody, Rational Chebyshev approximations for the error function, 1969, has this form on parts of it); its coefficients
// are positive, so that nothing cancels.
#pragma once

#include "lanes_exponential.hpp"
#include "lanes_fallback.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// e^(a²) erfc(a), 0 <= a <= 28.
HWY_INLINE Double scaled_erfc(Double a, Double square) {
  const Double p = polynomial(a, square, 2.1914711132967017, 2.375768985650944, 1.636292736757297, 0.7813286322629978,
                              0.2671423530044888, 0.06539454037580278, 0.011089832492522742, 0.0011912286053036671,
                              6.265274300211645e-05);
  const Double q = polynomial(a, square, 3.3198502803922, 5.12181887992234, 4.848048956158297, 3.1273137918143052,
                              1.4417675800910716, 0.4832700793505367, 0.11696450365428894, 0.019711740858284033,
                              0.002111397728730554, 0.0001110490956042283);
  return multiply_add(p, a, Double(1.0)) / multiply_add(q, a, Double(1.0));
}

/// Of 0 <= a <= 28, without the power of two.
struct ScaledErfc {
  Double y, shifted;
};

HWY_INLINE ScaledErfc reduced_erfc(Double a) {
  const Double square = a * a;
  const Exponential<double> e = reduced_exponential(-square, multiply_subtract(-a, a, -square));
  const Double scaled = scaled_erfc(a, square);
  return {multiply_add(scaled, e.p, scaled), e.shifted};
}

/// Where the sign bit is set.
HWY_INLINE Mask<double> sign_of(Double x) {
  return hn::MaskFromVec(from_bits<double>(hn::BroadcastSignBit(bits_of(x))).raw);
}

/// 2 - y where x is negative.
HWY_INLINE Double reflected(Double x, Double y) { return select(sign_of(x), Double(2.0) - y, y); }

HWY_INLINE Double erfc(Double x) {
  const Double a = abs(x);
#if !(HWY_ARCH_X86 && HWY_CAP_GE512)
  if (HWY_LIKELY(none_of<double>(is_beyond(a, 26.0)))) {
    const ScaledErfc e = reduced_erfc(a);
    return reflected(x, add_exponent(e.y, e.shifted));
  }
#endif
  const ScaledErfc e = reduced_erfc(at_most(a, 28.0));
  return reflected(x, scale(e.y, e.shifted - Double(rounding)));
}

/// e^(a²/2) Φ(-a), 0 <= a <= 39.5: half of scaled_erfc, whose coefficients these are times powers of √½.
HWY_INLINE Double scaled_normal_tail(Double a, Double square) {
  const Double p = polynomial(a, square, 0.7748020424932653, 0.593942246412736, 0.28925842254184475,
                              0.09766607903287472, 0.023612271168950563, 0.004087158773487674, 0.000490105984855359,
                              3.72258939157396e-05, 1.384443107397955e-06);
  const Double q = polynomial(a, square, 2.3474886457893858, 2.56090943996117, 1.7140441462119476, 0.7818284479535763,
                              0.2548709081943289, 0.060408759918817084, 0.010338299211508303, 0.001231983803642752,
                              9.331147823545307e-05, 3.4702842376321343e-06);
  return multiply_add(p, a, Double(0.5)) / multiply_add(q, a, Double(1.0));
}

/// Beyond the clamp the bell is 0.
HWY_INLINE Double normal_cdf_by_bell(Double x, Double bell) {
  const Double a = at_most(abs(x), 39.5);
  const Double tail = bell * scaled_normal_tail(a, a * a);
  return select(sign_of(x), tail, Double(1.0) - tail);
}

HWY_INLINE Single normal_cdf_by_bell(Single x, Single bell) {
  return by_double([](Double a, Double b) { return normal_cdf_by_bell(a, b); }, x, bell);
}

/// Beside 0 by a polynomial, elsewhere as 1 - erfc.
HWY_INLINE Double erf(Double x) {
  const Double a = at_most(abs(x), 6.0);
  const Double z = a * a;
  const Double near = a * polynomial(z, z * z, 1.1283791670955126, -0.37612638903183465, 0.11283791670924793,
                                     -0.026866170632708977, 0.005223977370207039, -0.0008548297513200117,
                                     0.00012053323737801199, -1.4845568439389202e-05, 1.472305130547603e-06);
  const Exponential<double> e = reduced_exponential(-z);
  const Double scaled = scaled_erfc(a, z);
  const Double far = negative_multiply_add(multiply_add(scaled, e.p, scaled), power_of_two(e.shifted), Double(1.0));
  return copy_sign(select(a <= Double(0.5), near, far), x);
}

HWY_INLINE Double lgamma(Double x) { return lane_by_lane<double>(scalar::lgamma, x); }

}  // namespace smolgrad::runtime::HWY_NAMESPACE

// Logarithms, and the inverse hyperbolic functions by them. x = 2^n (1 + f), 3/4 <= 1 + f < 3/2; with s = f / (2 + f)
// log(1 + f) = 2 atanh(s) = f - f²/2 + s (f²/2 + R(s²)), the form of fdlibm (Sun Microsystems, 1993), R minimax.
#pragma once

#include "lanes_exponential.hpp"
#include "lanes_parts.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

constexpr double log2_of_e_low = 0x1.777d0ffda0d24p-56;
constexpr double log10_of_e = 0x1.bcb7b1526e50ep-2;
constexpr double log10_of_e_low = 0x1.95355baaafad3p-57;
constexpr double log10_of_2 = 0x1.34413509f79fcp-2;
constexpr double log10_of_2_low = 0x1.7988f8959ac0bp-53;

struct Logarithm {
  Double n, f, s, half_square;
  /// What log(1 + f) has beyond f - f²/2.
  Double rest;
};

/// n and f; `power` is 2^(1 - n), but 0 for the largest n.
struct Split {
  Double n, f, power;
};

/// Of normal positive x; with AVX-512 of any, NaN for negative x and n infinite for 0 and infinity.
HWY_INLINE Split split(Double x) {
#if HWY_ARCH_X86 && HWY_CAP_GE512
  const __m512d m = _mm512_getmant_pd(x.raw.raw, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  const Double n = hn::Vec<Double::Tag>{_mm512_sub_pd(_mm512_getexp_pd(x.raw.raw), _mm512_getexp_pd(m))};
  return {n, hn::Vec<Double::Tag>{m} - Double(1.0), scale(Double(2.0), at_most(-n, 1000.0))};
#else
  constexpr std::int64_t three_quarters = 0x3fe8000000000000;
  constexpr std::int64_t one = 0x3ff0000000000000;
  const Bits moved = hn::Add(bits_of(x), all_bits(one - three_quarters));
  const Bits exponent = hn::And(moved, all_bits(0x7ff0000000000000));
  const Double m = from_bits(hn::Add(hn::Sub(moved, exponent), all_bits(three_quarters)));
  // The biased exponent becomes a double's low bits.
  const Double n = from_bits(hn::Or(shift_right<52>(exponent), all_bits(0x4330000000000000))) - Double(0x1p52 + 1023);
  return {n, m - Double(1.0), from_bits(hn::Sub(all_bits(0x7ff0000000000000), exponent))};
#endif
}

HWY_INLINE Logarithm logarithm_of(Split x) {
  const Double s = x.f / (x.f + Double(2.0));
  const Double z = s * s;
  const Double r = polynomial(z, z * z, 0.6666666666667271, 0.39999999996157753, 0.28571429396107706,
                              0.2222213842887365, 0.181863592112405, 0.15250123360764575, 0.15368711713078795);
  const Double half_square = Double(0.5) * x.f * x.f;
  return {x.n, x.f, s, half_square, s * multiply_add(z, r, half_square)};
}

/// Where x is not a positive normal number.
HWY_INLINE hn::Mask<Double::Tag> is_special(Double x) {
  // Moved so that what is below the smallest normal number wraps around to above the largest finite one.
  constexpr std::int64_t smallest = 0x0010000000000000;
  constexpr std::int64_t largest = 0x7fefffffffffffff;
  constexpr std::int64_t wrap = std::numeric_limits<std::int64_t>::max();
  const Bits ordered = hn::Add(bits_of(x), all_bits(wrap - smallest + 1));
  return hn::RebindMask(Double::Tag(), hn::Gt(ordered, all_bits(largest - smallest - wrap - 1)));
}

/// A logarithm by its form `finish` for numbers that `split` can take.
template <class Finish>
HWY_INLINE Double logarithm(Double x, Finish finish) {
#if HWY_ARCH_X86 && HWY_CAP_GE512
  return finish(split(x));
#else
  if (HWY_LIKELY(none_of<double>(is_special(x)))) return finish(split(x));
  const hn::Mask<Double::Tag> subnormal = x < Double(smallest_normal);
  Split parts = split(select(subnormal, x * Double(0x1p54), x));
  parts.n = parts.n - select(subnormal, Double(54.0), Double(0.0));
  const Double y = finish(parts);
  const Double outside = select_equal(x, Double(0.0), Double(-infinite), Double(quiet_nan));
  return select_less(Double(0.0), x, select(x < Double(infinite), y, x), outside);
#endif
}

HWY_INLINE Double log(Double x) {
  return logarithm(x, [](Split parts) {
    const Logarithm l = logarithm_of(parts);
    const Double low = l.half_square - multiply_add(l.n, Double(ln_2_low), l.rest);
    return multiply_add(l.n, Double(ln_2_high), l.f - low);
  });
}

HWY_INLINE Double log2(Double x) {
  return logarithm(x, [](Split parts) {
    const Logarithm l = logarithm_of(parts);
    const Double high = l.f - l.half_square;
    const Double low = ((l.f - high) - l.half_square) + l.rest;
    const Double tail = multiply_add(low, Double(log2_of_e), high * Double(log2_of_e_low));
    return l.n + multiply_add(high, Double(log2_of_e), tail);
  });
}

/// The low part of log10(2) is positive, so that infinite n have no difference of infinities.
HWY_INLINE Double log10(Double x) {
  return logarithm(x, [](Split parts) {
    const Logarithm l = logarithm_of(parts);
    const Double high = l.f - l.half_square;
    const Double low = ((l.f - high) - l.half_square) + l.rest;
    const Double tail =
        multiply_add(low, Double(log10_of_e), multiply_add(high, Double(log10_of_e_low), l.n * Double(log10_of_2_low)));
    return multiply_add(l.n, Double(log10_of_2), multiply_add(high, Double(log10_of_e), tail));
  });
}

/// log(u) + c / u, where u is 1 + x rounded and c what was lost; 1 / (1 + f) is (1 - s)² as nearly as c / u needs it.
HWY_INLINE Double log1p(Double x) {
  const Double u = Double(1.0) + x;
  const Double larger = at_least(x, 1.0);
  Double lost = at_most(x, 1.0) - (u - larger);
#if HWY_ARCH_X86 && HWY_CAP_GE512
  lost = hn::IfThenElseZero(u < Double(infinite), lost.raw);
#endif
  const Double y = logarithm(u, [lost](Split parts) {
    const Logarithm l = logarithm_of(parts);
    const Double factor = multiply_add(l.s, multiply_add(l.s, Double(0.5), Double(-1.0)), Double(0.5));
    const Double rest = multiply_add(lost * parts.power, factor, l.rest);
    const Double low = l.half_square - multiply_add(l.n, Double(ln_2_low), rest);
    return multiply_add(l.n, Double(ln_2_high), l.f - low);
  });
  return copy_sign(y, x);
}

/// Of |x|: log(1 + |x| + x² / (1 + sqrt(x² + 1))). Where squares do not matter, log(2 |x|).
HWY_INLINE Double asinh(Double x) {
  const Double a = abs(x);
  const hn::Mask<Double::Tag> small = a < Double(0x1p60);
  const Double square = a * a;
  const Double above = a + square / (Double(1.0) + sqrt(square + Double(1.0)));
  const Double y = log1p(select(small, above, a)) + select(small, Double(0.0), Double(ln_2_high));
  return copy_sign(y, x);
}

/// log(1 + t + sqrt(t (t + 2))), t = x - 1.
HWY_INLINE Double acosh(Double x) {
  const hn::Mask<Double::Tag> small = x < Double(0x1p60);
  const Double t = x - Double(1.0);
  const Double y =
      log1p(select(small, t + sqrt(t * (t + Double(2.0))), x)) + select(small, Double(0.0), Double(ln_2_high));
  return select_less(x, Double(1.0), Double(quiet_nan), y);
}

/// log(1 + 2 |x| / (1 - |x|)) / 2.
HWY_INLINE Double atanh(Double x) {
  const Double a = abs(x);
  return copy_sign(Double(0.5) * log1p((a + a) / (Double(1.0) - a)), x);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

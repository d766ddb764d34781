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

/// n and f; `power` is 2^(1 - n), but 0 for the largest n.
template <class Float>
struct Split {
  Lanes<Float> n, f, power;
};

/// Of normal positive x; with AVX-512 of any, NaN for negative x and n infinite for 0 and infinity.
template <class Float>
HWY_INLINE Split<Float> split(Lanes<Float> x) {
  using Number = Lanes<Float>;
#if HWY_ARCH_X86 && HWY_CAP_GE512
  Number m, n;
  if constexpr (sizeof(Float) == sizeof(double)) {
    m.raw.raw = _mm512_getmant_pd(x.raw.raw, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    n.raw.raw = _mm512_sub_pd(_mm512_getexp_pd(x.raw.raw), _mm512_getexp_pd(m.raw.raw));
  } else {
    m.raw.raw = _mm512_getmant_ps(x.raw.raw, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    n.raw.raw = _mm512_sub_ps(_mm512_getexp_ps(x.raw.raw), _mm512_getexp_ps(m.raw.raw));
  }
  return {n, m - Number(1.0), scale(Number(2.0), at_most(-n, 100.0))};
#else
  using Integer = typename Format<Float>::Integer;
  constexpr int fraction_bits = Format<Float>::fraction_bits;
  constexpr Integer three_quarters = Format<Float>::one - (Integer(1) << (fraction_bits - 1));
  constexpr Integer bias = Format<Float>::one >> fraction_bits;
  // The biased exponent becomes the low bits of a number whose unit in the last place is 1.
  constexpr Integer unit = (bias + fraction_bits) << fraction_bits;
  constexpr double unit_value = sizeof(Float) == sizeof(double) ? 0x1p52 : 0x1p23;
  const Bits<Float> moved = hn::Add(bits_of(x), all_bits<Float>(Format<Float>::one - three_quarters));
  const Bits<Float> exponent = hn::And(moved, all_bits<Float>(Format<Float>::infinity));
  const Number m = from_bits<Float>(hn::Add(hn::Sub(moved, exponent), all_bits<Float>(three_quarters)));
  const Number biased = from_bits<Float>(hn::Or(exponent_to_low_bits<Float>(exponent), all_bits<Float>(unit)));
  return {biased - Number(unit_value + double(bias)), m - Number(1.0),
          from_bits<Float>(hn::Sub(all_bits<Float>(Format<Float>::infinity), exponent))};
#endif
}

template <class Float>
struct Logarithm {
  Lanes<Float> n, f, s, half_square;
  /// What log(1 + f) has beyond f - f²/2.
  Lanes<Float> rest;
};

/// (2 atanh(s) - 2 s) / s³, z = s².
HWY_INLINE Double atanh_rest(Double z) {
  return polynomial(z, z * z, 0.6666666666667271, 0.39999999996157753, 0.28571429396107706, 0.2222213842887365,
                    0.181863592112405, 0.15250123360764575, 0.15368711713078795);
}
HWY_INLINE Single atanh_rest(Single z) {
  return polynomial(z, z * z, 0.6666694952104996, 0.3995760521856036, 0.30365310686018526);
}

template <class Float>
HWY_INLINE Logarithm<Float> logarithm_of(Split<Float> x) {
  using Number = Lanes<Float>;
  const Number s = x.f / (x.f + Number(2.0));
  const Number z = s * s;
  const Number half_square = Number(0.5) * x.f * x.f;
  return {x.n, x.f, s, half_square, s * multiply_add(z, atanh_rest(z), half_square)};
}

/// Where x is not a positive normal number.
template <class Float>
HWY_INLINE Mask<Float> is_special(Lanes<Float> x) {
  // Moved so that the smallest normal number becomes the smallest integer, and what is below it wraps around to the
  // largest. The largest finite number then has the bits of minus half of it; GCC makes two comparisons of one with an
  // integer that it knows.
  using Integer = typename Format<Float>::Integer;
  constexpr Integer smallest = Integer(1) << Format<Float>::fraction_bits;
  constexpr Integer moved = std::numeric_limits<Integer>::min() + smallest;
  const Bits<Float> ordered = hn::Sub(bits_of(x), all_bits<Float>(moved));
  return to_mask<Float>(hn::Gt(ordered, bits_of(Lanes<Float>(-double(std::numeric_limits<Float>::max()) / 2))));
}

/// A logarithm by its form `finish` for numbers that `split` can take.
template <class Float, class Finish>
HWY_INLINE Lanes<Float> logarithm(Lanes<Float> x, Finish finish) {
#if HWY_ARCH_X86 && HWY_CAP_GE512
  return finish(split(x));
#else
  if (HWY_LIKELY(none_of<Float>(is_special(x)))) return finish(split(x));
  using Number = Lanes<Float>;
  const Mask<Float> subnormal = x < Number(Format<Float>::smallest_normal);
  Split<Float> parts = split(select(subnormal, x * Number(Format<Float>::subnormal_scale), x));
  parts.n = parts.n - select(subnormal, Number(Format<Float>::subnormal_shift), Number(0.0));
  const Number y = finish(parts);
  const Number outside = select_equal(x, Number(0.0), Number(-infinite), Number(quiet_nan));
  return select_less(Number(0.0), x, select(x < Number(infinite), y, x), outside);
#endif
}

template <class Float>
HWY_INLINE Lanes<Float> log(Lanes<Float> x) {
  return logarithm(x, [](Split<Float> parts) {
    const Logarithm<Float> l = logarithm_of(parts);
    const Lanes<Float> low = l.half_square - multiply_add(l.n, Lanes<Float>(Format<Float>::ln_2_low), l.rest);
    return multiply_add(l.n, Lanes<Float>(Format<Float>::ln_2_high), l.f - low);
  });
}

HWY_INLINE Double log2(Double x) {
  return logarithm(x, [](Split<double> parts) {
    const Logarithm<double> l = logarithm_of(parts);
    const Double high = l.f - l.half_square;
    const Double low = ((l.f - high) - l.half_square) + l.rest;
    const Double tail = multiply_add(low, Double(log2_of_e), high * Double(log2_of_e_low));
    return l.n + multiply_add(high, Double(log2_of_e), tail);
  });
}

/// The low part of log10(2) is positive, so that infinite n have no difference of infinities.
HWY_INLINE Double log10(Double x) {
  return logarithm(x, [](Split<double> parts) {
    const Logarithm<double> l = logarithm_of(parts);
    const Double high = l.f - l.half_square;
    const Double low = ((l.f - high) - l.half_square) + l.rest;
    const Double tail =
        multiply_add(low, Double(log10_of_e), multiply_add(high, Double(log10_of_e_low), l.n * Double(log10_of_2_low)));
    return multiply_add(l.n, Double(log10_of_2), multiply_add(high, Double(log10_of_e), tail));
  });
}

/// log(u) + c / u, where u is 1 + x rounded and c what was lost; 1 / (1 + f) is (1 - s)² as nearly as c / u needs it.
template <class Float>
HWY_INLINE Lanes<Float> log1p(Lanes<Float> x) {
  using Number = Lanes<Float>;
  const Number u = Number(1.0) + x;
  Number lost = at_most(x, 1.0) - (u - at_least(x, 1.0));
#if HWY_ARCH_X86 && HWY_CAP_GE512
  lost = hn::IfThenElseZero(u < Number(infinite), lost.raw);
#endif
  const Number y = logarithm(u, [lost](Split<Float> parts) {
    const Logarithm<Float> l = logarithm_of(parts);
    const Number factor = multiply_add(l.s, multiply_add(l.s, Number(0.5), Number(-1.0)), Number(0.5));
    const Number rest = multiply_add(lost * parts.power, factor, l.rest);
    const Number low = l.half_square - multiply_add(l.n, Number(Format<Float>::ln_2_low), rest);
    return multiply_add(l.n, Number(Format<Float>::ln_2_high), l.f - low);
  });
  return copy_sign(y, x);
}

/// Of |x|: log(1 + |x| + x² / (1 + sqrt(x² + 1))). Where squares do not matter, log(2 |x|).
HWY_INLINE Double asinh(Double x) {
  const Double a = abs(x);
  const Mask<double> small = a < Double(0x1p60);
  const Double square = a * a;
  const Double above = a + square / (Double(1.0) + sqrt(square + Double(1.0)));
  const Double y = log1p(select(small, above, a)) + select(small, Double(0.0), Double(ln_2_high));
  return copy_sign(y, x);
}

/// log(1 + t + sqrt(t (t + 2))), t = x - 1.
HWY_INLINE Double acosh(Double x) {
  const Mask<double> small = x < Double(0x1p60);
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

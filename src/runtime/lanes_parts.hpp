// What the mathematics are made of: polynomials, exponents, clamping, single precision by way of double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

using Double = Lanes<double>;
using Single = Lanes<float>;

/// The numbers' format, and what depends on it.
template <class Float>
struct Format;

template <>
struct Format<double> {
  using Integer = std::int64_t;
  static constexpr int fraction_bits = 52;
  static constexpr Integer one = 0x3ff0000000000000;
  static constexpr Integer infinity = 0x7ff0000000000000;
  /// Adding it rounds to an integer, which then stands in the low bits.
  static constexpr double rounding = 0x1.8p52;
  /// In two parts, both positive so that infinite multiples do not cancel.
  static constexpr double ln_2_high = 0x1.62e42fefa39efp-1;
  static constexpr double ln_2_low = 0x1.abc9e3b39803fp-56;
  /// |x| for which e^x is a normal number, and beyond which it is 0 or infinite.
  static constexpr double normal_exponents = 708.0;
  static constexpr double all_exponents = 750.0;
  static constexpr double largest_exponent = 710.0;
  static constexpr double smallest_normal = 0x1p-1022;
  /// Its power of two makes subnormal numbers normal.
  static constexpr double subnormal_shift = 54.0;
  static constexpr double subnormal_scale = 0x1p54;
};

template <>
struct Format<float> {
  using Integer = std::int32_t;
  static constexpr int fraction_bits = 23;
  static constexpr Integer one = 0x3f800000;
  static constexpr Integer infinity = 0x7f800000;
  static constexpr double rounding = 0x1.8p23;
  static constexpr double ln_2_high = 0x1.62e42ep-1;
  static constexpr double ln_2_low = 0x1.efa39e0p-25;
  static constexpr double normal_exponents = 87.0;
  static constexpr double all_exponents = 105.0;
  static constexpr double largest_exponent = 89.0;
  static constexpr double smallest_normal = 0x1p-126;
  static constexpr double subnormal_shift = 25.0;
  static constexpr double subnormal_scale = 0x1p25;
};

constexpr double rounding = Format<double>::rounding;
constexpr double ln_2_high = Format<double>::ln_2_high;
constexpr double ln_2_low = Format<double>::ln_2_low;
constexpr double log2_of_e = 0x1.71547652b82fep+0;
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

/// The bits of the numbers, as integers.
template <class Float>
using Integers = hn::RebindToSigned<typename Lanes<Float>::Tag>;
template <class Float>
using Bits = hn::Vec<Integers<Float>>;
template <class Float>
using Mask = hn::Mask<typename Lanes<Float>::Tag>;

template <class Float>
HWY_INLINE Bits<Float> bits_of(Lanes<Float> x) {
  return hn::BitCast(Integers<Float>(), x.raw);
}
template <class Float>
HWY_INLINE Lanes<Float> from_bits(Bits<Float> x) {
  return hn::BitCast(typename Lanes<Float>::Tag(), x);
}
template <class Float>
HWY_INLINE Bits<Float> all_bits(typename Format<Float>::Integer x) {
  return hn::Set(Integers<Float>(), x);
}
template <class Float>
HWY_INLINE Mask<Float> to_mask(hn::Mask<Integers<Float>> where) {
  return hn::RebindMask(typename Lanes<Float>::Tag(), where);
}

/// Filling with zeros, which AVX2 does in one instruction.
template <class Float>
HWY_INLINE Bits<Float> exponent_to_low_bits(Bits<Float> x) {
  const hn::RebindToUnsigned<typename Lanes<Float>::Tag> tag;
  return hn::BitCast(Integers<Float>(), hn::ShiftRight<Format<Float>::fraction_bits>(hn::BitCast(tag, x)));
}

/// bound < x, neither negative; also where x is NaN. As integers: that leaves the multipliers' ports alone.
template <class Float>
HWY_INLINE Mask<Float> is_beyond(Lanes<Float> x, double bound) {
  return to_mask<Float>(hn::Gt(bits_of(x), bits_of(Lanes<Float>(bound))));
}

/// min(x, bound) and max(x, bound), but NaN where x is: of two unordered operands x86's instructions give the second,
/// and ARM's the one that is a number.
template <class Float>
HWY_INLINE Lanes<Float> at_most(Lanes<Float> x, double bound) {
  const Lanes<Float> most(bound);
#if HWY_ARCH_ARM
  return hn::IfThenElse(hn::Lt(most.raw, x.raw), most.raw, x.raw);
#else
  return hn::Min(most.raw, x.raw);
#endif
}
template <class Float>
HWY_INLINE Lanes<Float> at_least(Lanes<Float> x, double bound) {
  const Lanes<Float> least(bound);
#if HWY_ARCH_ARM
  return hn::IfThenElse(hn::Lt(x.raw, least.raw), least.raw, x.raw);
#else
  return hn::Max(least.raw, x.raw);
#endif
}

/// c[0] + c[1] x + c[2] x² + ... by Horner's rule in x², even and odd powers apart: no more operations than in x, and
/// half the latency.
template <class Float, class... Coefficients>
HWY_INLINE Lanes<Float> polynomial(Lanes<Float> x, Lanes<Float> square, Coefficients... coefficients) {
  using Number = Lanes<Float>;
  constexpr std::size_t count = sizeof...(coefficients);
  const double c[count] = {coefficients...};
  Number even(c[(count - 1) / 2 * 2]);
  Number odd(c[count / 2 * 2 - 1]);
  HWY_UNROLL(16)
  for (std::size_t i = (count - 1) / 2 * 2; i >= 2; i -= 2) even = multiply_add(even, square, Number(c[i - 2]));
  HWY_UNROLL(16)
  for (std::size_t i = count / 2 * 2 - 1; i >= 3; i -= 2) odd = multiply_add(odd, square, Number(c[i - 2]));
  return multiply_add(odd, x, even);
}

/// y 2^n, where `shifted` is n + rounding and both y and the result are normal numbers.
template <class Float>
HWY_INLINE Lanes<Float> add_exponent(Lanes<Float> y, Lanes<Float> shifted) {
  return from_bits<Float>(hn::Add(bits_of(y), hn::ShiftLeft<Format<Float>::fraction_bits>(bits_of(shifted))));
}

/// 2^n, where `shifted` is n + rounding.
template <class Float>
HWY_INLINE Lanes<Float> power_of_two(Lanes<Float> shifted) {
  return add_exponent(Lanes<Float>(1.0), shifted);
}

/// y 2^n for integers |n| up to twice the format's range, rounding once, into subnormals too.
template <class Float>
HWY_INLINE Lanes<Float> scale(Lanes<Float> y, Lanes<Float> n) {
#if HWY_ARCH_X86 && HWY_CAP_GE512
  if constexpr (sizeof(Float) == sizeof(double)) {
    return hn::Vec<typename Lanes<Float>::Tag>{_mm512_scalef_pd(y.raw.raw, n.raw.raw)};
  } else {
    return hn::Vec<typename Lanes<Float>::Tag>{_mm512_scalef_ps(y.raw.raw, n.raw.raw)};
  }
#else
  using Number = Lanes<Float>;
  const Number zero(Format<Float>::rounding);
  const Number half = multiply_add(n, Number(0.5), zero);
  return y * power_of_two(half) * power_of_two(n - (half - zero) + zero);
#endif
}

/// A function of Double over the two halves of single-precision lanes: rounded once, and with its special values.
template <class Function>
HWY_INLINE Single by_double(Function function, Single x) {
#if HWY_TARGET == HWY_SCALAR
  return hn::DemoteTo(Single::Tag(), function(Double(hn::PromoteTo(Double::Tag(), x.raw))).raw);
#else
  const hn::Half<Single::Tag> half;
  const Double low = function(Double(hn::PromoteTo(Double::Tag(), hn::LowerHalf(half, x.raw))));
  const Double high = function(Double(hn::PromoteTo(Double::Tag(), hn::UpperHalf(half, x.raw))));
  return hn::Combine(Single::Tag(), hn::DemoteTo(half, high.raw), hn::DemoteTo(half, low.raw));
#endif
}

template <class Function>
HWY_INLINE Single by_double(Function function, Single a, Single b) {
#if HWY_TARGET == HWY_SCALAR
  return hn::DemoteTo(
      Single::Tag(),
      function(Double(hn::PromoteTo(Double::Tag(), a.raw)), Double(hn::PromoteTo(Double::Tag(), b.raw))).raw);
#else
  const hn::Half<Single::Tag> half;
  const Double low = function(Double(hn::PromoteTo(Double::Tag(), hn::LowerHalf(half, a.raw))),
                              Double(hn::PromoteTo(Double::Tag(), hn::LowerHalf(half, b.raw))));
  const Double high = function(Double(hn::PromoteTo(Double::Tag(), hn::UpperHalf(half, a.raw))),
                               Double(hn::PromoteTo(Double::Tag(), hn::UpperHalf(half, b.raw))));
  return hn::Combine(Single::Tag(), hn::DemoteTo(half, high.raw), hn::DemoteTo(half, low.raw));
#endif
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

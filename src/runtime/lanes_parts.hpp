// What the mathematics are made of: polynomials, exponents, clamping, single precision by way of double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

using Double = Lanes<double>;
using Single = Lanes<float>;

/// The bits of doubles, as integers.
using Integers = hn::RebindToSigned<Double::Tag>;
using Bits = hn::Vec<Integers>;

HWY_INLINE Bits bits_of(Double x) { return hn::BitCast(Integers(), x.raw); }
HWY_INLINE Double from_bits(Bits x) { return hn::BitCast(Double::Tag(), x); }
HWY_INLINE Bits all_bits(std::int64_t x) { return hn::Set(Integers(), x); }

/// Filling with zeros, which AVX2 does in one instruction.
template <int count>
HWY_INLINE Bits shift_right(Bits x) {
  const hn::RebindToUnsigned<Double::Tag> unsigned_tag;
  return hn::BitCast(Integers(), hn::ShiftRight<count>(hn::BitCast(unsigned_tag, x)));
}

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double smallest_normal = std::numeric_limits<double>::min();

/// c[0] + c[1] x + c[2] x² + ... by Horner's rule in x², even and odd powers apart: no more operations than in x, and
/// half the latency.
template <class... Coefficients>
HWY_INLINE Double polynomial(Double x, Double square, Coefficients... coefficients) {
  constexpr std::size_t count = sizeof...(coefficients);
  const double c[count] = {coefficients...};
  Double even(c[(count - 1) / 2 * 2]);
  Double odd(c[count / 2 * 2 - 1]);
  HWY_UNROLL(16)
  for (std::size_t i = (count - 1) / 2 * 2; i >= 2; i -= 2) even = multiply_add(even, square, Double(c[i - 2]));
  HWY_UNROLL(16)
  for (std::size_t i = count / 2 * 2 - 1; i >= 3; i -= 2) odd = multiply_add(odd, square, Double(c[i - 2]));
  return multiply_add(odd, x, even);
}

/// min(x, bound) and max(x, bound), but NaN where x is: of two unordered operands the instructions give the second.
HWY_INLINE Double at_most(Double x, double bound) { return hn::Min(Double(bound).raw, x.raw); }
HWY_INLINE Double at_least(Double x, double bound) { return hn::Max(Double(bound).raw, x.raw); }

/// bound < x, neither negative; also where x is NaN. As integers: that leaves the multipliers' ports alone.
HWY_INLINE hn::Mask<Double::Tag> is_beyond(Double x, double bound) {
  return hn::RebindMask(Double::Tag(), hn::Gt(bits_of(x), bits_of(Double(bound))));
}

/// Adding it rounds to an integer, which then stands in the low bits.
constexpr double rounding = 0x1.8p52;

/// 2^n, where `shifted` is n + rounding and n in -1022..1023.
HWY_INLINE Double power_of_two(Double shifted) {
  return from_bits(hn::Add(hn::ShiftLeft<52>(bits_of(shifted)), all_bits(0x3ff0000000000000)));
}

/// x 2^n for integers |n| <= 2000, rounding once, into subnormals too.
HWY_INLINE Double scale(Double x, Double n) {
#if HWY_ARCH_X86 && HWY_CAP_GE512
  return hn::Vec<Double::Tag>{_mm512_scalef_pd(x.raw.raw, n.raw.raw)};
#else
  const Double half = multiply_add(n, Double(0.5), Double(rounding));
  return x * power_of_two(half) * power_of_two(n - (half - Double(rounding)) + Double(rounding));
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

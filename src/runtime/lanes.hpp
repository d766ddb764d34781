// A SIMD vector as a number: what src/ops/number.hpp asks of a number type, on Highway. `Lanes<double>` stands in for
// `double`, so that ops::Softplus::value(load(x)) is a kernel. The mathematics stand in lanes_mathematics.hpp.
//
// Each target has a translation unit of its own, compiled with that target's flags (cmake/vector.cmake); what is here
// lives in a namespace named after the target, so that no two units define the same symbol. Code in such a unit
// calls nothing inline from outside the namespace: the linker could keep the copy of another target.
#pragma once

#include <cstddef>

// Highway's debug assertions would need its library.
#ifndef HWY_COMPILE_ONLY_SCALAR
#define HWY_COMPILE_ONLY_STATIC
#endif
#define HWY_IS_DEBUG_BUILD 0
#include <hwy/highway.h>

namespace smolgrad::runtime::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class Float>
class Lanes {
 public:
  using Tag = hn::ScalableTag<Float>;
  using Vector = hn::Vec<Tag>;
  using Mask = hn::Mask<Tag>;

  Lanes() = default;
  /// The same number in every lane.
  HWY_INLINE explicit Lanes(double x) : raw(hn::Set(Tag(), static_cast<Float>(x))) {}
  // NOLINTNEXTLINE(google-explicit-constructor): the bare vector is the same thing.
  HWY_INLINE Lanes(Vector x) : raw(x) {}

  static constexpr std::size_t size() { return HWY_LANES(Float); }

  /// `load` and `store` need addresses aligned to the vector.
  static HWY_INLINE Lanes load(const Float* from) { return hn::Load(Tag(), from); }
  static HWY_INLINE Lanes load_unaligned(const Float* from) { return hn::LoadU(Tag(), from); }
  HWY_INLINE void store(Float* to) const { hn::Store(raw, Tag(), to); }
  HWY_INLINE void store_unaligned(Float* to) const { hn::StoreU(raw, Tag(), to); }

  /// The first `count` lanes, touching no memory beyond; the other lanes are 0.
  static HWY_INLINE Lanes load_first(const Float* from, std::size_t count) {
#if HWY_ARCH_X86 && HWY_CAP_GE256
    return hn::MaskedLoad(hn::FirstN(Tag(), count), Tag(), from);
#else
    HWY_ALIGN Float lanes[size()] = {};
    for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
    return load(lanes);
#endif
  }
  /// `count` numbers into the last lanes, likewise.
  static HWY_INLINE Lanes load_last(const Float* from, std::size_t count) {
#if HWY_ARCH_X86 && HWY_CAP_GE256
    const std::size_t before = size() - count;
    return hn::MaskedLoad(hn::Not(hn::FirstN(Tag(), before)), Tag(), from - before);
#else
    HWY_ALIGN Float lanes[size()] = {};
    for (std::size_t i = 0; i < count; ++i) lanes[size() - count + i] = from[i];
    return load(lanes);
#endif
  }
  HWY_INLINE void store_first(Float* to, std::size_t count) const {
#if HWY_ARCH_X86 && HWY_CAP_GE256
    hn::BlendedStore(raw, hn::FirstN(Tag(), count), Tag(), to);
#else
    HWY_ALIGN Float lanes[size()];
    store(lanes);
    for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
  }

  friend HWY_INLINE Lanes operator+(Lanes a, Lanes b) { return hn::Add(a.raw, b.raw); }
  friend HWY_INLINE Lanes operator-(Lanes a, Lanes b) { return hn::Sub(a.raw, b.raw); }
  friend HWY_INLINE Lanes operator*(Lanes a, Lanes b) { return hn::Mul(a.raw, b.raw); }
  friend HWY_INLINE Lanes operator/(Lanes a, Lanes b) { return hn::Div(a.raw, b.raw); }
  friend HWY_INLINE Lanes operator-(Lanes a) { return hn::Neg(a.raw); }
  HWY_INLINE Lanes& operator+=(Lanes b) { return *this = *this + b; }
  HWY_INLINE Lanes& operator-=(Lanes b) { return *this = *this - b; }
  HWY_INLINE Lanes& operator*=(Lanes b) { return *this = *this * b; }
  HWY_INLINE Lanes& operator/=(Lanes b) { return *this = *this / b; }

  /// Where the comparison holds; false where either is NaN.
  friend HWY_INLINE Mask operator<(Lanes a, Lanes b) { return hn::Lt(a.raw, b.raw); }
  friend HWY_INLINE Mask operator<=(Lanes a, Lanes b) { return hn::Le(a.raw, b.raw); }
  friend HWY_INLINE Mask operator==(Lanes a, Lanes b) { return hn::Eq(a.raw, b.raw); }

  Vector raw;
};

template <class Float>
HWY_INLINE Lanes<Float> select(hn::Mask<hn::ScalableTag<Float>> where, Lanes<Float> then, Lanes<Float> otherwise) {
  return hn::IfThenElse(where, then.raw, otherwise.raw);
}

template <class Float>
HWY_INLINE Lanes<Float> select_less(Lanes<Float> left, Lanes<Float> right, Lanes<Float> if_less,
                                    Lanes<Float> otherwise) {
  return select(left < right, if_less, otherwise);
}

template <class Float>
HWY_INLINE Lanes<Float> select_equal(Lanes<Float> left, Lanes<Float> right, Lanes<Float> if_equal,
                                     Lanes<Float> otherwise) {
  return select(left == right, if_equal, otherwise);
}

template <class Float>
HWY_INLINE bool all_of(hn::Mask<hn::ScalableTag<Float>> where) {
  return hn::AllTrue(hn::ScalableTag<Float>(), where);
}

template <class Float>
HWY_INLINE bool none_of(hn::Mask<hn::ScalableTag<Float>> where) {
  return hn::AllFalse(hn::ScalableTag<Float>(), where);
}

/// a * b + c, rounded once where the target has the instruction.
template <class Float>
HWY_INLINE Lanes<Float> multiply_add(Lanes<Float> a, Lanes<Float> b, Lanes<Float> c) {
  return hn::MulAdd(a.raw, b.raw, c.raw);
}

/// a * b - c, likewise.
template <class Float>
HWY_INLINE Lanes<Float> multiply_subtract(Lanes<Float> a, Lanes<Float> b, Lanes<Float> c) {
  return hn::MulSub(a.raw, b.raw, c.raw);
}

/// c - a * b, likewise.
template <class Float>
HWY_INLINE Lanes<Float> negative_multiply_add(Lanes<Float> a, Lanes<Float> b, Lanes<Float> c) {
  return hn::NegMulAdd(a.raw, b.raw, c.raw);
}

template <class Float>
HWY_INLINE Lanes<Float> abs(Lanes<Float> x) {
  return hn::Abs(x.raw);
}

template <class Float>
HWY_INLINE Lanes<Float> sqrt(Lanes<Float> x) {
  return hn::Sqrt(x.raw);
}

/// Halves go to the even side.
template <class Float>
HWY_INLINE Lanes<Float> nearest_integer(Lanes<Float> x) {
  return hn::Round(x.raw);
}

/// x with the sign of `sign`.
template <class Float>
HWY_INLINE Lanes<Float> copy_sign(Lanes<Float> x, Lanes<Float> sign) {
  return hn::CopySign(x.raw, sign.raw);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

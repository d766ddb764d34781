// The sums of the lanes of several vectors at once.
#pragma once

#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR
/// The sums of the blocks of 16 bytes.
template <class Float>
HWY_INLINE void store_block(Lanes<Float> sums, Float* to) {
#if HWY_TARGET == HWY_AVX3
  using L = Lanes<Float>;
  const hn::Half<typename L::Tag> half;
  const hn::Half<decltype(half)> quarter;
  const auto two = hn::Add(hn::LowerHalf(half, sums.raw), hn::UpperHalf(half, sums.raw));
  hn::StoreU(hn::Add(hn::LowerHalf(quarter, two), hn::UpperHalf(quarter, two)), quarter, to);
#else
  const hn::FixedTag<Float, 16 / sizeof(Float)> block;
#if HWY_CAP_GE256
  hn::StoreU(hn::Add(hn::LowerHalf(block, sums.raw), hn::UpperHalf(block, sums.raw)), block, to);
#else
  hn::StoreU(sums.raw, block, to);
#endif
#endif
}

/// Even and odd lanes added: of a, then of b, in turn.
template <class Float>
HWY_INLINE Lanes<Float> add_pairs(Lanes<Float> a, Lanes<Float> b) {
  const typename Lanes<Float>::Tag tag;
  return hn::Add(hn::InterleaveLower(tag, a.raw, b.raw), hn::InterleaveUpper(tag, a.raw, b.raw));
}
#endif

/// The sums of the lanes of four vectors, side by side.
HWY_INLINE void store_sums(const Lanes<double>* sums, double* to) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < 4; ++i) sums[i].store(to + i);
#else
  store_block(add_pairs(sums[0], sums[1]), to);
  store_block(add_pairs(sums[2], sums[3]), to + 2);
#endif
}
HWY_INLINE void store_sums(const Lanes<float>* sums, float* to) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < 4; ++i) sums[i].store(to + i);
#else
  const Lanes<float>::Tag tag;
  const hn::ScalableTag<double> pairs;
  const auto first = hn::BitCast(pairs, add_pairs(sums[0], sums[1]).raw);
  const auto second = hn::BitCast(pairs, add_pairs(sums[2], sums[3]).raw);
  const auto low = hn::BitCast(tag, hn::InterleaveLower(pairs, first, second));
  const auto high = hn::BitCast(tag, hn::InterleaveUpper(pairs, first, second));
  store_block(Lanes<float>(hn::Add(low, high)), to);
#endif
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

// Lanes left to the scalar functions of scalar_fallback.hpp, one after the other.
#pragma once

#include "lanes.hpp"
#include "scalar_fallback.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

template <class Float>
HWY_INLINE Lanes<Float> lane_by_lane(void (*function)(const Float*, Float*, std::size_t), Lanes<Float> x) {
  HWY_ALIGN Float lanes[Lanes<Float>::size()];
  x.store(lanes);
  function(lanes, lanes, Lanes<Float>::size());
  return Lanes<Float>::load(lanes);
}

template <class Float>
HWY_INLINE Lanes<Float> lane_by_lane(void (*function)(const Float*, const Float*, Float*, std::size_t), Lanes<Float> a,
                                     Lanes<Float> b) {
  HWY_ALIGN Float left[Lanes<Float>::size()];
  HWY_ALIGN Float right[Lanes<Float>::size()];
  a.store(left);
  b.store(right);
  function(left, right, left, Lanes<Float>::size());
  return Lanes<Float>::load(left);
}

/// y, but the function's value where it is hard: a lane's result is the same whatever its neighbours are.
template <class Float>
HWY_INLINE Lanes<Float> with_fallback(hn::Mask<hn::ScalableTag<Float>> hard, Lanes<Float> y,
                                      void (*function)(const Float*, Float*, std::size_t), Lanes<Float> x) {
  if (HWY_LIKELY(none_of<Float>(hard))) return y;
  return select(hard, lane_by_lane<Float>(function, x), y);
}

template <class Float>
HWY_INLINE Lanes<Float> with_fallback(hn::Mask<hn::ScalableTag<Float>> hard, Lanes<Float> y,
                                      void (*function)(const Float*, const Float*, Float*, std::size_t), Lanes<Float> a,
                                      Lanes<Float> b) {
  if (HWY_LIKELY(none_of<Float>(hard))) return y;
  return select(hard, lane_by_lane<Float>(function, a, b), y);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

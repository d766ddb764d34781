// Every function that src/ops/number.hpp asks of a number type, for Lanes.
#pragma once

#include "lanes_fallback.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

#define SMOLGRAD_ENTRY(name)                     \
  template <class Float>                         \
  HWY_INLINE Lanes<Float> name(Lanes<Float> x) { \
    return lane_by_lane<Float>(scalar::name, x); \
  }
SMOLGRAD_SCALAR_UNARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

#define SMOLGRAD_ENTRY(name)                                     \
  template <class Float>                                         \
  HWY_INLINE Lanes<Float> name(Lanes<Float> a, Lanes<Float> b) { \
    return lane_by_lane<Float>(scalar::name, a, b);              \
  }
SMOLGRAD_SCALAR_BINARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

}  // namespace smolgrad::runtime::HWY_NAMESPACE

// Every function that src/ops/number.hpp asks of a number type, for Lanes. Targets without fused multiply-add, on which
// the vector forms would be neither exact enough nor faster, take the C library's lane by lane.
#pragma once

#include "lanes_fallback.hpp"
#if HWY_NATIVE_FMA
#include "lanes_exponential.hpp"
#include "lanes_logarithmic.hpp"
#include "lanes_power.hpp"
#include "lanes_special.hpp"
#include "lanes_trigonometric.hpp"
#endif

namespace smolgrad::runtime::HWY_NAMESPACE {

#if HWY_NATIVE_FMA
// Single precision by way of double, but for exp, expm1, log, log1p and tanh.
#define SMOLGRAD_BY_DOUBLE_FUNCTIONS(X) \
  X(acos)                               \
  X(acosh)                              \
  X(asin)                               \
  X(asinh)                              \
  X(atan)                               \
  X(atanh)                              \
  X(cbrt)                               \
  X(cos)                                \
  X(cosh)                               \
  X(erf)                                \
  X(erfc)                               \
  X(exp2)                               \
  X(lgamma)                             \
  X(log10)                              \
  X(log2)                               \
  X(sin)                                \
  X(sinh)                               \
  X(tan)

#define SMOLGRAD_ENTRY(name)                                 \
  HWY_INLINE Single name(Single x) {                         \
    return by_double([](Double of) { return name(of); }, x); \
  }
SMOLGRAD_BY_DOUBLE_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#undef SMOLGRAD_BY_DOUBLE_FUNCTIONS

#define SMOLGRAD_ENTRY(name)                                                             \
  HWY_INLINE Single name(Single a, Single b) {                                           \
    return by_double([](Double left, Double right) { return name(left, right); }, a, b); \
  }
SMOLGRAD_SCALAR_BINARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#else
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
#endif

}  // namespace smolgrad::runtime::HWY_NAMESPACE

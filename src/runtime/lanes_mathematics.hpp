// Every function that src/ops/number.hpp asks of a number type, for Lanes. Targets without fused multiply-add, on which
// the vector forms would be neither exact enough nor faster, take the C library's, lane by lane.
#pragma once

#include "lanes_fallback.hpp"
#if HWY_NATIVE_FMA
#include "lanes_exponential.hpp"
#include "lanes_logarithmic.hpp"
#endif

namespace smolgrad::runtime::HWY_NAMESPACE {

// Those written with vectors, in double; single precision goes by them.
#if HWY_NATIVE_FMA
#define SMOLGRAD_VECTOR_UNARY_FUNCTIONS(X) \
  X(exp) X(exp2) X(expm1) X(sinh) X(cosh) X(tanh) X(log) X(log2) X(log10) X(log1p) X(asinh) X(acosh) X(atanh)

#define SMOLGRAD_LEFT_UNARY_FUNCTIONS(X) \
  X(acos)                                \
  X(asin)                                \
  X(atan)                                \
  X(cbrt)                                \
  X(cos)                                 \
  X(erf)                                 \
  X(erfc)                                \
  X(lgamma)                              \
  X(sin)                                 \
  X(tan)
#define SMOLGRAD_ENTRY(name)                                 \
  HWY_INLINE Single name(Single x) {                         \
    return by_double([](Double of) { return name(of); }, x); \
  }
SMOLGRAD_VECTOR_UNARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#else
#define SMOLGRAD_LEFT_UNARY_FUNCTIONS(X) SMOLGRAD_SCALAR_UNARY_FUNCTIONS(X)
#endif

#define SMOLGRAD_ENTRY(name)                     \
  template <class Float>                         \
  HWY_INLINE Lanes<Float> name(Lanes<Float> x) { \
    return lane_by_lane<Float>(scalar::name, x); \
  }
SMOLGRAD_LEFT_UNARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

#define SMOLGRAD_ENTRY(name)                                     \
  template <class Float>                                         \
  HWY_INLINE Lanes<Float> name(Lanes<Float> a, Lanes<Float> b) { \
    return lane_by_lane<Float>(scalar::name, a, b);              \
  }
SMOLGRAD_SCALAR_BINARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

}  // namespace smolgrad::runtime::HWY_NAMESPACE

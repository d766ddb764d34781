// The C library's functions over arrays, for what SIMD code leaves to scalars. Defined in a file compiled for the
// platform's baseline: an inline function emitted by a unit with AVX flags could be the copy the linker keeps for all.
#pragma once

#include <cstddef>

#define SMOLGRAD_SCALAR_UNARY_FUNCTIONS(X) \
  X(acos)                                  \
  X(acosh)                                 \
  X(asin)                                  \
  X(asinh)                                 \
  X(atan)                                  \
  X(atanh)                                 \
  X(cbrt)                                  \
  X(cos)                                   \
  X(cosh)                                  \
  X(erf)                                   \
  X(erfc)                                  \
  X(exp)                                   \
  X(exp2)                                  \
  X(expm1)                                 \
  X(lgamma)                                \
  X(log)                                   \
  X(log10)                                 \
  X(log1p)                                 \
  X(log2)                                  \
  X(sin)                                   \
  X(sinh)                                  \
  X(tan)                                   \
  X(tanh)

#define SMOLGRAD_SCALAR_BINARY_FUNCTIONS(X) \
  X(atan2)                                  \
  X(hypot)                                  \
  X(pow)

namespace smolgrad::runtime::scalar {

// The result may be written over an operand. In single precision they compute in double.
#define SMOLGRAD_ENTRY(name)                                \
  void name(const double* x, double* y, std::size_t count); \
  void name(const float* x, float* y, std::size_t count);
SMOLGRAD_SCALAR_UNARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

#define SMOLGRAD_ENTRY(name)                                                 \
  void name(const double* a, const double* b, double* y, std::size_t count); \
  void name(const float* a, const float* b, float* y, std::size_t count);
SMOLGRAD_SCALAR_BINARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

}  // namespace smolgrad::runtime::scalar

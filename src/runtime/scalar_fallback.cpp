#include "scalar_fallback.hpp"

#include "../ops/number.hpp"

namespace smolgrad::runtime::scalar {

#define SMOLGRAD_ENTRY(name)                                                                    \
  void name(const double* x, double* y, std::size_t count) {                                    \
    for (std::size_t i = 0; i < count; ++i) y[i] = ops::name(x[i]);                             \
  }                                                                                             \
  void name(const float* x, float* y, std::size_t count) {                                      \
    for (std::size_t i = 0; i < count; ++i) y[i] = static_cast<float>(ops::name(double(x[i]))); \
  }
SMOLGRAD_SCALAR_UNARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

#define SMOLGRAD_ENTRY(name)                                                                                  \
  void name(const double* a, const double* b, double* y, std::size_t count) {                                 \
    for (std::size_t i = 0; i < count; ++i) y[i] = ops::name(a[i], b[i]);                                     \
  }                                                                                                           \
  void name(const float* a, const float* b, float* y, std::size_t count) {                                    \
    for (std::size_t i = 0; i < count; ++i) y[i] = static_cast<float>(ops::name(double(a[i]), double(b[i]))); \
  }
SMOLGRAD_SCALAR_BINARY_FUNCTIONS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

}  // namespace smolgrad::runtime::scalar

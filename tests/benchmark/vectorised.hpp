// The programs that Functions are measured against: vectorised by hand, structure of arrays, vector mathematics of the
// C library, gradient included. Compiled on their own, with what lets the compiler use all of that.
#pragma once

#include <cstddef>

namespace bench {

/// F1 in eight inputs, one array each. Returns nothing: `value` and `gradient`, one array each, are filled.
void expression_vectorised(std::size_t points, const double* const x[8], double* value, double* const gradient[8]);

/// F2: price and sensitivities by spot, strike, rate, volatility and maturity, as the textbook has them.
void options_vectorised(std::size_t options, const double* const x[5], double* price, double* const gradient[5]);

}  // namespace bench

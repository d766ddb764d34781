// The weighted sums of a layer. Not part of the API: Layer is.
#pragma once

#include <cstddef>

#include "../value.hpp"

namespace smolgrad::detail {

/// Σ_k w[i count + k] x[k] for each of `rows` rows, plus b[i] where `first_bias` is not empty: one operation each, a
/// dot product with a term more. The weights w and biases b are leaves made together by Tape::values, all of them still
/// held, of which these are the first: so nothing about them needs to be looked up, and x is looked up once. Returns
/// the first of the operations, which follow each other. No cell holds them yet; there is room for `rows` more. Errors
/// as for dot.
SMOLGRAD_API Index dot_rows(const Value& first_weight, const Value& first_bias, std::size_t rows, const Value* x,
                            std::size_t count);

}  // namespace smolgrad::detail

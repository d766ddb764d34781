// Dtype: the precision of the numbers in arrays.
#pragma once

#include <cstdint>

namespace smolgrad {

/// The numbers are those of SMOLGRAD_DTYPE_... in C and never change.
enum class Dtype : std::int32_t { float64, float32 };

}  // namespace smolgrad

// A constant where there is a Value, but no Tape at hand. Not part of the API: Tape::constant is.
#pragma once

#include "../value.hpp"

namespace smolgrad::detail {

/// On the tape of `value`.
SMOLGRAD_API Value constant_beside(const Value& value, double data);

}  // namespace smolgrad::detail

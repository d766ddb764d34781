// Numbers as texts show them. Not part of the API.
#pragma once

#include <cmath>

namespace smolgrad::detail {

/// NaN without its sign, which says nothing: 0 / 0 has one on some processors.
inline double shown(double number) { return std::isnan(number) ? std::fabs(number) : number; }

}  // namespace smolgrad::detail

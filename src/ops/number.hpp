// What an operator's definition may ask of its number type T.
//
// Definitions in this folder are generic: T is `double` on the eager tape, and anything else that
// behaves like a number elsewhere (extended precision in the tests, a SIMD vector or a graph node).
// T is constructible from `double`, has + - * / and unary minus, and finds by argument-dependent
// lookup the functions of <cmath> and the four functions below that <cmath> lacks or gets wrong for us.
// There are no branches on T: a definition chooses with `select_less` and `select_equal`.
#pragma once

#include <cmath>

namespace smolgrad::ops {

using std::abs;
using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atan2;
using std::atanh;
using std::cbrt;
using std::cos;
using std::cosh;
using std::erf;
using std::erfc;
using std::exp;
using std::exp2;
using std::expm1;
using std::hypot;
using std::log;
using std::log10;
using std::log1p;
using std::log2;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;

/// `if_less` where left < right; `otherwise` elsewhere, also when either is NaN.
inline double select_less(double left, double right, double if_less, double otherwise) {
  return left < right ? if_less : otherwise;
}

/// `if_equal` where left == right; `otherwise` elsewhere, also when either is NaN.
inline double select_equal(double left, double right, double if_equal, double otherwise) {
  return left == right ? if_equal : otherwise;
}

inline double nearest_integer(double x) { return std::nearbyint(x); }

/// The exponents 1, 2 and 3 are most of what programs raise to, and a call to the general function
/// costs more than recording the whole operation.
inline double pow(double x, double y) {
  if (y == 2.0) return x * x;
  if (y == 3.0) return x * x * x;
  if (y == 1.0) return x;
  return std::pow(x, y);
}

/// The C library's lgamma writes the global `signgam`; its reentrant sibling does not.
inline double lgamma(double x) {
#if defined(__GLIBC__) || defined(__APPLE__)
  int sign = 0;
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

}  // namespace smolgrad::ops

// Choosing one of several operands. What is not chosen contributes a gradient of exactly 0, never NaN, whatever
// arrives from above. `piecewise` marks the operators whose partial can be such a 0.
#pragma once

#include "number.hpp"

namespace smolgrad::ops {

/// The smaller operand; NaN if either is NaN. A tie shares the gradient equally.
struct Min {
  static constexpr bool piecewise = true;
  template <class T>
  static T value(const T& a, const T& b) {
    return select_less(b, a, b, select_equal(b, b, a, b));
  }
  template <class T>
  static T left_partial(const T& a, const T& b, const T&) {
    return select_less(a, b, T(1.0), select_less(b, a, T(0.0), T(0.5)));
  }
  template <class T>
  static T right_partial(const T& a, const T& b, const T&) {
    return select_less(b, a, T(1.0), select_less(a, b, T(0.0), T(0.5)));
  }
};

/// The larger operand; NaN if either is NaN. A tie shares the gradient equally.
struct Max {
  static constexpr bool piecewise = true;
  template <class T>
  static T value(const T& a, const T& b) {
    return select_less(a, b, b, select_equal(b, b, a, b));
  }
  template <class T>
  static T left_partial(const T& a, const T& b, const T&) {
    return select_less(b, a, T(1.0), select_less(a, b, T(0.0), T(0.5)));
  }
  template <class T>
  static T right_partial(const T& a, const T& b, const T&) {
    return select_less(a, b, T(1.0), select_less(b, a, T(0.0), T(0.5)));
  }
};

/// `if_less` where left < right, else `otherwise`. The partial towards the branch taken is 1; the other branch
/// and the two compared operands get none.
struct Select {
  template <class T>
  static T value(const T& left, const T& right, const T& if_less, const T& otherwise) {
    return select_less(left, right, if_less, otherwise);
  }
};

}  // namespace smolgrad::ops

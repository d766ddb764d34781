// Arithmetic: sums, products, powers and roots.
//
// An operator is its value and its partial derivatives; its public name stands in table.hpp. `y` is the value
// already computed, so a derivative can reuse it. A binary operator has one partial a side, so that a number
// on the other side costs no derivative.
#pragma once

#include "number.hpp"

namespace smolgrad::ops {

struct Add {
  template <class T>
  static T value(const T& a, const T& b) {
    return a + b;
  }
  template <class T>
  static T left_partial(const T&, const T&, const T&) {
    return T(1.0);
  }
  template <class T>
  static T right_partial(const T&, const T&, const T&) {
    return T(1.0);
  }
};

struct Sub {
  template <class T>
  static T value(const T& a, const T& b) {
    return a - b;
  }
  template <class T>
  static T left_partial(const T&, const T&, const T&) {
    return T(1.0);
  }
  template <class T>
  static T right_partial(const T&, const T&, const T&) {
    return T(-1.0);
  }
};

struct Mul {
  template <class T>
  static T value(const T& a, const T& b) {
    return a * b;
  }
  template <class T>
  static T left_partial(const T&, const T& b, const T&) {
    return b;
  }
  template <class T>
  static T right_partial(const T& a, const T&, const T&) {
    return a;
  }
};

struct Div {
  template <class T>
  static T value(const T& a, const T& b) {
    return a / b;
  }
  template <class T>
  static T left_partial(const T&, const T& b, const T&) {
    return T(1.0) / b;
  }
  /// -a / b² without the square, which overflows first.
  template <class T>
  static T right_partial(const T&, const T& b, const T& y) {
    return -y / b;
  }
};

struct Neg {
  template <class T>
  static T value(const T& x) {
    return -x;
  }
  template <class T>
  static T derivative(const T&, const T&) {
    return T(-1.0);
  }
};

/// As PyTorch: 0**0 = 1; a negative base has a finite base gradient (for integer exponents) and a NaN
/// exponent gradient; x**0 has base gradient 0, and 0**b with b >= 0 has exponent gradient 0.
struct Pow {
  template <class T>
  static T value(const T& a, const T& b) {
    return pow(a, b);
  }
  template <class T>
  static T left_partial(const T& a, const T& b, const T& y) {
    // Below 1/2 the rounding of b - 1 would be magnified log(a) times. There y / a overflows no sooner than the
    // result; it is undefined where zero or infinity is its own power.
    const T lowered = pow(a, b - T(1.0));
    const T power = select_less(b, T(0.5), select_equal(y, a, lowered, y / a), lowered);
    return select_equal(b, T(0.0), T(0.0), b * power);
  }
  template <class T>
  static T right_partial(const T& a, const T& b, const T& y) {
    const T general = y * log(a);
    const T of_zero = select_less(T(0.0), b, T(0.0), select_equal(b, T(0.0), T(0.0), general));
    return select_equal(a, T(0.0), of_zero, general);
  }
};

struct Square {
  template <class T>
  static T value(const T& x) {
    return x * x;
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return x + x;
  }
};

struct Sqrt {
  template <class T>
  static T value(const T& x) {
    return sqrt(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return T(0.5) / y;
  }
};

struct Cbrt {
  template <class T>
  static T value(const T& x) {
    return cbrt(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return T(1.0) / (T(3.0) * y * y);
  }
};

/// abs'(0) = 0.
struct Abs {
  static constexpr bool piecewise = true;
  template <class T>
  static T value(const T& x) {
    return abs(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return select_less(T(0.0), x, T(1.0), select_less(x, T(0.0), T(-1.0), x));
  }
};

/// sqrt(a² + b²) without overflow. Like abs, the gradient at the origin is 0.
struct Hypot {
  template <class T>
  static T value(const T& a, const T& b) {
    return hypot(a, b);
  }
  template <class T>
  static T left_partial(const T& a, const T&, const T& y) {
    return a / select_equal(y, T(0.0), T(1.0), y);
  }
  template <class T>
  static T right_partial(const T&, const T& b, const T& y) {
    return b / select_equal(y, T(0.0), T(1.0), y);
  }
};

}  // namespace smolgrad::ops

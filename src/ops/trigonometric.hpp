// Trigonometric and hyperbolic functions and their inverses. Angles are radians.
#pragma once

#include "number.hpp"

namespace smolgrad::ops {

struct Sin {
  template <class T>
  static T value(const T& x) {
    return sin(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return cos(x);
  }
};

struct Cos {
  template <class T>
  static T value(const T& x) {
    return cos(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return -sin(x);
  }
};

struct Tan {
  template <class T>
  static T value(const T& x) {
    return tan(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return T(1.0) + y * y;
  }
};

/// 1 / sqrt(1 - x²), factored because 1 - x*x cancels near ±1.
struct Asin {
  template <class T>
  static T value(const T& x) {
    return asin(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / sqrt((T(1.0) - x) * (T(1.0) + x));
  }
};

struct Acos {
  template <class T>
  static T value(const T& x) {
    return acos(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(-1.0) / sqrt((T(1.0) - x) * (T(1.0) + x));
  }
};

/// Where x² overflows, the derivative, which is below the smallest normal number, is 0.
struct Atan {
  template <class T>
  static T value(const T& x) {
    return atan(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / (T(1.0) + x * x);
  }
};

/// The angle of the point (b, a): atan2(y, x) as in <cmath>. With r² = a² + b² the partials are b/r² and
/// -a/r², divided twice by r because r² overflows first. At the origin they are undefined: NaN.
struct Atan2 {
  template <class T>
  static T value(const T& a, const T& b) {
    return atan2(a, b);
  }
  template <class T>
  static T left_partial(const T& a, const T& b, const T&) {
    const T radius = hypot(a, b);
    return b / radius / radius;
  }
  template <class T>
  static T right_partial(const T& a, const T& b, const T&) {
    const T radius = hypot(a, b);
    return -a / radius / radius;
  }
};

struct Sinh {
  template <class T>
  static T value(const T& x) {
    return sinh(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return cosh(x);
  }
};

struct Cosh {
  template <class T>
  static T value(const T& x) {
    return cosh(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return sinh(x);
  }
};

/// 1 - y² from the value, factored. Its error is below one ulp of 1, not of the derivative: where y rounds
/// to ±1 the derivative is 0.
struct Tanh {
  template <class T>
  static T value(const T& x) {
    return tanh(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return (T(1.0) - y) * (T(1.0) + y);
  }
};

/// 1 / sqrt(x² + 1), by hypot because x² overflows first.
struct Asinh {
  template <class T>
  static T value(const T& x) {
    return asinh(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / hypot(x, T(1.0));
  }
};

/// 1 / sqrt(x² - 1), as two roots so that it neither cancels near 1 nor overflows.
struct Acosh {
  template <class T>
  static T value(const T& x) {
    return acosh(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / (sqrt(x - T(1.0)) * sqrt(x + T(1.0)));
  }
};

struct Atanh {
  template <class T>
  static T value(const T& x) {
    return atanh(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / ((T(1.0) - x) * (T(1.0) + x));
  }
};

}  // namespace smolgrad::ops

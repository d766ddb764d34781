// Activations of neurons (tanh is trigonometric). Constants and kinks are PyTorch's defaults.
#pragma once

#include "exponential.hpp"
#include "number.hpp"
#include "special.hpp"

namespace smolgrad::ops {

/// x times a factor that vanishes faster than x grows: 0 at an infinite x, where inf * 0 is NaN.
template <class T>
T times_vanishing(const T& x, const T& factor) {
  return select_equal(factor, T(0.0), T(0.0), x * factor);
}

/// max(x, 0); relu'(0) = 0.
struct Relu {
  static constexpr bool piecewise = true;
  template <class T>
  static T value(const T& x) {
    return select_less(x, T(0.0), T(0.0), x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return select_less(T(0.0), y, T(1.0), T(0.0));  // where y is above 0, x is: x need not be kept
  }
};

/// x above 0, x / 100 below; the derivative at 0 is that of the lower side.
struct LeakyRelu {
  static constexpr double slope = 0.01;
  template <class T>
  static T value(const T& x) {
    return select_less(T(0.0), x, x, T(slope) * x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return select_less(T(0.0), x, T(1.0), T(slope));
  }
};

/// x above 0, exp(x) - 1 below.
struct Elu {
  template <class T>
  static T value(const T& x) {
    return select_less(T(0.0), x, x, expm1(x));
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return select_less(T(0.0), x, T(1.0), exp(x));
  }
};

/// 1 / (1 + exp(-x)), from exp(-|x|) so that nothing overflows and both tails keep their relative accuracy;
/// likewise the derivative e / (1 + e)², since y (1 - y) cancels for positive x.
struct Sigmoid {
  template <class T>
  static T value(const T& x) {
    const T e = exp(-abs(x));
    return select_less(x, T(0.0), e, T(1.0)) / (T(1.0) + e);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    const T e = exp(-abs(x));
    return e / ((T(1.0) + e) * (T(1.0) + e));
  }
};

/// In a graph the operator: its nodes alone would be taken to be flat at 0, as |x| is.
template <class T>
T sigmoid(const T& x) {
  return Sigmoid::value(x);
}

/// log(1 + exp(x)), without overflow; its derivative is the sigmoid.
struct Softplus {
  template <class T>
  static T value(const T& x) {
    return select_less(x, T(0.0), T(0.0), x) + log1p(exp(-abs(x)));
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return sigmoid(x);
  }
};

/// x sigmoid(x).
struct Silu {
  template <class T>
  static T value(const T& x) {
    return times_vanishing(x, Sigmoid::value(x));
  }
  template <class T>
  static T derivative(const T& x, const T& y) {
    return sigmoid(x) + times_vanishing(x, Sigmoid::derivative(x, y));
  }
};

/// x Φ(x), the exact form by the normal distribution, not its tanh approximation.
struct Gelu {
  template <class T>
  static T value(const T& x) {
    return times_vanishing(x, NormalCdf::value(x));
  }
  template <class T>
  static T derivative(const T& x, const T& y) {
    return NormalCdf::value(x) + times_vanishing(x, NormalCdf::derivative(x, y));
  }
};

}  // namespace smolgrad::ops

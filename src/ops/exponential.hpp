// Exponentials and logarithms.
#pragma once

#include "number.hpp"

namespace smolgrad::ops {

constexpr double ln_2 = 0.693147180559945309417232121458176568;
constexpr double log2_e = 1.442695040888963407359924681001892137;
constexpr double log10_e = 0.434294481903251827651128918916605082;

struct Exp {
  template <class T>
  static T value(const T& x) {
    return exp(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return y;
  }
};

struct Exp2 {
  template <class T>
  static T value(const T& x) {
    return exp2(x);
  }
  template <class T>
  static T derivative(const T&, const T& y) {
    return y * T(ln_2);
  }
};

/// The derivative is exp(x), not y + 1, which cancels for negative x.
struct Expm1 {
  template <class T>
  static T value(const T& x) {
    return expm1(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return exp(x);
  }
};

struct Log {
  template <class T>
  static T value(const T& x) {
    return log(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / x;
  }
};

struct Log2 {
  template <class T>
  static T value(const T& x) {
    return log2(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(log2_e) / x;
  }
};

struct Log10 {
  template <class T>
  static T value(const T& x) {
    return log10(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(log10_e) / x;
  }
};

struct Log1p {
  template <class T>
  static T value(const T& x) {
    return log1p(x);
  }
  template <class T>
  static T derivative(const T& x, const T&) {
    return T(1.0) / (T(1.0) + x);
  }
};

}  // namespace smolgrad::ops

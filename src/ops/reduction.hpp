// Operators over many operands. `partials` fills one partial derivative an operand; n is at least 1.
#pragma once

#include <cstddef>
#include <limits>

#include "number.hpp"
#include "piecewise.hpp"

namespace smolgrad::ops {

struct Sum {
  template <class T>
  static T value(const T* x, std::size_t n) {
    T total = x[0];
    for (std::size_t i = 1; i < n; ++i) total = total + x[i];
    return total;
  }
  template <class T>
  static void partials(const T*, std::size_t n, const T&, T* out) {
    for (std::size_t i = 0; i < n; ++i) out[i] = T(1.0);
  }
};

struct Mean {
  template <class T>
  static T value(const T* x, std::size_t n) {
    return Sum::value(x, n) / T(static_cast<double>(n));
  }
  template <class T>
  static void partials(const T*, std::size_t n, const T&, T* out) {
    for (std::size_t i = 0; i < n; ++i) out[i] = T(1.0) / T(static_cast<double>(n));
  }
};

/// Σ a[i] b[i]. The partial towards a[i] is b[i] and the reverse, so the tape needs to keep none of them.
/// Four partial sums: the order is the same whatever the operands' storage, and independent of each other
/// they do not wait for one another's addition.
struct Dot {
  template <class T, class Left, class Right>
  static T value(const Left& a, const Right& b, std::size_t n) {
    T sums[] = {T(0.0), T(0.0), T(0.0), T(0.0)};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      for (std::size_t k = 0; k < 4; ++k) sums[k] = sums[k] + a(i + k) * b(i + k);
    }
    for (; i < n; ++i) sums[0] = sums[0] + a(i) * b(i);
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
  }
};

/// The largest operand; NaN if any is NaN. A tie shares the gradient equally among all that tie.
struct MaxOf {
  template <class T>
  static T value(const T* x, std::size_t n) {
    T best = x[0];
    for (std::size_t i = 1; i < n; ++i) best = Max::value(best, x[i]);
    return best;
  }
  template <class T>
  static void partials(const T* x, std::size_t n, const T& y, T* out) {
    T ties(0.0);
    for (std::size_t i = 0; i < n; ++i) ties = ties + select_equal(x[i], y, T(1.0), T(0.0));
    for (std::size_t i = 0; i < n; ++i) out[i] = select_equal(x[i], y, T(1.0) / ties, T(0.0));
  }
};

/// The smallest operand, with the rules of `max_of`.
struct MinOf {
  template <class T>
  static T value(const T* x, std::size_t n) {
    T best = x[0];
    for (std::size_t i = 1; i < n; ++i) best = Min::value(best, x[i]);
    return best;
  }
  template <class T>
  static void partials(const T* x, std::size_t n, const T& y, T* out) {
    MaxOf::partials(x, n, y, out);
  }
};

/// log Σ exp(x[i]), shifted by the maximum so that nothing overflows (an infinite maximum is not shifted by:
/// inf - inf is NaN). The partials are the softmax, again by the shift: as exp(x[i] - y) they would suffer from the
/// rounding of a large y, and not sum to 1.
struct Logsumexp {
  template <class T>
  static T value(const T* x, std::size_t n) {
    const T shift = shift_of(x, n);
    T total(0.0);
    for (std::size_t i = 0; i < n; ++i) total = total + exp(x[i] - shift);
    return shift + log(total);
  }
  template <class T>
  static void partials(const T* x, std::size_t n, const T&, T* out) {
    const T shift = shift_of(x, n);
    T total(0.0);
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = exp(x[i] - shift);
      total = total + out[i];
    }
    for (std::size_t i = 0; i < n; ++i) out[i] = out[i] / total;
  }

 private:
  template <class T>
  static T shift_of(const T* x, std::size_t n) {
    const T largest = MaxOf::value(x, n);
    const T infinity(std::numeric_limits<double>::infinity());
    return select_equal(abs(largest), infinity, T(0.0), largest);
  }
};

}  // namespace smolgrad::ops

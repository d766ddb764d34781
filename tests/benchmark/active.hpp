// What the workloads' formulas ask of a number beyond arithmetic, for each library's active type, so that one source
// runs on all of them. The libraries have no reductions but smolgrad: formulas take them from a policy.
#pragma once

#include <cmath>
#include <cstddef>
#include <smolgrad/tape.hpp>
#include <smolgrad/value.hpp>

#ifdef SMOLGRAD_BENCHMARK_ADOLC
#include <adolc/adolc.h>
#endif
#ifdef SMOLGRAD_BENCHMARK_SACADO
// Its configuration asks for Kokkos, which the reverse mode has no use for.
#define TRILINOS_NO_CONFIG_H
#include <Sacado_trad.hpp>
#endif

namespace bench {

#ifdef SMOLGRAD_BENCHMARK_ADOLC
inline adouble relu(const adouble& x) { return fmax(x, 0.0); }
#endif

#ifdef SMOLGRAD_BENCHMARK_SACADO
using Advar = Sacado::Rad::ADvar<double>;

inline Advar relu(const Advar& x) { return Sacado::Rad::max(x, 0.0); }
/// The library has no error function, but takes a value with its derivative.
inline Advar normal_cdf(const Advar& x) {
  const double value = 0.5 * std::erfc(-x.val() * 0.7071067811865476);
  const double derivative = 0.3989422804014327 * std::exp(-0.5 * x.val() * x.val());
  return Sacado::Rad::ADf1(value, derivative, x);
}
#endif

/// Every addition and multiplication on its own, as a program without reductions is written.
struct OneByOne {
  template <class T>
  static T sum(const T* x, std::size_t n) {
    T total = x[0];
    for (std::size_t i = 1; i < n; ++i) total += x[i];
    return total;
  }
  template <class T>
  static T dot(const T* x, const T* y, std::size_t n) {
    T total = x[0] * y[0];
    for (std::size_t i = 1; i < n; ++i) total += x[i] * y[i];
    return total;
  }
  template <class T>
  static T logsumexp(const T* x, std::size_t n) {
    T largest = x[0];
    for (std::size_t i = 1; i < n; ++i) {
      if (x[i] > largest) largest = x[i];
    }
    T total = exp(x[0] - largest);
    for (std::size_t i = 1; i < n; ++i) total += exp(x[i] - largest);
    return log(total) + largest;
  }
};

/// Each reduction as one operation of smolgrad's.
struct Reductions {
  static smolgrad::Value sum(const smolgrad::Value* x, std::size_t n) { return smolgrad::sum(x, n); }
  static smolgrad::Value dot(const smolgrad::Value* x, const smolgrad::Value* y, std::size_t n) {
    return smolgrad::dot(x, y, n);
  }
  static smolgrad::Value logsumexp(const smolgrad::Value* x, std::size_t n) { return smolgrad::logsumexp(x, n); }
};

}  // namespace bench

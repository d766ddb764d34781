// The operator table as data: one row of functions an operator, for double and for the oracle's number type.
#pragma once

#include <cstddef>
#include <vector>

#include "ops/table.hpp"
#include "oracle.hpp"

namespace smolgrad::test {

template <class T>
struct Unary {
  T (*value)(const T& x);
  T (*derivative)(const T& x, const T& y);
};

template <class T>
struct Binary {
  T (*value)(const T& a, const T& b);
  T (*left_partial)(const T& a, const T& b, const T& y);
  T (*right_partial)(const T& a, const T& b, const T& y);
};

template <class T>
struct Reduction {
  T (*value)(const T* x, std::size_t n);
  void (*partials)(const T* x, std::size_t n, const T& y, T* out);
};

template <template <class> class Kind>
struct Operator {
  const char* name;
  Kind<double> in_double;
  Kind<mpreal> in_mpreal;
};

inline const std::vector<Operator<Unary>> unary_operators = {
#define X(Definition, public_name)                                                              \
  {#public_name,                                                                                \
   {&smolgrad::ops::Definition::value<double>, &smolgrad::ops::Definition::derivative<double>}, \
   {&smolgrad::ops::Definition::value<mpreal>, &smolgrad::ops::Definition::derivative<mpreal>}},
    SMOLGRAD_UNARY_OPERATORS(X)
#undef X
};

inline const std::vector<Operator<Binary>> binary_operators = {
#define X(Definition, public_name)                                                               \
  {#public_name,                                                                                 \
   {&smolgrad::ops::Definition::value<double>, &smolgrad::ops::Definition::left_partial<double>, \
    &smolgrad::ops::Definition::right_partial<double>},                                          \
   {&smolgrad::ops::Definition::value<mpreal>, &smolgrad::ops::Definition::left_partial<mpreal>, \
    &smolgrad::ops::Definition::right_partial<mpreal>}},
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
};

inline const std::vector<Operator<Reduction>> reduction_operators = {
#define X(Definition, public_name)                                                            \
  {#public_name,                                                                              \
   {&smolgrad::ops::Definition::value<double>, &smolgrad::ops::Definition::partials<double>}, \
   {&smolgrad::ops::Definition::value<mpreal>, &smolgrad::ops::Definition::partials<mpreal>}},
    SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
};

/// Every operator's name, also of those that no list above holds.
inline const std::vector<const char*> operator_names = {
#define X(Definition, public_name) #public_name,
    SMOLGRAD_OPERATORS(X)
#undef X
};

}  // namespace smolgrad::test

// A formula twice: recorded anew for each sample on the eager tape, which is the oracle, and compiled to a Function.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad/function.hpp>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad::test {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

using Values = std::vector<Value>;
using Formula = std::function<Values(const Values& inputs, const Values& shared)>;

/// What a run gives, row by row.
template <class T>
struct Results {
  std::vector<T> outputs, d_inputs, d_shared;
};

/// Distance in units in the last place of the larger; below `floor` absolute. NaN is near NaN only.
inline double ulp_apart(double a, double b, double floor = DBL_MIN, double epsilon = DBL_EPSILON) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0.0 : infinite;
  if (a == b) return 0.0;
  if (std::isinf(a) || std::isinf(b)) return infinite;
  int exponent = 0;
  std::frexp(std::max({std::abs(a), std::abs(b), floor}), &exponent);
  return std::abs(a - b) / std::ldexp(epsilon, exponent - 1);
}

/// Recorded with leaves of 0.5: what a Function computes does not depend on them.
inline Function compile(const Formula& formula, std::size_t inputs, std::size_t shared,
                        const FunctionOptions& options = {}) {
  Tape tape;
  const TapeScope scope(tape);
  const Values x = tape.values(std::vector<double>(inputs, 0.5));
  const Values a = tape.values(std::vector<double>(shared, 0.5));
  return Function(x, a, formula(x, a), options);
}

/// Sample by sample on the tape: outputs, and the derivatives of adjoints . outputs; adjoints null: 1.
inline Results<double> eagerly(const Formula& formula, std::size_t rows, const std::vector<double>& inputs,
                               const std::vector<double>& shared, const double* adjoints = nullptr) {
  Results<double> results;
  results.d_shared.resize(shared.size());
  const std::size_t width = rows == 0 ? 0 : inputs.size() / rows;
  for (std::size_t row = 0; row < rows; ++row) {
    Tape tape;
    const TapeScope scope(tape);
    const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(row * width);
    const Values x = tape.values({begin, begin + static_cast<std::ptrdiff_t>(width)});
    const Values a = tape.values(shared);
    const Values y = formula(x, a);
    for (std::size_t i = 0; i < y.size(); ++i) {
      results.outputs.push_back(y[i].data());
      if (adjoints == nullptr) {
        y[i].backward();
      } else {
        (y[i] * adjoints[row * y.size() + i]).backward();
      }
    }
    for (const Value& leaf : x) results.d_inputs.push_back(leaf.grad());
    for (std::size_t i = 0; i < a.size(); ++i) results.d_shared[i] += a[i].grad();
  }
  return results;
}

template <class T>
Results<T> gradient_of(const Function& function, std::size_t rows, const std::vector<T>& inputs,
                       const std::vector<T>& shared, const RunOptions& run = {}) {
  Results<T> results{std::vector<T>(rows), std::vector<T>(inputs.size()), std::vector<T>(shared.size())};
  function.gradient(rows, inputs.data(), shared.data(), results.outputs.data(), results.d_inputs.data(),
                    results.d_shared.data(), run);
  return results;
}

template <class T>
Results<T> vjp_of(const Function& function, std::size_t rows, const std::vector<T>& inputs,
                  const std::vector<T>& shared, const std::vector<T>& adjoints, const RunOptions& run = {}) {
  Results<T> results{std::vector<T>(rows * function.output_count()), std::vector<T>(inputs.size()),
                     std::vector<T>(shared.size())};
  function.vjp(rows, inputs.data(), shared.data(), adjoints.data(), results.outputs.data(), results.d_inputs.data(),
               results.d_shared.data(), run);
  return results;
}

}  // namespace smolgrad::test

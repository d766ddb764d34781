// A formula twice: recorded anew for each sample on the eager tape, which is the oracle, and compiled to a Function.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
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

/// Numbers in (-1, 1) that follow no pattern.
inline std::vector<double> some_numbers(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<double> result(count);
  for (double& number : result) number = static_cast<double>(random() >> 11) * 0x1p-52 - 1.0;
  return result;
}

/// Values and derivatives of a formula without cancellation against the tape's, for these numbers of rows; forward
/// against reverse mode. `tolerance` is relative to max(1, |expected|).
inline void expect_as_on_the_tape(const Formula& formula, std::size_t inputs, std::size_t shared,
                                  const std::vector<std::size_t>& row_counts = {1, 2, 3, 7, 8, 16, 17, 67},
                                  double tolerance = 1e-13) {
  const Function function = compile(formula, inputs, shared);
  const std::size_t outputs = function.output_count();
  const auto expect = [&](double got, double expected, const char* what, std::size_t at, double terms = 1.0) {
    EXPECT_NEAR(got, expected, tolerance * terms * std::max(1.0, std::abs(expected))) << what << " " << at;
  };
  for (const std::size_t rows : row_counts) {
    SCOPED_TRACE(testing::Message() << rows << " rows");
    const std::vector<double> x = some_numbers(rows * inputs, rows);
    const std::vector<double> a = some_numbers(shared, rows + 1);
    const std::vector<double> adjoints = some_numbers(rows * outputs, rows + 2);
    const std::vector<double> tangents = some_numbers(rows * inputs, rows + 3);
    const Results<double> expected = eagerly(formula, rows, x, a, adjoints.data());
    const Results<double> got = vjp_of(function, rows, x, a, adjoints);
    std::vector<double> evaluated(rows * outputs), moved(rows * outputs);
    function.evaluate(rows, x.data(), a.data(), evaluated.data());
    function.jvp<double>(rows, x.data(), a.data(), tangents.data(), nullptr, moved.data());
    for (std::size_t i = 0; i < rows * outputs; ++i) {
      expect(evaluated[i], expected.outputs[i], "evaluate: output", i);
      expect(got.outputs[i], expected.outputs[i], "vjp: output", i);
    }
    for (std::size_t i = 0; i < rows * inputs; ++i) expect(got.d_inputs[i], expected.d_inputs[i], "input", i);
    for (std::size_t i = 0; i < shared; ++i) {
      expect(got.d_shared[i], expected.d_shared[i], "shared", i, static_cast<double>(rows));
    }
    for (std::size_t row = 0; row < rows; ++row) {
      double forward = 0.0, reverse = 0.0;
      for (std::size_t i = row * outputs; i < (row + 1) * outputs; ++i) forward += adjoints[i] * moved[i];
      for (std::size_t i = row * inputs; i < (row + 1) * inputs; ++i) reverse += expected.d_inputs[i] * tangents[i];
      expect(forward, reverse, "u . (J v) against (u J) . v in row", row, static_cast<double>(inputs + outputs));
    }
  }
}

}  // namespace smolgrad::test

// Rows of inputs and targets, put together in the order and precision that training takes them in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "objective.hpp"

namespace smolgrad::train {

template <class T>
constexpr Dtype dtype_of = std::is_same_v<T, double> ? Dtype::float64 : Dtype::float32;

/// The caller's arrays, of either type.
struct Data {
  template <class From>
  Data(const From* inputs, const From* targets, std::size_t count)
      : x(inputs), y(targets), dtype(dtype_of<From>), rows(count) {}

  const void* x;
  const void* y;
  Dtype dtype;
  std::size_t rows;
};

/// The samples of these rows, one after the other; without a list, of the first `count` rows.
template <class T>
void take_samples(const Data& data, const std::size_t* rows, std::size_t count, const Objective& objective, T* to);

/// Throws for what nothing can be learned from in the precision T.
template <class T>
void require_samples(const Data& data, const Objective& objective, const RunOptions& run);

/// The largest number that both types have.
template <class T, class From>
constexpr From largest_of = static_cast<From>(std::min<double>(std::numeric_limits<T>::max(),
                                                               std::numeric_limits<From>::max()));

/// Whether no number's size is above `largest`, nor NaN.
template <class From>
bool all_within(From largest, const From* numbers, std::size_t count, const RunOptions& run);

template <class T>
double sum_of(const T* numbers, std::size_t count);

/// How many of a sample's outputs are right, from 0 to 1.
template <class T>
double judge(const Objective& objective, const T* outputs, const T* targets) {
  const auto largest = [](const T* numbers, std::size_t count) {
    return static_cast<std::size_t>(std::max_element(numbers, numbers + count) - numbers);
  };
  if (objective.judgement == Judgement::classes) {
    const std::size_t actual =
        objective.targets == 1 ? static_cast<std::size_t>(*targets) : largest(targets, objective.targets);
    return largest(outputs, objective.outputs) == actual ? 1.0 : 0.0;
  }
  const T threshold = objective.judgement == Judgement::above_half ? T(0.5) : T(0);
  std::size_t right = 0;
  for (std::size_t i = 0; i < objective.outputs; ++i) right += (outputs[i] > 0) == (targets[i] > threshold) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(objective.outputs);
}

}  // namespace smolgrad::train

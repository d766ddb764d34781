// Rows of inputs and targets, put together in the order and precision that training takes them in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>
#include <smolgrad/error.hpp>

#include "objective.hpp"

namespace smolgrad::train {

/// The caller's arrays.
template <class From>
struct Data {
  const From* x;
  const From* y;
  std::size_t rows;
};

/// One sample of them, to `to`.
template <class From, class T>
void take_sample(const Data<From>& data, std::size_t row, const Objective& objective, T* to) {
  const From* const x = data.x + row * objective.inputs;
  const From* const y = data.y + row * objective.targets;
  for (std::size_t i = 0; i < objective.inputs; ++i) to[i] = static_cast<T>(x[i]);
  to += objective.inputs;
  for (std::size_t i = 0; i < objective.targets; ++i) to[i] = static_cast<T>(y[i]);
}

/// The samples of these rows, one after the other.
template <class From, class T>
void take_samples(const Data<From>& data, const std::size_t* rows, std::size_t count, const Objective& objective,
                  T* to) {
  for (std::size_t i = 0; i < count; ++i, to += objective.width()) take_sample(data, rows[i], objective, to);
}

template <class From>
void require_numbers(const From* numbers, std::size_t rows, std::size_t columns, const char* what) {
  for (std::size_t row = 0; row < rows; ++row, numbers += columns) {
    // 0 times what is not finite is NaN, and stays so in a sum.
    From check = 0;
    for (std::size_t i = 0; i < columns; ++i) check += numbers[i] * From(0);
    if (check == From(0)) continue;
    const From* const bad =
        std::find_if(numbers, numbers + columns, [](From number) { return !std::isfinite(number); });
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} has {} in row {}, column {} (from 0)", what, *bad, row, bad - numbers));
  }
}

/// Throws for rows that cannot be there.
template <class From>
void require_rows(const Data<From>& data, const Objective& objective) {
  if (data.rows == 0) throw Error(ErrorCode::invalid_argument, "there are no rows");
  if (data.x == nullptr || data.y == nullptr) throw Error(ErrorCode::invalid_argument, "there are no arrays of data");
  if (data.rows > PTRDIFF_MAX / sizeof(double) / objective.width()) {
    throw Error(ErrorCode::invalid_argument, "there are more rows than memory has numbers");
  }
}

/// Throws for what nothing can be learned from.
template <class From>
void require_samples(const Data<From>& data, const Objective& objective) {
  require_rows(data, objective);
  require_numbers(data.x, data.rows, objective.inputs, "x");
  require_numbers(data.y, data.rows, objective.targets, "y");
  if (objective.judgement != Judgement::classes || objective.targets != 1) return;
  for (std::size_t row = 0; row < data.rows; ++row) {
    const From target = data.y[row];
    if (target >= 0 && target < static_cast<From>(objective.outputs) && target == std::floor(target)) continue;
    throw Error(ErrorCode::invalid_argument, fmt::format("y has {} in row {} (from 0), which is none of {} classes",
                                                         target, row, objective.outputs));
  }
}

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

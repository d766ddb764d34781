// Rows of inputs and targets, put together in the order and precision that training takes them in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <fmt/compile.h>
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
  const auto converted = [](From number) { return static_cast<T>(number); };
  if constexpr (std::is_same_v<From, T>) {
    to = std::copy_n(x, objective.inputs, to);
  } else {
    to = std::transform(x, x + objective.inputs, to, converted);
  }
  std::transform(y, y + objective.targets, to, converted);
}

/// So that it is on its way when it is taken: rows come in random order.
template <class From>
void expect_sample(const Data<From>& data, std::size_t row, const Objective& objective) {
#if defined(__GNUC__)
  constexpr std::size_t line = 64 / sizeof(From);
  const From* const x = data.x + row * objective.inputs;
  for (std::size_t i = 0; i < objective.inputs; i += line) __builtin_prefetch(x + i);
#else
  static_cast<void>(data), static_cast<void>(row), static_cast<void>(objective);
#endif
}

/// The samples of these rows, one after the other.
template <class From, class T>
void take_samples(const Data<From>& data, const std::size_t* rows, std::size_t count, const Objective& objective,
                  T* to) {
  for (std::size_t i = 0; i < count; ++i, to += objective.width()) {
    if (i + 1 < count) expect_sample(data, rows[i + 1], objective);
    take_sample(data, rows[i], objective, to);
  }
}

/// Finite, and within the range of T.
template <class T, class From>
bool is_good(From number) {
  constexpr auto largest =
      static_cast<From>(std::min<double>(std::numeric_limits<T>::max(), std::numeric_limits<From>::max()));
  return std::abs(number) <= largest;
}

template <class T, class From>
bool all_good(const From* numbers, std::size_t count) {
  unsigned bad = 0;  // which compilers find by vectors
  for (std::size_t i = 0; i < count; ++i) bad |= is_good<T>(numbers[i]) ? 0U : 1U;
  return bad == 0;
}

template <class T, class From>
void require_numbers(const From* numbers, std::size_t rows, std::size_t columns, const char* what) {
  if (all_good<T>(numbers, rows * columns)) return;
  const From* const bad = std::find_if_not(numbers, numbers + rows * columns, is_good<T, From>);
  const auto at = static_cast<std::size_t>(bad - numbers);
  throw Error(ErrorCode::invalid_argument, fmt::format(FMT_COMPILE("{} has {} in row {}, column {} (from 0)"), what,
                                                       *bad, at / columns, at % columns));
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

/// Throws for what nothing can be learned from in the precision T.
template <class T, class From>
void require_samples(const Data<From>& data, const Objective& objective) {
  require_rows(data, objective);
  require_numbers<T>(data.x, data.rows, objective.inputs, "x");
  require_numbers<T>(data.y, data.rows, objective.targets, "y");
  if (objective.judgement != Judgement::classes || objective.targets != 1) return;
  for (std::size_t row = 0; row < data.rows; ++row) {
    const From target = data.y[row];
    if (target >= 0 && target < static_cast<From>(objective.outputs) && target == std::floor(target)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format(FMT_COMPILE("y has {} in row {} (from 0), which is none of {} classes"), target, row,
                            objective.outputs));
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

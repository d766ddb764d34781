// Rows of inputs and targets, put together in the order and precision that training takes them in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Whether all are finite: by their bits, which compilers can look at by vectors.
template <class From>
bool all_finite(const From* numbers, std::size_t count) {
  using Bits = std::conditional_t<sizeof(From) == sizeof(float), std::uint32_t, std::uint64_t>;
  constexpr auto exponent = sizeof(From) == sizeof(float) ? Bits{0x7f800000U} : static_cast<Bits>(0x7ff0000000000000U);
  Bits found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, numbers + i, sizeof bits);
    found |= (bits & exponent) == exponent ? Bits{1} : Bits{0};
  }
  return found == 0;
}

template <class From>
void require_numbers(const From* numbers, std::size_t rows, std::size_t columns, const char* what) {
  for (std::size_t row = 0; row < rows; ++row, numbers += columns) {
    if (all_finite(numbers, columns)) continue;
    const From* const bad =
        std::find_if(numbers, numbers + columns, [](From number) { return !std::isfinite(number); });
    throw Error(ErrorCode::invalid_argument,
                fmt::format(FMT_COMPILE("{} has {} in row {}, column {} (from 0)"), what, *bad, row, bad - numbers));
  }
}

/// Throws for what nothing can be learned from.
template <class From>
void require_samples(const Data<From>& data, const Objective& objective) {
  if (data.rows == 0) throw Error(ErrorCode::invalid_argument, "there are no rows");
  if (data.x == nullptr || data.y == nullptr) throw Error(ErrorCode::invalid_argument, "there are no arrays of data");
  require_numbers(data.x, data.rows, objective.inputs, "x");
  require_numbers(data.y, data.rows, objective.targets, "y");
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

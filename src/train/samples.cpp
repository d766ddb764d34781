#include "samples.hpp"

#include <atomic>
#include <cmath>
#include <cstdint>

#include <fmt/compile.h>
#include <smolgrad/detail/shown.hpp>
#include <smolgrad/error.hpp>

#include "sharing.hpp"

namespace smolgrad::train {

namespace {

template <class From>
struct Arrays {
  const From* x;
  const From* y;
};

/// action(arrays), with the type that they have.
template <class Action>
void with_type(const Data& data, Action action) {
  if (data.dtype == Dtype::float64) {
    action(Arrays<double>{static_cast<const double*>(data.x), static_cast<const double*>(data.y)});
  } else {
    action(Arrays<float>{static_cast<const float*>(data.x), static_cast<const float*>(data.y)});
  }
}

template <class From, class T>
T* convert(const From* from, std::size_t count, T* to) {
  if constexpr (std::is_same_v<From, T>) return std::copy_n(from, count, to);
  return std::transform(from, from + count, to, [](From number) { return static_cast<T>(number); });
}

/// Column after column: for rows so short that a call for each would take longer than what it does.
template <class From, class T>
void convert_columns(const From* from, std::size_t columns, const std::size_t* rows, std::size_t count, T* to,
                     std::size_t width) {
  for (std::size_t k = 0; k < columns; ++k) {
    for (std::size_t i = 0; i < count; ++i) {
      to[i * width + k] = static_cast<T>(from[(rows == nullptr ? i : rows[i]) * columns + k]);
    }
  }
}

/// So that they are on their way when they are taken: rows come in random order.
template <class From>
void expect(const From* from, std::size_t count) {
#if defined(__GNUC__)
  constexpr std::size_t line = 64 / sizeof(From);
  for (std::size_t i = 0; i < count; i += line) __builtin_prefetch(from + i);
#else
  static_cast<void>(from), static_cast<void>(count);
#endif
}

template <class From>
void require_numbers(From largest, const From* numbers, std::size_t rows, std::size_t columns, const char* what,
                     const RunOptions& run) {
  const std::size_t size = rows * columns;
  if (all_within(largest, numbers, size, run)) return;
  const From* const bad = std::find_if(numbers, numbers + size, [=](From x) { return !(std::abs(x) <= largest); });
  const auto at = static_cast<std::size_t>(bad - numbers);
  throw Error(ErrorCode::invalid_argument,
              fmt::format(FMT_COMPILE("{} has {} in row {}, column {} (from 0)"), what,
                          detail::shown(static_cast<double>(*bad)), at / columns, at % columns));
}

template <class From>
void require_classes(const From* y, std::size_t rows, std::size_t classes) {
  for (std::size_t row = 0; row < rows; ++row) {
    if (y[row] >= 0 && y[row] < static_cast<From>(classes) && y[row] == std::floor(y[row])) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format(FMT_COMPILE("y has {} in row {} (from 0), which is none of {} classes"),
                            detail::shown(static_cast<double>(y[row])), row, classes));
  }
}

}  // namespace

template <class T>
void take_samples(const Data& data, const std::size_t* rows, std::size_t count, const Objective& objective, T* to) {
  const std::size_t inputs = objective.inputs;
  const std::size_t targets = objective.targets;
  with_type(data, [&](const auto& arrays) {
    constexpr std::size_t few = 8;
    if (objective.width() <= few) {
      convert_columns(arrays.x, inputs, rows, count, to, objective.width());
      convert_columns(arrays.y, targets, rows, count, to + inputs, objective.width());
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = rows == nullptr ? i : rows[i];
      if (rows != nullptr && i + 1 < count) expect(arrays.x + rows[i + 1] * inputs, inputs);
      to = convert(arrays.x + row * inputs, inputs, to);
      to = convert(arrays.y + row * targets, targets, to);
    }
  });
}

template <class From>
bool all_within(From largest, const From* numbers, std::size_t count, const RunOptions& run) {
  std::atomic<bool> all_good{true};
  share_out_evenly(run, count, [&](std::size_t first, std::size_t last) {
    unsigned bad = 0;  // which compilers find by vectors
    for (std::size_t i = first; i < last; ++i) bad |= std::abs(numbers[i]) <= largest ? 0U : 1U;
    if (bad != 0) all_good = false;
  });
  return all_good;
}

template <class T>
void require_samples(const Data& data, const Objective& objective, const RunOptions& run) {
  if (data.rows == 0) throw Error(ErrorCode::invalid_argument, "there are no rows");
  if (data.x == nullptr || data.y == nullptr) throw Error(ErrorCode::invalid_argument, "there are no arrays of data");
  if (data.rows > PTRDIFF_MAX / sizeof(double) / objective.width()) {
    throw Error(ErrorCode::invalid_argument, "there are more rows than memory has numbers");
  }
  with_type(data, [&](const auto& arrays) {
    constexpr auto largest = largest_of<T, std::decay_t<decltype(*arrays.x)>>;
    require_numbers(largest, arrays.x, data.rows, objective.inputs, "x", run);
    require_numbers(largest, arrays.y, data.rows, objective.targets, "y", run);
    if (objective.judgement == Judgement::classes && objective.targets == 1) {
      require_classes(arrays.y, data.rows, objective.outputs);
    }
  });
}

/// Four sums at once, which do not wait for one another.
template <class T>
double sum_of(const T* numbers, std::size_t count) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(numbers[i + k]);
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(numbers[i]);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

template bool all_within(double, const double*, std::size_t, const RunOptions&);
template bool all_within(float, const float*, std::size_t, const RunOptions&);
template double sum_of(const double*, std::size_t);
template double sum_of(const float*, std::size_t);
template void take_samples(const Data&, const std::size_t*, std::size_t, const Objective&, double*);
template void take_samples(const Data&, const std::size_t*, std::size_t, const Objective&, float*);
template void require_samples<double>(const Data&, const Objective&, const RunOptions&);
template void require_samples<float>(const Data&, const Objective&, const RunOptions&);

}  // namespace smolgrad::train

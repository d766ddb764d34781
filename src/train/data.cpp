// What is done to data before training: columns scaled, labels as vectors, rows divided.
#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>
#include <string>

#include <fmt/compile.h>
#include <smolgrad/data.hpp>

#include "../io/message.hpp"
#include "permutation.hpp"

namespace smolgrad {

namespace {

void require(bool condition, const char* message) {
  if (!condition) io::throw_invalid_argument({message});
}

template <class T>
std::vector<T> zeros(std::size_t rows, std::size_t columns) try {
  if (columns != 0 && rows > PTRDIFF_MAX / sizeof(T) / columns) throw std::bad_alloc();
  return std::vector<T>(rows * columns);
} catch (const std::bad_alloc&) {
  io::throw_out_of_memory("data");
}

/// Sums of the differences from a first row rather than of the numbers, so that a large mean costs no digits; a column
/// of equal numbers comes out as exactly that, with deviation 0.
template <class T>
Standardization measure(const T* values, std::size_t rows, std::size_t columns) {
  Standardization result{zeros<double>(columns, 1), zeros<double>(columns, 1)};
  const auto n = static_cast<double>(rows);
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<double>(values[row * columns + column]);
  };
  for (std::size_t row = 1; row < rows; ++row) {
    for (std::size_t i = 0; i < columns; ++i) result.means[i] += at(row, i) - at(0, i);
  }
  for (std::size_t i = 0; i < columns; ++i) result.means[i] = at(0, i) + result.means[i] / n;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      const double difference = at(row, i) - result.means[i];
      result.deviations[i] += difference * difference;
    }
  }
  for (double& deviation : result.deviations) deviation = std::sqrt(deviation / n);
  return result;
}

void check_label(double label, std::size_t row, std::size_t classes) {
  // NaN is not among them either.
  if (label >= 0.0 && label < static_cast<double>(classes) && label == std::floor(label)) return;
  io::throw_invalid_argument({"one_hot: the label of row ", row, " is ", fmt::format(FMT_COMPILE("{}"), label),
                              ", and there are ", classes, " classes"});
}

void check_columns(const std::vector<std::size_t>& indices, std::size_t columns) {
  for (const std::size_t index : indices) {
    if (index >= columns) io::throw_invalid_argument({"take_columns: no column ", index, " among ", columns});
  }
}

}  // namespace

template <class T>
void Standardization::apply(T* values, std::size_t rows) const {
  require(means.size() == deviations.size(), "apply: as many means as deviations are needed");
  require(values != nullptr || rows == 0 || means.empty(), "apply: no array");
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < means.size(); ++i, ++values) {
      *values = deviations[i] == 0.0 ? T(0) : static_cast<T>((static_cast<double>(*values) - means[i]) / deviations[i]);
    }
  }
}

template <class T>
Standardization standardize(T* values, std::size_t rows, std::size_t columns) {
  require(rows > 0, "standardize: no rows");
  require(values != nullptr || columns == 0, "standardize: no array");
  Standardization result = measure(values, rows, columns);
  result.apply(values, rows);
  return result;
}

template <class T>
std::vector<T> one_hot(const T* labels, std::size_t rows, std::size_t classes) {
  require(labels != nullptr || rows == 0, "one_hot: no labels");
  for (std::size_t row = 0; row < rows; ++row) check_label(static_cast<double>(labels[row]), row, classes);
  std::vector<T> result = zeros<T>(rows, classes);
  for (std::size_t row = 0; row < rows; ++row) result[row * classes + static_cast<std::size_t>(labels[row])] = T(1);
  return result;
}

Split split(std::size_t rows, double fraction, std::uint64_t seed) try {
  require(fraction >= 0.0 && fraction <= 1.0, "split: the fraction is from 0 to 1");
  Split result{zeros<std::size_t>(rows, 1), {}};
  std::iota(result.training.begin(), result.training.end(), std::size_t{0});
  train::permute(result.training, seed, train::split_stream);
  const auto count = static_cast<std::size_t>(std::floor(static_cast<double>(rows) * fraction + 0.5));
  result.rest = zeros<std::size_t>(rows - count, 1);
  std::copy_n(result.training.data() + count, rows - count, result.rest.data());
  result.training.resize(count);
  return result;
} catch (const std::bad_alloc&) {
  io::throw_out_of_memory("data");
}

template <class T>
std::vector<T> take_rows(const T* values, std::size_t columns, const std::vector<std::size_t>& indices) {
  require(values != nullptr || columns == 0 || indices.empty(), "take_rows: no array");
  std::vector<T> result = zeros<T>(indices.size(), columns);
  T* next = result.data();
  for (const std::size_t row : indices) next = std::copy_n(values + row * columns, columns, next);
  return result;
}

template <class T>
std::vector<T> take_columns(const T* values, std::size_t rows, std::size_t columns,
                            const std::vector<std::size_t>& indices) {
  require(values != nullptr || rows == 0 || columns == 0, "take_columns: no array");
  check_columns(indices, columns);
  std::vector<T> result = zeros<T>(rows, indices.size());
  T* next = result.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (const std::size_t index : indices) *next++ = values[row * columns + index];
  }
  return result;
}

#define SMOLGRAD_INSTANTIATE(T)                                                                           \
  template SMOLGRAD_API void Standardization::apply(T*, std::size_t) const;                               \
  template SMOLGRAD_API Standardization standardize(T*, std::size_t, std::size_t);                        \
  template SMOLGRAD_API std::vector<T> one_hot(const T*, std::size_t, std::size_t);                       \
  template SMOLGRAD_API std::vector<T> take_rows(const T*, std::size_t, const std::vector<std::size_t>&); \
  template SMOLGRAD_API std::vector<T> take_columns(const T*, std::size_t, std::size_t,                   \
                                                    const std::vector<std::size_t>&);
SMOLGRAD_INSTANTIATE(double)
SMOLGRAD_INSTANTIATE(float)
#undef SMOLGRAD_INSTANTIATE

}  // namespace smolgrad

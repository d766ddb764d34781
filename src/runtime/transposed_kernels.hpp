// Products of two sets of rows, each with each: of outer products summed over a batch whose sides are so short that
// adding up lanes costs less than transposing a side, and of weights and few samples.
#pragma once

#include "kernels.hpp"
#include "lanes_sums.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// add(load) for one vector of all lines after the other, the last one filled up with 0.
template <class Float, class Add>
HWY_INLINE void add_by_vectors(std::size_t length, const Add& add) {
  using L = Lanes<Float>;
  std::size_t s = 0;
  for (; s + L::size() <= length; s += L::size()) {
    add([s](const Float* from) HWY_ATTR { return L::load_unaligned(from + s); });
  }
  if (s < length) {
    add([s, rest = length - s](const Float* from) HWY_ATTR { return L::load_first(from + s, rest); });
  }
}

/// As many as store_sums takes.
constexpr std::size_t patch_columns = 4;
/// A patch's sums, a factor for each of its rows, and one for its columns in turn take AVX2's 16 registers.
constexpr std::size_t patch_rows = HWY_TARGET == HWY_AVX2 ? 3 : 4;

/// Beyond the last rows and columns these are repeated, and not stored.
template <class Float>
HWY_INLINE void multiply_patch(const TransposedProduct<Float>& work, std::size_t row, std::size_t column) {
  using L = Lanes<Float>;
  const std::size_t rows = work.rows - row < patch_rows ? work.rows - row : patch_rows;
  const std::size_t columns = work.columns - column < patch_columns ? work.columns - column : patch_columns;
  const Float* left[patch_rows];
  const Float* right[patch_columns];
  for (std::size_t i = 0; i < patch_rows; ++i) left[i] = work.left[row + (i < rows ? i : rows - 1)];
  for (std::size_t k = 0; k < patch_columns; ++k) right[k] = work.right[column + (k < columns ? k : columns - 1)];
  L sums[patch_rows][patch_columns];
  for (auto& of_row : sums) {
    for (L& sum : of_row) sum = L(0.0);
  }
  const auto add_products = [&](auto load) {
    L factors[patch_rows];
    for (std::size_t i = 0; i < patch_rows; ++i) factors[i] = load(left[i]);
    for (std::size_t k = 0; k < patch_columns; ++k) {
      const L factor = load(right[k]);
      for (std::size_t i = 0; i < patch_rows; ++i) sums[i][k] = multiply_add(factors[i], factor, sums[i][k]);
    }
  };
  add_by_vectors<Float>(work.length, add_products);
  Float* const to = work.to + static_cast<std::ptrdiff_t>(row) * work.to_step + column;
  // Bounds known to the compiler keep the sums in their registers.
  if (rows == patch_rows && columns == patch_columns && !work.accumulate) {
    for (std::size_t i = 0; i < patch_rows; ++i) {
      store_sums(sums[i], to + static_cast<std::ptrdiff_t>(i) * work.to_step);
    }
    return;
  }
  Float products[patch_rows][patch_columns];
  for (std::size_t i = 0; i < patch_rows; ++i) store_sums(sums[i], products[i]);
  for (std::size_t i = 0; i < rows; ++i) {
    Float* const to_row = to + static_cast<std::ptrdiff_t>(i) * work.to_step;
    for (std::size_t k = 0; k < columns; ++k) {
      to_row[k] = work.accumulate ? to_row[k] + products[i][k] : products[i][k];
    }
  }
}

/// One line with each of `count` others, four at a time; beyond the last ones these are repeated, and not stored.
template <class Float>
HWY_INLINE void multiply_line(const TransposedProduct<Float>& work, const Float* line, const Float* const* others,
                              std::size_t count, Float* to, std::ptrdiff_t to_step) {
  using L = Lanes<Float>;
  constexpr std::size_t side = 4;
  for (std::size_t first = 0; first < count; first += side) {
    const std::size_t taken = count - first < side ? count - first : side;
    const Float* other[side];
    for (std::size_t i = 0; i < side; ++i) other[i] = others[first + (i < taken ? i : taken - 1)];
    L sums[side];
    for (L& sum : sums) sum = L(0.0);
    const auto add_products = [&](auto load) HWY_ATTR {
      const L factor = load(line);
      for (std::size_t i = 0; i < side; ++i) sums[i] = multiply_add(factor, load(other[i]), sums[i]);
    };
    add_by_vectors<Float>(work.length, add_products);
    Float products[side];
    store_sums(sums, products);
    for (std::size_t i = 0; i < taken; ++i, to += to_step) *to = work.accumulate ? *to + products[i] : products[i];
  }
}

template <class Float>
HWY_FLATTEN void multiply_transposed(const TransposedProduct<Float>& work) {
  constexpr std::size_t thin = 2;  // patches would be mostly repetition
  const auto line_of = [&](std::size_t row) { return work.to + static_cast<std::ptrdiff_t>(row) * work.to_step; };
  if (work.rows <= thin) {
    for (std::size_t row = 0; row < work.rows; ++row) {
      multiply_line(work, work.left[row], work.right, work.columns, line_of(row), 1);
    }
  } else if (work.columns <= thin) {
    for (std::size_t column = 0; column < work.columns; ++column) {
      multiply_line(work, work.right[column], work.left, work.rows, work.to + column, work.to_step);
    }
  } else {
    for (std::size_t row = 0; row < work.rows; row += patch_rows) {
      for (std::size_t column = 0; column < work.columns; column += patch_columns) multiply_patch(work, row, column);
    }
  }
}

/// Four rows; beyond the last one it is repeated, and not stored.
template <class Float>
HWY_FLATTEN void add_up(const RowSums<Float>& work) {
  using L = Lanes<Float>;
  constexpr std::size_t side = 4;
  for (std::size_t row = 0; row < work.rows; row += side) {
    const std::size_t rows = work.rows - row < side ? work.rows - row : side;
    const Float* from[side];
    L sums[side];
    for (std::size_t i = 0; i < side; ++i) {
      from[i] = work.from + (row + (i < rows ? i : rows - 1)) * work.from_step;
      sums[i] = L(0.0);
    }
    std::size_t s = 0;
    for (; s + L::size() <= work.samples; s += L::size()) {
      for (std::size_t i = 0; i < side; ++i) sums[i] += L::load_unaligned(from[i] + s);
    }
    if (s < work.samples) {
      for (std::size_t i = 0; i < side; ++i) sums[i] += L::load_first(from[i] + s, work.samples - s);
    }
    Float totals[side];
    store_sums(sums, totals);
    Float* const to = work.to + row;
    for (std::size_t i = 0; i < rows; ++i) to[i] = work.accumulate ? to[i] + totals[i] : totals[i];
  }
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

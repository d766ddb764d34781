// Products of two sets of rows, each with each, over the samples: for outer products summed over a batch whose sides
// are short enough that adding up lanes costs less than transposing a side.
#pragma once

#include "kernels.hpp"
#include "lanes_sums.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// Four rows by four columns; beyond the last ones these are repeated, and not stored.
template <class Float>
HWY_INLINE void multiply_square(const TransposedProduct<Float>& work, std::size_t row, std::size_t column) {
  using L = Lanes<Float>;
  constexpr std::size_t side = 4;
  const std::size_t rows = work.rows - row < side ? work.rows - row : side;
  const std::size_t columns = work.columns - column < side ? work.columns - column : side;
  const Float* left[side];
  const Float* right[side];
  for (std::size_t i = 0; i < side; ++i) {
    left[i] = work.left[row + (i < rows ? i : rows - 1)];
    right[i] = work.right[column + (i < columns ? i : columns - 1)];
  }
  L sums[side][side];
  for (auto& of_row : sums) {
    for (L& sum : of_row) sum = L(0.0);
  }
  const auto add_products = [&](auto load) {
    L factors[side];
    for (std::size_t k = 0; k < side; ++k) factors[k] = load(right[k]);
    for (std::size_t i = 0; i < side; ++i) {
      const L factor = load(left[i]);
      for (std::size_t k = 0; k < side; ++k) sums[i][k] = multiply_add(factor, factors[k], sums[i][k]);
    }
  };
  std::size_t s = 0;
  for (; s + L::size() <= work.samples; s += L::size()) {
    add_products([s](const Float* from) HWY_ATTR { return L::load_unaligned(from + s); });
  }
  if (s < work.samples) {
    const std::size_t rest = work.samples - s;
    add_products([s, rest](const Float* from) HWY_ATTR { return L::load_first(from + s, rest); });
  }
  Float* to = work.to + static_cast<std::ptrdiff_t>(row) * work.to_step + column;
  for (std::size_t i = 0; i < rows; ++i, to += work.to_step) {
    if (columns == side && !work.accumulate) {
      store_sums(sums[i], to);
      continue;
    }
    Float products[side];
    store_sums(sums[i], products);
    for (std::size_t k = 0; k < columns; ++k) to[k] = work.accumulate ? to[k] + products[k] : products[k];
  }
}

template <class Float>
HWY_FLATTEN void multiply_transposed(const TransposedProduct<Float>& work) {
  for (std::size_t row = 0; row < work.rows; row += 4) {
    for (std::size_t column = 0; column < work.columns; column += 4) multiply_square(work, row, column);
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

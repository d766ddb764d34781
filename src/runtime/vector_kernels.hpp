// Products for one sample, whose numbers stand side by side: matrix by vector, and vector by vector into a matrix.
#pragma once

#include "dot_kernels.hpp"
#include "kernels.hpp"
#include "lanes_sums.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

template <class Float, std::size_t rows>
HWY_INLINE void dot_rows(const VectorProduct<Float>& work, std::size_t row) {
  using L = Lanes<Float>;
  const Float* c[rows];
  for (std::size_t i = 0; i < rows; ++i) c[i] = work.c + static_cast<std::ptrdiff_t>(row + i) * work.c_row_step;
  L sums[rows];
  add_products<Float, rows>(c, work.x, work.columns, sums);
  if constexpr (rows == 4) {
    if (work.columns < worth_aligning<Float>) return store_sums(sums, work.y + row);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    work.y[row + i] = hn::GetLane(hn::SumOfLanes(typename L::Tag(), sums[i].raw));
  }
}

/// Each column times its number, added up: for coefficients whose columns are side by side.
template <class Float>
HWY_INLINE void combine_columns(const VectorProduct<Float>& work, std::size_t row, std::size_t count) {
  using L = Lanes<Float>;
  L sum(0.0);
  const Float* c = work.c + row;
  if (count == L::size()) {
    for (std::size_t k = 0; k < work.columns; ++k, c += work.c_step) {
      sum = multiply_add(L(hn::Set(typename L::Tag(), work.x[k])), L::load_unaligned(c), sum);
    }
    sum.store_unaligned(work.y + row);
  } else {
    for (std::size_t k = 0; k < work.columns; ++k, c += work.c_step) {
      sum = multiply_add(L(hn::Set(typename L::Tag(), work.x[k])), L::load_first(c, count), sum);
    }
    sum.store_first(work.y + row, count);
  }
}

/// So few are multiplied sooner than added up across a vector.
constexpr std::size_t few_columns = 3;

template <class Float>
HWY_FLATTEN void multiply_vector(const VectorProduct<Float>& work) {
  constexpr std::size_t lanes = Lanes<Float>::size();
  if (work.c_row_step == 1) {
    for (std::size_t row = 0; row < work.rows; row += lanes) {
      combine_columns(work, row, work.rows - row < lanes ? work.rows - row : lanes);
    }
  } else if (work.c_step == 1 && work.columns > few_columns) {
    std::size_t row = 0;
    for (; row + 4 <= work.rows; row += 4) dot_rows<Float, 4>(work, row);
    for (; row < work.rows; ++row) dot_rows<Float, 1>(work, row);
  } else {
    for (std::size_t row = 0; row < work.rows; ++row) {
      const Float* c = work.c + static_cast<std::ptrdiff_t>(row) * work.c_row_step;
      Float sum = 0;
      for (std::size_t k = 0; k < work.columns; ++k, c += work.c_step) sum += *c * work.x[k];
      work.y[row] = sum;
    }
  }
  if (work.biases == nullptr) return;
  std::size_t row = 0;
  if (work.bias_step == 1) {
    for (; row + lanes <= work.rows; row += lanes) {
      (Lanes<Float>::load_unaligned(work.y + row) + Lanes<Float>::load_unaligned(work.biases + row))
          .store_unaligned(work.y + row);
    }
  }
  const Float* bias = work.biases + static_cast<std::ptrdiff_t>(row) * work.bias_step;
  for (; row < work.rows; ++row, bias += work.bias_step) work.y[row] += *bias;
}

/// One vector of columns, each row after the other.
template <class Float, class Load, class Store>
HWY_INLINE void multiply_strip(const OuterProduct<Float>& work, std::size_t column, const Load& load,
                               const Store& store) {
  using L = Lanes<Float>;
  const L right = load(work.right + column);
  Float* to = work.to + column;
  for (std::size_t i = 0; i < work.rows; ++i, to += work.to_step) {
    const L left(hn::Set(typename L::Tag(), work.left[i]));
    store(work.accumulate ? multiply_add(left, right, load(to)) : left * right, to);
  }
}

template <class Float>
HWY_FLATTEN void multiply_outer(const OuterProduct<Float>& work) {
  using L = Lanes<Float>;
  std::size_t k = 0;
  for (; k + L::size() <= work.columns; k += L::size()) {
    multiply_strip(
        work, k, [](const Float* from) HWY_ATTR { return L::load_unaligned(from); },
        [](L numbers, Float* to) HWY_ATTR { numbers.store_unaligned(to); });
  }
  if (L::size() == 1 || k == work.columns) return;
  const std::size_t rest = work.columns - k;
  multiply_strip(
      work, k, [rest](const Float* from) HWY_ATTR { return L::load_first(from, rest); },
      [rest](L numbers, Float* to) HWY_ATTR { numbers.store_first(to, rest); });
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

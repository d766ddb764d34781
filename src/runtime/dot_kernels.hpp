// Dot products of several rows with one vector.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// Rows with fewer columns are read from where they begin.
template <class Float>
constexpr std::size_t worth_aligning = 8 * Lanes<Float>::size();

/// Sets each of `sums`, whose lanes add up to the product of a row and x. Vectors begin where the rows are aligned,
/// since loads from far away should not straddle cache lines. The result does not depend on that: each lane takes the
/// same columns in the same order, only rotated, and lanes are to be added across half their number, a quarter and so
/// on, which rotation leaves as it is.
template <class Float, std::size_t rows>
HWY_INLINE void add_products(const Float* const* c, const Float* x, std::size_t columns, Lanes<Float>* sums) {
  using L = Lanes<Float>;
  for (std::size_t i = 0; i < rows; ++i) sums[i] = L(0.0);
  // Lanes of the first vector that lie before the row.
  const std::size_t into_vector = reinterpret_cast<std::uintptr_t>(c[0]) / sizeof(Float) % L::size();
  const std::size_t skipped = columns < worth_aligning<Float> ? 0 : into_vector;
  const std::size_t head = skipped == 0 ? 0 : L::size() - skipped;
  if (skipped != 0) {
    const L factor = L::load_last(x, head);
    for (std::size_t i = 0; i < rows; ++i) sums[i] = multiply_add(L::load_last(c[i], head), factor, sums[i]);
  }
  std::size_t k = head;
  for (; k + L::size() <= columns; k += L::size()) {
    const L factor = L::load_unaligned(x + k);
    for (std::size_t i = 0; i < rows; ++i) sums[i] = multiply_add(L::load_unaligned(c[i] + k), factor, sums[i]);
  }
  if (k < columns) {
    const std::size_t rest = columns - k;
    const L factor = L::load_first(x + k, rest);
    for (std::size_t i = 0; i < rows; ++i) sums[i] = multiply_add(L::load_first(c[i] + k, rest), factor, sums[i]);
  }
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

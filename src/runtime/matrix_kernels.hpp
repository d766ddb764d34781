// Matrix products over a block of samples. A tile of results stays in registers while the columns go by: each column
// costs its vectors of samples, one broadcast a row, and a multiply-add for each pair.
#pragma once

#include <utility>

#include "kernels.hpp"
#include "lanes_mathematics.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// Rows of a tile: with two vectors of samples, a coefficient and the samples themselves all registers are in use.
#if HWY_TARGET == HWY_AVX3
constexpr std::size_t tile_rows = 12;
#elif HWY_TARGET == HWY_SCALAR
constexpr std::size_t tile_rows = 3;
#else
constexpr std::size_t tile_rows = 6;
#endif

template <class Float>
HWY_INLINE Lanes<Float> bias_of(const MatrixProduct<Float>& work, std::size_t row) {
  using L = Lanes<Float>;
  if (work.biases == nullptr) return L(0.0);
  return hn::Set(typename L::Tag(), work.biases[static_cast<std::ptrdiff_t>(row) * work.bias_step]);
}

template <class Float, std::size_t rows, std::size_t vectors>
HWY_INLINE void multiply_tile(const MatrixProduct<Float>& work, std::size_t row, std::size_t sample) {
  using L = Lanes<Float>;
  L sums[rows][vectors];
  const Float* c[rows];
  for (std::size_t i = 0; i < rows; ++i) {
    c[i] = work.c[row + i];
    for (std::size_t v = 0; v < vectors; ++v) {
      sums[i][v] = work.accumulate ? L::load(work.y[row + i] + sample + v * L::size()) : bias_of(work, row + i);
    }
  }
  std::ptrdiff_t at = 0;
  for (std::size_t k = 0; k < work.columns; ++k, at += work.c_step) {
    const Float* const x = work.x[k] + sample;
    L samples[vectors];
    for (std::size_t v = 0; v < vectors; ++v) samples[v] = L::load(x + v * L::size());
    for (std::size_t i = 0; i < rows; ++i) {
      const L coefficient(hn::Set(typename L::Tag(), c[i][at]));
      for (std::size_t v = 0; v < vectors; ++v) sums[i][v] = multiply_add(coefficient, samples[v], sums[i][v]);
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t v = 0; v < vectors; ++v) sums[i][v].store(work.y[row + i] + sample + v * L::size());
  }
}

template <class Float, std::size_t rows>
HWY_FLATTEN void multiply_rows(const MatrixProduct<Float>& work, std::size_t row, std::size_t sample) {
  const std::size_t two = 2 * Lanes<Float>::size();
  if (sample + two <= work.samples) {
    multiply_tile<Float, rows, 2>(work, row, sample);
  } else {
    multiply_tile<Float, rows, 1>(work, row, sample);
  }
}

template <class Float, std::size_t... less_one>
HWY_INLINE void multiply_some_rows(const MatrixProduct<Float>& work, std::size_t rows, std::size_t row,
                                   std::size_t sample, std::index_sequence<less_one...>) {
  using Tile = void (*)(const MatrixProduct<Float>&, std::size_t, std::size_t);
  constexpr Tile tiles[] = {&multiply_rows<Float, less_one + 1>...};
  tiles[rows - 1](work, row, sample);
}

/// In tiles as even as can be.
template <class Float>
HWY_FLATTEN void multiply(const MatrixProduct<Float>& work) {
  const std::size_t tiles = (work.rows + tile_rows - 1) / tile_rows;
  for (std::size_t sample = 0; sample < work.samples; sample += 2 * Lanes<Float>::size()) {
    std::size_t row = 0;
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t end = work.rows * (tile + 1) / tiles;
      multiply_some_rows(work, end - row, row, sample, std::make_index_sequence<tile_rows>());
      row = end;
    }
  }
}

/// Vectors along the columns: each sum of a row and a sample is one dot product. Vectors begin where the coefficients
/// are aligned, since loads from far away should not straddle cache lines. The result does not depend on that: each
/// lane takes the same columns in the same order, only rotated, and lanes are added across half their number, a quarter
/// and so on, which rotation leaves as it is.
template <class Float, std::size_t rows>
HWY_INLINE void multiply_few_rows(const MatrixProduct<Float>& work, const Float* x, std::size_t x_step,
                                  std::size_t row) {
  using L = Lanes<Float>;
  const Float* c[rows];
  for (std::size_t i = 0; i < rows; ++i) c[i] = work.c[row + i];
  // Lanes of the first vector that lie before the row.
  const std::size_t into_vector = reinterpret_cast<std::uintptr_t>(c[0]) / sizeof(Float) % L::size();
  constexpr std::size_t worth_aligning = 8 * L::size();
  const std::size_t skipped = work.columns < worth_aligning ? 0 : into_vector;
  const std::size_t head = skipped == 0 ? 0 : L::size() - skipped;
  for (std::size_t s = 0; s < work.samples; ++s, x += x_step) {
    L sums[rows];
    for (L& sum : sums) sum = L(0.0);
    if (skipped != 0) {
      const L factor = L::load_last(x, head);
      for (std::size_t i = 0; i < rows; ++i) sums[i] = multiply_add(L::load_last(c[i], head), factor, sums[i]);
    }
    std::size_t k = head;
    for (; k + L::size() <= work.columns; k += L::size()) {
      const L factor = L::load_unaligned(x + k);
      for (std::size_t i = 0; i < rows; ++i) {
        sums[i] = multiply_add(L::load_unaligned(c[i] + k), factor, sums[i]);
      }
    }
    if (k < work.columns) {
      const std::size_t rest = work.columns - k;
      const L factor = L::load_first(x + k, rest);
      for (std::size_t i = 0; i < rows; ++i) {
        sums[i] = multiply_add(L::load_first(c[i] + k, rest), factor, sums[i]);
      }
    }
    for (std::size_t i = 0; i < rows; ++i) {
      const L sum = L(hn::SumOfLanes(typename L::Tag(), sums[i].raw)) + bias_of(work, row + i);
      if (s == 0) {
        sum.store(work.y[row + i]);
      } else {
        // There may be fewer lanes than samples.
        work.y[row + i][s] = hn::GetLane(sum.raw);
        for (std::size_t lane = s + 1; lane < L::size(); ++lane) work.y[row + i][lane] = hn::GetLane(sum.raw);
      }
    }
  }
}

template <class Float>
HWY_FLATTEN void multiply_few(const MatrixProduct<Float>& work, const Float* x, std::size_t x_step) {
  constexpr std::size_t together = 4;
  std::size_t row = 0;
  for (; row + together <= work.rows; row += together) multiply_few_rows<Float, together>(work, x, x_step, row);
  for (; row < work.rows; ++row) multiply_few_rows<Float, 1>(work, x, x_step, row);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

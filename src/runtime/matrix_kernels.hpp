// Matrix products over a block of samples. A tile of results stays in registers while the columns go by: each column
// costs its vectors of samples, one broadcast a row, and a multiply-add for each pair.
#pragma once

#include <utility>

#include "../ops/table.hpp"
#include "kernels.hpp"
#include "lanes_mathematics.hpp"
#include "prefetch.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

/// How many rows tiles have. With two vectors of samples, a coefficient and the samples themselves, the first takes all
/// registers; the others are for what is left over.
#if HWY_TARGET == HWY_AVX3
using TileRows = std::index_sequence<12, 8, 4, 2, 1>;
constexpr std::size_t largest_tile = 12;
#elif HWY_TARGET == HWY_SCALAR
using TileRows = std::index_sequence<3, 1>;
constexpr std::size_t largest_tile = 0;  // nothing is gained by what it does
#else
using TileRows = std::index_sequence<6, 4, 2, 1>;
constexpr std::size_t largest_tile = 6;
#endif

template <class Float>
constexpr Float zero = 0;

/// The biases of some rows, by how far they are apart.
template <class Float>
struct Biases {
  const Float* first;
  std::ptrdiff_t step;

  HWY_INLINE Biases(const MatrixProduct<Float>& work, std::size_t row)
      : first(work.biases == nullptr ? &zero<Float> : work.biases + static_cast<std::ptrdiff_t>(row) * work.bias_step),
        step(work.biases == nullptr ? 0 : work.bias_step) {}
};

/// action(i) for each, i known to the compiler: what it does to elements of an array then stays in registers.
template <std::size_t... i, class Action>
HWY_INLINE void for_each(std::index_sequence<i...>, const Action& action) {
  (action(std::integral_constant<std::size_t, i>()), ...);
}

/// `last`: how many samples there are in the last vector.
template <class Float, std::size_t rows, std::size_t vectors>
HWY_INLINE void multiply_tile(const MatrixProduct<Float>& work, Biases<Float> biases, std::size_t row,
                              std::size_t sample, std::size_t last) {
  using L = Lanes<Float>;
  constexpr std::make_index_sequence<rows> each_row;
  constexpr std::make_index_sequence<rows * vectors> each_sum;
  const auto load = [last](const Float* from, std::size_t v) HWY_ATTR {
    if constexpr (vectors == 1 && L::size() > 1)
      return last == L::size() ? L::load_unaligned(from) : L::load_first(from, last);
    return L::load_unaligned(from + v * L::size());
  };
  L sums[rows * vectors];  // row by row
  const Float* c[rows];
  for_each(each_row, [&](auto i) HWY_ATTR {
    c[i] = work.c[row + i];
    const L bias(hn::Set(typename L::Tag(), *biases.first));
    biases.first += biases.step;
    for (std::size_t v = 0; v < vectors; ++v) sums[i * vectors + v] = bias;
  });
  // What is there already, if nothing else is expected.
  constexpr bool fetches = rows == largest_tile && vectors > 1;
  const bool expects_more = work.expected != nullptr && row / rows < work.expected_lines;
  const Float* const* const expected = expects_more ? work.expected : work.x;
  const std::size_t line = expects_more ? row / rows * (cache_line / sizeof(Float)) : sample;
  const auto add_columns = [&](auto step) HWY_ATTR {
    std::ptrdiff_t at = work.c_first;
    for (std::size_t k = 0; k < work.columns; ++k, at += step) {
      const Float* const x = work.x[k] + sample;
      if constexpr (fetches) prefetch_line(expected[k] + line);
      L samples[vectors];
      for (std::size_t v = 0; v < vectors; ++v) samples[v] = load(x, v);
      for_each(each_sum, [&](auto i) HWY_ATTR {
        const L coefficient(hn::Set(typename L::Tag(), c[i / vectors][at]));
        sums[i] = multiply_add(coefficient, samples[i % vectors], sums[i]);
      });
    }
  };
  // Beside so many rows there is no general register left for the step.
  constexpr std::size_t most_beside_step = 8;
  if (rows > most_beside_step && vectors > 1 && work.c_step == 1) {
    add_columns(std::integral_constant<std::ptrdiff_t, 1>());
  } else {
    add_columns(work.c_step);
  }
  Float* const* const y = work.y + row;
  if (work.accumulate) {
    for_each(each_sum, [&](auto i) HWY_ATTR { sums[i] += load(y[i / vectors] + sample, i % vectors); });
  }
  if (work.epilogue == Epilogue::relu) {
    for_each(each_sum, [&](auto i) HWY_ATTR { sums[i] = ops::Relu::value(sums[i]); });
  } else if (work.epilogue == Epilogue::gate) {
    const Float* const gate = work.gate + row * work.gate_step + sample;
    for_each(each_sum, [&](auto i) HWY_ATTR {
      sums[i] = ops::Select::value(L(0.0), load(gate + i / vectors * work.gate_step, i % vectors), sums[i], L(0.0));
    });
  }
  if (vectors > 1 || L::size() == 1 || last == L::size()) {
    for_each(each_sum,
             [&](auto i) HWY_ATTR { sums[i].store_unaligned(y[i / vectors] + sample + i % vectors * L::size()); });
  } else {
    for_each(each_row, [&](auto i) HWY_ATTR { sums[i].store_first(y[i] + sample, last); });
  }
}

template <class Float, std::size_t rows>
HWY_NOINLINE HWY_FLATTEN void multiply_rows(const MatrixProduct<Float>& work, std::size_t row, std::size_t sample,
                                            std::size_t end) {
  constexpr std::size_t lanes = Lanes<Float>::size();
  const Biases<Float> biases(work, row);
  for (; sample + 2 * lanes <= end; sample += 2 * lanes) {
    multiply_tile<Float, rows, 2>(work, biases, row, sample, lanes);
  }
  for (; sample < end; sample += lanes) {
    multiply_tile<Float, rows, 1>(work, biases, row, sample, end - sample < lanes ? end - sample : lanes);
  }
}

template <class Float, std::size_t... tile>
HWY_INLINE void multiply_tiles(const MatrixProduct<Float>& work, std::size_t sample, std::size_t end,
                               std::index_sequence<tile...>) {
  std::size_t row = 0;
  const auto all_of_a_size = [&](auto multiply_rows, std::size_t rows) HWY_ATTR {
    // Two of middle size do better than a large and a small one.
    for (; work.rows - row >= rows && 3 * (work.rows - row) != 4 * rows; row += rows) {
      multiply_rows(work, row, sample, end);
    }
  };
  (all_of_a_size(&multiply_rows<Float, tile>, tile), ...);
}

/// Of wide products, the samples of one tile go through all rows before the next ones, so that they stay in the cache.
template <class Float>
HWY_FLATTEN void multiply(const MatrixProduct<Float>& work) {
  constexpr std::size_t wide = 64;
  const std::size_t together = work.columns < wide ? work.samples : 2 * Lanes<Float>::size();
  for (std::size_t sample = work.first; sample < work.samples; sample += together) {
    const std::size_t end = work.samples - sample < together ? work.samples : sample + together;
    multiply_tiles(work, sample, end, TileRows());
  }
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

// The loops that do the work, compiled once for each set of vector instructions (kernels.cpp), and the choice among
// them by what the processor has (targets.cpp). Slots are aligned to a vector and their samples padded to whole
// vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../graph/graph.hpp"
#include "../processor/cache_line.hpp"

namespace smolgrad::runtime {

using processor::cache_line;

/// An operator over `samples` numbers (padded), in each of `rows` rows. Uniform operands are one vector. Nothing need
/// be aligned.
template <class Float>
struct Elementwise {
  std::size_t rows;
  std::size_t samples;
  Float* to;
  std::size_t to_step;  // from row to row
  const Float* from[4];
  std::size_t from_step[4];
  unsigned uniform;  // bit i: operand i is
};

/// What becomes of the elements of a product.
enum class Epilogue : std::uint8_t { none, relu, gate };

/// y[i][s] = biases[i] + Σ_k c[i][k] x[k][s], or += with `accumulate`; s from `first` to below `samples`. Then relu of
/// it, or 0 unless gate[i][s] is above 0.
template <class Float>
struct MatrixProduct {
  std::size_t rows;
  std::size_t columns;
  std::size_t first;
  std::size_t samples;
  const Float* const* c;   // by row
  std::ptrdiff_t c_step;   // from column to column
  std::ptrdiff_t c_first;  // the first column's, in each row
  const Float* const* x;   // by column
  Float* const* y;         // by row
  const Float* biases;     // null: none
  std::ptrdiff_t bias_step;
  bool accumulate;
  Epilogue epilogue = Epilogue::none;
  const Float* gate = nullptr;
  std::size_t gate_step = 0;  // from row to row
  /// Wanted afterwards, and to be fetched meanwhile: so many cache lines from each on. By column; null: nothing.
  const Float* const* expected = nullptr;
  std::size_t expected_lines = 0;
};

/// to[i][k] = Σ_s left[i][s] right[k][s], or += with `accumulate`; s below `length`.
template <class Float>
struct TransposedProduct {
  std::size_t rows;
  std::size_t columns;
  std::size_t length;
  const Float* const* left;   // by row
  const Float* const* right;  // by column
  Float* to;
  std::ptrdiff_t to_step;  // from row to row
  bool accumulate;
};

/// to[i] = Σ_s from[i][s], or += with `accumulate`; s below `samples` (not padded).
template <class Float>
struct RowSums {
  std::size_t rows;
  std::size_t samples;
  const Float* from;
  std::size_t from_step;  // from row to row
  Float* to;
  bool accumulate;
};

/// y[i] = biases[i] + Σ_k c[i][k] x[k], side by side, for one sample.
template <class Float>
struct VectorProduct {
  std::size_t rows;
  std::size_t columns;
  const Float* c;
  std::ptrdiff_t c_row_step;
  std::ptrdiff_t c_step;  // from column to column
  const Float* x;
  Float* y;
  const Float* biases;  // null: none
  std::ptrdiff_t bias_step;
};

/// to[i][k] = left[i] right[k], or += with `accumulate`.
template <class Float>
struct OuterProduct {
  std::size_t rows;
  std::size_t columns;
  const Float* left;
  const Float* right;
  Float* to;
  std::ptrdiff_t to_step;  // from row to row
  bool accumulate;
};

/// Columns of a row-major array with `width` columns, and the slot of each. A slot's padding repeats its last sample.
template <class Slot>
struct Transfer {
  std::size_t width;
  std::size_t count;
  const std::uint32_t* columns;
  const Slot* slots;
  std::size_t samples;
  std::size_t padded;
};

/// The elementwise kernels, one operator's after the other's, since few operators have one for every choice.
template <class Float>
class ElementwiseKernels {
 public:
  using Kernel = void (*)(const Elementwise<Float>&);

  /// One operator's, by which operands are uniform: bit i for operand i.
  struct Choices {
    const Kernel* first;
    unsigned mask;  // what the choice among them depends on
    constexpr Kernel operator[](unsigned uniform) const { return first[uniform & mask]; }
  };

  /// By operator; Operator::input stands for copying.
  constexpr Choices operator[](std::size_t op) const { return {kernels_ + first_[op], mask_[op]}; }

  constexpr bool has(graph::Operator op) const { return kernels_[first_[static_cast<std::size_t>(op)]] != nullptr; }

  /// One kernel, or one for each choice.
  template <class... Each>
  constexpr void add(graph::Operator op, Each... kernels) {
    first_[static_cast<std::size_t>(op)] = count_;
    std::uint8_t& mask = mask_[static_cast<std::size_t>(op)];
    while (mask + 1U < sizeof...(kernels)) mask = static_cast<std::uint8_t>(mask * 2 + 1);
    ((kernels_[count_++] = kernels), ...);
  }

 private:
  static constexpr std::size_t most = 112;  // more do not compile
  Kernel kernels_[most] = {};
  std::uint8_t first_[graph::operator_count] = {};
  std::uint8_t mask_[graph::operator_count] = {};
  std::uint8_t count_ = 1;  // the first is none
};

template <class Float>
struct Kernels {
  std::size_t lanes;
  ElementwiseKernels<Float> elementwise;
  void (*multiply)(const MatrixProduct<Float>&);
  void (*multiply_transposed)(const TransposedProduct<Float>&);
  void (*multiply_vector)(const VectorProduct<Float>&);
  void (*multiply_outer)(const OuterProduct<Float>&);
  void (*add_up)(const RowSums<Float>&);
  /// to[i] += from[i].
  void (*add)(const Float* from, std::size_t count, Float* to);
  void (*load)(const Float* from, const Transfer<Float*>&);
  void (*store)(Float* to, const Transfer<const Float*>&);
  void (*prefetch)(const Float* from, std::size_t count);
  /// Copies past the caches.
  void (*stream)(const Float* from, Float* to, std::size_t count);
  void (*finish_streaming)();
};

/// One set of vector instructions.
struct Target {
  const char* name;
  const Kernels<double>& float64;
  const Kernels<float>& float32;

  template <class Float>
  const Kernels<Float>& kernels() const;
};
template <>
inline const Kernels<double>& Target::kernels<double>() const {
  return float64;
}
template <>
inline const Kernels<float>& Target::kernels<float>() const {
  return float32;
}

/// The targets that this processor can run, the best first.
struct Targets {
  const Target* const* first;
  std::size_t count;
  const Target* const* begin() const { return first; }
  const Target* const* end() const { return first + count; }
};
Targets targets() noexcept;

}  // namespace smolgrad::runtime

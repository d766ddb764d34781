// The memory of one thread in a run, with the pointers into it that steps need laid out beforehand.
#pragma once

#include <vector>

#include "../processor/aligned.hpp"
#include "executor.hpp"
#include "traffic.hpp"

namespace smolgrad::runtime {

using processor::Aligned;
using processor::make_aligned;

/// Blocks with no more samples than this multiply matrix by vector.
constexpr std::size_t few_samples = 4;

template <class Float>
class Executor<Float>::Workspace {
 public:
  Workspace(const Program& program, std::size_t lanes, std::size_t block);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// Of so many inputs at most, a few samples at a time come from the caller's rows right before their product.
  static constexpr std::size_t inputs_at_once = 256;
  static bool reads_rows(const Product& product) { return product.input && product.columns >= inputs_at_once; }

  // Uniform slots are one vector each, the others a block.
  Float* uniform_slot(Slot slot) const { return uniform.get() + slot * lanes; }
  Float* slot(Slot slot) const { return slots.get() + slot * block; }

  struct ProductPointers {
    std::vector<const Float*> c;  // set for each run
    std::vector<const Float*> x;
    std::vector<Float*> y;
  };
  struct OuterPointers {
    std::vector<const Float*> left;
    std::vector<Float*> right;          // the slots
    std::vector<const Float*> samples;  // the right side transposed, a row for each sample
    std::vector<Float*> to;             // set for each run
  };

  std::size_t lanes;
  std::size_t block;
  Aligned<Float> uniform;
  Aligned<Float> packed;
  Aligned<Float> slots;
  Aligned<Float> matrix;      // an outer product whose elements go here and there
  Aligned<Float> transposed;  // the right side of an outer product
  Aligned<Float> contiguous;  // a product's x for few samples, one after the other
  std::size_t contiguous_step = 0;
  std::vector<ProductPointers> products;
  std::vector<OuterPointers> outers;
  struct Inputs {
    std::vector<Float*> slots;
    std::vector<std::uint32_t> columns;
  };
  Inputs inputs;
  Inputs inputs_of_few;            // without those that products read by rows
  std::vector<const Float*> rows;  // of samples, set for each step that goes by them
  Aligned<Float> input_columns;    // of a tile of samples
  std::vector<const Float*> input_pointers;
  std::vector<const Float*> expected;  // where those of the next tile stand
  std::vector<Float*> output_slots;
  std::vector<std::uint32_t> output_columns;
  std::vector<std::uint32_t> columns;  // 0, 1, 2, ...
  Aligned<Float> row_major;            // a block of results, on its way out
  Traffic<Float> traffic;
  // Of the chunks but the first, where they cannot be added at once: in the run's first workspace.
  Aligned<Float> chunk_sums;
  std::size_t chunk_sums_count = 0;
};

/// Rows up to this long are put in order before they are streamed.
constexpr std::size_t most_streamed_width = 32;

/// To whole vectors, whose lanes are a power of two: a division would take longer than many a step.
inline std::size_t padded(std::size_t count, std::size_t lanes) { return (count + lanes - 1) & ~(lanes - 1); }

}  // namespace smolgrad::runtime

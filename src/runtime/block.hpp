// What the steps of a program do to one block of samples, or to a share of it.
#pragma once

#include <algorithm>
#include <tuple>
#include <utility>

#include "workspace.hpp"

namespace smolgrad::runtime {

/// Results of a run beyond which they are written past the caches.
constexpr std::size_t least_streamed_bytes = std::size_t{2} << 20;

/// The part of `count` that is the part-th of `parts`.
inline Range part_of(std::size_t count, std::size_t part, std::size_t parts) {
  if (parts == 1) return {0, count};  // mostly: divisions take longer than all else a step costs
  const std::size_t first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

/// One's own of a step: some of its rows, for some of the block's samples.
struct Share {
  std::size_t part;
  std::size_t parts;
  Range samples;

  Range rows(std::size_t count) const { return part_of(count, part, parts); }
};

template <class Float>
class Executor<Float>::Block {
 public:
  /// From `row` on. `common` holds what is uniform, `shared` the slots, and `own` what one needs for one's share.
  Block(const Executor& executor, const Batch<Float>& batch, const Workspace& common, Workspace& shared, Workspace& own,
        std::size_t row, std::size_t samples)
      : program_(executor.program_),
        kernels_(executor.kernels_),
        lanes_(executor.kernels_.lanes),
        block_(executor.block_),
        batch_(batch),
        common_(common),
        shared_(shared),
        own_(own),
        uniform_{common.uniform.get(), executor.kernels_.lanes},
        varying_{shared.slots.get(), executor.block_},
        row_(row),
        samples_(samples) {}

  /// The uniform slots, for the steps that are done once for the batch.
  Block(const Executor& executor, const Batch<Float>& batch, Workspace& first)
      : Block(executor, batch, first, first, first, 0, first.lanes) {
    varying_ = uniform_;
  }

  Share all() const { return {0, 1, {0, samples_}}; }
  Share samples_of(std::size_t part, std::size_t parts) const { return {0, 1, vectors_of(samples_, part, parts)}; }
  Share rows_of(std::size_t part, std::size_t parts) const { return {part, parts, {0, samples_}}; }

  std::size_t loaded_columns() const { return inputs().columns.size(); }

  /// Whether a step needs nothing that is loaded or computed before it. Nor does one write there: slots of inputs are
  /// nothing else's before their last reader is done.
  bool needs_no_slots(const Step& step) const {
    if (step.kind != Step::Kind::product) return false;
    const Product& product = program_.products[step.to];
    return reads_rows(product) && (!product.epilogue || product.epilogue->op == graph::Operator::relu);
  }

  /// `part`, of the columns.
  void load(std::size_t part, std::size_t parts) {
    const auto& [slots, columns] = inputs();
    const Range share = part_of(columns.size(), part, parts);
    std::size_t first = share.first;
    std::size_t before = 0;  // columns of the arrays before
    for (const Array<const Float*>& array : batch_.inputs) {
      std::size_t end = first;
      while (end < share.first + share.count && columns[end] < before + array.width) ++end;
      if (batch_.order != nullptr) {
        for (std::size_t i = first; i < end; ++i) load_in_order(array, columns[i] - before, slots[i]);
      } else if (end > first) {
        kernels_.load(array.data + row_ * array.width - before, {array.width, end - first, columns.data() + first,
                                                                 slots.data() + first, samples_, padded_samples()});
      }
      first = end;
      before += array.width;
    }
  }

  /// `sums`: what they hold is replaced by what goes there alone, or else added to. Out of line: copies of it in all
  /// who call it would gain nothing.
  [[gnu::noinline]] void run(const Step& step, const Share& share, Float* sums, bool replace) {
    switch (step.kind) {
      case Step::Kind::elementwise:
        return elementwise(step, share);
      case Step::Kind::product:
        return multiply(step.to, share);
      case Step::Kind::outer_product:
        return multiply_outer(step.to, share, sums, replace);
      case Step::Kind::sum:
        return add_up(program_.sums[step.to], share, sums, replace);
    }
  }

  /// `past_caches`: results that are many.
  void store(bool past_caches) {
    std::size_t first = 0;
    std::size_t before = 0;
    for (const Array<Float*>& array : batch_.outputs) {
      Float* const to = array.data + row_ * array.width;
      const std::size_t end = before + array.width;
      while (first < end) {
        // Varying outputs side by side go together.
        std::size_t same = first;
        while (same < end && !program_.outputs[same].uniform) ++same;
        if (same > first) {
          const Transfer<const Float*> transfer{
              array.width, same - first, shared_.output_columns.data() + first, shared_.output_slots.data() + first,
              samples_,    samples_};
          if (past_caches && same - first == array.width && are_many(before + array.width)) {
            Float* const ordered = shared_.row_major.get() + before * block_;
            kernels_.store(ordered - before, transfer);
            shared_.traffic.send(ordered, to, samples_ * array.width);
          } else {
            kernels_.store(to - before, transfer);
          }
        }
        for (; same < end && program_.outputs[same].uniform; ++same) {
          const Float number = *common_.uniform_slot(program_.outputs[same].slot);
          for (std::size_t s = 0; s < samples_; ++s) to[s * array.width + same - before] = number;
        }
        first = same;
      }
      before = end;
    }
  }

 private:
  struct SlotArray {
    Float* first;
    std::size_t size;  // numbers in a slot

    Float* of(Slot slot, std::size_t sample) const { return first + slot * size + sample; }
  };

  const typename Workspace::Inputs& inputs() const {
    return samples_ > few_samples ? shared_.inputs : shared_.inputs_of_few;
  }

  /// Of coefficients that are the same for all samples, and side by side.
  static bool has_rows(const Product& product) { return !product.uniform && product.coefficients.column_stride == 1; }
  /// Of many samples' inputs.
  bool reads_rows(const Product& product) const {
    return samples_ > few_samples && Workspace::reads_rows(product) && has_rows(product);
  }

  std::size_t padded_samples() const { return padded(samples_, lanes_); }

  /// A part of `count`, in whole vectors.
  Range vectors_of(std::size_t count, std::size_t part, std::size_t parts) const {
    const Range vectors = part_of(padded(count, lanes_) / lanes_, part, parts);
    const std::size_t first = std::min(vectors.first * lanes_, count);
    return {first, std::min(vectors.count * lanes_, count - first)};
  }

  void elementwise(const Step& step, const Share& share) const {
    const Range rows = share.rows(step.rows);
    Elementwise<Float> work;
    work.rows = rows.count;
    work.samples = padded(share.samples.count, lanes_);
    work.uniform = step.uniform;
    work.to_step = static_cast<std::size_t>(step.to_stride) * varying_.size;
    work.to = varying_.of(step.to, share.samples.first) + rows.first * work.to_step;
    for (std::size_t i = 0; i < step.operand_count; ++i) {
      const bool is_uniform = ((step.uniform >> i) & 1) != 0;
      const SlotArray& slots = is_uniform ? uniform_ : varying_;
      work.from_step[i] = static_cast<std::size_t>(step.from_stride[i]) * slots.size;
      work.from[i] = slots.of(step.from[i], is_uniform ? 0 : share.samples.first) + rows.first * work.from_step[i];
    }
    kernels_.elementwise[static_cast<std::size_t>(step.op)][step.uniform](work);
  }

  void multiply(std::size_t which, const Share& share) {
    const Product& product = program_.products[which];
    if (reads_rows(product)) return multiply_inputs(which, share);
    if (samples_ <= few_samples && product.columns >= least_wide && has_rows(product)) {
      return multiply_few(which, share);
    }
    kernels_.multiply(work_of(which, share));
  }

  MatrixProduct<Float> work_of(std::size_t which, const Share& share) const {
    const Product& product = program_.products[which];
    const auto& pointers = shared_.products[which];
    const Range rows = share.rows(product.rows);
    MatrixProduct<Float> work{rows.count,
                              product.columns,
                              share.samples.first,
                              padded(share.samples.first + share.samples.count, lanes_),
                              common_.products[which].c.data() + rows.first,
                              product.coefficients.column_stride,
                              0,
                              pointers.x.data(),
                              pointers.y.data() + rows.first,
                              nullptr,
                              0,
                              false};
    std::tie(work.biases, work.bias_step) = biases_of(product, rows.first);
    if (product.epilogue) {
      const Step& epilogue = *product.epilogue;
      work.epilogue = epilogue.op == graph::Operator::relu ? Epilogue::relu : Epilogue::gate;
      work.gate = shared_.slot(epilogue.from[1] + static_cast<Slot>(rows.first));
      work.gate_step = block_;
    }
    return work;
  }

  /// Some inputs of a tile of samples at a time, which stay in the first cache, while the next ones are fetched.
  void multiply_inputs(std::size_t which, const Share& share) {
    const Product& product = program_.products[which];
    const MatrixProduct<Float> whole = work_of(which, share);
    const std::size_t pieces = (product.columns - 1) / Workspace::inputs_at_once + 1;
    const std::size_t width = padded((product.columns - 1) / pieces + 1, lanes_);
    const std::size_t tile = 2 * lanes_;
    rows_of_tile(*product.input, whole.first);
    for (std::size_t first = whole.first; first < whole.samples; first += tile) {
      MatrixProduct<Float> work = whole;
      work.first = first;
      work.samples = std::min(first + tile, whole.samples);
      work.x = own_.input_pointers.data();
      const std::size_t samples = work.samples - first;
      for (std::size_t k = 0; k < width; ++k) own_.input_pointers[k] = own_.input_columns.get() + k * tile - first;
      for (std::size_t k = 0; k < product.columns; k += work.columns) {
        const std::size_t rest = product.columns - k;
        work.columns = std::min(width, rest);
        work.c_first = static_cast<std::ptrdiff_t>(k);
        work.accumulate = k > 0;
        if (k > 0) work.biases = nullptr;
        work.epilogue = rest <= width ? whole.epilogue : Epilogue::none;
        kernels_.store(own_.input_columns.get(),
                       {tile, samples, own_.columns.data(), own_.rows.data(), work.columns, work.columns});
        if (rest > width) {
          for (std::size_t s = 0; s < tile; ++s) own_.rows[s] += width;
          expect_inputs(work, rest - width);
        } else if (work.samples < whole.samples) {
          rows_of_tile(*product.input, work.samples);
          expect_inputs(work, product.columns);
        } else {
          work.expected = nullptr;
          if (share.parts > 1) expect_coefficients(work, which + 1);
        }
        kernels_.multiply(work);
      }
    }
  }

  void rows_of_tile(std::size_t input, std::size_t sample) {
    const std::size_t tile = 2 * lanes_;
    const std::size_t count = std::min(tile, samples_ - sample);
    rows_of_input(input, {sample, count});
    std::fill(own_.rows.data() + count, own_.rows.data() + tile, own_.rows[count - 1]);
  }

  /// So many inputs at most of the rows at hand, about as many as a product takes at once.
  void expect_inputs(MatrixProduct<Float>& work, std::size_t inputs) {
    const std::size_t tile = 2 * lanes_;
    work.expected_lines = std::max(tile * sizeof(Float) / cache_line, std::size_t{1});
    const std::size_t together = work.expected_lines * cache_line / sizeof(Float);
    const Float** to = own_.expected.data();
    for (std::size_t i = 0; i < own_.expected.size() / tile; ++i, to += tile) {
      const std::size_t input = std::min(i * together, inputs - 1);
      for (std::size_t s = 0; s < tile; ++s) to[s] = own_.rows[s] + input;
    }
    work.expected = own_.expected.data();
  }

  /// Those of the product after this one, which another of the team may have changed last.
  void expect_coefficients(MatrixProduct<Float>& work, std::size_t which) {
    if (which >= program_.products.size() || !has_rows(program_.products[which])) return;
    const auto& rows = common_.products[which].c;
    const std::size_t columns = program_.products[which].columns;
    const std::size_t groups = work.columns / rows.size();
    if (groups == 0) return;
    constexpr std::size_t line = cache_line / sizeof(Float);
    work.expected_lines = (columns - 1) / (groups * line) + 1;
    std::size_t k = 0;
    for (std::size_t at = 0; k < work.columns; at = std::min(at + work.expected_lines * line, columns - 1)) {
      for (std::size_t row = 0; row < rows.size() && k < work.columns; ++row) own_.expected[k++] = rows[row] + at;
    }
    work.expected = own_.expected.data();
  }

  const Float* row_of(const Array<const Float*>& array, std::size_t sample) const {
    const std::size_t row = row_ + sample;
    return array.data + (batch_.order == nullptr ? row : batch_.order[row]) * array.width;
  }

  /// Where the caller has an input: a row for each sample, from that input on.
  const Float* const* rows_of_input(std::size_t column, const Range& samples) {
    const bool is_second = column >= batch_.inputs[0].width;
    const Array<const Float*>& array = batch_.inputs[is_second ? 1 : 0];
    const std::size_t in_array = column - (is_second ? batch_.inputs[0].width : 0);
    for (std::size_t s = 0; s < samples.count; ++s) own_.rows[s] = row_of(array, samples.first + s) + in_array;
    return own_.rows.data();
  }

  void load_in_order(const Array<const Float*>& array, std::size_t column, Float* slot) const {
    for (std::size_t s = 0; s < samples_; ++s) slot[s] = row_of(array, s)[column];
    std::fill(slot + samples_, slot + padded_samples(), slot[samples_ - 1]);
  }

  std::pair<const Float*, std::ptrdiff_t> biases_of(const Product& product, std::size_t row) const {
    if (!product.biases) return {nullptr, 0};
    const std::ptrdiff_t step = product.biases->stride;
    return {batch_.shared + product.biases->first + static_cast<std::ptrdiff_t>(row) * step, step};
  }

  void multiply_few(std::size_t which, const Share& share) {
    const Product& product = program_.products[which];
    const Range rows = share.rows(product.rows);
    Float* const to = shared_.slot(product.y + static_cast<Slot>(rows.first)) + share.samples.first;
    const TransposedProduct<Float> work{
        rows.count,
        share.samples.count,
        product.columns,
        common_.products[which].c.data() + rows.first,
        product.input ? rows_of_input(*product.input, share.samples) : gathered(which, share),
        to,
        static_cast<std::ptrdiff_t>(block_),
        false};
    kernels_.multiply_transposed(work);
    const auto [biases, step] = biases_of(product, rows.first);
    for (std::size_t i = 0; i < rows.count; ++i) {
      Float* const row = to + i * block_;
      if (biases != nullptr) {
        const Float bias = biases[static_cast<std::ptrdiff_t>(i) * step];
        for (std::size_t s = 0; s < share.samples.count; ++s) row[s] += bias;
      }
      // What pads a slot repeats its last sample.
      std::fill(row + share.samples.count, row + padded(share.samples.count, lanes_), row[share.samples.count - 1]);
    }
    if (product.epilogue) run(*product.epilogue, share, nullptr, false);
  }

  /// Few samples of a product's x, each side by side.
  const Float* const* gathered(std::size_t which, const Share& share) {
    const auto& x = shared_.products[which].x;
    for (std::size_t s = 0; s < share.samples.count; ++s) {
      Float* const row = own_.contiguous.get() + s * own_.contiguous_step;
      for (std::size_t k = 0; k < x.size(); ++k) row[k] = x[k][share.samples.first + s];
      own_.rows[s] = row;
    }
    return own_.rows.data();
  }

  /// Adding up lanes costs about what transposing a row costs.
  bool multiplies_columns(const Outer& outer) const {
    return outer.matrix && (!outer.input || outer.right.size() < lanes_) && outer.left.size() < samples_ &&
           outer.right.size() < samples_;
  }

  /// The samples take the place of the columns. Shares are of rows, but of columns where these are transposed.
  void multiply_outer(std::size_t which, const Share& share, Float* sums, bool replace) {
    const Outer& outer = program_.outers[which];
    const auto& pointers = shared_.outers[which];
    const std::size_t columns = outer.right.size();
    const bool is_transposed = !outer.input && !multiplies_columns(outer);
    const Range rows = is_transposed ? Range{0, outer.left.size()} : share.rows(outer.left.size());
    const bool accumulate = outer.matrix && !(replace && outer.alone);
    Float* const first = outer.matrix ? sums + outer.matrix->first : shared_.matrix.get();
    const std::ptrdiff_t step = outer.matrix ? outer.matrix->stride : static_cast<std::ptrdiff_t>(columns);
    Float* to = first + static_cast<std::ptrdiff_t>(rows.first) * step;
    if (multiplies_columns(outer)) {
      return kernels_.multiply_transposed({rows.count, columns, samples_, pointers.left.data() + rows.first,
                                           pointers.right.data(), to, step, accumulate});
    }
    auto& own_rows = own_.outers[which].to;
    for (std::size_t i = 0; i < rows.count; ++i, to += step) own_rows[i] = to;
    MatrixProduct<Float> work{rows.count,      samples_, 0, columns,   pointers.left.data() + rows.first, 1, 0, nullptr,
                              own_rows.data(), nullptr,  0, accumulate};
    if (is_transposed) {
      // In memory of one's own: others may be at another outer product.
      const Range share_of_columns = vectors_of(columns, share.part, share.parts);
      if (share_of_columns.count == 0) return;
      transpose(which, share_of_columns);
      work.first = share_of_columns.first;
      work.samples = share_of_columns.first + share_of_columns.count;
      work.x = own_.outers[which].samples.data();
    } else {
      work.x = rows_of_input(*outer.input, share.samples);
    }
    kernels_.multiply(work);
    if (outer.matrix) return;
    for (std::size_t i = 0; i < outer.to.size(); ++i) {
      if (outer.to[i] != no_sum) sums[outer.to[i]] += shared_.matrix[i];
    }
  }

  /// Columns of the right side.
  void transpose(std::size_t which, const Range& columns) {
    kernels_.store(own_.transposed.get() + columns.first,
                   {padded(program_.outers[which].right.size(), lanes_), columns.count, own_.columns.data(),
                    shared_.outers[which].right.data() + columns.first, samples_, samples_});
  }

  void add_up(const Sum& sum, const Share& share, Float* sums, bool replace) const {
    const Range rows = share.rows(sum.rows);
    const bool accumulate = !(replace && sum.alone);
    Float* const to = sums + sum.to + rows.first;
    const Slot slot = sum.slot + static_cast<Slot>(rows.first);
    if (!sum.uniform) return kernels_.add_up({rows.count, samples_, shared_.slot(slot), block_, to, accumulate});
    for (std::size_t i = 0; i < rows.count; ++i) {
      const Float total = *common_.uniform_slot(slot + static_cast<Slot>(i)) * static_cast<Float>(samples_);
      to[i] = accumulate ? to[i] + total : total;
    }
  }

  /// Whether the results are too many to stay in the cache anyway, and a block of them few enough to be put in order.
  bool are_many(std::size_t width) const {
    return batch_.rows * width * sizeof(Float) > least_streamed_bytes && width <= most_streamed_width;
  }

  const Program& program_;
  const Kernels<Float>& kernels_;
  const std::size_t lanes_;
  const std::size_t block_;
  const Batch<Float>& batch_;
  const Workspace& common_;  // holds what is uniform
  Workspace& shared_;
  Workspace& own_;
  const SlotArray uniform_;
  SlotArray varying_;
  const std::size_t row_;  // the batch's first in this block
  const std::size_t samples_;
};

}  // namespace smolgrad::runtime

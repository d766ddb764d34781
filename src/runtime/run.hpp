// One run of a program over a batch: what its tasks share, and what each does with the chunks it takes.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

#include "workspace.hpp"

namespace smolgrad::runtime {

constexpr std::size_t most_sum_chunks = 16;
constexpr std::size_t least_sum_rows = 32;
/// Operations on a sample's number below which a second thread costs more than it does.
constexpr std::size_t worth_a_thread = 100'000;

/// Results of a run beyond which they are written past the caches.
constexpr std::size_t least_streamed_bytes = std::size_t{2} << 20;

constexpr std::size_t steps_between_traffic = 4;

template <class Float>
class Executor<Float>::Run {
 public:
  Run(const Executor& executor, const Batch<Float>& batch)
      : program_(executor.program_),
        kernels_(executor.kernels_),
        lanes_(executor.kernels_.lanes),
        block_(executor.block_),
        batch_(batch) {
    if (program_.sum_count > 0) {
      const std::size_t least = std::max(least_sum_rows, worth_a_thread / executor.work_);
      const std::size_t count = std::max(std::size_t{1}, std::min(most_sum_chunks, batch.rows / least));
      chunk_rows_ = padded<Float>((batch.rows + count - 1) / count, lanes_);
    } else {
      constexpr std::size_t blocks = 8;
      chunk_rows_ = blocks * block_;
    }
    chunk_count_ = (batch.rows + chunk_rows_ - 1) / chunk_rows_;
    // Then it makes no difference whether chunks are added to the total a block at a time or as a whole.
    adds_at_once_ = chunk_count_ <= 1 || (chunk_rows_ <= block_ && executor.all_alone_);
    traffic_share_ = traffic_share();
  }

  std::size_t chunk_count() const { return chunk_count_; }

  /// What is done once: uniform slots, where coefficients stand, and room for the sums of chunks.
  void prepare(Workspace& first, std::size_t task_count) {
    first_ = &first;
    is_shared_out_ = task_count > 1;
    for (const Program::Fill& fill : program_.fills) {
      if (fill.shared != not_shared) std::fill_n(first.uniform_slot(fill.slot), lanes_, batch_.shared[fill.shared]);
    }
    // A product's coefficients may be computed by the steps before it.
    std::size_t packed = 0;
    for (const Step& step : program_.uniform_steps) {
      if (step.kind == Step::Kind::product) {
        pack(program_.products[step.to], packed);
        point_to_coefficients(step.to);
        multiply(first, step.to, 0, lanes_);
      } else {
        elementwise(step, first.uniform.get(), lanes_, lanes_);
      }
    }
    for (std::size_t i = 0; i < program_.products.size(); ++i) {
      if (program_.products[i].uniform) continue;
      pack(program_.products[i], packed);
      point_to_coefficients(i);
    }
  }

  /// How many chunks' sums are kept beside the total, which begins with those of the first chunk.
  std::size_t kept_sums(std::size_t task_count) const {
    if (program_.sum_count == 0 || chunk_count_ <= 1) return 0;
    if (task_count > 1) return chunk_count_ - 1;
    return adds_at_once_ ? 0 : 1;
  }

  /// Tasks take chunks until there are none left.
  void work(Workspace& workspace) {
    for (;;) {
      const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunk_count_) return;
      if (chunk == 0 || is_shared_out_) {
        run_chunk(workspace, chunk, chunk == 0 ? batch_.sums : kept(chunk), true);
      } else if (adds_at_once_) {
        run_chunk(workspace, chunk, batch_.sums, false);
      } else {
        run_chunk(workspace, chunk, kept(1), true);
        kernels_.add(kept(1), program_.sum_count, batch_.sums);
      }
    }
  }

  void finish() {
    if (program_.sum_count == 0 || !is_shared_out_) return;
    for (std::size_t chunk = 1; chunk < chunk_count_; ++chunk) {
      kernels_.add(kept(chunk), program_.sum_count, batch_.sums);
    }
  }

 private:
  void pack(const Product& product, std::size_t& done) {
    if (product.coefficients.is_shared) return;
    const std::size_t end = product.coefficients.first + product.rows * product.columns;
    for (; done < end; ++done) first_->packed[done] = *first_->uniform_slot(program_.packed[done]);
  }

  void point_to_coefficients(std::size_t which) {
    const Coefficients& coefficients = program_.products[which].coefficients;
    const Float* const array = coefficients.is_shared ? batch_.shared : first_->packed.get();
    const Float* row = array + coefficients.first;
    for (const Float*& c : first_->products[which].c) {
      c = row;
      row += coefficients.row_stride;
    }
  }

  Float* kept(std::size_t chunk) const { return first_->chunk_sums.get() + (chunk - 1) * program_.sum_count; }

  /// What `sums` holds is added to, or else replaced.
  void run_chunk(Workspace& workspace, std::size_t chunk, Float* sums, bool replace) {
    const std::size_t begin = chunk * chunk_rows_;
    const std::size_t end = std::min(batch_.rows, begin + chunk_rows_);
    if (replace) {
      for (const Range& zeros : program_.zeros) std::fill_n(sums + zeros.first, zeros.count, Float(0));
    }
    for (std::size_t row = begin; row < end; row += block_) {
      expect_inputs(workspace, row + block_);
      run_block(workspace, row, std::min(block_, end - row), sums, replace && row == begin);
    }
    if (!workspace.traffic.is_over()) {
      workspace.traffic.finish(kernels_);
      kernels_.finish_streaming();
    }
  }

  /// The inputs from this row on, as many as a block has, if the batch is not in the cache anyway.
  void expect_inputs(Workspace& workspace, std::size_t row) const {
    if (row >= batch_.rows) return;
    const std::size_t samples = std::min(block_, batch_.rows - row);
    for (const Array<const Float*>& array : batch_.inputs) {
      if (batch_.rows * array.width * sizeof(Float) <= least_streamed_bytes) continue;
      workspace.traffic.expect(array.data + row * array.width, samples * array.width);
    }
  }

  void run_block(Workspace& workspace, std::size_t row, std::size_t samples, Float* sums, bool replace) {
    const std::size_t padded_samples = padded<Float>(samples, lanes_);
    load(workspace, row, samples, padded_samples);
    const bool has_traffic = !workspace.traffic.is_over();
    std::size_t count = 0;
    for (const Step& step : program_.steps) {
      if (has_traffic && count++ % steps_between_traffic == 0) workspace.traffic.move(kernels_, traffic_share_);
      switch (step.kind) {
        case Step::Kind::elementwise:
          elementwise(step, workspace.slots.get(), block_, padded_samples);
          break;
        case Step::Kind::product:
          multiply(workspace, step.to, row, samples);
          break;
        case Step::Kind::outer_product:
          multiply_outer(workspace, step.to, row, samples, sums, replace);
          break;
        case Step::Kind::sum:
          sum(workspace, program_.sums[step.to], samples, sums, replace);
          break;
      }
    }
    workspace.traffic.finish(kernels_);
    store(workspace, row, samples);
  }

  /// So much of each array at a time that all has moved after the last step.
  std::size_t traffic_share() const {
    std::size_t widest = 0;
    for (const auto& array : batch_.inputs) widest = std::max(widest, array.width);
    for (const auto& array : batch_.outputs) widest = std::max(widest, array.width);
    const std::size_t times = program_.steps.size() / steps_between_traffic + 1;
    return padded<Float>(block_ * widest / times + 1, Traffic<Float>::line);
  }

  /// `base` and `size` are those of the slots that are not uniform.
  void elementwise(const Step& step, Float* base, std::size_t size, std::size_t samples) const {
    Elementwise<Float> work{};
    work.rows = step.rows;
    work.samples = samples;
    work.to = base + step.to * size;
    work.uniform = step.uniform;
    work.to_step = static_cast<std::size_t>(step.to_stride) * size;
    for (std::size_t i = 0; i < step.operand_count; ++i) {
      const bool is_uniform = ((step.uniform >> i) & 1) != 0;
      work.from[i] = is_uniform ? first_->uniform_slot(step.from[i]) : base + step.from[i] * size;
      work.from_step[i] = static_cast<std::size_t>(step.from_stride[i]) * (is_uniform ? lanes_ : size);
    }
    kernels_.elementwise[static_cast<std::size_t>(step.op)][step.uniform](work);
  }

  /// `row`: the batch's first in this block.
  void multiply(Workspace& workspace, std::size_t which, std::size_t row, std::size_t samples) const {
    const Product& product = program_.products[which];
    const auto& pointers = workspace.products[which];
    MatrixProduct<Float> work{product.rows,
                              product.columns,
                              padded<Float>(samples, lanes_),
                              first_->products[which].c.data(),
                              product.coefficients.column_stride,
                              pointers.x.data(),
                              pointers.y.data(),
                              product.biases ? batch_.shared + product.biases->first : nullptr,
                              product.biases ? product.biases->stride : 0,
                              false};
    if (product.uniform || samples > few_samples || product.columns < least_wide ||
        product.coefficients.column_stride != 1) {
      return kernels_.multiply(work);
    }
    work.samples = samples;
    if (product.input) {
      // They may not have been loaded.
      const auto [from, width] = input_rows(*product.input, row);
      return kernels_.multiply_few(work, from, width);
    }
    for (std::size_t s = 0; s < samples; ++s) {
      Float* const x = workspace.contiguous.get() + s * workspace.contiguous_step;
      for (std::size_t k = 0; k < product.columns; ++k) x[k] = pointers.x[k][s];
    }
    kernels_.multiply_few(work, workspace.contiguous.get(), workspace.contiguous_step);
  }

  /// Where the caller has an input of the block that begins with `row`, and how far the next sample is.
  std::pair<const Float*, std::size_t> input_rows(std::size_t column, std::size_t row) const {
    const bool is_second = column >= batch_.inputs[0].width;
    const Array<const Float*>& array = batch_.inputs[is_second ? 1 : 0];
    return {array.data + row * array.width + column - (is_second ? batch_.inputs[0].width : 0), array.width};
  }

  /// The samples take the place of the columns.
  void multiply_outer(Workspace& workspace, std::size_t which, std::size_t row, std::size_t samples, Float* sums,
                      bool replace) const {
    const Outer& outer = program_.outers[which];
    auto& pointers = workspace.outers[which];
    const std::size_t columns = outer.right.size();
    const bool replaces = replace && outer.alone;
    // Adding up lanes costs about what transposing a row costs.
    if (outer.matrix && (!outer.input || columns < lanes_) && outer.left.size() < samples && columns < samples) {
      return kernels_.multiply_transposed({outer.left.size(), columns, samples, pointers.left.data(),
                                           pointers.right.data(), sums + outer.matrix->first, outer.matrix->stride,
                                           !replaces});
    }
    if (outer.input) {
      auto [from, width] = input_rows(*outer.input, row);
      for (std::size_t s = 0; s < samples; ++s, from += width) pointers.samples[s] = from;
    } else {
      kernels_.store(workspace.transposed.get(), {padded<Float>(columns, lanes_), columns, workspace.columns.data(),
                                                  pointers.right.data(), samples, samples});
    }
    Float* to = outer.matrix ? sums + outer.matrix->first : workspace.matrix.get();
    const std::ptrdiff_t step = outer.matrix ? outer.matrix->stride : static_cast<std::ptrdiff_t>(columns);
    for (Float*& pointer : pointers.to) {
      pointer = to;
      to += step;
    }
    const bool accumulate = outer.matrix && !replaces;
    kernels_.multiply({outer.left.size(), samples, columns, pointers.left.data(), 1, pointers.samples.data(),
                       pointers.to.data(), nullptr, 0, accumulate});
    if (outer.matrix) return;
    for (std::size_t i = 0; i < outer.to.size(); ++i) {
      if (outer.to[i] != no_sum) sums[outer.to[i]] += workspace.matrix[i];
    }
  }

  void sum(const Workspace& workspace, const Sum& sum, std::size_t samples, Float* sums, bool replace) const {
    for (std::size_t i = 0; i < sum.rows; ++i) {
      const Slot slot = sum.slot + static_cast<Slot>(i);
      const Float total = sum.uniform ? *first_->uniform_slot(slot) * static_cast<Float>(samples)
                                      : kernels_.add_up(workspace.slot(slot), samples);
      Float& to = sums[sum.to + i];
      to = replace && sum.alone ? total : to + total;
    }
  }

  void load(const Workspace& workspace, std::size_t row, std::size_t samples, std::size_t padded_samples) const {
    const auto& [slots, columns] = samples > few_samples ? workspace.inputs : workspace.inputs_of_few;
    std::size_t first = 0;
    std::size_t before = 0;  // columns of the arrays before
    for (const Array<const Float*>& array : batch_.inputs) {
      std::size_t end = first;
      while (end < columns.size() && columns[end] < before + array.width) ++end;
      if (end > first) {
        kernels_.load(array.data + row * array.width - before, {array.width, end - first, columns.data() + first,
                                                                slots.data() + first, samples, padded_samples});
      }
      first = end;
      before += array.width;
    }
  }

  void store(Workspace& workspace, std::size_t row, std::size_t samples) const {
    std::size_t first = 0;
    std::size_t before = 0;
    for (const Array<Float*>& array : batch_.outputs) {
      Float* const to = array.data + row * array.width;
      const std::size_t end = before + array.width;
      while (first < end) {
        // Varying outputs side by side go together.
        std::size_t same = first;
        while (same < end && !program_.outputs[same].uniform) ++same;
        if (same > first) {
          const Transfer<Float> transfer{
              array.width, same - first, workspace.output_columns.data() + first, workspace.output_slots.data() + first,
              samples,     samples};
          if (same - first == array.width && streams(before + array.width)) {
            Float* const ordered = workspace.row_major.get() + before * block_;
            kernels_.store(ordered - before, transfer);
            workspace.traffic.send(ordered, to, samples * array.width);
          } else {
            kernels_.store(to - before, transfer);
          }
        }
        for (; same < end && program_.outputs[same].uniform; ++same) {
          const Float number = *first_->uniform_slot(program_.outputs[same].slot);
          for (std::size_t s = 0; s < samples; ++s) to[s * array.width + same - before] = number;
        }
        first = same;
      }
      before = end;
    }
  }

  /// Whether the results are too many to stay in the cache anyway, and a block of them few enough to be put in order.
  bool streams(std::size_t width) const {
    return batch_.rows * width * sizeof(Float) > least_streamed_bytes && width <= most_streamed_width;
  }

  const Program& program_;
  const Kernels<Float>& kernels_;
  const std::size_t lanes_;
  const std::size_t block_;
  const Batch<Float>& batch_;
  std::size_t chunk_rows_ = 0;
  std::size_t chunk_count_ = 0;
  bool adds_at_once_ = false;
  bool is_shared_out_ = false;     // among several tasks
  std::size_t traffic_share_ = 0;  // in numbers
  Workspace* first_ = nullptr;     // holds what the tasks share
  std::atomic<std::size_t> next_{0};
};

}  // namespace smolgrad::runtime

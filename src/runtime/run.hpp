// One run of a program over a batch: what its tasks share, and what each does with the chunks it takes.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "chunks.hpp"
#include "independent_rows.hpp"

namespace smolgrad::runtime {

/// Results of a run beyond which they are written past the caches.
constexpr std::size_t least_streamed_bytes = std::size_t{2} << 20;

constexpr std::size_t steps_between_traffic = 4;

/// Operations of a step below which dividing it costs more than it does.
constexpr std::size_t worth_a_part = 4096;

/// The part of `count` rows that is the part-th of `parts`.
inline Range part_of(std::size_t count, std::size_t part, std::size_t parts) {
  if (parts == 1) return {0, count};  // mostly: divisions take longer than all else a step costs
  const std::size_t first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

template <class Float>
class Executor<Float>::Run {
 public:
  Run(const Executor& executor, const Batch<Float>& batch)
      : program_(executor.program_),
        kernels_(executor.kernels_),
        lanes_(executor.kernels_.lanes),
        block_(executor.block_),
        batch_(batch),
        chunks_(program_, batch.rows, block_, executor.work_, executor.all_alone_, lanes_),
        traffic_share_(traffic_share()) {}

  /// How many tasks find something to do.
  std::size_t most_tasks() const { return chunks_.most_tasks(); }

  /// What is done once: uniform slots, where coefficients stand, and room for the sums of chunks.
  void prepare(Workspace& first, std::size_t task_count) {
    first_ = &first;
    is_shared_out_ = task_count > 1 && !chunks_.for_team;
    if (task_count > 1 && chunks_.for_team) team_.emplace(task_count);
    for (const Program::Fill& fill : program_.fills) {
      if (fill.shared != not_shared) std::fill_n(first.uniform_slot(fill.slot), lanes_, batch_.shared[fill.shared]);
    }
    // A product's coefficients may be computed by the steps before it.
    std::size_t packed = 0;
    for (const Step& step : program_.uniform_steps) {
      if (step.kind == Step::Kind::product) {
        pack(program_.products[step.to], packed);
        point_to_coefficients(step.to);
        multiply(first, step.to, 0, lanes_, 0, 1);
      } else {
        elementwise(step, first.uniform.get(), lanes_, lanes_, 0, 1);
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
    if (program_.sum_count == 0 || chunks_.count <= 1) return 0;
    if (task_count > 1 && !chunks_.for_team) return chunks_.count - 1;
    return chunks_.add_at_once ? 0 : 1;
  }

  /// Tasks take chunks until there are none left, or go through all of them together.
  void work(Workspace& workspace, std::size_t index) {
    if (team_) {
      Team::Member member(*team_, index);
      for (std::size_t chunk = 0; chunk < chunks_.count; ++chunk) {
        run_chunk(*first_, chunk, batch_.sums, chunk == 0, member);
      }
      return;
    }
    Team::Member alone;
    for (;;) {
      const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks_.count) return;
      if (chunk == 0 || is_shared_out_) {
        run_chunk(workspace, chunk, chunk == 0 ? batch_.sums : kept(chunk), true, alone);
      } else if (chunks_.add_at_once) {
        run_chunk(workspace, chunk, batch_.sums, false, alone);
      } else {
        run_chunk(workspace, chunk, kept(1), true, alone);
        kernels_.add(kept(1), program_.sum_count, batch_.sums);
      }
    }
  }

  void finish() {
    if (program_.sum_count == 0 || !is_shared_out_) return;
    for (std::size_t chunk = 1; chunk < chunks_.count; ++chunk) {
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

  /// What `sums` holds is added to, or else replaced. `member` divides the work of a step.
  void run_chunk(Workspace& workspace, std::size_t chunk, Float* sums, bool replace, Team::Member& member) {
    const std::size_t begin = chunk * chunks_.rows;
    const std::size_t end = std::min(batch_.rows, begin + chunks_.rows);
    if (replace && !program_.zeros.empty()) {
      member.share(false, [&](std::size_t, std::size_t) {
        for (const Range& zeros : program_.zeros) std::fill_n(sums + zeros.first, zeros.count, Float(0));
      });
    }
    for (std::size_t row = begin; row < end; row += block_) {
      expect_inputs(workspace, row + block_);
      run_block(workspace, row, std::min(block_, end - row), sums, replace && row == begin, member);
    }
    if (!member.divides() && !workspace.traffic.is_over()) {
      workspace.traffic.finish(kernels_);
      kernels_.finish_streaming();
    }
  }

  /// The inputs from this row on, as many as a block has, if the batch is not in the cache anyway.
  void expect_inputs(Workspace& workspace, std::size_t row) const {
    if (row >= batch_.rows || team_) return;
    const std::size_t samples = std::min(block_, batch_.rows - row);
    for (const Array<const Float*>& array : batch_.inputs) {
      if (batch_.rows * array.width * sizeof(Float) <= least_streamed_bytes) continue;
      workspace.traffic.expect(array.data + row * array.width, samples * array.width);
    }
  }

  void run_block(Workspace& workspace, std::size_t row, std::size_t samples, Float* sums, bool replace,
                 Team::Member& member) {
    const std::size_t padded_samples = padded(samples, lanes_);
    member.share(program_.inputs.size() * samples > worth_a_part, [&](std::size_t part, std::size_t parts) {
      load(workspace, row, samples, padded_samples, part, parts);
    });
    const bool has_traffic = !member.divides() && !workspace.traffic.is_over();
    const Step* const end = program_.steps.data() + program_.steps.size();
    std::size_t count = 0;
    for (const Step* step = program_.steps.data(); step != end;) {
      if (member.divides() && is_worth_dividing(*step, samples)) {
        if (step->kind == Step::Kind::outer_product) {
          member.share(false,
                       [&](std::size_t, std::size_t) { prepare_outer(workspace, step->to, row, samples, sums); });
        }
        member.share(true, [&](std::size_t part, std::size_t parts) {
          run_step(*step, workspace, row, samples, sums, replace, part, parts);
        });
        ++step;
        continue;
      }
      // What is not divided goes together.
      const Step* next = member.divides() ? step + 1 : end;
      while (next != end && !is_worth_dividing(*next, samples)) ++next;
      member.share(false, [&](std::size_t, std::size_t) {
        for (; step != next; ++step) {
          if (has_traffic && count++ % steps_between_traffic == 0) workspace.traffic.move(kernels_, traffic_share_);
          if (step->kind == Step::Kind::outer_product) prepare_outer(workspace, step->to, row, samples, sums);
          run_step(*step, workspace, row, samples, sums, replace, 0, 1);
        }
      });
      step = next;
    }
    if (!member.divides()) workspace.traffic.finish(kernels_);
    member.share(false, [&](std::size_t, std::size_t) { store(workspace, row, samples); });
  }

  bool is_worth_dividing(const Step& step, std::size_t samples) const {
    switch (step.kind) {
      case Step::Kind::elementwise:
        return step.rows * samples > worth_a_part && rows_are_independent(step);
      case Step::Kind::product: {
        const Product& product = program_.products[step.to];
        return product.rows * product.columns * samples / 8 > worth_a_part && samples > few_samples;
      }
      case Step::Kind::outer_product: {
        const Outer& outer = program_.outers[step.to];
        return outer.matrix && outer.left.size() * outer.right.size() * samples / 8 > worth_a_part;
      }
      case Step::Kind::sum:
        return program_.sums[step.to].rows * samples > worth_a_part;
    }
    return false;
  }

  void run_step(const Step& step, Workspace& workspace, std::size_t row, std::size_t samples, Float* sums, bool replace,
                std::size_t part, std::size_t parts) {
    switch (step.kind) {
      case Step::Kind::elementwise:
        return elementwise(step, workspace.slots.get(), block_, padded(samples, lanes_), part, parts);
      case Step::Kind::product:
        return multiply(workspace, step.to, row, samples, part, parts);
      case Step::Kind::outer_product:
        return multiply_outer(workspace, step.to, samples, sums, replace, part, parts);
      case Step::Kind::sum:
        return add_up(workspace, program_.sums[step.to], samples, sums, replace, part, parts);
    }
  }

  /// So much of each array at a time that all has moved after the last step.
  std::size_t traffic_share() const {
    std::size_t widest = 0;
    for (const auto& array : batch_.inputs) widest = std::max(widest, array.width);
    for (const auto& array : batch_.outputs) widest = std::max(widest, array.width);
    const std::size_t times = program_.steps.size() / steps_between_traffic + 1;
    return padded(block_ * widest / times + 1, Traffic<Float>::line);
  }

  /// `base` and `size` are those of the slots that are not uniform.
  void elementwise(const Step& step, Float* base, std::size_t size, std::size_t samples, std::size_t part,
                   std::size_t parts) const {
    const Range rows = part_of(step.rows, part, parts);
    Elementwise<Float> work;
    work.rows = rows.count;
    work.samples = samples;
    work.uniform = step.uniform;
    work.to_step = static_cast<std::size_t>(step.to_stride) * size;
    work.to = base + step.to * size + rows.first * work.to_step;
    for (std::size_t i = 0; i < step.operand_count; ++i) {
      const bool is_uniform = ((step.uniform >> i) & 1) != 0;
      work.from_step[i] = static_cast<std::size_t>(step.from_stride[i]) * (is_uniform ? lanes_ : size);
      const Float* const from = is_uniform ? first_->uniform_slot(step.from[i]) : base + step.from[i] * size;
      work.from[i] = from + rows.first * work.from_step[i];
    }
    kernels_.elementwise[static_cast<std::size_t>(step.op)][step.uniform](work);
  }

  /// `row`: the batch's first in this block.
  void multiply(Workspace& workspace, std::size_t which, std::size_t row, std::size_t samples, std::size_t part,
                std::size_t parts) const {
    const Product& product = program_.products[which];
    const auto& pointers = workspace.products[which];
    const Range rows = part_of(product.rows, part, parts);
    MatrixProduct<Float> work{rows.count,
                              product.columns,
                              padded(samples, lanes_),
                              first_->products[which].c.data() + rows.first,
                              product.coefficients.column_stride,
                              pointers.x.data(),
                              pointers.y.data() + rows.first,
                              nullptr,
                              0,
                              false};
    if (product.biases) {
      work.bias_step = product.biases->stride;
      work.biases = batch_.shared + product.biases->first + static_cast<std::ptrdiff_t>(rows.first) * work.bias_step;
    }
    if (product.uniform || samples > few_samples || product.columns < least_wide ||
        product.coefficients.column_stride != 1) {
      if (product.epilogue) add_epilogue(work, workspace, *product.epilogue, rows.first);
      return kernels_.multiply(work);
    }
    work.samples = samples;
    if (product.input) {
      // They may not have been loaded.
      const auto [from, width] = input_rows(*product.input, row);
      kernels_.multiply_few(work, from, width);
    } else {
      for (std::size_t s = 0; s < samples; ++s) {
        Float* const x = workspace.contiguous.get() + s * workspace.contiguous_step;
        for (std::size_t k = 0; k < product.columns; ++k) x[k] = pointers.x[k][s];
      }
      kernels_.multiply_few(work, workspace.contiguous.get(), workspace.contiguous_step);
    }
    if (product.epilogue) {
      elementwise(*product.epilogue, workspace.slots.get(), block_, padded(samples, lanes_), part, parts);
    }
  }

  void add_epilogue(MatrixProduct<Float>& work, const Workspace& workspace, const Step& step, std::size_t row) const {
    work.epilogue = step.op == graph::Operator::relu ? Epilogue::relu : Epilogue::gate;
    work.gate = workspace.slot(step.from[1] + static_cast<Slot>(row));
    work.gate_step = block_;
  }

  /// Where the caller has an input of the block that begins with `row`, and how far the next sample is.
  std::pair<const Float*, std::size_t> input_rows(std::size_t column, std::size_t row) const {
    const bool is_second = column >= batch_.inputs[0].width;
    const Array<const Float*>& array = batch_.inputs[is_second ? 1 : 0];
    return {array.data + row * array.width + column - (is_second ? batch_.inputs[0].width : 0), array.width};
  }

  /// Adding up lanes costs about what transposing a row costs.
  bool multiplies_transposed(const Outer& outer, std::size_t samples) const {
    return outer.matrix && (!outer.input || outer.right.size() < lanes_) && outer.left.size() < samples &&
           outer.right.size() < samples;
  }

  /// Where the rows of samples are, and those of the result.
  void prepare_outer(Workspace& workspace, std::size_t which, std::size_t row, std::size_t samples, Float* sums) const {
    const Outer& outer = program_.outers[which];
    if (multiplies_transposed(outer, samples)) return;
    auto& pointers = workspace.outers[which];
    const std::size_t columns = outer.right.size();
    if (outer.input) {
      auto [from, width] = input_rows(*outer.input, row);
      for (std::size_t s = 0; s < samples; ++s, from += width) pointers.samples[s] = from;
    } else {
      kernels_.store(workspace.transposed.get(), {padded(columns, lanes_), columns, workspace.columns.data(),
                                                  pointers.right.data(), samples, samples});
    }
    Float* to = outer.matrix ? sums + outer.matrix->first : workspace.matrix.get();
    const std::ptrdiff_t step = outer.matrix ? outer.matrix->stride : static_cast<std::ptrdiff_t>(columns);
    for (Float*& pointer : pointers.to) {
      pointer = to;
      to += step;
    }
  }

  /// The samples take the place of the columns.
  void multiply_outer(Workspace& workspace, std::size_t which, std::size_t samples, Float* sums, bool replace,
                      std::size_t part, std::size_t parts) const {
    const Outer& outer = program_.outers[which];
    const auto& pointers = workspace.outers[which];
    const std::size_t columns = outer.right.size();
    const Range rows = part_of(outer.left.size(), part, parts);
    const bool accumulate = outer.matrix && !(replace && outer.alone);
    if (multiplies_transposed(outer, samples)) {
      Float* const to = sums + outer.matrix->first + static_cast<std::ptrdiff_t>(rows.first) * outer.matrix->stride;
      return kernels_.multiply_transposed({rows.count, columns, samples, pointers.left.data() + rows.first,
                                           pointers.right.data(), to, outer.matrix->stride, accumulate});
    }
    kernels_.multiply({rows.count, samples, columns, pointers.left.data() + rows.first, 1, pointers.samples.data(),
                       pointers.to.data() + rows.first, nullptr, 0, accumulate});
    if (outer.matrix) return;
    for (std::size_t i = 0; i < outer.to.size(); ++i) {
      if (outer.to[i] != no_sum) sums[outer.to[i]] += workspace.matrix[i];
    }
  }

  void add_up(const Workspace& workspace, const Sum& sum, std::size_t samples, Float* sums, bool replace,
              std::size_t part, std::size_t parts) const {
    const Range rows = part_of(sum.rows, part, parts);
    const bool accumulate = !(replace && sum.alone);
    Float* const to = sums + sum.to + rows.first;
    const Slot slot = sum.slot + static_cast<Slot>(rows.first);
    if (!sum.uniform) return kernels_.add_up({rows.count, samples, workspace.slot(slot), block_, to, accumulate});
    for (std::size_t i = 0; i < rows.count; ++i) {
      const Float total = *first_->uniform_slot(slot + static_cast<Slot>(i)) * static_cast<Float>(samples);
      to[i] = accumulate ? to[i] + total : total;
    }
  }

  void load(const Workspace& workspace, std::size_t row, std::size_t samples, std::size_t padded_samples,
            std::size_t part, std::size_t parts) const {
    const auto& [slots, columns] = samples > few_samples ? workspace.inputs : workspace.inputs_of_few;
    const Range share = part_of(columns.size(), part, parts);
    std::size_t first = share.first;
    std::size_t before = 0;  // columns of the arrays before
    for (const Array<const Float*>& array : batch_.inputs) {
      std::size_t end = first;
      while (end < share.first + share.count && columns[end] < before + array.width) ++end;
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
    return !team_ && batch_.rows * width * sizeof(Float) > least_streamed_bytes && width <= most_streamed_width;
  }

  const Program& program_;
  const Kernels<Float>& kernels_;
  const std::size_t lanes_;
  const std::size_t block_;
  const Batch<Float>& batch_;
  const Chunks chunks_;
  const std::size_t traffic_share_;  // in numbers
  std::optional<Team> team_;
  bool is_shared_out_ = false;  // a chunk to each task
  Workspace* first_ = nullptr;  // holds what the tasks share
  std::atomic<std::size_t> next_{0};
};

}  // namespace smolgrad::runtime

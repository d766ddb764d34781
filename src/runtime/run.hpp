// One run of a program over a batch: what its tasks share, and what each does with the chunks it takes.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>

#include "block.hpp"
#include "chunks.hpp"

namespace smolgrad::runtime {

constexpr std::size_t steps_between_traffic = 4;

/// Operations below which dividing them costs more than they do.
constexpr std::size_t worth_a_part = 4096;

/// Weights of which each member of a team rather keeps its own rows in its cache than all for its own samples.
constexpr std::size_t many_weights = 16384;
/// The same where results outnumber operands, which then are sooner handed on than these.
constexpr std::size_t many_weights_to_more_results = 4096;

template <class Float>
class Executor<Float>::Run {
 public:
  Run(const Executor& executor, const Batch<Float>& batch)
      : executor_(executor),
        program_(executor.program_),
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
    Block uniform(executor_, batch_, first);
    for (const Step& step : program_.uniform_steps) {
      if (step.kind == Step::Kind::product) find_coefficients(step.to, packed);
      uniform.run(step, uniform.all(), nullptr, false);
    }
    for (std::size_t i = 0; i < program_.products.size(); ++i) {
      if (!program_.products[i].uniform) find_coefficients(i, packed);
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
        run_chunk(workspace, chunk, batch_.sums, chunk == 0, &member);
      }
      return;
    }
    for (;;) {
      const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks_.count) return;
      if (chunk == 0 || is_shared_out_) {
        run_chunk(workspace, chunk, chunk == 0 ? batch_.sums : kept(chunk), true, nullptr);
      } else if (chunks_.add_at_once) {
        run_chunk(workspace, chunk, batch_.sums, false, nullptr);
      } else {
        run_chunk(workspace, chunk, kept(1), true, nullptr);
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
  void find_coefficients(std::size_t which, std::size_t& packed) {
    const Product& product = program_.products[which];
    const Coefficients& coefficients = product.coefficients;
    if (!coefficients.is_shared) {
      const std::size_t end = coefficients.first + product.rows * product.columns;
      for (; packed < end; ++packed) first_->packed[packed] = *first_->uniform_slot(program_.packed[packed]);
    }
    const Float* row = (coefficients.is_shared ? batch_.shared : first_->packed.get()) + coefficients.first;
    for (const Float*& c : first_->products[which].c) {
      c = row;
      row += coefficients.row_stride;
    }
  }

  Float* kept(std::size_t chunk) const { return first_->chunk_sums.get() + (chunk - 1) * program_.sum_count; }

  /// What `sums` holds is added to, or else replaced. As a member of a team one does one's share, else all.
  void run_chunk(Workspace& own, std::size_t chunk, Float* sums, bool replace, Team::Member* member) {
    const std::size_t begin = chunk * chunks_.rows;
    const std::size_t end = std::min(batch_.rows, begin + chunks_.rows);
    const auto clear = [&] {
      for (const Range& zeros : program_.zeros) std::fill_n(sums + zeros.first, zeros.count, Float(0));
    };
    if (replace && !program_.zeros.empty()) {
      member == nullptr ? clear() : member->share(false, [&](std::size_t, std::size_t) { clear(); });
    }
    for (std::size_t row = begin; row < end; row += block_) {
      const std::size_t samples = std::min(block_, end - row);
      Block block(executor_, batch_, *first_, member == nullptr ? own : *first_, own, row, samples);
      if (member == nullptr) {
        expect_inputs(own, row + block_);
        run_block(block, own.traffic, sums, replace && row == begin);
      } else {
        run_together(block, samples, sums, replace && row == begin, *member);
      }
    }
    if (member == nullptr && !own.traffic.is_over()) {
      own.traffic.finish(kernels_);
      kernels_.finish_streaming();
    }
  }

  /// The inputs from this row on, as many as a block has, if the batch is not in the cache anyway.
  void expect_inputs(Workspace& workspace, std::size_t row) const {
    if (row >= batch_.rows || batch_.order != nullptr) return;
    const std::size_t samples = std::min(block_, batch_.rows - row);
    for (const Array<const Float*>& array : batch_.inputs) {
      if (batch_.rows * array.width * sizeof(Float) <= least_streamed_bytes) continue;
      workspace.traffic.expect(array.data + row * array.width, samples * array.width);
    }
  }

  void run_block(Block& block, Traffic<Float>& traffic, Float* sums, bool replace) {
    block.load(0, 1);
    const bool has_traffic = !traffic.is_over();
    const Share all = block.all();
    std::size_t count = 0;
    for (const Step& step : program_.steps) {
      if (has_traffic && count++ % steps_between_traffic == 0) traffic.move(kernels_, traffic_share_);
      block.run(step, all, sums, replace);
    }
    traffic.finish(kernels_);
    block.store(true);
  }

  /// How a team divides a step, or several that nobody need wait between.
  enum class Division { samples, rows, sums, none };

  void run_together(Block& block, std::size_t samples, Float* sums, bool replace, Team::Member& member) {
    const Step* const begin = program_.steps.data();
    const Step* const end = begin + program_.steps.size();
    // A meeting less where it makes no difference whether the first step comes before what is loaded.
    const bool loads_much = block.loaded_columns() * samples > worth_a_part;
    const bool loads_beside =
        !loads_much && begin != end && division_of(*begin) == Division::rows && block.needs_no_slots(*begin);
    if (!loads_beside) {
      member.share(loads_much, [&](std::size_t part, std::size_t parts) { block.load(part, parts); });
    }
    bool stores_beside = false;
    for (const Step* step = begin; step != end;) {
      const Division division = division_of(*step);
      const Step* next = step;
      std::size_t work = 0;
      do {
        work += work_of(program_, *next++) * samples;
      } while (next != end && division_of(*next) == division && go_together(division));
      // Sums change no results.
      stores_beside = next == end && division == Division::sums;
      member.share(division != Division::none && work > worth_a_part, [&](std::size_t part, std::size_t parts) {
        if (part == 0 && loads_beside && step == begin) block.load(0, 1);
        const Share share = division == Division::samples ? block.samples_of(part, parts) : block.rows_of(part, parts);
        for (const Step* each = step; each != next && share.samples.count > 0; ++each) {
          block.run(*each, share, sums, replace);
        }
        if (part == 0 && stores_beside) block.store(false);
      });
      step = next;
    }
    if (!stores_beside) member.share(false, [&](std::size_t, std::size_t) { block.store(false); });
  }

  Division division_of(const Step& step) const {
    switch (step.kind) {
      case Step::Kind::elementwise:
        return Division::samples;
      case Step::Kind::product: {
        const Product& product = program_.products[step.to];
        const std::size_t many = product.rows > product.columns ? many_weights_to_more_results : many_weights;
        return product.rows * product.columns > many ? Division::rows : Division::samples;
      }
      case Step::Kind::outer_product:
        return program_.outers[step.to].matrix ? Division::sums : Division::none;
      case Step::Kind::sum:
        return Division::sums;
    }
    return Division::none;
  }

  /// Samples do not need one another; sums do not where each place has one alone.
  bool go_together(Division division) const {
    return division == Division::samples || (division == Division::sums && executor_.all_alone_);
  }

  /// So much of each array at a time that all has moved after the last step.
  std::size_t traffic_share() const {
    std::size_t widest = 0;
    for (const auto& array : batch_.inputs) widest = std::max(widest, array.width);
    for (const auto& array : batch_.outputs) widest = std::max(widest, array.width);
    const std::size_t times = program_.steps.size() / steps_between_traffic + 1;
    return padded(block_ * widest / times + 1, Traffic<Float>::line);
  }

  const Executor& executor_;
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

#include "executor.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "workspace.hpp"

namespace smolgrad::runtime {

namespace {

constexpr std::size_t most_threads = 256;
constexpr std::size_t most_sum_chunks = 16;
constexpr std::size_t least_sum_rows = 32;
/// Operations on a sample's number below which a second thread costs more than it does.
constexpr std::size_t worth_a_thread = 100'000;

/// A block's slots should take no more than this, to stay in the second-level cache, and its samples make loops long
/// enough to forget what a step costs beside them.
constexpr std::size_t block_bytes = std::size_t{128} * 1024;
constexpr std::size_t most_samples = 256;

/// Results of a run beyond which they are written past the caches.
constexpr std::size_t least_streamed_bytes = std::size_t{2} << 20;

constexpr std::size_t steps_between_traffic = 4;

std::size_t block_size(const Program& program, std::size_t lanes, std::size_t number_size) {
  const std::size_t unit = 4 * lanes;
  const std::size_t slots = std::max(program.slot_count, std::size_t{1});
  const std::size_t fitting = block_bytes / (slots * number_size);
  return std::max(unit, std::min(most_samples, fitting / unit * unit));
}

std::size_t work_of(const Program& program) {
  std::size_t work = 1;
  for (const Step& step : program.steps) work += step.rows;
  for (const Product& product : program.products) work += product.rows * product.columns / 8;
  return work;
}

}  // namespace

/// One run: what its tasks share.
template <class Float>
class Executor<Float>::Run {
 public:
  Run(const Executor& executor, const Batch<Float>& batch)
      : program_(executor.program_),
        kernels_(executor.kernels_),
        lanes_(executor.kernels_.lanes),
        block_(executor.block_),
        batch_(batch) {
    // By the rows alone: see executor.hpp.
    if (program_.sum_count > 0) {
      chunk_count_ = std::min(most_sum_chunks, (batch.rows + least_sum_rows - 1) / least_sum_rows);
      chunk_rows_ = chunk_count_ == 0 ? 0 : padded<Float>((batch.rows + chunk_count_ - 1) / chunk_count_, lanes_);
    } else {
      constexpr std::size_t blocks = 8;
      chunk_rows_ = blocks * block_;
    }
    chunk_count_ = chunk_rows_ == 0 ? 0 : (batch.rows + chunk_rows_ - 1) / chunk_rows_;
    traffic_share_ = traffic_share();
  }

  std::size_t chunk_count() const { return chunk_count_; }

  /// What is done once: uniform slots, and where coefficients stand.
  void prepare(Workspace& first) {
    first_ = &first;
    for (const Program::Fill& fill : program_.fills) {
      const Float number = fill.shared == not_shared ? static_cast<Float>(fill.number) : batch_.shared[fill.shared];
      std::fill_n(first.uniform_slot(fill.slot), lanes_, number);
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

  /// Tasks take chunks until there are none left.
  void work(Workspace& workspace) {
    for (;;) {
      const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunk_count_) return;
      run_chunk(workspace, chunk);
    }
  }

  void finish() {
    if (batch_.sums == nullptr || program_.sum_count == 0) return;
    std::fill_n(batch_.sums, program_.sum_count, Float(0));
    for (std::size_t chunk = 0; chunk < chunk_count_; ++chunk) {
      const Float* const part = first_->chunk_sums.get() + chunk * program_.sum_count;
      for (std::size_t i = 0; i < program_.sum_count; ++i) batch_.sums[i] += part[i];
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

  void run_chunk(Workspace& workspace, std::size_t chunk) {
    const std::size_t begin = chunk * chunk_rows_;
    const std::size_t end = std::min(batch_.rows, begin + chunk_rows_);
    std::fill_n(workspace.sums.get(), program_.sums.size() * lanes_, Float(0));
    std::fill_n(workspace.matrices.get(), workspace.matrices_size, Float(0));
    for (std::size_t row = begin; row < end; row += block_) {
      expect_inputs(workspace, row + block_);
      run_block(workspace, row, std::min(block_, end - row));
    }
    if (!workspace.traffic.is_over()) {
      workspace.traffic.finish(kernels_);
      kernels_.finish_streaming();
    }
    if (program_.sum_count > 0) add_up(workspace, first_->chunk_sums.get() + chunk * program_.sum_count);
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

  void run_block(Workspace& workspace, std::size_t row, std::size_t samples) {
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
          multiply_outer(workspace, step.to, samples);
          break;
        case Step::Kind::sum:
          sum(workspace, step.to, samples);
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
      // From where the caller has them; they may not have been loaded.
      const bool is_second = *product.input >= batch_.inputs[0].width;
      const Array<const Float*>& array = batch_.inputs[is_second ? 1 : 0];
      const std::size_t column = *product.input - (is_second ? batch_.inputs[0].width : 0);
      return kernels_.multiply_few(work, array.data + row * array.width + column, array.width);
    }
    for (std::size_t s = 0; s < samples; ++s) {
      Float* const x = workspace.contiguous.get() + s * workspace.contiguous_step;
      for (std::size_t k = 0; k < product.columns; ++k) x[k] = pointers.x[k][s];
    }
    kernels_.multiply_few(work, workspace.contiguous.get(), workspace.contiguous_step);
  }

  /// The samples take the place of the columns.
  void multiply_outer(Workspace& workspace, std::size_t which, std::size_t samples) const {
    auto& pointers = workspace.outers[which];
    const std::size_t columns = pointers.right.size();
    const std::size_t width = padded<Float>(columns, lanes_);
    kernels_.store(workspace.transposed.get(),
                   {width, columns, workspace.columns.data(), pointers.right.data(), samples, samples});
    kernels_.multiply({pointers.left.size(), samples, width, pointers.left.data(), 1, pointers.samples.data(),
                       pointers.to.data(), nullptr, 0, true});
  }

  void sum(Workspace& workspace, std::size_t which, std::size_t samples) const {
    const Sum& sum = program_.sums[which];
    Float* const to = workspace.sums.get() + which * lanes_;
    if (sum.uniform) {
      *to += *first_->uniform_slot(sum.slot) * static_cast<Float>(samples);
    } else {
      kernels_.add_up(workspace.slot(sum.slot), samples, to);
    }
  }

  /// Lanes and matrices of a chunk into one number for each sum.
  void add_up(const Workspace& workspace, Float* to) const {
    std::fill_n(to, program_.sum_count, Float(0));
    const Float* lanes = workspace.sums.get();
    for (const Sum& sum : program_.sums) {
      for (std::size_t i = 0; i < lanes_; ++i) to[sum.to] += *lanes++;
    }
    for (std::size_t which = 0; which < program_.outers.size(); ++which) {
      const Outer& outer = program_.outers[which];
      const std::uint32_t* target = outer.to.data();
      for (const Float* const row : workspace.outers[which].to) {
        for (std::size_t k = 0; k < outer.right.size(); ++k, ++target) {
          if (*target != no_sum) to[*target] += row[k];
        }
      }
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
  std::size_t traffic_share_ = 0;  // in numbers
  Workspace* first_ = nullptr;     // holds what the tasks share
  std::atomic<std::size_t> next_{0};
};

template <class Float>
Executor<Float>::Executor(Program program, const Kernels<Float>& kernels)
    : program_(std::move(program)),
      kernels_(kernels),
      block_(block_size(program_, kernels.lanes, sizeof(Float))),
      work_(work_of(program_)) {}

template <class Float>
Executor<Float>::~Executor() = default;

template <class Float>
auto Executor<Float>::take_workspace() const -> std::unique_ptr<Workspace> {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!spare_.empty()) {
    auto workspace = std::move(spare_.back());
    spare_.pop_back();
    return workspace;
  }
  // Room to give it back.
  spare_.reserve(made_ + 1);
  auto workspace = std::make_unique<Workspace>(program_, kernels_.lanes, block_);
  ++made_;
  return workspace;
}

template <class Float>
void Executor<Float>::give_back(std::unique_ptr<Workspace> workspace) const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  spare_.push_back(std::move(workspace));
}

template <class Float>
void Executor<Float>::run(const Batch<Float>& batch, const Threads& threads) const {
  Run run(*this, batch);
  const std::size_t worth = batch.rows * work_ / worth_a_thread + 1;
  const std::size_t task_count =
      std::max(std::size_t{1}, std::min({threads.count, worth, run.chunk_count(), most_threads}));

  // Everything a task needs is at hand before the first begins; it goes back whatever happens.
  struct Borrowed {
    const Executor& executor;
    std::size_t count = 0;
    Workspace* workspaces[most_threads];
    explicit Borrowed(const Executor& from) : executor(from) {}
    void take() {
      workspaces[count] = executor.take_workspace().release();
      ++count;
    }
    ~Borrowed() {
      // The last to be given back is the next to be taken: the first again, which has room for the sums.
      while (count > 0) executor.give_back(std::unique_ptr<Workspace>(workspaces[--count]));
    }
  } borrowed(*this);
  while (borrowed.count < task_count) borrowed.take();
  Workspace& first = *borrowed.workspaces[0];
  if (program_.sum_count > 0 && first.chunk_sums == nullptr) {
    first.chunk_sums = make_aligned<Float>(most_sum_chunks * program_.sum_count);
  }
  if (run.chunk_count() > 0) run.prepare(first);  // without rows there may be nothing to read

  struct Context {
    Run& run;
    Borrowed& borrowed;
  } context{run, borrowed};
  const auto task = [](void* data, std::size_t i) {
    const auto* const shared = static_cast<const Context*>(data);
    shared->run.work(*shared->borrowed.workspaces[i]);
  };
  if (task_count == 1) {
    task(&context, 0);
  } else if (threads.runner != nullptr) {
    threads.runner(task, &context, task_count, threads.user_data);
    task(&context, 0);  // what a runner that called too few left over
  } else {
    std::vector<std::thread> helpers;
    helpers.reserve(task_count - 1);
    try {
      for (std::size_t i = 1; i < task_count; ++i) helpers.emplace_back(task, &context, i);
    } catch (const std::exception&) {
      // The system starts no more threads: those there are, at least this one, do the work.
    }
    task(&context, 0);
    for (std::thread& helper : helpers) helper.join();
  }
  run.finish();
}

template class Executor<double>;
template class Executor<float>;

}  // namespace smolgrad::runtime

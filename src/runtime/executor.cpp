#include "executor.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "run.hpp"
#include "sample.hpp"

namespace smolgrad::runtime {

namespace {

constexpr std::size_t most_threads = 256;
/// A block's slots should take no more than this, to stay in the second-level cache, and its samples make loops long
/// enough to forget what a step costs beside them.
constexpr std::size_t block_bytes = std::size_t{128} * 1024;
constexpr std::size_t most_samples = 256;

std::size_t block_size(const Program& program, std::size_t lanes, std::size_t number_size) {
  const std::size_t unit = 4 * lanes;
  const std::size_t slots = std::max(program.slot_count, std::size_t{1});
  const std::size_t fitting = block_bytes / (slots * number_size);
  return std::max(unit, std::min(most_samples, fitting / unit * unit));
}

std::size_t work_of(const Program& program) {
  std::size_t work = 1;
  for (const Step& step : program.steps) work += work_of(program, step);
  return work;
}

/// Whether vectors along the rows of steps have something to work on.
bool has_long_steps(const Program& program) {
  std::size_t rows = 0;
  for (const Step& step : program.steps) rows += step.rows;
  return !program.products.empty() || rows >= 2 * program.steps.size();
}

template <class Sums>
bool all_alone(const Sums& sums) {
  return std::all_of(sums.begin(), sums.end(), [](const auto& sum) { return sum.alone; });
}

}  // namespace

template <class Float>
Executor<Float>::Executor(Program program, const Kernels<Float>& kernels)
    : program_(std::move(program)),
      kernels_(kernels),
      block_(block_size(program_, kernels.lanes, sizeof(Float))),
      work_(work_of(program_)),
      all_alone_(all_alone(program_.sums) && all_alone(program_.outers)),
      along_rows_(has_long_steps(program_)) {}

template <class Float>
Executor<Float>::~Executor() = default;

template <class Float>
void Executor<Float>::run(const Batch<Float>& batch, const Threads& threads) const {
  if (batch.rows == 1 && along_rows_) {
    auto sample = samples_.take([&] { return std::make_unique<Sample<Float>>(program_, kernels_); });
    if (batch.order == nullptr) {
      sample->run(batch);
    } else {
      Batch<Float> row = batch;
      for (auto& array : row.inputs) array.data += batch.order[0] * array.width;
      sample->run(row);
    }
    samples_.give_back(std::move(sample));
    return;
  }
  if (batch.rows == 0) {
    std::fill_n(batch.sums, program_.sum_count, Float(0));
    return;
  }
  Run run(*this, batch);
  const std::size_t worth = batch.rows * work_ / worth_a_thread + 1;
  const std::size_t task_count =
      std::max(std::size_t{1}, std::min({threads.count, worth, run.most_tasks(), most_threads}));

  // Everything a task needs is at hand before the first begins; it goes back whatever happens.
  struct Borrowed {
    const Executor& executor;
    std::size_t count = 0;
    Workspace* workspaces[most_threads];
    explicit Borrowed(const Executor& from) : executor(from) {}
    void take() {
      workspaces[count] =
          executor.workspaces_
              .take([this] {
                return std::make_unique<Workspace>(executor.program_, executor.kernels_.lanes, executor.block_);
              })
              .release();
      ++count;
    }
    ~Borrowed() {
      // The first to be given back is the next to be taken: it has room for the sums.
      for (std::size_t i = 0; i < count; ++i) {
        executor.workspaces_.give_back(std::unique_ptr<Workspace>(workspaces[i]));
      }
    }
  } borrowed(*this);
  while (borrowed.count < task_count) borrowed.take();
  Workspace& first = *borrowed.workspaces[0];
  const std::size_t kept = run.kept_sums(task_count) * program_.sum_count;
  if (first.chunk_sums_count < kept) {
    first.chunk_sums = make_aligned<Float>(kept);
    first.chunk_sums_count = kept;
  }
  run.prepare(first, task_count);

  struct Context {
    Run& run;
    Borrowed& borrowed;
  } context{run, borrowed};
  const auto task = [](void* data, std::size_t i) {
    const auto* const shared = static_cast<const Context*>(data);
    shared->run.work(*shared->borrowed.workspaces[i], i);
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

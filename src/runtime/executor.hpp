// Runs a program over a batch: blocks of samples that stay in the cache, on as many threads as there are.
//
// The batch is cut into chunks by its number of rows alone; what is summed over it is summed within each chunk and then
// over the chunks in their order. So the result is the same for any number of threads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernels.hpp"
#include "program.hpp"

namespace smolgrad::runtime {

/// Row-major arrays side by side: the columns of the second follow those of the first.
template <class Pointer>
struct Array {
  Pointer data = nullptr;
  std::size_t width = 0;
};

template <class Float>
struct Batch {
  std::size_t rows = 0;
  Array<const Float*> inputs[2];
  const Float* shared = nullptr;
  Array<Float*> outputs[2];
  Float* sums = nullptr;
};

/// Whose threads. See RunOptions in smolgrad/function.hpp.
struct Threads {
  std::size_t count = 1;
  void (*runner)(void (*task)(void*, std::size_t), void* context, std::size_t count, void* user_data) = nullptr;
  void* user_data = nullptr;
};

template <class Float>
class Executor {
 public:
  Executor(Program program, const Kernels<Float>& kernels);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Any number of threads may do so at once. Throws std::bad_alloc, before anything is written.
  void run(const Batch<Float>& batch, const Threads& threads) const;

 private:
  class Workspace;
  class Run;

  std::unique_ptr<Workspace> take_workspace() const;
  void give_back(std::unique_ptr<Workspace> workspace) const noexcept;

  const Program program_;
  const Kernels<Float>& kernels_;
  const std::size_t block_;  // samples
  const std::size_t work_;   // operations on a sample
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> spare_;
  mutable std::size_t made_ = 0;  // workspaces in existence
};

extern template class Executor<double>;
extern template class Executor<float>;

}  // namespace smolgrad::runtime

// Runs a program over a batch: blocks of samples that stay in the cache, on as many threads as there are.
//
// The batch is cut into chunks by the program and the number of rows alone; what is summed over it is summed within
// each chunk and then over the chunks in their order. So the result is the same for any number of threads. A single
// sample is another matter: see sample.hpp.
#pragma once

#include <memory>

#include "kernels.hpp"
#include "pool.hpp"
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
  const std::size_t* order = nullptr;  // which of the inputs' rows are meant, or else the first ones
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
class Sample;

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
  class Block;
  class Run;

  const Program program_;
  const Kernels<Float>& kernels_;
  const std::size_t block_;  // samples
  const std::size_t work_;   // operations on a sample
  const bool all_alone_;     // whether no two sums go to one place
  const bool along_rows_;    // whether a sample alone is run along the rows of steps
  mutable Pool<Workspace> workspaces_;
  mutable Pool<Sample<Float>> samples_;
};

extern template class Executor<double>;
extern template class Executor<float>;

}  // namespace smolgrad::runtime

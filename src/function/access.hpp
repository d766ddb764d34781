// What training runs: a Function's derivatives by what is shared, of samples that stay where the caller has them.
#pragma once

#include <cstddef>

#include <smolgrad/function.hpp>

namespace smolgrad::detail {

/// Rows of two arrays, which side by side make a Function's inputs.
template <class T>
struct Samples {
  const T* first;
  std::size_t first_width;
  const T* second;
  std::size_t second_width;
  const std::size_t* order;  // which rows, or null: from the first on
};

struct FunctionAccess {
  /// Function::gradient by the shared numbers. Nothing is checked: arrays are there, and no two overlap.
  template <class T>
  static void gradient(const Function& function, std::size_t rows, const Samples<T>& samples, const T* shared,
                       T* outputs, T* d_shared, const RunOptions& run);
};

}  // namespace smolgrad::detail

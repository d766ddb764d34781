// Programs run and compared with what their graphs mean.
#pragma once

#include <algorithm>

#include "graph/interpret.hpp"
#include "runtime/executor.hpp"
#include "runtime/program.hpp"

namespace smolgrad::test {

/// Rows of inputs and of outputs, each cut into two arrays.
template <class T>
struct Cut {
  std::vector<T> left, right;
  std::size_t width, first;

  Cut(const std::vector<T>& whole, std::size_t rows, std::size_t columns, std::size_t cut)
      : width(columns), first(cut) {
    for (std::size_t i = 0; i < rows * columns; ++i) (i % columns < cut ? left : right).push_back(whole[i]);
    // Nothing is to be written behind the last.
    left.push_back(T(-77));
    right.push_back(T(-77));
  }
  template <class Pointer>
  void into(runtime::Array<Pointer> (&arrays)[2]) {
    arrays[0] = {left.data(), first};
    arrays[1] = {right.data(), width - first};
  }
  T at(std::size_t row, std::size_t column) const {
    return column < first ? left[row * first + column] : right[row * (width - first) + column - first];
  }
};

/// Whether something reads inputs from where the caller has them, so that those are not to be cut apart.
inline bool reads_in_line(const runtime::Program& program) {
  return std::any_of(program.products.begin(), program.products.end(),
                     [](const auto& product) { return product.input; }) ||
         std::any_of(program.outers.begin(), program.outers.end(), [](const auto& outer) { return outer.input; });
}

struct Expected {
  std::vector<double> outputs, sums, sizes;  // sizes: of the terms of the sums
};

inline Expected expected(const Graph& graph, std::size_t rows, const std::vector<double>& inputs,
                         const std::vector<double>& shared) {
  Expected all{{}, std::vector<double>(graph.sum_count), std::vector<double>(graph.sum_count, 1.0)};
  for (std::size_t row = 0; row < rows; ++row) {
    const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(row * graph.input_count);
    const Meaning meaning = interpret(graph, {begin, begin + static_cast<std::ptrdiff_t>(graph.input_count)}, shared);
    all.outputs.insert(all.outputs.end(), meaning.outputs.begin(), meaning.outputs.end());
    for (std::size_t i = 0; i < graph.sum_count; ++i) {
      all.sums[i] += meaning.sums[i];
      all.sizes[i] += std::abs(meaning.sums[i]);
    }
  }
  return all;
}

}  // namespace smolgrad::test

// The loops of dot products over numbers side by side, compiled once for each set of vector instructions
// (dot_kernels.cpp), and the choice among them by what the processor has (dot_targets.cpp). Products and sums are the
// same IEEE operations in the same order in every one of them, none fused: so are the bits.
#pragma once

#include <cstddef>

namespace smolgrad::detail {

struct DotKernels {
  /// Each of `rows` rows of `count` weights, side by side, times x.
  void (*values)(const double* weights, const double* x, std::size_t rows, std::size_t count, double* out);
  /// left_grad += adjoint right, and right_grad += adjoint left. The gradients do not overlap each other.
  void (*adjoints)(const double* left, const double* right, std::size_t count, double adjoint, double* left_grad,
                   double* right_grad);
};

/// The best that this processor can run.
const DotKernels& dot_kernels() noexcept;

}  // namespace smolgrad::detail

// Compiled once for each target, without fusing products and sums. Calls nothing inline that the linker could share
// among the units: the definition in ops is a template over the types of lambdas, which are this unit's own.
#include "dot_kernels.hpp"

#include "../ops/reduction.hpp"

namespace smolgrad::detail {

namespace {

void values(const double* weights, const double* x, std::size_t rows, std::size_t count, double* out) {
  const auto right = [x](std::size_t i) { return x[i]; };
  for (std::size_t row = 0; row < rows; ++row, weights += count) {
    out[row] = ops::Dot::value<double>([weights](std::size_t i) { return weights[i]; }, right, count);
  }
}

void adjoints(const double* __restrict left, const double* __restrict right, std::size_t count, double adjoint,
              double* __restrict left_grad, double* __restrict right_grad) {
  for (std::size_t i = 0; i < count; ++i) {
    left_grad[i] += adjoint * right[i];
    right_grad[i] += adjoint * left[i];
  }
}

}  // namespace

#define SMOLGRAD_JOIN_OF(a, b) a##b
#define SMOLGRAD_JOIN(a, b) SMOLGRAD_JOIN_OF(a, b)
#define SMOLGRAD_TARGET SMOLGRAD_JOIN(dot_, SMOLGRAD_VECTOR_TARGET)
extern const DotKernels SMOLGRAD_TARGET;
const DotKernels SMOLGRAD_TARGET{values, adjoints};

}  // namespace smolgrad::detail

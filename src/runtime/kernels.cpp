// Compiled once for each target. Calls nothing inline from outside the target's namespace (see lanes.hpp).
#include "kernels.hpp"

#include "../ops/table.hpp"
#include "elementwise_kernels.hpp"
#include "matrix_kernels.hpp"
#include "transfer_kernels.hpp"
#include "transposed_kernels.hpp"
#include "vector_kernels.hpp"

namespace smolgrad::runtime {
namespace HWY_NAMESPACE {
namespace {

template <class Float>
constexpr Kernels<Float> make_kernels() {
  Kernels<Float> kernels{};
  kernels.lanes = Lanes<Float>::size();
  add_elementwise(kernels);
  kernels.multiply = &multiply<Float>;
  kernels.multiply_transposed = &multiply_transposed<Float>;
  kernels.multiply_vector = &multiply_vector<Float>;
  kernels.multiply_outer = &multiply_outer<Float>;
  kernels.add_up = &add_up<Float>;
  kernels.add = &add<Float>;
  kernels.load = &load_columns<Float>;
  kernels.store = &store_columns<Float>;
  kernels.prefetch = &prefetch<Float>;
  kernels.stream = &stream<Float>;
  kernels.finish_streaming = &finish_streaming;
  return kernels;
}

constexpr Kernels<double> float64 = make_kernels<double>();
constexpr Kernels<float> float32 = make_kernels<float>();

}  // namespace
}  // namespace HWY_NAMESPACE

#define SMOLGRAD_TEXT_OF(name) #name
#define SMOLGRAD_TEXT(name) SMOLGRAD_TEXT_OF(name)
#define SMOLGRAD_TARGET HWY_CONCAT(target_, SMOLGRAD_VECTOR_TARGET)
extern const Target SMOLGRAD_TARGET;
const Target SMOLGRAD_TARGET{SMOLGRAD_TEXT(SMOLGRAD_VECTOR_TARGET), HWY_NAMESPACE::float64, HWY_NAMESPACE::float32};

}  // namespace smolgrad::runtime

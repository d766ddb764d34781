// The operators over arrays, as one target compiled them.
#pragma once

#include <cstddef>

namespace smolgrad::test {

template <class Float>
struct UnaryKernel {
  const char* name;
  void (*value)(const Float* x, Float* y, std::size_t count);
  void (*derivative)(const Float* x, Float* y, std::size_t count);
};

template <class Float>
struct BinaryKernel {
  const char* name;
  void (*value)(const Float* a, const Float* b, Float* y, std::size_t count);
  void (*left_partial)(const Float* a, const Float* b, Float* y, std::size_t count);
  void (*right_partial)(const Float* a, const Float* b, Float* y, std::size_t count);
};

/// Lists end with a null name.
template <class Float>
struct Kernels {
  std::size_t lanes;
  const UnaryKernel<Float>* unary;
  const BinaryKernel<Float>* binary;
};

struct Target {
  Kernels<double> in_double;
  Kernels<float> in_float;
};

}  // namespace smolgrad::test

// The loops of the optimisers' updates, compiled once for each set of vector instructions (update_kernels.cpp), and the
// choice among them by what the processor has (update_targets.cpp). Each parameter's update is the same IEEE operations
// in every one of them, none fused: so the bits depend on neither the processor nor how parameters are divided.
//
// An optimiser is a descent, with or without momentum, along a direction: the gradient, or what `normalise` makes of
// it.
#pragma once

#include <cstddef>

namespace smolgrad::train {

/// Consecutive parameters, and what is remembered of each. What a kernel does not mention it may have null.
template <class T>
struct Stretch {
  std::size_t count;
  T* parameters;
  const T* gradients;
  T* direction;
  T* first;   // moving average of the gradients
  T* second;  // moving average of their squares
  T* velocity;
};

/// With q = gradient_scale gradient + weight_decay parameter, and the moving averages
/// average = decay average + weight (q or q²):
/// direction = (direct q + averaged first) / (root_scale sqrt(second - centring first²) + epsilon).
struct Normalisation {
  double gradient_scale = 1.0;
  double weight_decay = 0.0;
  double first_decay = 0.0;
  double first_weight = 0.0;
  double second_decay = 0.0;
  double second_weight = 0.0;
  double direct = 1.0;
  double averaged = 0.0;
  double centring = 0.0;
  double root_scale = 1.0;
  double epsilon = 0.0;
};

/// Without momentum: parameter = keep parameter - rate gradient.
/// With it, and q as above: velocity = momentum velocity + intake q; parameter -= rate q + velocity_rate velocity.
struct Descent {
  double keep = 1.0;
  double rate = 0.0;
  double gradient_scale = 1.0;
  double weight_decay = 0.0;
  double momentum = 0.0;
  double intake = 1.0;
  double velocity_rate = 0.0;
};

template <class T>
struct UpdateKernels {
  /// to = scale gradients, held within ±bound; NaN stays NaN.
  void (*clip)(const T* gradients, std::size_t count, T scale, T bound, T* to);
  /// Of scale gradients held within ±bound, in an order that depends on `count` alone.
  double (*sum_of_squares)(const T* gradients, std::size_t count, T scale, T bound);
  void (*normalise)(const Stretch<T>&, const Normalisation&);
  void (*descend)(const Stretch<T>&, const Descent&);
  void (*descend_with_momentum)(const Stretch<T>&, const Descent&);
  /// Parameters into a model, whose numbers are double.
  void (*widen)(const T* from, std::size_t count, double* to);
};

struct UpdateTarget {
  const char* name;
  UpdateKernels<double> float64;
  UpdateKernels<float> float32;

  template <class T>
  const UpdateKernels<T>& kernels() const;
};
template <>
inline const UpdateKernels<double>& UpdateTarget::kernels<double>() const {
  return float64;
}
template <>
inline const UpdateKernels<float>& UpdateTarget::kernels<float>() const {
  return float32;
}

/// Those that this processor can run, the best first.
struct UpdateTargets {
  const UpdateTarget* const* first;
  std::size_t count;
  const UpdateTarget* const* begin() const { return first; }
  const UpdateTarget* const* end() const { return first + count; }
};
UpdateTargets update_targets() noexcept;

}  // namespace smolgrad::train

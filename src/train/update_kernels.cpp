// Compiled once for each target, without fusing products and sums. Plain loops, which the compiler vectorises; they
// call nothing inline that the linker could share among the units.
#include "update_kernels.hpp"

#include <cfloat>
#include <cmath>

// The arrays of a kernel do not overlap.
#if defined(__clang__)
#define SMOLGRAD_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SMOLGRAD_INDEPENDENT _Pragma("GCC ivdep")
#elif defined(_MSC_VER)
#define SMOLGRAD_INDEPENDENT __pragma(loop(ivdep))
#else
#define SMOLGRAD_INDEPENDENT
#endif

namespace smolgrad::train {

namespace {

template <class T>
T held_within(T x, T bound) {
  const T above = x < -bound ? -bound : x;
  return bound < above ? bound : above;
}

template <class T>
constexpr T smallest_normal = static_cast<T>(sizeof(T) == sizeof(float) ? FLT_MIN : DBL_MIN);

/// A moving average of zeros would decay to a subnormal number and stay there, where processors are slow.
template <class T>
T without_subnormals(T x) {
  return (x < 0 ? -x : x) < smallest_normal<T> ? T(0) : x;
}

/// step(i) for each i: groups of whole vectors, and what is left one at a time. (The trip counts are such that
/// compilers make neither remainders of the one nor vectors of the other.)
template <class Step>
void for_each(std::size_t count, const Step& step) {
  constexpr std::size_t group = 16;
  const std::size_t whole = count / group * group;
  SMOLGRAD_INDEPENDENT
  for (std::size_t i = 0; i < whole; ++i) step(i);
  for (std::size_t i = whole; i < count; ++i) step(i);
}

template <class T>
void clip(const T* gradients, std::size_t count, T scale, T bound, T* to) {
  for_each(count, [=](std::size_t i) { to[i] = held_within(gradients[i] * scale, bound); });
}

template <class T>
double sum_of_squares(const T* gradients, std::size_t count, T scale, T bound) {
  constexpr std::size_t width = 16;
  double sums[width] = {};
  std::size_t i = 0;
  for (; i + width <= count; i += width) {
    for (std::size_t k = 0; k < width; ++k) {
      const double x = held_within(gradients[i + k] * scale, bound);
      sums[k] += x * x;
    }
  }
  for (; i < count; ++i) {
    const double x = held_within(gradients[i] * scale, bound);
    sums[0] += x * x;
  }
  for (std::size_t half = width / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

/// Rounding may leave a variance just below 0.
template <class T>
void normalise(const Stretch<T>& stretch, const Normalisation& by) {
  const T* const parameters = stretch.parameters;
  const T* const gradients = stretch.gradients;
  T* const direction = stretch.direction;
  T* const first = stretch.first;
  T* const second = stretch.second;
  const auto gradient_scale = static_cast<T>(by.gradient_scale), weight_decay = static_cast<T>(by.weight_decay);
  const auto first_decay = static_cast<T>(by.first_decay), first_weight = static_cast<T>(by.first_weight);
  const auto second_decay = static_cast<T>(by.second_decay), second_weight = static_cast<T>(by.second_weight);
  const auto direct = static_cast<T>(by.direct), averaged = static_cast<T>(by.averaged);
  const auto centring = static_cast<T>(by.centring), root_scale = static_cast<T>(by.root_scale);
  const auto epsilon = static_cast<T>(by.epsilon);
  for_each(stretch.count, [=](std::size_t i) {
    const T q = gradients[i] * gradient_scale + weight_decay * parameters[i];
    const T average = without_subnormals(first[i] * first_decay + first_weight * q);
    const T square = without_subnormals(second[i] * second_decay + second_weight * (q * q));
    const T about_centre = square - centring * (average * average);
    const T variance = about_centre < T(0) ? T(0) : about_centre;
    first[i] = average;
    second[i] = square;
    direction[i] = (direct * q + averaged * average) / (std::sqrt(variance) * root_scale + epsilon);
  });
}

template <class T>
void descend(const Stretch<T>& stretch, const Descent& by) {
  T* const parameters = stretch.parameters;
  const T* const gradients = stretch.gradients;
  const auto keep = static_cast<T>(by.keep), rate = static_cast<T>(by.rate);
  for_each(stretch.count, [=](std::size_t i) { parameters[i] = keep * parameters[i] - rate * gradients[i]; });
}

template <class T>
void descend_with_momentum(const Stretch<T>& stretch, const Descent& by) {
  T* const parameters = stretch.parameters;
  const T* const gradients = stretch.gradients;
  T* const velocities = stretch.velocity;
  const auto gradient_scale = static_cast<T>(by.gradient_scale), weight_decay = static_cast<T>(by.weight_decay);
  const auto momentum = static_cast<T>(by.momentum), intake = static_cast<T>(by.intake);
  const auto rate = static_cast<T>(by.rate), velocity_rate = static_cast<T>(by.velocity_rate);
  for_each(stretch.count, [=](std::size_t i) {
    const T q = gradients[i] * gradient_scale + weight_decay * parameters[i];
    const T velocity = without_subnormals(velocities[i] * momentum + intake * q);
    velocities[i] = velocity;
    parameters[i] -= rate * q + velocity_rate * velocity;
  });
}

template <class T>
void widen(const T* from, std::size_t count, double* to) {
  for_each(count, [=](std::size_t i) { to[i] = static_cast<double>(from[i]); });
}

template <class T>
constexpr UpdateKernels<T> kernels = {clip<T>,    sum_of_squares<T>,        normalise<T>,
                                      descend<T>, descend_with_momentum<T>, widen<T>};

}  // namespace

#define SMOLGRAD_TEXT_OF(name) #name
#define SMOLGRAD_TEXT(name) SMOLGRAD_TEXT_OF(name)
#define SMOLGRAD_JOIN_OF(a, b) a##b
#define SMOLGRAD_JOIN(a, b) SMOLGRAD_JOIN_OF(a, b)
#define SMOLGRAD_TARGET SMOLGRAD_JOIN(update_, SMOLGRAD_VECTOR_TARGET)
extern const UpdateTarget SMOLGRAD_TARGET;
const UpdateTarget SMOLGRAD_TARGET{SMOLGRAD_TEXT(SMOLGRAD_VECTOR_TARGET), kernels<double>, kernels<float>};

}  // namespace smolgrad::train

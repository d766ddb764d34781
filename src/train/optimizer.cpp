// Optimizer: memory, and steps in parts. What a step does stands in rule.cpp, its arithmetic in update_kernels.cpp.
#include <smolgrad/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <new>

#include "../processor/aligned.hpp"
#include "rule.hpp"

namespace smolgrad {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

[[noreturn]] void throw_invalid(const char* message) { throw Error(ErrorCode::invalid_argument, message); }

/// What is the same for double and float.
struct Plan {
  Plan(const OptimizerOptions& chosen, const Schedule& rates, const Clipping& bounds, std::size_t parameters,
       std::size_t size)
      : options(chosen), schedule(rates), clipping(bounds), count(parameters), rule(train::rule_of(chosen)) {
    // Each array begins a cache line of its own.
    constexpr auto line = processor::cache_line;
    for (std::size_t i = 0; i < train::memory_count; ++i) {
      names[i] = train::name_of(options, static_cast<train::Memory>(i));
      remembered += names[i] == nullptr ? 0 : 1;
    }
    if (count > SIZE_MAX / (8 * size)) throw std::bad_alloc();
    const std::size_t bytes = (count * size + line - 1) / line * line;
    const std::size_t total = remembered * bytes;
    if (total == 0) return;
    memory = processor::make_aligned<unsigned char>(total);
    unsigned char* next = memory.get();
    for (std::size_t i = 0; i < train::memory_count; ++i) {
      if (names[i] == nullptr) continue;
      begin[i] = next;
      next += bytes;
    }
  }

  bool clips_values() const { return clipping.value < infinity; }
  double learning_rate() const { return train::learning_rate_of(options) * schedule.factor(steps); }

  /// Where the i-th of what is remembered is.
  std::size_t which(std::size_t i) const {
    if (i >= remembered) throw_invalid("state: there is less");
    std::size_t which = 0;
    while (names[which] == nullptr || i-- > 0) ++which;
    return which;
  }

  /// Counts a step of gradients with this sum of squares.
  void begin_step(double gradient_scale, double sum_of_squares) {
    double scale = clips_values() ? 1.0 : gradient_scale;  // values are scaled as they are clipped
    if (clipping.norm < infinity) {
      const double factor = clipping.norm / (std::sqrt(sum_of_squares) + 1e-6);
      if (!(factor > 1.0)) scale *= factor;
    }
    const double rate = learning_rate();
    ++steps;
    train::begin_step(rule, options, steps, rate, scale);
    begun = true;
  }

  OptimizerOptions options;
  Schedule schedule;
  Clipping clipping;
  std::size_t count;
  std::uint64_t steps = 0;
  bool begun = false;
  train::Rule rule;  // of the step under way, if one has begun
  std::size_t remembered = 0;
  const char* names[train::memory_count] = {};
  unsigned char* begin[train::memory_count] = {};  // of the arrays in `memory`
  processor::Aligned<unsigned char> memory;
};

}  // namespace

template <class T>
struct Optimizer<T>::Implementation : Plan {
  Implementation(const OptimizerOptions& chosen, const Schedule& rates, const Clipping& bounds, std::size_t parameters)
      : Plan(chosen, rates, bounds, parameters, sizeof(T)),
        kernels((*train::update_targets().begin())->template kernels<T>()) {}

  T* array(std::size_t which) const { return reinterpret_cast<T*>(begin[which]); }

  train::Stretch<T> stretch(T* parameters, const T* gradients, std::size_t first, std::size_t size) const {
    const auto from = [&](train::Memory which) { return names[which] == nullptr ? nullptr : array(which) + first; };
    return {size,
            parameters + first,
            gradients + first,
            nullptr,
            from(train::first_moment),
            from(train::second_moment),
            from(train::velocity)};
  }

  void descend(const train::Stretch<T>& stretch) const {
    (rule.has_momentum ? kernels.descend_with_momentum : kernels.descend)(stretch, rule.descent);
  }

  /// Clips and normalises piece by piece, in the cache.
  void update_in_pieces(T* parameters, const T* gradients, std::size_t first, std::size_t last) const {
    constexpr std::size_t most = 512;
    alignas(64) T clipped[most];
    alignas(64) T direction[most];
    alignas(64) T no_moment[most];
    if (rule.normalises && names[train::first_moment] == nullptr) std::fill_n(no_moment, most, T(0));
    for (std::size_t size; first < last; first += size) {
      size = std::min(most, last - first);
      train::Stretch<T> piece = stretch(parameters, gradients, first, size);
      if (clips_values()) {
        kernels.clip(piece.gradients, size, gradient_scale, static_cast<T>(clipping.value), clipped);
        piece.gradients = clipped;
      }
      if (rule.normalises) {
        if (piece.first == nullptr) piece.first = no_moment;
        piece.direction = direction;
        kernels.normalise(piece, rule.normalisation);
        piece.gradients = direction;
      }
      descend(piece);
    }
  }

  const train::UpdateKernels<T>& kernels;
  T gradient_scale = 1;
};

template <class T>
Optimizer<T>::Optimizer(const OptimizerOptions& options, std::size_t parameter_count, const Schedule& schedule,
                        const Clipping& clipping) {
  train::require_valid(options);
  train::require_valid(clipping);
  schedule.factor(0);
  try {
    implementation_ = std::make_unique<Implementation>(options, schedule, clipping, parameter_count);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for an optimiser");
  }
}

template <class T>
Optimizer<T>::Optimizer(Optimizer&&) noexcept = default;
template <class T>
Optimizer<T>& Optimizer<T>::operator=(Optimizer&&) noexcept = default;
template <class T>
Optimizer<T>::~Optimizer() = default;

template <class T>
void Optimizer<T>::step(T* parameters, const T* gradients, T gradient_scale) {
  const std::size_t count = implementation_->count;
  if (count > 0 && (parameters == nullptr || gradients == nullptr)) throw_invalid("step: an array is missing");
  begin_step(gradients, gradient_scale);
  update(parameters, gradients, 0, count);
}

template <class T>
void Optimizer<T>::begin_step(const T* gradients, T gradient_scale) {
  Implementation& step = *implementation_;
  double sum = 0.0;
  if (step.clipping.norm < infinity) {
    if (step.count > 0 && gradients == nullptr) throw_invalid("begin_step: clipping by norm takes the gradients");
    sum = step.kernels.sum_of_squares(gradients, step.count, gradient_scale, static_cast<T>(step.clipping.value));
  }
  step.begin_step(static_cast<double>(gradient_scale), sum);
  step.gradient_scale = gradient_scale;
}

template <class T>
void Optimizer<T>::update(T* parameters, const T* gradients, std::size_t first, std::size_t last) {
  const Implementation& step = *implementation_;
  if (first > last || last > step.count) throw_invalid("update: no range of the parameters");
  if (!step.begun) throw_invalid("update: no step was begun");
  if (first == last) return;
  if (parameters == nullptr || gradients == nullptr) throw_invalid("update: an array is missing");
  if (step.clips_values() || step.rule.normalises) {
    step.update_in_pieces(parameters, gradients, first, last);
  } else {
    step.descend(step.stretch(parameters, gradients, first, last - first));
  }
}

template <class T>
std::size_t Optimizer<T>::parameter_count() const noexcept {
  return implementation_->count;
}

template <class T>
std::uint64_t Optimizer<T>::steps() const noexcept {
  return implementation_->steps;
}

template <class T>
void Optimizer<T>::set_steps(std::uint64_t steps) noexcept {
  implementation_->steps = steps;
}

template <class T>
double Optimizer<T>::learning_rate() const {
  return implementation_->learning_rate();
}

template <class T>
std::size_t Optimizer<T>::state_count() const noexcept {
  return implementation_->remembered;
}

template <class T>
OptimizerState<T> Optimizer<T>::state(std::size_t i) {
  const std::size_t which = implementation_->which(i);
  return {implementation_->names[which], implementation_->array(which)};
}

template <class T>
OptimizerState<const T> Optimizer<T>::state(std::size_t i) const {
  const std::size_t which = implementation_->which(i);
  return {implementation_->names[which], implementation_->array(which)};
}

template <class T>
void Optimizer<T>::require_count(std::size_t count) const {
  if (count != implementation_->count) throw_invalid("step: another count of parameters than the optimiser's");
}

template class Optimizer<double>;
template class Optimizer<float>;

}  // namespace smolgrad

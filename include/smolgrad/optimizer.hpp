// Optimizer: turns gradients into steps of the parameters.
//
//   Optimizer<double> optimizer(Adam{0.01}, mlp.parameters().size());
//   for (...) {
//     mlp.zero_grad();
//     mse(mlp({2.0, 3.0, -1.0}), {target}).backward();
//     optimizer.step(mlp.parameters());
//   }
//
// Parameters and gradients are plain arrays of double or float, from Parameters (parameters.hpp) or from a Function's
// gradient (function.hpp); what an optimiser remembers has their precision too. Formulas, names and defaults are
// PyTorch 1.13's, and so are the numbers, but for rounding.
//
// A step's bits depend on nothing but the arrays, the options and the count of steps, on one type of processor: not on
// how the parameters are divided among threads. Steps allocate nothing. An Optimizer belongs to one thread at a time,
// but for update(). One moved from may only be assigned to or destroyed.
//
// Errors are exceptions of type smolgrad::Error: options out of range, a null array or another count of parameters are
// invalid_argument. NaN and infinities flow through, into the parameters and what is remembered. Averages whose
// magnitude is below that of normal numbers become 0, which is where the slowness of subnormal ones would begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <variant>

#include "error.hpp"
#include "export.hpp"
#include "parameters.hpp"
#include "schedule.hpp"

namespace smolgrad {

// In the formulas g is the gradient after clipping, p the parameter, r the learning rate, and all but r are of each
// parameter for itself. Options are finite and at least 0; weight_decay w is added to the gradient, g + w p, but for
// AdamW's.

/// Stochastic gradient descent: p -= r g. With momentum m: b = m b + (1 - dampening) g, in the first step b = g, and
/// p -= r b; with nesterov p -= r (g + m b), which takes a momentum above 0 and no dampening (Sutskever et al. 2013).
struct Sgd {
  double learning_rate = 0.01;  ///< r
  double momentum = 0.0;        ///< m
  double dampening = 0.0;       ///< of the momentum
  double weight_decay = 0.0;    ///< w
  bool nesterov = false;        ///< looks ahead
};

/// v = alpha v + (1 - alpha) g², and p -= r g / (sqrt(v) + epsilon) (Tieleman and Hinton 2012). centered: of
/// v - a² with the average a of g (Graves 2013), taken as 0 where rounding makes it less. With momentum m:
/// b = m b + g / (sqrt(v) + epsilon), and p -= r b. alpha is at most 1.
struct RmsProp {
  double learning_rate = 0.01;  ///< r
  double alpha = 0.99;          ///< of the averages
  double epsilon = 1e-8;        ///< against division by 0
  double weight_decay = 0.0;    ///< w
  double momentum = 0.0;        ///< m
  bool centered = false;        ///< by the variance
};

/// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g², and in step t = 1, 2, ...
/// p -= r m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) (Kingma and Ba 2015). beta1 and beta2 are below 1.
struct Adam {
  double learning_rate = 1e-3;  ///< r
  double beta1 = 0.9;           ///< of the average of g
  double beta2 = 0.999;         ///< of that of its square
  double epsilon = 1e-8;        ///< against division by 0
  double weight_decay = 0.0;    ///< w
};

/// Adam whose weight decay stays out of the averages: p -= r w p comes first (Loshchilov and Hutter 2019).
struct AdamW {
  double learning_rate = 1e-3;  ///< r
  double beta1 = 0.9;           ///< of the average of g
  double beta2 = 0.999;         ///< of that of its square
  double epsilon = 1e-8;        ///< against division by 0
  double weight_decay = 1e-2;   ///< w
};

/// Which optimiser, and its options.
using OptimizerOptions = std::variant<Sgd, RmsProp, Adam, AdamW>;

/// What gradients are held to before anything else sees them, each above 0; infinity: nothing. First each one's
/// magnitude to `value` (clip_grad_value_), so that an outlier does not shrink the others; then the Euclidean norm of
/// all to `norm`, by the factor norm / (|g| + 1e-6) where that is below 1 (clip_grad_norm_).
struct Clipping {
  double norm = std::numeric_limits<double>::infinity();   ///< of all derivatives
  double value = std::numeric_limits<double>::infinity();  ///< of each derivative
};

/// Something an optimiser remembers of each parameter, by PyTorch's name: "momentum_buffer", "square_avg", "grad_avg",
/// "exp_avg" or "exp_avg_sq". `data` is parameter_count() numbers, which belong to the Optimizer.
template <class T>
struct OptimizerState {
  const char* name;  ///< static
  T* data;           ///< one number for each parameter
};

/// T is double or float.
template <class T>
class SMOLGRAD_API Optimizer {
 public:
  /// Of so many parameters, remembering nothing yet. out_of_memory.
  Optimizer(const OptimizerOptions& options, std::size_t parameter_count, const Schedule& schedule = {},
            const Clipping& clipping = {});
  Optimizer(Optimizer&& other) noexcept;             ///< what is moved from may only be assigned to or destroyed
  Optimizer& operator=(Optimizer&& other) noexcept;  ///< likewise
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  ~Optimizer();

  /// One step of all parameters. Gradients, parameter_count() of them, are multiplied by gradient_scale first: to give
  /// a batch's mean where they are its sum. They are only read, and must not overlap the parameters.
  void step(T* parameters, const T* gradients, T gradient_scale = 1);

  /// The same on a tape's parameters and gradients where they are.
  template <class Number = T, std::enable_if_t<std::is_same_v<Number, double>, int> = 0>
  void step(Parameters& parameters, double gradient_scale = 1) {
    require_count(parameters.size());
    parameters.update([&](double* data, double* grad, std::size_t) { step(data, grad, gradient_scale); });
  }

  // The same in parts, for several threads: begin_step on one of them, then update for each of some ranges that make up
  // all, each once, then the next step.

  /// Counts the step, and finds its learning rate and the gradients' norm. Reads gradients only to clip by norm.
  void begin_step(const T* gradients, T gradient_scale = 1);
  /// Updates parameters first to last - 1; the pointers are to parameter 0 nonetheless. Any number of threads may call
  /// it at once for ranges that do not overlap.
  void update(T* parameters, const T* gradients, std::size_t first, std::size_t last);

  std::size_t parameter_count() const noexcept;  ///< as it was made for
  /// How many steps were begun.
  std::uint64_t steps() const noexcept;
  /// That of the next step.
  double learning_rate() const;

  /// For checkpoints: with the same options, the same state and count of steps, the next steps have the same bits. None
  /// for plain Sgd. The arrays stay where they are as long as the Optimizer, wherever that is moved.
  std::size_t state_count() const noexcept;
  /// @{
  /// i below state_count(), else invalid_argument.
  OptimizerState<T> state(std::size_t i);
  OptimizerState<const T> state(std::size_t i) const;
  /// @}
  void set_steps(std::uint64_t steps) noexcept;  ///< how many were begun

 private:
  struct Implementation;
  void require_count(std::size_t count) const;

  std::unique_ptr<Implementation> implementation_;
};

extern template class Optimizer<double>;
extern template class Optimizer<float>;

}  // namespace smolgrad

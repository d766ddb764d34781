// L-BFGS: minimises a smooth function of n variables from its values and gradients, all data at once.
//
//   Objective objective = [&](const double* w, double* gradient) {  // a Function of the parameters, summed over the
//   data
//     double loss = 0.0;
//     ...
//     return loss;
//   };
//   std::vector<double> w = initial;
//   LbfgsResult result = minimize(objective, w.data(), w.size());
//
// The limited-memory BFGS method (Nocedal 1980; Liu and Nocedal 1989) with a line search for the strong Wolfe
// conditions: Nocedal and Wright, Numerical Optimization (2nd edition, 2006), algorithms 7.4, 7.5, 3.5 and 3.6. For
// noisy objectives, such as those of minibatches, take an Optimizer (optimizer.hpp). Memory is 2 history + 4 times n
// numbers, all allocated at the start.
//
// A trial where the value or a derivative is NaN or infinite counts as too far: the search goes back. If the objective
// throws, x is the best point of those evaluated and the exception passes on.
//
// Errors are exceptions of type smolgrad::Error: options out of range and missing arrays are invalid_argument. An Lbfgs
// belongs to one thread at a time. The same evaluations give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "error.hpp"
#include "export.hpp"

namespace smolgrad {

/// The value at x; writes the gradient. Both arrays have n numbers.
using Objective = std::function<double(const double* x, double* gradient)>;

/// How to search, and when it is enough.
struct LbfgsOptions {
  /// How many pairs of steps and changes of the gradient stand for the inverse Hessian; at least 1.
  std::size_t history = 10;
  /// After so many it is enough.
  std::size_t max_iterations = 1000;
  /// The last line search may take one more.
  std::size_t max_evaluations = 10000;
  /// Converged: no derivative's magnitude is above gradient_tolerance,
  double gradient_tolerance = 1e-7;
  /// or an iteration lowered the value f by no more than value_tolerance max(|f|, 1).
  double value_tolerance = 1e-14;
  /// Evaluations that a line search may take; at least 2.
  std::size_t max_line_search = 30;
  /// The Wolfe conditions, 0 < c1 < c2 < 1: f(x + a d) <= f(x) + c1 a f'(x) d, and |f'(x + a d) d| <= c2 |f'(x) d|.
  double c1 = 1e-4;
  double c2 = 0.9;  ///< see c1
};

/// The numbers never change.
enum class LbfgsStatus : std::int32_t {
  running,             ///< an iteration may make progress
  gradient_converged,  ///< see gradient_tolerance
  value_converged,     ///< see value_tolerance; also where rounding hides what is left to gain
  iteration_limit,     ///< max_iterations
  evaluation_limit,    ///< max_evaluations
  no_progress,         ///< no lower point was found, not along the gradient either: is the gradient right?
  not_finite,          ///< the value or gradient where it began is NaN or infinite
  cancelled            ///< the callback of minimize said so
};

/// The method, iteration by iteration.
class SMOLGRAD_API Lbfgs {
 public:
  /// Of n variables.
  explicit Lbfgs(std::size_t n, const LbfgsOptions& options = {});
  Lbfgs(Lbfgs&& other) noexcept;             ///< what is moved from may only be assigned to or destroyed
  Lbfgs& operator=(Lbfgs&& other) noexcept;  ///< likewise
  Lbfgs(const Lbfgs&) = delete;
  Lbfgs& operator=(const Lbfgs&) = delete;
  ~Lbfgs();

  /// One iteration: moves x to a point where the value is lower. False, and x stays, where none is to be made: status()
  /// says why. x is where the last iteration left it, or else restart() comes first. The first call evaluates the
  /// objective at x too.
  bool iterate(const Objective& objective, double* x);

  /// Of the x that the last iteration left: NaN before the first.
  double value() const noexcept;
  /// The largest magnitude of a derivative there.
  double gradient_norm() const noexcept;
  std::size_t iterations() const noexcept;   ///< so far
  std::size_t evaluations() const noexcept;  ///< of the objective so far
  LbfgsStatus status() const noexcept;       ///< how the last iteration ended

  /// Forgets all but the counts.
  void restart() noexcept;

  /// For checkpoints: with the same x and the same pairs, the next iterations have the same bits. The i-th pair, the
  /// oldest first, is s = x' - x and y = gradient' - gradient of an iteration, n numbers each.
  std::size_t pair_count() const noexcept;
  const double* s(std::size_t i) const noexcept;  ///< i below pair_count()
  const double* y(std::size_t i) const noexcept;  ///< i below pair_count()
  /// Restarts with these pairs, `count` times n numbers each; of more than history the last. Those without
  /// curvature, s y > 0, are left out.
  void set_pairs(const double* s, const double* y, std::size_t count);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// How minimize ended, and where.
struct LbfgsResult {
  LbfgsStatus status;       ///< why it ended
  double value;             ///< at the best point
  double gradient_norm;     ///< the largest magnitude of a derivative
  std::size_t iterations;   ///< all of them
  std::size_t evaluations;  ///< of the objective
};

/// Iterates until there is a status other than running; x, n numbers, is the start and then the best point.
/// `progress`, if there is one, is called after each iteration, and cancels by returning false.
SMOLGRAD_API LbfgsResult minimize(const Objective& objective, double* x, std::size_t n,
                                  const LbfgsOptions& options = {},
                                  const std::function<bool(const Lbfgs&)>& progress = {});

}  // namespace smolgrad

// L-BFGS: the direction from the pairs, and iterations around the line search (line_search.cpp).
#include <smolgrad/lbfgs.hpp>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <new>
#include <vector>

#include "line_search.hpp"

namespace smolgrad {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void require(bool good, const char* message) {
  if (!good) throw Error(ErrorCode::invalid_argument, message);
}

/// Four sums that do not wait for one another.
double dot(const double* a, const double* b, std::size_t n) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
  }
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// y += factor x.
void add(double factor, const double* x, double* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

/// NaN if one is.
double largest_magnitude(const std::vector<double>& x) {
  double result = 0.0;
  for (const double number : x) {
    if (!(std::abs(number) <= result)) result = std::abs(number);
    if (std::isnan(result)) break;
  }
  return result;
}

}  // namespace

struct Lbfgs::Implementation final : train::Line {
  Implementation(std::size_t size, const LbfgsOptions& chosen)
      : n(size),
        options(chosen),
        pairs(2 * size * chosen.history),
        curvatures(chosen.history),
        factors(chosen.history),
        gradient(size),
        direction(size),
        trial(size),
        trial_gradient(size) {}

  double* s(std::size_t i) { return pairs.data() + 2 * n * ((oldest + i) % options.history); }
  double* y(std::size_t i) { return s(i) + n; }

  /// Room for a pair, in place of the oldest if there is no other.
  void open_pair() {
    if (pair_count == options.history) {
      oldest = (oldest + 1) % options.history;
    } else {
      ++pair_count;
    }
  }

  /// Keeps the newest pair if there is curvature along it, which is not so if the line search had to give up.
  void close_pair() {
    const std::size_t i = pair_count - 1;
    const double curvature = dot(s(i), y(i), n);
    const double rounding = DBL_EPSILON * std::sqrt(dot(s(i), s(i), n) * dot(y(i), y(i), n));
    if (curvature > rounding && std::isfinite(curvature)) {
      curvatures[(oldest + i) % options.history] = curvature;
    } else {
      --pair_count;
    }
  }

  double curvature(std::size_t i) const { return curvatures[(oldest + i) % options.history]; }

  /// direction = -H gradient (Nocedal and Wright, algorithm 7.4; H₀ by equation 7.20).
  void find_direction() {
    for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    if (pair_count == 0) return;
    double* const q = direction.data();
    for (std::size_t i = pair_count; i-- > 0;) {
      factors[i] = dot(s(i), q, n) / curvature(i);
      add(-factors[i], y(i), q, n);
    }
    const std::size_t newest = pair_count - 1;
    const double scale = curvature(newest) / dot(y(newest), y(newest), n);
    for (std::size_t i = 0; i < n; ++i) q[i] *= scale;
    for (std::size_t i = 0; i < pair_count; ++i) {
      add(factors[i] - dot(y(i), q, n) / curvature(i), s(i), q, n);
    }
  }

  void move_to(double step, double* to) const {
    for (std::size_t i = 0; i < n; ++i) to[i] = x[i] + step * direction[i];
  }

  train::LinePoint at(double step) override {
    move_to(step, trial.data());
    ++evaluations;
    trial_step = not_a_number;
    const double found = (*objective)(trial.data(), trial_gradient.data());
    trial_step = step;
    const train::LinePoint point{step, found, dot(trial_gradient.data(), direction.data(), n)};
    if (std::isfinite(point.slope) && std::isfinite(found) && found < lowest.value) lowest = point;
    return point;
  }

  /// Along the direction, if it descends; the origin if there is nothing to be found.
  train::LinePoint search() {
    const train::LinePoint origin{0.0, value, dot(gradient.data(), direction.data(), n)};
    if (!(origin.slope < 0.0) || !std::isfinite(origin.slope)) return origin;
    // Without pairs the gradient's length says nothing about the distance: at most 1.
    const double length = std::sqrt(dot(gradient.data(), gradient.data(), n));
    const double first = pair_count > 0 ? 1.0 : std::min(1.0, 1.0 / length);
    const std::size_t most = std::min(options.max_line_search, options.max_evaluations - evaluations);
    lowest = origin;
    const train::Wolfe wolfe{options.c1, options.c2};
    const train::LinePoint found = train::search(*this, origin, first, wolfe, most);
    if (found.step > 0.0 && found.step != trial_step) at(found.step);
    return found;
  }

  /// False, with the reason in `status`, if no lower point is to be found.
  bool advance() {
    for (;;) {
      find_direction();
      const train::LinePoint found = search();
      if (found.step > 0.0) {
        accept(found.value);
        return true;
      }
      if (evaluations >= options.max_evaluations) {
        status = LbfgsStatus::evaluation_limit;
        return false;
      }
      // What a quasi-Newton step would gain.
      const double gain = -dot(gradient.data(), direction.data(), n);
      if (pair_count > 0 && gain <= 100.0 * DBL_EPSILON * std::abs(value)) {
        status = LbfgsStatus::value_converged;
        return false;
      }
      if (pair_count == 0) {
        status = LbfgsStatus::no_progress;
        return false;
      }
      pair_count = 0;
    }
  }

  void accept(double new_value) {
    open_pair();
    double* const newest_s = s(pair_count - 1);
    double* const newest_y = y(pair_count - 1);
    for (std::size_t i = 0; i < n; ++i) {
      newest_s[i] = trial[i] - x[i];
      newest_y[i] = trial_gradient[i] - gradient[i];
      x[i] = trial[i];
    }
    close_pair();
    gradient.swap(trial_gradient);
    const double gained = value - new_value;
    value = new_value;
    gradient_norm = largest_magnitude(gradient);
    ++iterations;
    if (gradient_norm <= options.gradient_tolerance) {
      status = LbfgsStatus::gradient_converged;
    } else if (gained <= options.value_tolerance * std::max(1.0, std::abs(value))) {
      status = LbfgsStatus::value_converged;
    } else if (iterations >= options.max_iterations) {
      status = LbfgsStatus::iteration_limit;
    } else if (evaluations >= options.max_evaluations) {
      status = LbfgsStatus::evaluation_limit;
    }
  }

  void evaluate_start() {
    ++evaluations;
    value = (*objective)(x, gradient.data());
    evaluated = true;
    gradient_norm = largest_magnitude(gradient);
    if (!std::isfinite(value) || !std::isfinite(gradient_norm)) {
      status = LbfgsStatus::not_finite;
    } else if (gradient_norm <= options.gradient_tolerance) {
      status = LbfgsStatus::gradient_converged;
    }
  }

  void restart() {
    pair_count = 0;
    evaluated = false;
    value = gradient_norm = not_a_number;
    status = iterations >= options.max_iterations     ? LbfgsStatus::iteration_limit
             : evaluations >= options.max_evaluations ? LbfgsStatus::evaluation_limit
                                                      : LbfgsStatus::running;
  }

  std::size_t n;
  LbfgsOptions options;
  LbfgsStatus status = LbfgsStatus::running;
  std::size_t iterations = 0;
  std::size_t evaluations = 0;
  bool evaluated = false;  // value, gradient and gradient_norm are those of x
  double value = not_a_number;
  double gradient_norm = not_a_number;

  std::size_t pair_count = 0;
  std::size_t oldest = 0;
  std::vector<double> pairs;       // s and y of each, side by side
  std::vector<double> curvatures;  // s y of each
  std::vector<double> factors;
  std::vector<double> gradient, direction, trial, trial_gradient;
  double trial_step = not_a_number;
  train::LinePoint lowest{};  // of the line search under way

  // During an iteration.
  const Objective* objective = nullptr;
  double* x = nullptr;
};

Lbfgs::Lbfgs(std::size_t n, const LbfgsOptions& options) {
  require(options.history > 0, "Lbfgs: history is not at least 1");
  require(options.max_line_search > 1, "Lbfgs: max_line_search is not at least 2");
  require(options.gradient_tolerance >= 0.0, "Lbfgs: gradient_tolerance is not at least 0");
  require(options.value_tolerance >= 0.0, "Lbfgs: value_tolerance is not at least 0");
  require(options.c1 > 0.0 && options.c1 < options.c2 && options.c2 < 1.0, "Lbfgs: c1 and c2 are not 0 < c1 < c2 < 1");
  const bool fits = n == 0 || options.history <= SIZE_MAX / 2 / sizeof(double) / n;
  try {
    if (!fits || options.history > SIZE_MAX / 2 / sizeof(double)) throw std::bad_alloc();
    implementation_ = std::make_unique<Implementation>(n, options);
    implementation_->restart();
  } catch (const std::exception&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for L-BFGS");
  }
}

Lbfgs::Lbfgs(Lbfgs&&) noexcept = default;
Lbfgs& Lbfgs::operator=(Lbfgs&&) noexcept = default;
Lbfgs::~Lbfgs() = default;

bool Lbfgs::iterate(const Objective& objective, double* x) {
  Implementation& state = *implementation_;
  require(static_cast<bool>(objective), "Lbfgs: the objective is missing");
  require(x != nullptr || state.n == 0, "Lbfgs: x is missing");
  if (state.status != LbfgsStatus::running) return false;
  state.objective = &objective;
  state.x = x;
  state.lowest.step = 0.0;
  try {
    if (!state.evaluated) state.evaluate_start();
    return state.status == LbfgsStatus::running && state.advance();
  } catch (...) {
    if (state.lowest.step > 0.0) {
      state.move_to(state.lowest.step, x);
      state.evaluated = false;
    }
    throw;
  }
}

double Lbfgs::value() const noexcept { return implementation_->value; }
double Lbfgs::gradient_norm() const noexcept { return implementation_->gradient_norm; }
std::size_t Lbfgs::iterations() const noexcept { return implementation_->iterations; }
std::size_t Lbfgs::evaluations() const noexcept { return implementation_->evaluations; }
LbfgsStatus Lbfgs::status() const noexcept { return implementation_->status; }
void Lbfgs::restart() noexcept { implementation_->restart(); }

std::size_t Lbfgs::pair_count() const noexcept { return implementation_->pair_count; }
const double* Lbfgs::s(std::size_t i) const noexcept { return implementation_->s(i); }
const double* Lbfgs::y(std::size_t i) const noexcept { return implementation_->y(i); }

void Lbfgs::set_pairs(const double* s, const double* y, std::size_t count) {
  Implementation& state = *implementation_;
  require(count * state.n == 0 || (s != nullptr && y != nullptr), "set_pairs: an array is missing");
  state.restart();
  for (std::size_t i = 0; i < count; ++i) {
    state.open_pair();
    std::copy_n(s + i * state.n, state.n, state.s(state.pair_count - 1));
    std::copy_n(y + i * state.n, state.n, state.y(state.pair_count - 1));
    state.close_pair();
  }
}

LbfgsResult minimize(const Objective& objective, double* x, std::size_t n, const LbfgsOptions& options,
                     const std::function<bool(const Lbfgs&)>& progress) {
  Lbfgs lbfgs(n, options);
  bool cancelled = false;
  while (!cancelled && lbfgs.iterate(objective, x)) cancelled = progress && !progress(lbfgs);
  const LbfgsStatus status = cancelled ? LbfgsStatus::cancelled : lbfgs.status();
  return {status, lbfgs.value(), lbfgs.gradient_norm(), lbfgs.iterations(), lbfgs.evaluations()};
}

}  // namespace smolgrad

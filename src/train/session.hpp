// Training in one precision: the parameters being trained, their optimiser, and the loop over epochs.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include <smolgrad/fit.hpp>

#include "../function/access.hpp"
#include "../processor/aligned.hpp"
#include "objective.hpp"
#include "permutation.hpp"
#include "samples.hpp"
#include "thread_pool.hpp"

namespace smolgrad::train {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

template <class T>
class Session {
 public:
  Session(MLP& model, const FitOptions& options);

  double step(const Data& data);
  FitReport fit(const Data& data);
  Metrics evaluate(const Data& data) const;

  TrainingState state() const;
  void restore(const TrainingState& state);
  /// With these numbers, the trainer's and the model's.
  void set_parameters(const double* parameters);

  /// What the model has: where training goes on but for fit.
  const T* shown() const { return shows_best_ ? best_parameters_.data() : parameters_.get(); }
  std::size_t count() const { return count_; }  // of parameters
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t steps() const { return optimizer_.steps(); }

 private:
  /// One step; the summed loss, without a step if it is not finite. hands_over: the model has the parameters too.
  double step(const detail::Samples<T>& samples, std::size_t rows, const RunOptions& run, bool hands_over);
  /// The parameters, and the model's unless that is null.
  void update(T scale, const RunOptions& run, double* model);
  /// Samples of these rows: where they are, or where that is in another precision, in samples_.
  detail::Samples<T> take(const Data& data, const std::size_t* rows, std::size_t count, const RunOptions& run);
  Metrics metrics(const Data& data, const std::vector<std::size_t>& rows, const RunOptions& run) const;
  /// The mean loss over one epoch, or what was not finite.
  double train(const Data& data, std::vector<std::size_t>& order, const RunOptions& run);
  /// Undone is what came after it was kept; but not what the model has.
  void keep();
  void undo();
  void set(const double* parameters);
  void hand_over(const T* parameters);
  /// Room for so many samples.
  void reserve(std::size_t rows);

  MLP& model_;
  const FitOptions& options_;
  std::unique_ptr<ThreadPool> pool_;  // unless the threads are the host's
  RunOptions run_;
  Objective objective_;
  Optimizer<T> optimizer_;
  const std::size_t count_;
  // From a cache line on, so that vectors straddle none where layers are as wide as lines.
  processor::Aligned<T> parameters_;
  processor::Aligned<T> gradients_;
  std::vector<T> best_parameters_;
  bool shows_best_ = false;  // a fit with patience is over
  std::vector<T> kept_;      // parameters, and what the optimiser remembers
  std::uint64_t kept_steps_ = 0;
  std::vector<T> samples_;
  std::vector<T> losses_;
  double last_rate_ = 0.0;
  std::uint64_t epoch_ = 0;
  std::uint64_t best_epoch_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
};

extern template class Session<double>;
extern template class Session<float>;

}  // namespace smolgrad::train

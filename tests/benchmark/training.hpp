// What the training workloads share: samples, the network's first parameters, and a Program that trains.
#pragma once

#include <utility>

#include "workload.hpp"

namespace bench {

template <class T>
struct Samples {
  std::size_t inputs;
  std::size_t targets;
  std::vector<T> x;  // rows x inputs
  std::vector<T> y;  // rows x targets; of a classification the class, 0, 1, ...

  std::size_t rows() const { return y.size() / targets; }
};

template <class T>
using SharedSamples = std::shared_ptr<const Samples<T>>;

/// Of an MLP with these sizes and in its order, uniform as Glorot and Bengio have it, biases too.
inline std::vector<double> first_parameters(const std::vector<std::size_t>& sizes) {
  Random random(5);
  std::vector<double> parameters;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const double bound = std::sqrt(6.0 / static_cast<double>(sizes[l] + sizes[l + 1]));
    for (std::size_t i = 0; i < (sizes[l] + 1) * sizes[l + 1]; ++i) {
      parameters.push_back(random.uniform(-bound, bound));
    }
  }
  return parameters;
}

/// Steps that are compared, and steps that are timed as one evaluation.
struct Course {
  std::size_t compared;
  std::size_t timed;
};

/// A Learner has set_parameters and parameters, in an MLP's order, and train(steps), which goes on from where it is and
/// returns the sum of the steps' mean losses. set_parameters begins anew: every run does the same work.
template <class Learner>
class Training : public Program {
 public:
  template <class... Arguments>
  Training(std::vector<double> first, const Course& course, Arguments&&... arguments)
      : first_(std::move(first)), course_(course), learner_(std::forward<Arguments>(arguments)...) {}

  /// The losses and then the parameters, which tell more than one gradient.
  std::vector<double> gradient() override {
    learner_.set_parameters(first_);
    std::vector<double> result{learner_.train(course_.compared)};
    const std::vector<double> parameters = learner_.parameters();
    result.insert(result.end(), parameters.begin(), parameters.end());
    return result;
  }

  double run(std::size_t iterations) override {
    learner_.set_parameters(first_);
    double sum = 0.0;
    for (std::size_t i = 0; i < iterations; ++i) sum += learner_.train(course_.timed);
    return sum;
  }

 private:
  std::vector<double> first_;
  Course course_;
  Learner learner_;
};

/// A Learner out of what takes a single step, step(x, y, rows): goes through the samples batch by batch, over and over.
template <class T, class Stepper>
class Batches {
 public:
  template <class... Arguments>
  Batches(SharedSamples<T> samples, std::size_t batch_size, Arguments&&... arguments)
      : samples_(std::move(samples)), batch_size_(batch_size), stepper_(std::forward<Arguments>(arguments)...) {}

  void set_parameters(const std::vector<double>& parameters) {
    stepper_.set_parameters(parameters);
    next_ = 0;
  }
  std::vector<double> parameters() { return stepper_.parameters(); }

  double train(std::size_t steps) {
    double sum = 0.0;
    for (std::size_t i = 0; i < steps; ++i) {
      const std::size_t rows = std::min(batch_size_, samples_->rows() - next_);
      sum += stepper_.step(samples_->x.data() + next_ * samples_->inputs,
                           samples_->y.data() + next_ * samples_->targets, rows);
      next_ = next_ + rows < samples_->rows() ? next_ + rows : 0;
    }
    return sum;
  }

 private:
  SharedSamples<T> samples_;
  std::size_t batch_size_;
  Stepper stepper_;
  std::size_t next_ = 0;
};

}  // namespace bench

// Trains an MLP by smolgrad's Trainer.
#pragma once

#include <smolgrad/fit.hpp>

#include "training.hpp"

namespace bench {

struct TrainerOptions {
  std::vector<std::size_t> sizes;  // of the MLP, from its inputs on
  smolgrad::Activation activation;
  smolgrad::Loss loss;
  smolgrad::OptimizerOptions optimizer;
  std::size_t threads = 1;
  std::size_t batch_size = 0;  // of train_epoch
};

/// Takes steps, or goes through all samples in their order.
template <class T>
class ByTrainer {
 public:
  explicit ByTrainer(const TrainerOptions& options)
      : model_(tape_, options.sizes.front(), {options.sizes.begin() + 1, options.sizes.end()}, model_options(options)),
        trainer_(model_, fit_options(options)),
        first_(trainer_.state()) {}

  void set_parameters(const std::vector<double>& parameters) {
    first_.parameters = parameters;
    trainer_.restore(first_);
  }
  std::vector<double> parameters() const {
    const double* const data = model_.parameters().data();
    return {data, data + model_.parameters().size()};
  }

  /// Returns the mean loss before the step, without a penalty.
  double step(const T* x, const T* y, std::size_t rows) { return trainer_.step(x, y, rows); }

  /// Returns the mean loss on the way.
  double train_epoch(const T* x, const T* y, std::size_t rows) {
    return trainer_.fit(x, y, rows).epochs.front().training.loss;
  }

 private:
  static smolgrad::ModelOptions model_options(const TrainerOptions& options) {
    smolgrad::ModelOptions model;
    model.activation = options.activation;
    model.dtype = sizeof(T) == sizeof(float) ? smolgrad::Dtype::float32 : smolgrad::Dtype::float64;
    return model;
  }

  static smolgrad::FitOptions fit_options(const TrainerOptions& options) {
    smolgrad::FitOptions fit;
    fit.loss = options.loss;
    fit.optimizer = options.optimizer;
    fit.batch_size = options.batch_size;
    fit.shuffle = false;
    fit.epochs = 1'000'000'000;
    fit.progress = [](const smolgrad::Epoch&) { return false; };  // one at a time
    fit.run.threads = options.threads;
    return fit;
  }

  smolgrad::Tape tape_;
  smolgrad::MLP model_;
  smolgrad::Trainer trainer_;
  smolgrad::TrainingState first_;
};

}  // namespace bench

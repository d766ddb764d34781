// Trains an MLP by smolgrad: the loss of a sample as a Function, its gradient over a batch, a step of an optimiser.
#pragma once

#include <smolgrad/function.hpp>
#include <smolgrad/mlp.hpp>

#include "training.hpp"

namespace bench {

enum class Loss { hinge, mean_squared_error, cross_entropy };

struct TrainerOptions {
  std::vector<std::size_t> sizes;  // of the MLP, from its inputs on
  smolgrad::Activation activation;
  Loss loss;
  double rate;
  double decay = 0.0;
  bool adam = false;
  std::size_t threads = 1;
};

/// Takes steps of gradient descent, or of Adam.
template <class T>
class FunctionTrainer {
 public:
  explicit FunctionTrainer(const TrainerOptions& options)
      : options_(options), function_(compile(options)), parameters_(function_.shared_count()) {
    gradient_.resize(parameters_.size());
    run_.threads = options.threads;
  }

  void set_parameters(const std::vector<double>& parameters) {
    std::transform(parameters.begin(), parameters.end(), parameters_.begin(),
                   [](double number) { return static_cast<T>(number); });
    steps_ = 0;
    first_moment_.assign(options_.adam ? parameters.size() : 0, T(0));
    second_moment_ = first_moment_;
  }
  std::vector<double> parameters() const { return {parameters_.begin(), parameters_.end()}; }

  /// Returns the mean loss before the step, without a penalty.
  double step(const T* x, const T* y, std::size_t rows) {
    join(x, y, rows);
    losses_.resize(rows);
    function_.gradient<T>(rows, joined_.data(), parameters_.data(), losses_.data(), nullptr, gradient_.data(), run_);
    options_.adam ? adam(rows) : descend(rows);
    double sum = 0.0;
    for (const T loss : losses_) sum += static_cast<double>(loss);
    return sum / static_cast<double>(rows);
  }

 private:
  using Values = std::vector<smolgrad::Value>;

  static std::size_t target_count(const TrainerOptions& options) { return options.sizes.back(); }

  static smolgrad::Function compile(const TrainerOptions& options) {
    smolgrad::Tape tape;
    smolgrad::ModelOptions model;
    model.activation = options.activation;
    const smolgrad::MLP mlp(tape, options.sizes.front(), {options.sizes.begin() + 1, options.sizes.end()}, model);
    const Values x = tape.values(std::vector<double>(options.sizes.front()));
    const Values y = tape.values(std::vector<double>(target_count(options)));
    Values inputs = x;
    inputs.insert(inputs.end(), y.begin(), y.end());
    const smolgrad::Dtype dtype = sizeof(T) == sizeof(float) ? smolgrad::Dtype::float32 : smolgrad::Dtype::float64;
    return smolgrad::Function(inputs, mlp.parameters().values(), {record(options.loss, mlp(x), y)}, {dtype, {}});
  }

  static smolgrad::Value record(Loss loss, const Values& outputs, const Values& targets) {
    switch (loss) {
      case Loss::hinge:
        return relu(1.0 - targets[0] * outputs[0]);
      case Loss::mean_squared_error: {
        Values squares;
        for (std::size_t i = 0; i < outputs.size(); ++i) squares.push_back(square(outputs[i] - targets[i]));
        return mean(squares);
      }
      case Loss::cross_entropy:
        break;
    }
    return logsumexp(outputs) - dot(outputs, targets);
  }

  /// What a Function reads: each sample's inputs, then its targets. A class becomes a 1 among zeros.
  void join(const T* x, const T* y, std::size_t rows) {
    const std::size_t inputs = options_.sizes.front();
    const std::size_t targets = target_count(options_);
    joined_.resize(rows * (inputs + targets));
    T* to = joined_.data();
    for (std::size_t row = 0; row < rows; ++row) {
      to = std::copy(x, x + inputs, to);
      x += inputs;
      if (options_.loss == Loss::cross_entropy) {
        std::fill_n(to, targets, T(0));
        to[static_cast<std::size_t>(*y++)] = T(1);
        to += targets;
      } else {
        to = std::copy(y, y + targets, to);
        y += targets;
      }
    }
  }

  void descend(std::size_t rows) {
    const T rate = static_cast<T>(options_.rate / static_cast<double>(rows));
    const T keep = static_cast<T>(1.0 - options_.rate * options_.decay);
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i] = keep * parameters_[i] - rate * gradient_[i];
  }

  void adam(std::size_t rows) {
    constexpr double beta1 = 0.9;
    constexpr double beta2 = 0.999;
    constexpr T epsilon = T(1e-8);
    const auto steps = static_cast<double>(++steps_);
    const T mean = T(1) / static_cast<T>(rows);
    const T rate = static_cast<T>(options_.rate / (1.0 - std::pow(beta1, steps)));
    const T correction = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(beta2, steps)));
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const T g = mean * gradient_[i];
      first_moment_[i] = static_cast<T>(beta1) * first_moment_[i] + static_cast<T>(1.0 - beta1) * g;
      second_moment_[i] = static_cast<T>(beta2) * second_moment_[i] + static_cast<T>(1.0 - beta2) * g * g;
      parameters_[i] -= rate * first_moment_[i] / (std::sqrt(second_moment_[i]) * correction + epsilon);
    }
  }

  TrainerOptions options_;
  smolgrad::RunOptions run_;
  smolgrad::Function function_;
  std::vector<T> parameters_;
  std::vector<T> gradient_;
  std::vector<T> first_moment_;
  std::vector<T> second_moment_;
  std::vector<T> losses_;
  std::vector<T> joined_;
  std::size_t steps_ = 0;
};

}  // namespace bench

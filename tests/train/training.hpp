// Training written out: rows one after the other on the eager tape, and the optimisers' formulas.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include <smolgrad/smolgrad.hpp>

namespace smolgrad::test {

/// Rows of inputs and targets.
struct Samples {
  std::size_t rows;
  std::vector<double> x, y;
};

/// Numbers that are floats too.
inline std::vector<double> some_floats(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = static_cast<float>(static_cast<double>(random() >> 11) * 0x1p-52 - 1.0);
  return numbers;
}

inline Samples some_samples(std::size_t rows, std::size_t inputs, std::size_t targets, std::uint64_t seed = 1) {
  return {rows, some_floats(rows * inputs, seed), some_floats(rows * targets, seed + 1000)};
}

inline std::vector<float> narrowed(const std::vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

inline std::vector<double> numbers_of(const MLP& mlp) {
  const double* const data = mlp.parameters().data();
  return {data, data + mlp.parameters().size()};
}

struct Shape {
  std::size_t inputs;
  std::vector<std::size_t> sizes;
  ModelOptions options;
};

/// On a tape of its own.
struct Model {
  explicit Model(const Shape& shape) : mlp(tape, shape.inputs, shape.sizes, shape.options) {}
  Tape tape;
  MLP mlp;
};

class ByHand {
 public:
  ByHand(const Shape& shape, LossFunction loss, OptimizerOptions optimizer)
      : model_(shape), loss_(std::move(loss)), optimizer_(std::move(optimizer)) {
    parameters = numbers_of(model_.mlp);
    first_.resize(parameters.size());
    second_.resize(parameters.size());
    velocity_.resize(parameters.size());
  }

  /// Of these rows: the mean loss, and its gradient to `gradient`.
  double loss(const Samples& data, const std::vector<std::size_t>& rows) {
    const TapeScope scope(model_.tape);
    model_.mlp.parameters().set_data(parameters.data());
    const std::size_t inputs = model_.mlp.inputs(), targets = data.y.size() / data.rows;
    gradient.assign(parameters.size(), 0.0);
    double total = 0.0;
    for (const std::size_t row : rows) {
      std::vector<Value> x, y;
      for (std::size_t i = 0; i < inputs; ++i) x.emplace_back(data.x[row * inputs + i]);
      for (std::size_t i = 0; i < targets; ++i) y.emplace_back(data.y[row * targets + i]);
      model_.mlp.zero_grad();
      const Value loss = loss_(model_.mlp(x), y);
      loss.backward();
      total += loss.data();
      for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += model_.mlp.parameters().grad()[i];
    }
    for (double& g : gradient) g /= static_cast<double>(rows.size());
    return total / static_cast<double>(rows.size());
  }

  double step(const Samples& data, const std::vector<std::size_t>& rows) {
    const double before = loss(data, rows);
    ++steps_;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      std::visit([&](const auto& chosen) { update(chosen, i); }, optimizer_);
    }
    return before;
  }

  std::vector<double> parameters, gradient;

 private:
  void update(const Sgd& o, std::size_t i) {
    const double g = gradient[i] + o.weight_decay * parameters[i];
    velocity_[i] = steps_ == 1 ? g : o.momentum * velocity_[i] + (1 - o.dampening) * g;
    const double direction = o.momentum == 0.0 ? g : o.nesterov ? g + o.momentum * velocity_[i] : velocity_[i];
    parameters[i] -= o.learning_rate * direction;
  }
  void update(const RmsProp& o, std::size_t i) {
    const double g = gradient[i] + o.weight_decay * parameters[i];
    second_[i] = o.alpha * second_[i] + (1 - o.alpha) * g * g;
    first_[i] = o.alpha * first_[i] + (1 - o.alpha) * g;
    const double variance = o.centered ? second_[i] - first_[i] * first_[i] : second_[i];
    velocity_[i] = o.momentum * velocity_[i] + g / (std::sqrt(std::max(variance, 0.0)) + o.epsilon);
    parameters[i] -= o.learning_rate * velocity_[i];
  }
  template <class AnyAdam>
  void adam(const AnyAdam& o, std::size_t i, double g) {
    const auto t = static_cast<double>(steps_);
    first_[i] = o.beta1 * first_[i] + (1 - o.beta1) * g;
    second_[i] = o.beta2 * second_[i] + (1 - o.beta2) * g * g;
    const double mean = first_[i] / (1 - std::pow(o.beta1, t)), square = second_[i] / (1 - std::pow(o.beta2, t));
    parameters[i] -= o.learning_rate * mean / (std::sqrt(square) + o.epsilon);
  }
  void update(const Adam& o, std::size_t i) { adam(o, i, gradient[i] + o.weight_decay * parameters[i]); }
  void update(const AdamW& o, std::size_t i) {
    parameters[i] -= o.learning_rate * o.weight_decay * parameters[i];
    adam(o, i, gradient[i]);
  }

  Model model_;
  LossFunction loss_;
  OptimizerOptions optimizer_;
  std::vector<double> first_, second_, velocity_;
  std::size_t steps_ = 0;
};

/// Each kind, with all that it can remember and less.
inline std::vector<OptimizerOptions> some_optimizers() {
  return {Sgd{0.05},
          Sgd{0.02, 0.9, 0.0, 0.01, true},
          Sgd{0.02, 0.9, 0.1},
          RmsProp{0.01},
          RmsProp{0.005, 0.9, 1e-6, 0.01, 0.8, true},
          Adam{0.01},
          Adam{0.01, 0.8, 0.99, 1e-6, 0.02},
          AdamW{0.01}};
}

inline Shape shape_of(std::size_t inputs, std::vector<std::size_t> sizes, Activation activation = Activation::tanh,
                      Dtype dtype = Dtype::float64) {
  Shape shape{inputs, std::move(sizes), {}};
  shape.options.activation = activation;
  shape.options.initialization = Initialization::xavier;
  shape.options.seed = 5;
  shape.options.dtype = dtype;
  return shape;
}

}  // namespace smolgrad::test

// MLP: layers in a row, their parameters in one block.
#include <smolgrad/mlp.hpp>

#include <algorithm>

#include "activation.hpp"
#include "initialization.hpp"
#include "require_inputs.hpp"

namespace smolgrad {

MLP::MLP(std::size_t inputs, const std::vector<std::size_t>& layer_sizes, const ModelOptions& options)
    : MLP(Tape::current(), inputs, layer_sizes, options) {}

MLP::MLP(Tape& tape, std::size_t inputs, const std::vector<std::size_t>& layer_sizes, const ModelOptions& options)
    : options_(options), parameters_(tape, nn::initial_parameters(inputs, layer_sizes, options)) {
  const Value* next = parameters_.values().data();
  for (const std::size_t outputs : layer_sizes) {
    const bool last = layers_.size() + 1 == layer_sizes.size();
    ModelOptions layer_options = options;
    if (last) layer_options.activation = Activation::linear;
    layers_.push_back(Layer(next, inputs, outputs, layer_options));
    next += (inputs + (options.bias ? 1 : 0)) * outputs;
    inputs = outputs;
  }
}

std::vector<Value> MLP::operator()(const std::vector<Value>& x) const { return (*this)(x.data(), x.size()); }

std::vector<Value> MLP::operator()(const Value* x, std::size_t count) const {
  nn::require_inputs(x == nullptr ? 0 : count, inputs());
  std::vector<Value> outputs = layers_.front().forward(x);
  for (std::size_t i = 1; i < layers_.size(); ++i) outputs = layers_[i].forward(outputs.data());
  return outputs;
}

void MLP::predict(const double* x, std::size_t rows, double* y) const {
  if (rows > 0 && (x == nullptr || y == nullptr)) throw Error(ErrorCode::invalid_argument, "predict: no array");
  std::vector<double> from;
  std::vector<double> to;
  const auto activation = nn::functions_of(options_.activation).evaluate;
  for (std::size_t row = 0; row < rows; ++row) {
    from.assign(x + row * inputs(), x + (row + 1) * inputs());
    const double* next = parameters_.data();
    for (const Layer& layer : layers_) {
      const std::size_t width = from.size();
      const std::size_t outputs = layer.neurons().size();
      const double* const biases = next + width * outputs;
      to.resize(outputs);
      for (std::size_t i = 0; i < outputs; ++i) {
        const double* const weights = next + i * width;
        const double sum = ops::Dot::value<double>([&](std::size_t k) { return weights[k]; },
                                                   [&](std::size_t k) { return from[k]; }, width) +
                           (options_.bias ? biases[i] : 0.0);
        to[i] = &layer == &layers_.back() ? sum : activation(sum);
      }
      next = biases + (options_.bias ? outputs : 0);
      from.swap(to);
    }
    std::copy(from.begin(), from.end(), y + row * outputs());
  }
}

}  // namespace smolgrad

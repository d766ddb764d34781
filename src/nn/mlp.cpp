// MLP: layers in a row, their parameters in one block.
#include <smolgrad/mlp.hpp>

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
    const std::size_t layer = layers_.size();
    ModelOptions layer_options = options;
    if (!options.activations.empty()) {
      layer_options.activation = options.activations[layer];
    } else if (layer + 1 == layer_sizes.size()) {
      layer_options.activation = Activation::linear;
    }
    layer_options.activations.clear();  // which neurons need not carry
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

std::vector<std::size_t> MLP::layer_sizes() const {
  std::vector<std::size_t> sizes;
  for (const Layer& layer : layers_) sizes.push_back(layer.neurons().size());
  return sizes;
}

}  // namespace smolgrad

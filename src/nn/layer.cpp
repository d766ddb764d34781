// Layer: neurons on the same inputs. It records in phases (all sums with their biases, all activations), so that its
// outputs are consecutive on the tape and the next layer's dot products run over plain ranges.
#include <smolgrad/detail/dot_rows.hpp>
#include <smolgrad/mlp.hpp>

#include "activation.hpp"
#include "initialization.hpp"
#include "require_inputs.hpp"

namespace smolgrad {

Layer::Layer(std::size_t inputs, std::size_t outputs, const ModelOptions& options)
    : Layer(Tape::current().values(nn::initial_parameters(inputs, {outputs}, options)).data(), inputs, outputs,
            options) {}

Layer::Layer(const Value* parameters, std::size_t inputs, std::size_t outputs, const ModelOptions& options)
    : inputs_(inputs) {
  neurons_.reserve(outputs);
  const Value* const biases = parameters + inputs * outputs;
  for (std::size_t i = 0; i < outputs; ++i) {
    neurons_.push_back(Neuron(parameters + i * inputs, inputs, options.bias ? biases[i] : Value(), options));
  }
}

std::vector<Value> Layer::operator()(const std::vector<Value>& x) const {
  nn::require_inputs(x.size(), inputs_);
  return forward(x.data());
}

std::vector<Value> Layer::forward(const Value* x) const {
  std::vector<Value> outputs(neurons_.size());
  const Neuron& first = neurons_.front();
  const Activation activation = first.options_.activation;
  if (first.options_.recording == Recording::dot) {
    // The parameters of all neurons were made together.
    const detail::Index sums = detail::dot_rows(first.weights_.front(), first.bias_, neurons_.size(), x, inputs_);
    detail::TapeCore& tape = detail::tape_of(detail::ValueAccess::cell(first.weights_.front()));
    nn::recorder_of(activation)(tape, sums, outputs.size(), outputs.data());
  } else {
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = neurons_[i].weighted_sum(x);
    for (Value& output : outputs) nn::activate(activation, output);
  }
  return outputs;
}

std::vector<Value> Layer::parameters() const {
  std::vector<Value> all;
  for (const Neuron& neuron : neurons_) all.insert(all.end(), neuron.weights_.begin(), neuron.weights_.end());
  for (const Neuron& neuron : neurons_) {
    if (!neuron.bias_.empty()) all.push_back(neuron.bias_);
  }
  return all;
}

void Layer::zero_grad() const {
  for (const Neuron& neuron : neurons_) neuron.zero_grad();
}

}  // namespace smolgrad

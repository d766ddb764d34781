// MLP: layers in a row, their parameters in one block.
#include <smolgrad/mlp.hpp>

#include <smolgrad/function.hpp>

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
  prediction()->evaluate(rows, x, parameters_.data(), y);
}

/// Compiled from a twin on a tape of its own: this network's tape stays as it is, whatever thread it belongs to.
std::shared_ptr<const Function> MLP::prediction() const {
  std::shared_ptr<const Function> ready = std::atomic_load(&prediction_);
  if (ready != nullptr) return ready;
  ModelOptions options = options_;
  options.recording = Recording::dot;
  std::vector<std::size_t> sizes;
  for (const Layer& layer : layers_) sizes.push_back(layer.neurons().size());
  Tape tape;
  const MLP twin(tape, inputs(), sizes, options);
  const std::vector<Value> x = tape.values(std::vector<double>(inputs()));
  ready = std::make_shared<const Function>(x, twin.parameters().values(), twin(x));
  std::atomic_store(&prediction_, ready);
  return ready;
}

}  // namespace smolgrad

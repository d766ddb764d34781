// Neuron: one weighted sum and its activation.
#include <smolgrad/mlp.hpp>

#include "activation.hpp"
#include "initialization.hpp"
#include "require_inputs.hpp"

namespace smolgrad {

Neuron::Neuron(std::size_t inputs, const ModelOptions& options)
    : weights_(Tape::current().values(nn::initial_parameters(inputs, {1}, options))), options_(options) {
  if (!options.bias) return;
  bias_ = std::move(weights_.back());
  weights_.pop_back();
}

Neuron::Neuron(const Value* weights, std::size_t inputs, const Value& bias, const ModelOptions& options)
    : weights_(weights, weights + inputs), bias_(bias), options_(options) {}

Value Neuron::operator()(const std::vector<Value>& x) const {
  nn::require_inputs(x.size(), weights_.size());
  Value sum = weighted_sum(x.data());
  nn::activate(options_.activation, sum);
  return sum;
}

Value Neuron::weighted_sum(const Value* x) const {
  if (options_.recording == Recording::dot) {
    Value sum = dot(weights_.data(), x, weights_.size());
    return bias_.empty() ? sum : std::move(sum) + bias_;
  }
  Value sum = bias_.empty() ? weights_[0] * x[0] : bias_ + weights_[0] * x[0];
  for (std::size_t i = 1; i < weights_.size(); ++i) sum += weights_[i] * x[i];
  return sum;
}

std::vector<Value> Neuron::parameters() const {
  std::vector<Value> all = weights_;
  if (!bias_.empty()) all.push_back(bias_);
  return all;
}

void Neuron::zero_grad() const {
  for (Value& parameter : parameters()) parameter.zero_grad();
}

}  // namespace smolgrad

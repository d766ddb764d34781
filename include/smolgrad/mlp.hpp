// Neuron, Layer and MLP: small networks made of Values.
//
//   MLP mlp(3, {4, 1});                       // 3 inputs, 4 neurons, 1 output
//   Value y = mlp({2.0, 3.0, -1.0})[0];
//   y.backward();
//   mlp.parameters().update([](double* w, double* g, std::size_t n) { for (...) w[i] -= 0.01 * g[i]; });
//
// Parameters are leaves on one tape, side by side in memory: layer by layer, each layer's weights [outputs x inputs]
// row by row and then its biases. The same seed gives the same initial parameters on every platform.
//
// Counts of 0 and inputs of the wrong count are ErrorCode::invalid_argument; inputs on another tape are wrong_tape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dtype.hpp"
#include "export.hpp"
#include "parameters.hpp"
#include "tape.hpp"
#include "value.hpp"

namespace smolgrad {

/// Formulas in smolgrad/ops/activation.hpp. The numbers are those of SMOLGRAD_ACTIVATION_... in C and never change.
enum class Activation : std::int32_t { linear, relu, leaky_relu, elu, tanh, sigmoid, softplus, silu, gelu };

/// How weights begin; biases begin at 0. Uniform in ±1 as in micrograd; in ±sqrt(6 / (inputs + outputs)) (Glorot and
/// Bengio 2010); in ±sqrt(6 / inputs) (He et al. 2015). The numbers are those of SMOLGRAD_INIT_... and never change.
enum class Initialization : std::int32_t { uniform, xavier, he };

/// What MLP::predict makes of a classifier's outputs, which are logits to losses: nothing, a probability of each for
/// itself, or probabilities that add up to 1. The numbers are those of SMOLGRAD_HEAD_... and never change.
enum class Head : std::int32_t { none, sigmoid, softmax };

/// How a neuron shows in the graph: its weighted sum as one dot product (fast), or as single operations.
enum class Recording : std::int32_t { dot, single };

/// How a network is made.
struct ModelOptions {
  Activation activation = Activation::relu;  ///< of an MLP, in the hidden layers; its last layer is linear
  Initialization initialization = Initialization::uniform;  ///< of the weights
  std::uint64_t seed = 0;                                   ///< of the weights
  bool bias = true;                                         ///< of every neuron
  Recording recording = Recording::dot;                     ///< of every neuron
  std::vector<Activation> activations;                      ///< of an MLP, one for each of its layers instead; or none
  Head head = Head::none;                                   ///< of an MLP
  Dtype dtype = Dtype::float64;  ///< in which an MLP predicts and is trained (fit.hpp); Values are always double
};

/// activation(w · x + b).
class SMOLGRAD_API Neuron {
 public:
  /// New parameters on the current tape.
  explicit Neuron(std::size_t inputs, const ModelOptions& options = {});

  /// `inputs` Values in.
  Value operator()(const std::vector<Value>& x) const;

  /// The weights, then the bias if there is one.
  std::vector<Value> parameters() const;
  void zero_grad() const;                                                 ///< of its parameters
  Activation activation() const noexcept { return options_.activation; }  ///< of the weighted sum

 private:
  friend class Layer;
  Neuron(const Value* weights, std::size_t inputs, const Value& bias, const ModelOptions& options);
  Value weighted_sum(const Value* x) const;

  std::vector<Value> weights_;
  Value bias_;  // empty: none
  ModelOptions options_;
};

/// Neurons that share their inputs.
class SMOLGRAD_API Layer {
 public:
  /// New parameters on the current tape.
  Layer(std::size_t inputs, std::size_t outputs, const ModelOptions& options = {});

  /// `inputs` Values in, `outputs` Values out.
  std::vector<Value> operator()(const std::vector<Value>& x) const;

  std::size_t inputs() const noexcept { return inputs_; }                           ///< of each neuron
  Activation activation() const noexcept { return neurons_.front().activation(); }  ///< of all neurons
  const std::vector<Neuron>& neurons() const noexcept { return neurons_; }          ///< one for each output
  /// The weights of all neurons, then their biases.
  std::vector<Value> parameters() const;
  void zero_grad() const;  ///< of its parameters

 private:
  friend class MLP;
  Layer(const Value* parameters, std::size_t inputs, std::size_t outputs, const ModelOptions& options);
  std::vector<Value> forward(const Value* x) const;

  std::size_t inputs_;
  std::vector<Neuron> neurons_;
};

/// Layers one after the other.
class SMOLGRAD_API MLP {
 public:
  /// @{
  /// New parameters on the current tape, or on `tape`.
  MLP(std::size_t inputs, const std::vector<std::size_t>& layer_sizes, const ModelOptions& options = {});
  MLP(Tape& tape, std::size_t inputs, const std::vector<std::size_t>& layer_sizes, const ModelOptions& options = {});
  /// @}

  /// @{
  /// `inputs` Values in, as many Values out as the last layer has neurons.
  std::vector<Value> operator()(const std::vector<Value>& x) const;
  std::vector<Value> operator()(const Value* x, std::size_t count) const;
  /// @}

  /// @{
  /// The outputs for `rows` samples, through the head, without recording: x is rows x inputs and y is rows x outputs,
  /// row by row. Runs on a Function (function.hpp), compiled with the first call, so the last bits may differ from a
  /// recording's. Arrays of the type that is not the model's dtype are converted on the way, in memory taken for that.
  /// Any number of threads may predict at once, as long as no parameter changes meanwhile.
  void predict(const double* x, std::size_t rows, double* y) const;
  void predict(const float* x, std::size_t rows, float* y) const;
  /// @}

  std::size_t inputs() const noexcept { return layers_.front().inputs(); }          ///< of the first layer
  std::size_t outputs() const noexcept { return layers_.back().neurons().size(); }  ///< of the last layer
  const std::vector<Layer>& layers() const noexcept { return layers_; }             ///< from the inputs on
  /// How many neurons each layer has.
  std::vector<std::size_t> layer_sizes() const;
  Activation activation(std::size_t layer) const { return layers_.at(layer).activation(); }  ///< from 0 on
  const ModelOptions& options() const noexcept { return options_; }                          ///< as it was made with
  Parameters& parameters() noexcept { return parameters_; }                                  ///< in the order above
  const Parameters& parameters() const noexcept { return parameters_; }                      ///< in the order above
  void zero_grad() { parameters_.zero_grad(); }                                              ///< of all parameters

 private:
  struct Prediction;
  static std::shared_ptr<Prediction> no_prediction();
  template <class T>
  void predict_any(const T* x, std::size_t rows, T* y) const;

  ModelOptions options_;
  Parameters parameters_;
  std::vector<Layer> layers_;
  std::shared_ptr<Prediction> prediction_ = no_prediction();  // made when first needed
};

}  // namespace smolgrad

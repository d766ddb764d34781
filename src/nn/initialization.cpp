#include "initialization.hpp"

#include <cmath>
#include <new>
#include <random>

#include <fmt/compile.h>

namespace smolgrad::nn {

namespace {

template <class Enumeration>
void require_known(Enumeration option, Enumeration last, const char* what) {
  const auto number = static_cast<std::int32_t>(option);
  if (number >= 0 && number <= static_cast<std::int32_t>(last)) return;
  throw Error(ErrorCode::invalid_argument, fmt::format(FMT_COMPILE("{} is no {}"), number, what));
}

void require_layer(std::size_t inputs, std::size_t outputs) {
  if (inputs == 0 || outputs == 0) throw Error(ErrorCode::invalid_argument, "a layer has inputs and outputs");
  if (inputs > INT32_MAX / outputs)
    throw Error(ErrorCode::out_of_memory, "a layer of this size does not fit on a tape");
}

/// Half the width of the interval that weights are drawn from.
double weight_bound(Initialization initialization, std::size_t inputs, std::size_t outputs) {
  switch (initialization) {
    case Initialization::xavier:
      return std::sqrt(6.0 / static_cast<double>(inputs + outputs));
    case Initialization::he:
      return std::sqrt(6.0 / static_cast<double>(inputs));
    case Initialization::uniform:
      break;
  }
  return 1.0;
}

}  // namespace

std::vector<double> initial_parameters(std::size_t inputs, const std::vector<std::size_t>& layer_sizes,
                                       const ModelOptions& options) {
  if (layer_sizes.empty()) throw Error(ErrorCode::invalid_argument, "an MLP has at least one layer");
  require_known(options.activation, Activation::gelu, "activation");
  require_known(options.initialization, Initialization::he, "initialization");
  require_known(options.recording, Recording::single, "way of recording");
  require_known(options.head, Head::softmax, "head");
  require_known(options.dtype, Dtype::float32, "dtype");
  for (const Activation activation : options.activations) require_known(activation, Activation::gelu, "activation");
  if (!options.activations.empty() && options.activations.size() != layer_sizes.size()) {
    throw Error(ErrorCode::invalid_argument, fmt::format(FMT_COMPILE("there are {} layers, but activations for {}"),
                                                         layer_sizes.size(), options.activations.size()));
  }
  // The C++ standard fixes this generator's numbers, but not those of its distributions.
  std::mt19937_64 random(options.seed);
  std::vector<double> parameters;
  try {
    for (const std::size_t outputs : layer_sizes) {
      require_layer(inputs, outputs);
      const double bound = weight_bound(options.initialization, inputs, outputs);
      for (std::size_t i = 0; i < inputs * outputs; ++i) {
        const double unit = static_cast<double>(random() >> 11) * 0x1p-53;  // [0, 1)
        parameters.push_back(bound * (2.0 * unit - 1.0));
      }
      if (options.bias) parameters.insert(parameters.end(), outputs, 0.0);
      inputs = outputs;
    }
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the parameters");
  }
  return parameters;
}

}  // namespace smolgrad::nn

// Activations by name: which operator each one is. Mathematics stays in ops.
#pragma once

#include <utility>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

using RecordActivation = Value (*)(Value&&);

template <class Definition>
Value record_activation(Value&& x) {
  return detail::apply<Definition>(std::move(x));
}

/// In the order of the enumeration.
inline RecordActivation recorder_of(Activation activation) {
  static constexpr RecordActivation table[] = {
      [](Value&& x) { return std::move(x); }, record_activation<ops::Relu>,
      record_activation<ops::LeakyRelu>,      record_activation<ops::Elu>,
      record_activation<ops::Tanh>,           record_activation<ops::Sigmoid>,
      record_activation<ops::Softplus>,       record_activation<ops::Silu>,
      record_activation<ops::Gelu>,
  };
  return table[static_cast<std::size_t>(activation)];
}

}  // namespace smolgrad::nn

// Activations by name: which operator each one is. Mathematics stays in ops.
#pragma once

#include <utility>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

/// Records it on each of `count` Values, in their place.
using RecordActivation = void (*)(Value* values, std::size_t count);

template <class Definition>
void record_activation(Value* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = detail::apply<Definition>(std::move(values[i]));
}

/// In the order of the enumeration.
inline RecordActivation recorder_of(Activation activation) {
  static constexpr RecordActivation table[] = {
      [](Value*, std::size_t) {},       record_activation<ops::Relu>, record_activation<ops::LeakyRelu>,
      record_activation<ops::Elu>,      record_activation<ops::Tanh>, record_activation<ops::Sigmoid>,
      record_activation<ops::Softplus>, record_activation<ops::Silu>, record_activation<ops::Gelu>,
  };
  return table[static_cast<std::size_t>(activation)];
}

}  // namespace smolgrad::nn

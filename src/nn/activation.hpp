// Activations by name: which operator each one is. Mathematics stays in ops.
#pragma once

#include <utility>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

struct ActivationFunctions {
  void (*record)(Value* values, std::size_t count);  // in place
  double (*evaluate)(double);
};

template <class Definition>
constexpr ActivationFunctions functions_of() {
  return {[](Value* values, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) values[i] = detail::apply<Definition>(std::move(values[i]));
          },
          [](double x) { return Definition::value(x); }};
}

/// In the order of the enumeration.
inline const ActivationFunctions& functions_of(Activation activation) {
  static constexpr ActivationFunctions table[] = {
      {[](Value*, std::size_t) {}, [](double x) { return x; }},
      functions_of<ops::Relu>(),
      functions_of<ops::LeakyRelu>(),
      functions_of<ops::Elu>(),
      functions_of<ops::Tanh>(),
      functions_of<ops::Sigmoid>(),
      functions_of<ops::Softplus>(),
      functions_of<ops::Silu>(),
      functions_of<ops::Gelu>(),
  };
  return table[static_cast<std::size_t>(activation)];
}

}  // namespace smolgrad::nn

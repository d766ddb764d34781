// Activations by name: which operator each one is. Mathematics stays in ops.
#pragma once

#include <utility>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

struct ActivationFunctions {
  Value (*record)(Value&&);
  double (*evaluate)(double);
};

template <class Definition>
constexpr ActivationFunctions functions_of() {
  return {[](Value&& x) { return detail::apply<Definition>(std::move(x)); },
          [](double x) { return Definition::value(x); }};
}

/// In the order of the enumeration.
inline const ActivationFunctions& functions_of(Activation activation) {
  static constexpr ActivationFunctions table[] = {
      {[](Value&& x) { return std::move(x); }, [](double x) { return x; }},
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

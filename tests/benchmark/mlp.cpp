// E2: a multilayer perceptron 2-16-16-1 with relu, one sample: 304 multiplications, 304 additions and 32 relus, either
// each recorded on its own or with a dot product for a neuron.
#include "program.hpp"

namespace bench {

namespace {

constexpr std::size_t layers = 3;
constexpr std::size_t width = 16;
constexpr std::size_t parameter_count = width * 3 + width * (width + 1) + width + 1;

enum class Neuron { one_by_one, dot_product };

// A neuron's parameters are its weights and then its bias.

template <Neuron neuron, class T>
T weighted_sum(const T* parameters, const T* x, std::size_t n) {
  if constexpr (neuron == Neuron::dot_product) {
    return dot(parameters, x, n) + parameters[n];
  } else {
    T sum = parameters[n];
    for (std::size_t i = 0; i < n; ++i) sum += parameters[i] * x[i];
    return sum;
  }
}

// By hand, for layers of any size, as a C program for networks is written.

/// out = relu(W x + b), or without relu; W has a row for each of the `neurons` neurons.
void layer(const double* parameters, const double* x, std::size_t n, std::size_t neurons, bool last, double* out) {
  for (std::size_t k = 0; k < neurons; ++k, parameters += n + 1) {
    const double sum = weighted_sum<Neuron::one_by_one>(parameters, x, n);
    out[k] = last || sum > 0.0 ? sum : 0.0;
  }
}

/// From the gradient by the layer's output to those by its parameters and by its input.
void layer_reversed(const double* parameters, const double* x, std::size_t n, std::size_t neurons, bool last,
                    const double* out, const double* by_out, double* by_parameters, double* by_x) {
  for (std::size_t i = 0; i < n; ++i) by_x[i] = 0.0;
  for (std::size_t k = 0; k < neurons; ++k, parameters += n + 1, by_parameters += n + 1) {
    if (!last && !(out[k] > 0.0)) continue;
    const double adjoint = by_out[k];
    for (std::size_t i = 0; i < n; ++i) {
      by_parameters[i] += adjoint * x[i];
      by_x[i] += adjoint * parameters[i];
    }
    by_parameters[n] += adjoint;
  }
}

template <Neuron neuron>
struct Mlp {
  static constexpr std::size_t inputs = 2;
  std::array<double, inputs> input{};
  std::vector<double> parameters;
  std::array<std::size_t, layers + 1> sizes{inputs, width, width, 1};

  Mlp() {
    Random random(2);
    for (std::size_t i = 0; i < parameter_count; ++i) parameters.push_back(random.uniform(-1.0, 1.0));
  }

  void move_to(double shift) { input = {0.7 + shift, -0.4 - shift}; }

  template <class T>
  T operator()(const T* p, const T* x) const {
    std::array<T, width> first;
    for (T& out : first) {
      out = relu(weighted_sum<neuron>(p, x, inputs));
      p += inputs + 1;
    }
    std::array<T, width> second;
    for (T& out : second) {
      out = relu(weighted_sum<neuron>(p, first.data(), width));
      p += width + 1;
    }
    return weighted_sum<neuron>(p, second.data(), width);
  }

  double by_hand(double* by_parameters, double* by_input) const {
    double values[layers + 1][width];
    double adjoints[layers + 1][width];
    std::copy(input.begin(), input.end(), values[0]);
    const double* p = parameters.data();
    for (std::size_t l = 0; l < layers; ++l) {
      layer(p, values[l], sizes[l], sizes[l + 1], l + 1 == layers, values[l + 1]);
      p += (sizes[l] + 1) * sizes[l + 1];
    }
    adjoints[layers][0] = 1.0;
    for (std::size_t l = layers; l-- > 0;) {
      p -= (sizes[l] + 1) * sizes[l + 1];
      layer_reversed(p, values[l], sizes[l], sizes[l + 1], l + 1 == layers, values[l + 1], adjoints[l + 1],
                     by_parameters + (p - parameters.data()), adjoints[l]);
    }
    std::copy(adjoints[0], adjoints[0] + inputs, by_input);
    return values[layers][0];
  }
};

}  // namespace

std::vector<Workload> mlp(bool) {
  constexpr std::size_t operations = 640;
  const Mlp<Neuron::one_by_one> one_by_one;
  const Mlp<Neuron::dot_product> dot_product;
  std::vector<Workload> rows;
  rows.push_back({"E2",
                  "MLP 2-16-16-1, 640 operations",
                  6.0,
                  5.0,
                  1,
                  by_hand(one_by_one),
                  on_smolgrad(one_by_one),
                  on_peers(one_by_one, operations),
                  {}});
  rows.push_back(
      {"E2-dot", "the same, dot products", 2.5, unbounded, 1, by_hand(one_by_one), on_smolgrad(dot_product), {}, {}});
  return rows;
}

}  // namespace bench

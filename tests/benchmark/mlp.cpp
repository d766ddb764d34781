// E2: a multilayer perceptron 2-16-16-1 with relu, one sample: 304 multiplications, 304 additions and 32 relus, either
// each recorded on its own or by smolgrad's MLP, whose neurons are dot products.
#include <smolgrad/mlp.hpp>

#include "program.hpp"

namespace bench {

namespace {

constexpr std::size_t layers = 3;
constexpr std::size_t width = 16;
constexpr std::size_t parameter_count = width * 3 + width * (width + 1) + width + 1;

// A neuron's parameters are its weights and then its bias.

template <class T>
T weighted_sum(const T* parameters, const T* x, std::size_t n) {
  T sum = parameters[n];
  for (std::size_t i = 0; i < n; ++i) sum += parameters[i] * x[i];
  return sum;
}

// By hand, as a C program for networks of any size is written: every operation and then its adjoint, in plain loops.
// The reverse pass does not skip neurons whose relu is off: the work is the same for every input.

/// out = relu(W x + b), or without relu; W has a row for each of the `neurons` neurons.
void layer(const double* parameters, const double* x, std::size_t n, std::size_t neurons, bool last, double* out) {
  for (std::size_t k = 0; k < neurons; ++k, parameters += n + 1) {
    const double sum = weighted_sum(parameters, x, n);
    out[k] = last || sum > 0.0 ? sum : 0.0;
  }
}

/// From the gradient by the layer's output to those by its parameters and by its input.
void layer_reversed(const double* parameters, const double* x, std::size_t n, std::size_t neurons, bool last,
                    const double* out, const double* by_out, double* by_parameters, double* by_x) {
  for (std::size_t i = 0; i < n; ++i) by_x[i] = 0.0;
  for (std::size_t k = 0; k < neurons; ++k, parameters += n + 1, by_parameters += n + 1) {
    const double by_sum = last || out[k] > 0.0 ? by_out[k] : 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      by_parameters[i] += by_sum * x[i];
      by_x[i] += by_sum * parameters[i];
    }
    by_parameters[n] += by_sum;
  }
}

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
      out = relu(weighted_sum(p, x, inputs));
      p += inputs + 1;
    }
    std::array<T, width> second;
    for (T& out : second) {
      out = relu(weighted_sum(p, first.data(), width));
      p += width + 1;
    }
    return weighted_sum(p, second.data(), width);
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

/// Its parameters are in another order: a layer's weights, then its biases.
struct OnMlp {
  static constexpr std::size_t inputs = Mlp::inputs;
  Mlp problem;
  smolgrad::Tape tape;
  smolgrad::MLP network{tape, inputs, {width, width, 1}};
  std::vector<std::size_t> places;  // of the problem's parameters among the MLP's

  explicit OnMlp(const Mlp& recorded) : problem(recorded) {
    std::size_t begin = 0;
    for (std::size_t l = 0; l < layers; ++l) {
      const std::size_t n = problem.sizes[l];
      const std::size_t neurons = problem.sizes[l + 1];
      for (std::size_t k = 0; k < neurons; ++k) {
        for (std::size_t i = 0; i < n; ++i) places.push_back(begin + k * n + i);
        places.push_back(begin + n * neurons + k);
      }
      begin += (n + 1) * neurons;
    }
    std::vector<double> data(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) data[places[i]] = problem.parameters[i];
    network.parameters().set_data(data.data());
  }

  double evaluate(double* input_gradient) {
    const smolgrad::TapeScope scope(tape);
    network.zero_grad();
    const smolgrad::Value input[] = {problem.input[0], problem.input[1]};
    const smolgrad::Value result = network(input, inputs)[0];
    result.backward();
    for (std::size_t i = 0; i < inputs; ++i) input_gradient[i] = input[i].grad();
    return result.data();
  }
  std::vector<double> parameter_gradient() const {
    std::vector<double> gradient;
    for (const std::size_t place : places) gradient.push_back(network.parameters().grad()[place]);
    return gradient;
  }
};

}  // namespace

std::vector<Workload> mlp(bool) {
  constexpr std::size_t operations = 640;
  const Mlp problem;
  std::vector<Workload> rows;
  rows.push_back({"E2",
                  "MLP 2-16-16-1, 640 operations",
                  6.0,
                  5.0,
                  1,
                  by_hand(problem),
                  on_smolgrad(problem),
                  on_peers(problem, operations),
                  {}});
  rows.push_back({"E2-dot",
                  "the same by MLP, dot products",
                  2.5,
                  unbounded,
                  1,
                  by_hand(problem),
                  std::make_unique<Repeated<OnMlp>>(problem),
                  {},
                  {}});
  return rows;
}

}  // namespace bench

// Neuron, Layer and MLP: numbers against plain loops, gradients against differences, layout, seeds, errors.
#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"

namespace smolgrad {
namespace {

using test::error_of;

double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::leaky_relu:
      return x > 0 ? x : 0.01 * x;
    case Activation::elu:
      return x > 0 ? x : std::exp(x) - 1;
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::softplus:
      return std::log(1 + std::exp(x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::gelu:
      return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
    default:
      return x;
  }
}

/// The network written out by hand, from the documented order of the parameters.
std::vector<double> by_hand(const std::vector<double>& parameters, std::vector<double> x,
                            const std::vector<std::size_t>& sizes, const ModelOptions& options) {
  std::size_t next = 0;
  for (std::size_t layer = 0; layer < sizes.size(); ++layer) {
    const std::size_t biases = next + sizes[layer] * x.size();
    std::vector<double> y;
    for (std::size_t i = 0; i < sizes[layer]; ++i) {
      double sum = options.bias ? parameters[biases + i] : 0.0;
      for (std::size_t k = 0; k < x.size(); ++k) sum += parameters[next + i * x.size() + k] * x[k];
      y.push_back(layer + 1 == sizes.size() ? sum : activate(options.activation, sum));
    }
    next = biases + (options.bias ? sizes[layer] : 0);
    x = y;
  }
  EXPECT_EQ(next, parameters.size());
  return x;
}

std::vector<double> copy_of(const double* numbers, const Parameters& parameters) {
  return {numbers, numbers + parameters.size()};
}

TEST(MLP, ComputesWhatIsWrittenByHand) {
  for (int activation = 0; activation <= static_cast<int>(Activation::gelu); ++activation) {
    for (const bool bias : {true, false}) {
      for (const Recording recording : {Recording::dot, Recording::single}) {
        ModelOptions options;
        options.activation = static_cast<Activation>(activation);
        options.bias = bias;
        options.recording = recording;
        options.seed = 7;
        const std::vector<std::size_t> sizes = {5, 4, 2};
        Tape tape;
        TapeScope scope(tape);
        MLP mlp(3, sizes, options);
        std::vector<double> parameters = copy_of(mlp.parameters().data(), mlp.parameters());
        for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] += 0.01 * static_cast<double>(i % 7);
        mlp.parameters().set_data(parameters.data());

        const std::vector<double> x = {2.0, 3.0, -1.0};
        const std::vector<double> expected = by_hand(parameters, x, sizes, options);
        const std::vector<Value> y = mlp({2.0, 3.0, -1.0});
        double predicted[2];
        mlp.predict(x.data(), 1, predicted);
        ASSERT_EQ(y.size(), 2u);
        for (std::size_t i = 0; i < 2; ++i) {
          EXPECT_NEAR(y[i].data(), expected[i], 1e-13);
          EXPECT_NEAR(predicted[i], expected[i], 1e-13);
        }

        (y[0] * y[0] + 3 * y[1]).backward();
        const auto loss = [&](const std::vector<double>& at) {
          const std::vector<double> out = by_hand(at, x, sizes, options);
          return out[0] * out[0] + 3 * out[1];
        };
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          std::vector<double> up = parameters;
          std::vector<double> down = parameters;
          up[i] += 1e-5;
          down[i] -= 1e-5;
          const double expected_gradient = (loss(up) - loss(down)) / 2e-5;
          EXPECT_NEAR(mlp.parameters().grad()[i], expected_gradient, 1e-6 * std::max(1.0, std::abs(expected_gradient)));
        }
      }
    }
  }
}

TEST(MLP, PredictsRows) {
  MLP mlp(2, {3, 2});
  const std::vector<double> x = {0.5, -1.0, 2.0, 0.25, 0.0, 0.0};
  std::vector<double> y(6);
  mlp.predict(x.data(), 3, y.data());
  for (std::size_t row = 0; row < 3; ++row) {
    const std::vector<Value> expected = mlp({x[2 * row], x[2 * row + 1]});
    EXPECT_EQ(y[2 * row], expected[0].data());
    EXPECT_EQ(y[2 * row + 1], expected[1].data());
  }
  mlp.predict(static_cast<double*>(nullptr), 0, nullptr);
}

/// The first numbers of the 64-bit Mersenne Twister with seed 0, as its authors' mt19937-64 gives them: with the top 53
/// bits as a fraction these are the first weights, on every platform.
TEST(MLP, SeedsGiveTheSameNumbersEverywhere) {
  ModelOptions options;
  options.seed = 5489;  // the reference implementation's default
  MLP mlp(2, {1}, options);
  EXPECT_EQ(mlp.parameters().data()[0], 2.0 * (static_cast<double>(14514284786278117030ull >> 11) * 0x1p-53) - 1.0);
  EXPECT_EQ(mlp.parameters().data()[1], 2.0 * (static_cast<double>(4620546740167642908ull >> 11) * 0x1p-53) - 1.0);
  EXPECT_EQ(mlp.parameters().data()[2], 0.0) << "the bias";
  MLP same(2, {1}, options);
  EXPECT_EQ(same.parameters().data()[0], mlp.parameters().data()[0]);
  options.seed = 1;
  EXPECT_NE(MLP(2, {1}, options).parameters().data()[0], mlp.parameters().data()[0]);
}

TEST(MLP, InitialisationKeepsItsBounds) {
  const std::pair<Initialization, double> bounds[] = {{Initialization::uniform, 1.0},
                                                      {Initialization::xavier, std::sqrt(6.0 / 150)},
                                                      {Initialization::he, std::sqrt(6.0 / 100)}};
  for (const auto& [initialization, bound] : bounds) {
    ModelOptions options;
    options.initialization = initialization;
    MLP mlp(100, {50}, options);
    double largest = 0.0;
    double sum = 0.0;
    for (std::size_t i = 0; i < 5000; ++i) {
      largest = std::max(largest, std::abs(mlp.parameters().data()[i]));
      sum += mlp.parameters().data()[i];
    }
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.99 * bound);
    EXPECT_LT(std::abs(sum / 5000), 0.05 * bound);
  }
}

TEST(MLP, ParametersAreOneBlock) {
  Tape tape;
  TapeScope scope(tape);
  MLP mlp(3, {4, 1});
  const std::vector<Value>& values = mlp.parameters().values();
  ASSERT_EQ(values.size(), 3u * 4 + 4 + 4 * 1 + 1);
  std::vector<Value> by_layer;
  for (const Layer& layer : mlp.layers()) {
    for (const Value& parameter : layer.parameters()) by_layer.push_back(parameter);
  }
  Value y = mlp({1.0, 1.0, 1.0})[0];
  y.backward();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i].data(), mlp.parameters().data()[i]);
    EXPECT_EQ(values[i].grad(), mlp.parameters().grad()[i]);
    EXPECT_EQ(by_layer[i].data(), values[i].data());
    EXPECT_EQ(by_layer[i].grad(), values[i].grad());
  }
  EXPECT_EQ(mlp.parameters().grad()[values.size() - 1], 1.0) << "the last bias";
  mlp.zero_grad();
  for (const Value& value : values) EXPECT_EQ(value.grad(), 0.0);
}

TEST(MLP, RecordingDecidesWhatTheGraphShows) {
  const auto operations = [](Recording recording) {
    ModelOptions options;
    options.recording = recording;
    Tape tape;
    TapeScope scope(tape);
    MLP mlp(2, {16, 16, 1}, options);
    const std::vector<Value> x = {1.0, -1.0};
    const std::size_t before = tape.node_count();
    const std::vector<Value> y = mlp(x);
    return tape.node_count() - before;
  };
  EXPECT_EQ(operations(Recording::single), 640u);
  EXPECT_EQ(operations(Recording::dot), 33u + 32) << "weighted sums with their biases, activations";
}

/// The bias is a term of the dot product, and an operand like others: shown, looked after, and moved when the dead are
/// collected.
TEST(MLP, BiasIsAnOperandOfTheDotProduct) {
  Tape tape;
  TapeScope scope(tape);
  MLP mlp(2, {1});
  const std::vector<Value> x = {2.0, -3.0};
  const std::vector<Value>& p = mlp.parameters().values();
  std::vector<Value> dead(5000, Value(1.0));
  Value y = mlp(x)[0];
  EXPECT_EQ(y.data(), p[0].data() * 2.0 + p[1].data() * -3.0 + p[2].data());
  const std::string dot = to_dot(y);
  std::size_t edges = 0;
  for (std::size_t at = dot.find("->"); at != std::string::npos; at = dot.find("->", at + 2)) ++edges;
  EXPECT_EQ(edges, 5u) << dot;

  dead.clear();
  for (int i = 0; i < 20'000; ++i) dead.assign(1, y * i);
  y.backward();
  EXPECT_EQ(p[2].grad(), 1.0);
  EXPECT_EQ(p[1].grad(), -3.0);

  Value bias = p[2];
  bias.set_data(0.5);
  EXPECT_THROW(y.backward(), Error);
}

TEST(MLP, MovesWithItsParameters) {
  MLP mlp(3, {4, 1});
  const double first = mlp.parameters().data()[0];
  MLP moved = std::move(mlp);
  EXPECT_EQ(moved.parameters().data()[0], first);
  EXPECT_EQ(moved({1.0, 2.0, 3.0}).size(), 1u);
}

TEST(MLP, NeuronAndLayerStandAlone) {
  ModelOptions options;
  options.activation = Activation::tanh;
  Neuron neuron(3, options);
  ASSERT_EQ(neuron.parameters().size(), 4u);
  const std::vector<Value> w = neuron.parameters();
  Value y = neuron({1.0, 2.0, 3.0});
  EXPECT_NEAR(y.data(), std::tanh(w[0].data() + 2 * w[1].data() + 3 * w[2].data()), 1e-15);
  y.backward();
  EXPECT_NEAR(w[3].grad(), 1 - y.data() * y.data(), 1e-15);
  neuron.zero_grad();
  EXPECT_EQ(w[3].grad(), 0.0);

  options.bias = false;
  Layer layer(2, 3, options);
  EXPECT_EQ(layer.parameters().size(), 6u);
  const std::vector<Value> out = layer({0.5, -0.5});
  ASSERT_EQ(out.size(), 3u);
  sum(out).backward();
  EXPECT_NE(layer.parameters()[0].grad(), 0.0);
  layer.zero_grad();
  EXPECT_EQ(layer.parameters()[0].grad(), 0.0);
}

TEST(MLP, WrongUseIsAnError) {
  const auto make = [](std::size_t inputs, std::vector<std::size_t> sizes, ModelOptions options = {}) {
    return error_of([&] { MLP mlp(inputs, sizes, options); });
  };
  const std::size_t before = Tape::current().node_count();
  EXPECT_EQ(make(0, {1}), ErrorCode::invalid_argument);
  EXPECT_EQ(make(3, {}), ErrorCode::invalid_argument);
  EXPECT_EQ(make(3, {4, 0, 1}), ErrorCode::invalid_argument);
  EXPECT_EQ(make(SIZE_MAX, {2}), ErrorCode::out_of_memory);
  ModelOptions unknown;
  unknown.activation = static_cast<Activation>(99);
  EXPECT_EQ(make(3, {1}, unknown), ErrorCode::invalid_argument);
  unknown = {};
  unknown.initialization = static_cast<Initialization>(-1);
  EXPECT_EQ(make(3, {1}, unknown), ErrorCode::invalid_argument);
  EXPECT_EQ(Tape::current().node_count(), before);

  MLP mlp(3, {2});
  EXPECT_EQ(error_of([&] { mlp({1.0, 2.0}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { mlp({}); }), ErrorCode::invalid_argument);
  Tape other;
  EXPECT_EQ(error_of([&] { mlp({1.0, 2.0, other.value(1.0)}); }), ErrorCode::wrong_tape);
  double y[2];
  EXPECT_EQ(error_of([&] { mlp(nullptr, 3); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { mlp.predict(nullptr, 1, y); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { mlp.predict(y, 1, nullptr); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { mlp.parameters().set_data(nullptr); }), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace smolgrad

// MLP::predict: heads, either type of array, parameters that change, activations by layer, and many threads.
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"
#include "train/training.hpp"

namespace smolgrad::test {
namespace {

/// Outputs of the recording, which have no head.
std::vector<double> logits(MLP& mlp, const std::vector<double>& x, std::size_t row) {
  std::vector<double> result;
  for (const Value& output :
       mlp(std::vector<Value>(x.begin() + static_cast<std::ptrdiff_t>(row * mlp.inputs()),
                              x.begin() + static_cast<std::ptrdiff_t>((row + 1) * mlp.inputs())))) {
    result.push_back(output.data());
  }
  return result;
}

std::vector<double> with_head(Head head, std::vector<double> y) {
  double sum = 0.0;
  for (double& number : y) {
    if (head == Head::sigmoid) number = 1 / (1 + std::exp(-number));
    if (head == Head::softmax) sum += number = std::exp(number);
  }
  if (head == Head::softmax) {
    for (double& number : y) number /= sum;
  }
  return y;
}

template <class T>
std::vector<double> predicted(const MLP& mlp, const std::vector<double>& x, std::size_t rows) {
  const std::vector<T> from(x.begin(), x.end());
  std::vector<T> to(rows * mlp.outputs() + 1, T(-77));
  mlp.predict(from.data(), rows, to.data());
  EXPECT_EQ(to.back(), T(-77)) << "beyond the end";
  return {to.begin(), to.end() - 1};
}

/// 1024 rows are converted at a time.
TEST(Predict, HeadsAndTypesAndRows) {
  const std::vector<double> x = some_floats(3 * 2100, 1);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    for (const Head head : {Head::none, Head::sigmoid, Head::softmax}) {
      Shape shape = shape_of(3, {7, 4}, Activation::silu, dtype);
      shape.options.head = head;
      Model model(shape);
      const TapeScope scope(model.tape);
      for (const std::size_t rows : {0, 1, 2, 5, 1023, 1024, 1025, 2100}) {
        const std::vector<double> wide = predicted<double>(model.mlp, x, rows);
        const std::vector<double> narrow = predicted<float>(model.mlp, x, rows);
        for (std::size_t row = 0; row < rows; row += 1 + rows / 50) {
          const std::vector<double> expected = with_head(head, logits(model.mlp, x, row));
          double sum = 0.0;
          for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_NEAR(wide[4 * row + i], expected[i], dtype == Dtype::float64 ? 1e-14 : 2e-6);
            EXPECT_NEAR(narrow[4 * row + i], expected[i], 2e-6);
            EXPECT_EQ(narrow[4 * row + i], static_cast<float>(wide[4 * row + i])) << "the inputs are floats";
            sum += wide[4 * row + i];
          }
          if (head != Head::softmax) continue;
          EXPECT_NEAR(sum, 1.0, dtype == Dtype::float64 ? 1e-15 : 1e-6);
        }
      }
    }
  }
}

TEST(Predict, LogitsBeyondExp) {
  Shape shape = shape_of(1, {3}, Activation::linear);
  shape.options.bias = false;
  shape.options.head = Head::softmax;
  Model model(shape);
  const double weights[] = {1000, 999, -1000}, x = 1.0;
  model.mlp.parameters().set_data(weights);
  double y[3];
  model.mlp.predict(&x, 1, y);
  EXPECT_NEAR(y[0], 1 / (1 + std::exp(-1.0)), 1e-13) << "within a rounding of the largest logit";
  EXPECT_NEAR(y[1], 1 / (1 + std::exp(1.0)), 1e-13);
  EXPECT_EQ(y[2], 0.0);
}

/// A model of floats keeps them at hand: each way of changing its parameters must show, again and again.
TEST(Predict, SeesParametersThatChange) {
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    Shape shape = shape_of(1, {1}, Activation::linear, dtype);
    Model model(shape);
    Parameters& parameters = model.mlp.parameters();
    const double x = 2.0;
    double weight = 0.0, bias = 0.0;
    const auto expect = [&](const char* what) {
      double y = 0.0;
      float narrow = 0.0f;
      const float narrow_x = 2.0f;
      model.mlp.predict(&x, 1, &y);
      model.mlp.predict(&narrow_x, 1, &narrow);
      EXPECT_EQ(y, 2 * weight + bias) << what;
      EXPECT_EQ(narrow, y) << what;
    };
    for (int round = 0; round < 3; ++round) {
      const double numbers[] = {weight = 1 + round, bias = 0.5};
      parameters.set_data(numbers);
      expect("set_data");
      parameters.update([&](double* data, double*, std::size_t) { data[0] = weight = 3.0 + round; });
      expect("update");
      parameters.update([&](double* data, double*, std::size_t) { data[1] = bias = 0.25; });
      expect("update again");
      Value one = parameters.values()[1];
      one.set_data(bias = -4.0 - round);
      expect("a Value's set_data");
      {
        const TapeScope scope(model.tape);
        const std::vector<Value> y = model.mlp({1.0});
        one.set_data(bias = 7.0);
        expect("with a recording alive");
        parameters.update([&](double* data, double*, std::size_t) { data[0] = weight = -1.0; });
        expect("update with a recording alive");
      }
      Optimizer<double> optimizer(Sgd{1.0}, 2);
      const double gradient[] = {0.5, -0.25};
      parameters.update([&](double* data, double*, std::size_t) {
        optimizer.step(data, gradient);
        weight = data[0];
        bias = data[1];
      });
      expect("a step");
    }
    MLP moved = std::move(model.mlp);
    const double numbers[] = {9, 8};
    moved.parameters().set_data(numbers);
    double y = 0.0;
    moved.predict(&x, 1, &y);
    EXPECT_EQ(y, 26.0);
  }
}

TEST(Predict, ActivationsByLayer) {
  Shape shape = shape_of(2, {3, 2, 1});
  shape.options.activations = {Activation::softplus, Activation::relu, Activation::tanh};
  Model model(shape);
  const TapeScope scope(model.tape);
  std::vector<double> numbers = some_floats(model.mlp.parameters().size(), 4);
  model.mlp.parameters().set_data(numbers.data());
  for (std::size_t layer = 0; layer < 3; ++layer) {
    EXPECT_EQ(model.mlp.activation(layer), shape.options.activations[layer]);
  }
  const std::vector<double> x = {0.5, -1.5};
  std::vector<double> hidden;
  for (std::size_t i = 0; i < 3; ++i) {
    hidden.push_back(std::log1p(std::exp(numbers[2 * i] * x[0] + numbers[2 * i + 1] * x[1] + numbers[6 + i])));
  }
  double last = numbers[19];
  for (std::size_t i = 0; i < 2; ++i) {
    double sum = numbers[15 + i];
    for (std::size_t k = 0; k < 3; ++k) sum += numbers[9 + 3 * i + k] * hidden[k];
    last += numbers[17 + i] * std::max(sum, 0.0);
  }
  double y = 0.0;
  model.mlp.predict(x.data(), 1, &y);
  EXPECT_NEAR(y, std::tanh(last), 1e-14);
  EXPECT_NEAR(model.mlp(std::vector<Value>{0.5, -1.5})[0].data(), std::tanh(last), 1e-14);
}

TEST(Predict, OptionsOutOfRange) {
  const auto refused = [](const auto& change) {
    Shape shape = shape_of(2, {3, 1});
    change(shape.options);
    Tape tape;
    EXPECT_EQ(error_of([&] { MLP(tape, shape.inputs, shape.sizes, shape.options); }), ErrorCode::invalid_argument);
    EXPECT_EQ(tape.node_count(), 0u);
  };
  refused([](ModelOptions& options) { options.activations = {Activation::relu}; });
  refused([](ModelOptions& options) { options.activations.assign(3, Activation::relu); });
  refused([](ModelOptions& options) { options.activations = {Activation::relu, static_cast<Activation>(9)}; });
  refused([](ModelOptions& options) { options.activations = {static_cast<Activation>(-1), Activation::relu}; });
  refused([](ModelOptions& options) { options.head = static_cast<Head>(3); });
  refused([](ModelOptions& options) { options.head = static_cast<Head>(-1); });
  refused([](ModelOptions& options) { options.dtype = static_cast<Dtype>(2); });
}

/// The first prediction, which compiles, and all others at once.
TEST(PredictThreads, OneModelForAll) {
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    for (int round = 0; round < 5; ++round) {
      const Model model(shape_of(3, {5, 2}, Activation::tanh, dtype));
      const std::vector<double> x = some_floats(3 * 40, 1);
      const std::vector<double> expected =
          predicted<double>(Model(shape_of(3, {5, 2}, Activation::tanh, dtype)).mlp, x, 40);
      std::atomic<int> wrong{0};
      std::vector<std::thread> threads;
      for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < 20; ++i) {
            std::vector<double> y(80);
            std::vector<float> narrow_x(x.begin(), x.end()), narrow(80);
            if ((i + thread) % 2 == 0) {
              model.mlp.predict(x.data(), 40, y.data());
            } else {
              model.mlp.predict(narrow_x.data(), 40, narrow.data());
              y.assign(narrow.begin(), narrow.end());
            }
            for (std::size_t k = 0; k < 80; ++k) wrong += std::abs(y[k] - expected[k]) > 1e-6 ? 1 : 0;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      EXPECT_EQ(wrong, 0);
    }
  }
}

}  // namespace
}  // namespace smolgrad::test

// Models through the C interface: what the C++ MLP of the same seed and options gives.
#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/smolgrad.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

using GetNumbers = int32_t (*)(const smolgrad_mlp*, double*, std::size_t);

std::vector<double> numbers_of(const smolgrad_mlp* mlp, GetNumbers get) {
  std::vector<double> numbers(smolgrad_mlp_parameter_count(mlp));
  EXPECT_EQ(get(mlp, numbers.data(), numbers.size()), SMOLGRAD_OK);
  return numbers;
}

class CModel : public TapeFixture {
 protected:
  smolgrad_mlp* model(const smolgrad_mlp_options* options = nullptr) {
    return smolgrad_mlp_create(tape_, inputs.size(), layers.data(), layers.size(), options);
  }
  std::vector<smolgrad_value*> forward(const smolgrad_mlp* mlp) {
    std::vector<smolgrad_value*> x;
    for (const double input : inputs) x.push_back(leaf(input));
    std::vector<smolgrad_value*> out(layers.back());
    EXPECT_EQ(smolgrad_mlp_forward(mlp, x.data(), x.size(), out.data(), out.size()), SMOLGRAD_OK);
    return out;
  }
  std::vector<double> predict(const smolgrad_mlp* mlp) const {
    std::vector<double> y(layers.back());
    EXPECT_EQ(smolgrad_mlp_predict(mlp, inputs.data(), 1, y.data()), SMOLGRAD_OK);
    return y;
  }

  /// The C model of `options`, compared with the C++ one in all it does.
  void expect_same_as_cpp(const ModelOptions& options) {
    smolgrad_mlp_options* const c_options = smolgrad_mlp_options_create();
    EXPECT_EQ(smolgrad_mlp_options_set_activation(c_options, static_cast<int32_t>(options.activation)), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_init(c_options, static_cast<int32_t>(options.initialization)), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_seed(c_options, options.seed), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_bias(c_options, options.bias ? 1 : 0), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_recording(c_options, static_cast<int32_t>(options.recording)), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_head(c_options, static_cast<int32_t>(options.head)), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_mlp_options_set_dtype(c_options, static_cast<int32_t>(options.dtype)), SMOLGRAD_OK);
    std::vector<int32_t> activations;
    for (const Activation activation : options.activations) activations.push_back(static_cast<int32_t>(activation));
    EXPECT_EQ(smolgrad_mlp_options_set_activations(c_options, activations.data(), activations.size()), SMOLGRAD_OK);
    smolgrad_mlp* const mlp = model(c_options);
    smolgrad_mlp_options_destroy(c_options);
    ASSERT_NE(mlp, nullptr);
    EXPECT_EQ(smolgrad_mlp_input_count(mlp), inputs.size());
    EXPECT_EQ(smolgrad_mlp_output_count(mlp), layers.back());

    Tape tape;
    MLP expected(tape, inputs.size(), layers, options);
    Parameters& parameters = expected.parameters();
    ASSERT_EQ(smolgrad_mlp_parameter_count(mlp), parameters.size());
    EXPECT_EQ(numbers_of(mlp, smolgrad_mlp_get_parameters),
              std::vector<double>(parameters.data(), parameters.data() + parameters.size()));

    const std::size_t nodes_before = tape.node_count();
    const std::size_t c_nodes_before = nodes();
    const auto x = tape.values(inputs);
    const std::vector<Value> y = expected(x);
    const std::vector<smolgrad_value*> out = forward(mlp);
    EXPECT_EQ(nodes() - c_nodes_before, tape.node_count() - nodes_before) << "recorded in the same way";
    ASSERT_EQ(smolgrad_backward(out[1]), SMOLGRAD_OK);
    y[1].backward();
    EXPECT_EQ(numbers_of(mlp, smolgrad_mlp_get_gradients),
              std::vector<double>(parameters.grad(), parameters.grad() + parameters.size()));
    std::vector<double> predicted(y.size());
    expected.predict(inputs.data(), 1, predicted.data());
    EXPECT_EQ(predict(mlp), predicted);
    const std::vector<float> x_float(inputs.begin(), inputs.end());
    std::vector<float> predicted_float(y.size()), c_predicted_float(y.size());
    expected.predict(x_float.data(), 1, predicted_float.data());
    EXPECT_EQ(smolgrad_mlp_predict_float(mlp, x_float.data(), 1, c_predicted_float.data()), SMOLGRAD_OK);
    EXPECT_EQ(c_predicted_float, predicted_float);
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(smolgrad_value_data(out[i]), y[i].data());
      if (options.head != Head::none || options.dtype != Dtype::float64) continue;
      EXPECT_NEAR(predicted[i], y[i].data(), 1e-12);
    }
    EXPECT_EQ(take_error(), ok);
  }

  const std::vector<double> inputs = {0.5, -1.25, 2.0};
  const std::vector<std::size_t> layers = {5, 4, 2};
};

TEST_F(CModel, IsTheOneOfCPlusPlus) {
  for (int activation = SMOLGRAD_ACTIVATION_LINEAR; activation <= SMOLGRAD_ACTIVATION_GELU; ++activation) {
    for (int init = SMOLGRAD_INIT_UNIFORM; init <= SMOLGRAD_INIT_HE; ++init) {
      for (const bool bias : {true, false}) {
        for (const Recording recording : {Recording::dot, Recording::single}) {
          SCOPED_TRACE(::testing::Message() << activation << ' ' << init << ' ' << bias);
          const auto seed = static_cast<std::uint64_t>(activation * 10 + init);
          ModelOptions options;
          options.activation = static_cast<Activation>(activation);
          options.initialization = static_cast<Initialization>(init);
          options.seed = seed;
          options.bias = bias;
          options.recording = recording;
          expect_same_as_cpp(options);
        }
      }
    }
  }
}

TEST_F(CModel, SeedsOfAllBits) {
  for (const std::uint64_t seed : {UINT64_MAX, std::uint64_t{1} << 63}) {
    ModelOptions options;
    options.seed = seed;
    expect_same_as_cpp(options);
  }
}

TEST_F(CModel, HeadsPrecisionAndActivationsByLayer) {
  for (const Head head : {Head::none, Head::sigmoid, Head::softmax}) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
      ModelOptions options;
      options.head = head;
      options.dtype = dtype;
      options.activations = {Activation::tanh, Activation::gelu, Activation::elu};
      expect_same_as_cpp(options);
    }
  }
}

TEST_F(CModel, SoftmaxAndActivationsByHand) {
  const std::size_t layer[] = {2};
  const int32_t positive_part[] = {SMOLGRAD_ACTIVATION_RELU};
  smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
  ASSERT_EQ(smolgrad_mlp_options_set_head(options, SMOLGRAD_HEAD_SOFTMAX), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_mlp_options_set_activations(options, positive_part, 1), SMOLGRAD_OK);
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 1, layer, 1, options);
  const double numbers[] = {1, -1, 0, 0};  // relu(x) and relu(-x)
  ASSERT_EQ(smolgrad_mlp_set_parameters(mlp, numbers, 4), SMOLGRAD_OK);
  const double x = std::log(3.0);
  double y[2];
  ASSERT_EQ(smolgrad_mlp_predict(mlp, &x, 1, y), SMOLGRAD_OK);
  EXPECT_NEAR(y[0], 0.75, 1e-15);
  EXPECT_NEAR(y[1], 0.25, 1e-15);

  EXPECT_EQ(smolgrad_mlp_create(tape_, 3, layers.data(), layers.size(), options), nullptr) << "3 layers, 1 activation";
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_mlp_options_set_activations(options, nullptr, 0), SMOLGRAD_OK);
  EXPECT_NE(smolgrad_mlp_create(tape_, 3, layers.data(), layers.size(), options), nullptr);
  smolgrad_mlp_options_destroy(options);
}

TEST_F(CModel, OptionsBeginAsDocumented) {
  smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
  const std::vector<double> untouched = numbers_of(model(options), smolgrad_mlp_get_parameters);
  EXPECT_EQ(numbers_of(model(nullptr), smolgrad_mlp_get_parameters), untouched);
  smolgrad_mlp_options_set_activation(options, SMOLGRAD_ACTIVATION_RELU);
  smolgrad_mlp_options_set_init(options, SMOLGRAD_INIT_UNIFORM);
  smolgrad_mlp_options_set_seed(options, 0);
  smolgrad_mlp_options_set_bias(options, 1);
  smolgrad_mlp_options_set_recording(options, SMOLGRAD_RECORDING_DOT);
  smolgrad_mlp_options_set_head(options, SMOLGRAD_HEAD_NONE);
  smolgrad_mlp_options_set_dtype(options, SMOLGRAD_DTYPE_FLOAT64);
  const smolgrad_mlp* const explicitly = model(options);
  EXPECT_EQ(numbers_of(explicitly, smolgrad_mlp_get_parameters), untouched);
  EXPECT_EQ(predict(explicitly), predict(model(nullptr)));
  EXPECT_EQ(untouched.size(), 3u * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
  smolgrad_mlp_options_set_seed(options, 1);
  EXPECT_NE(numbers_of(model(options), smolgrad_mlp_get_parameters), untouched);
  EXPECT_EQ(numbers_of(explicitly, smolgrad_mlp_get_parameters), untouched) << "options are copied";
  smolgrad_mlp_options_destroy(options);
}

TEST_F(CModel, ParametersAreSetAndGot) {
  smolgrad_mlp* const mlp = model();
  std::vector<double> numbers(smolgrad_mlp_parameter_count(mlp));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.01 * static_cast<double>(i);
  ASSERT_EQ(smolgrad_mlp_set_parameters(mlp, numbers.data(), numbers.size()), SMOLGRAD_OK);
  EXPECT_EQ(numbers_of(mlp, smolgrad_mlp_get_parameters), numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(smolgrad_value_data(smolgrad_mlp_parameter(mlp, i)), numbers[i]);
    EXPECT_STREQ(smolgrad_value_operation(smolgrad_mlp_parameter(mlp, i)), "leaf");
  }
  ASSERT_EQ(smolgrad_value_set_data(smolgrad_mlp_parameter(mlp, 3), 9.0), SMOLGRAD_OK);
  EXPECT_EQ(numbers_of(mlp, smolgrad_mlp_get_parameters)[3], 9.0);
  const std::size_t before = nodes();
  for (int i = 0; i < 100; ++i) EXPECT_NE(smolgrad_mlp_parameter(mlp, 0), nullptr);
  EXPECT_EQ(nodes(), before) << "they are borrowed";
}

// One layer by hand: weights row by row, then biases.
TEST_F(CModel, OrderOfParameters) {
  const std::size_t layer[] = {2};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 3, layer, 1, nullptr);
  const double numbers[] = {1, 2, 3, 10, 20, 30, 0.5, 0.25};
  ASSERT_EQ(smolgrad_mlp_set_parameters(mlp, numbers, 8), SMOLGRAD_OK);
  const double x[] = {1, 1, 1, 1, 0, -1};
  double y[4];
  ASSERT_EQ(smolgrad_mlp_predict(mlp, x, 2, y), SMOLGRAD_OK);
  EXPECT_EQ(std::vector<double>(y, y + 4), (std::vector<double>{6.5, 60.25, -1.5, -19.75}));
}

TEST_F(CModel, GradientsAreZeroedButNotThoseOfOthers) {
  smolgrad_mlp* const mlp = model();
  smolgrad_value* const other = leaf(1.0);
  const std::vector<smolgrad_value*> out = forward(mlp);
  ASSERT_EQ(smolgrad_backward(smolgrad_mul(smolgrad_add(out[0], out[1]), other)), SMOLGRAD_OK);
  const std::vector<double> gradients = numbers_of(mlp, smolgrad_mlp_get_gradients);
  EXPECT_TRUE(std::any_of(gradients.begin(), gradients.end(), [](double g) { return g != 0.0; }));
  const double grad = smolgrad_value_grad(other);
  EXPECT_NE(grad, 0.0);
  ASSERT_EQ(smolgrad_mlp_zero_grad(mlp), SMOLGRAD_OK);
  EXPECT_EQ(numbers_of(mlp, smolgrad_mlp_get_gradients), std::vector<double>(gradients.size(), 0.0));
  EXPECT_EQ(smolgrad_value_grad(other), grad);
}

TEST_F(CModel, PredictingRecordsNothing) {
  smolgrad_mlp* const mlp = model();
  const std::size_t before = nodes();
  const std::size_t rows = 50;
  std::vector<double> x;
  for (std::size_t i = 0; i < rows; ++i) x.insert(x.end(), inputs.begin(), inputs.end());
  std::vector<double> y(rows * layers.back());
  ASSERT_EQ(smolgrad_mlp_predict(mlp, x.data(), rows, y.data()), SMOLGRAD_OK);
  EXPECT_EQ(nodes(), before);
  const std::vector<double> expected = predict(mlp);
  // Alone, a sample is summed in another order than among others.
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i % layers.back()], 1e-14);
}

TEST_F(CModel, TrainingLearnsXor) {
  smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
  smolgrad_mlp_options_set_activation(options, SMOLGRAD_ACTIVATION_TANH);
  smolgrad_mlp_options_set_seed(options, 3);
  const std::size_t sizes[] = {8, 1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, sizes, 2, options);
  smolgrad_mlp_options_destroy(options);
  const double samples[4][3] = {{0, 0, -1}, {0, 1, 1}, {1, 0, 1}, {1, 1, -1}};
  double loss = 0.0;
  for (int step = 0; step < 500; ++step) {
    const std::size_t scope = smolgrad_tape_scope_open(tape_);
    std::vector<smolgrad_value*> errors;
    for (const auto& sample : samples) {
      smolgrad_value* const x[] = {smolgrad_constant(tape_, sample[0]), smolgrad_constant(tape_, sample[1])};
      smolgrad_value* y[] = {nullptr};
      ASSERT_EQ(smolgrad_mlp_forward(mlp, x, 2, y, 1), SMOLGRAD_OK);
      errors.push_back(smolgrad_square(smolgrad_sub(y[0], smolgrad_constant(tape_, sample[2]))));
    }
    smolgrad_value* const total = smolgrad_mean(errors.data(), errors.size());
    ASSERT_EQ(smolgrad_mlp_zero_grad(mlp), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_backward(total), SMOLGRAD_OK);
    loss = smolgrad_value_data(total);
    std::vector<double> parameters = numbers_of(mlp, smolgrad_mlp_get_parameters);
    const std::vector<double> gradients = numbers_of(mlp, smolgrad_mlp_get_gradients);
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= 0.1 * gradients[i];
    ASSERT_EQ(smolgrad_mlp_set_parameters(mlp, parameters.data(), parameters.size()), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK);
    ASSERT_EQ(nodes(), parameters.size());
  }
  EXPECT_LT(loss, 0.01);
  EXPECT_EQ(take_error(), ok);
}

}  // namespace
}  // namespace smolgrad::test

// Trainer: steps against the eager tape, what is refused, metrics, and minima that are known.
#include <smolgrad/fit.hpp>

#include <cmath>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "train/objective.hpp"
#include "training.hpp"

namespace smolgrad::test {
namespace {

using testing::HasSubstr;

const double nan = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

constexpr Activation activations[] = {Activation::linear,   Activation::relu, Activation::leaky_relu,
                                      Activation::elu,      Activation::tanh, Activation::sigmoid,
                                      Activation::softplus, Activation::silu, Activation::gelu};

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

std::vector<std::size_t> rows_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

template <class T>
std::vector<double> gradient_of(const MLP& mlp, const FitOptions& options, const Samples& data, std::size_t rows,
                                std::vector<double>& losses) {
  const train::Objective objective =
      train::make_objective(mlp, options, std::is_same_v<T, double> ? Dtype::float64 : Dtype::float32);
  std::vector<T> samples, parameters, loss(rows), gradient(mlp.parameters().size());
  const std::size_t targets = data.y.size() / data.rows;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < mlp.inputs(); ++i) samples.push_back(static_cast<T>(data.x[row * mlp.inputs() + i]));
    for (std::size_t i = 0; i < targets; ++i) samples.push_back(static_cast<T>(data.y[row * targets + i]));
  }
  for (const double number : numbers_of(mlp)) parameters.push_back(static_cast<T>(number));
  objective.loss.gradient(rows, samples.data(), parameters.data(), loss.data(), static_cast<T*>(nullptr),
                          gradient.data());
  losses.assign(loss.begin(), loss.end());
  return {gradient.begin(), gradient.end()};
}

/// All kinds of networks and losses: on one row, a few, and more than a block of them.
TEST(TrainerGradient, IsTheTapes) {
  const std::vector<std::pair<std::size_t, std::vector<std::size_t>>> layouts = {
      {3, {5, 2}}, {1, {1, 2}}, {4, {1, 3, 2}}, {2, {3, 4, 5, 4, 3, 2}}, {9, {17, 2}}, {20, {8, 2}}, {3, {2}}};
  std::size_t which = 0;
  for (const auto& [inputs, sizes] : layouts) {
    for (const Activation activation : activations) {
      for (const bool bias : {true, false}) {
        SCOPED_TRACE(testing::Message() << inputs << " inputs, " << sizes.size() << " layers, activation "
                                        << static_cast<int>(activation) << ", bias " << bias);
        Shape shape = shape_of(inputs, sizes, activation);
        shape.options.bias = bias;
        if (which % 3 == 1) {
          for (std::size_t i = 0; i < sizes.size(); ++i) {
            shape.options.activations.push_back(activations[(which + 2 * i) % std::size(activations)]);
          }
        }
        const auto loss = static_cast<Loss>(which++ % 6);
        Samples data = some_samples(300, inputs, loss == Loss::cross_entropy ? 1 : 2);
        if (loss >= Loss::hinge) {
          for (std::size_t i = 0; i < data.y.size(); ++i) data.y[i] = (i * i + i / 3) % 2 == 0 ? 1.0 : 0.0;
        }
        FitOptions options;
        options.loss = loss;
        Model model(shape);
        ByHand by_hand(shape, loss_function(loss), Sgd{});
        // Biases begin at 0; and none should be where an activation has a kink.
        std::vector<double> parameters = some_floats(by_hand.parameters.size(), which);
        for (double& number : parameters) number *= 0.8;
        by_hand.parameters = parameters;
        model.mlp.parameters().set_data(parameters.data());
        for (const std::size_t rows : {1, 2, 3, 5, 9, 300}) {
          const double mean = by_hand.loss(data, rows_from(0, rows));
          std::vector<double> expected = by_hand.gradient, losses;
          for (double& g : expected) g *= static_cast<double>(rows);
          const double terms = std::sqrt(static_cast<double>(rows));
          expect_near(gradient_of<double>(model.mlp, options, data, rows, losses), expected, 1e-13 * terms);
          EXPECT_NEAR(std::accumulate(losses.begin(), losses.end(), 0.0), mean * static_cast<double>(rows),
                      1e-13 * static_cast<double>(rows));
          expect_near(gradient_of<float>(model.mlp, options, data, rows, losses), expected, 5e-5 * terms);
        }
      }
    }
  }
}

TEST(Trainer, AStepIsTheTapes) {
  const Samples data = some_samples(40, 3, 2);
  for (const OptimizerOptions& optimizer : some_optimizers()) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
      SCOPED_TRACE(optimizer.index());
      const double tolerance = dtype == Dtype::float64 ? 1e-10 : 1e-3;
      const Shape shape = shape_of(3, {5, 2}, Activation::silu, dtype);
      FitOptions options;
      options.optimizer = optimizer;
      Model model(shape);
      Trainer trainer(model.mlp, options);
      ByHand by_hand(shape, mse, optimizer);
      EXPECT_EQ(&trainer.model(), &model.mlp);
      std::size_t next = 0;
      for (const std::size_t rows : {1, 1, 2, 1, 7, 20, 1, 3}) {
        const double expected = by_hand.step(data, rows_from(next, rows));
        EXPECT_NEAR(trainer.step(data.x.data() + 3 * next, data.y.data() + 2 * next, rows), expected, tolerance);
        expect_near(numbers_of(model.mlp), by_hand.parameters, tolerance);
        next += rows;
      }
      EXPECT_EQ(trainer.steps(), 8u);
      EXPECT_EQ(trainer.epoch(), 0u);
    }
  }
}

/// Where activations are flat, what is not finite hardly shows in a loss.
TEST(Trainer, AStepOnWhatIsNoNumberChangesNothing) {
  const Samples good = some_samples(5, 3, 2);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    for (const Activation activation : activations) {
      const Shape shape = shape_of(3, {4, 2}, activation, dtype);
      Model model(shape), undisturbed(shape);
      FitOptions options;
      options.optimizer = Adam{0.01};
      Trainer trainer(model.mlp, options), other(undisturbed.mlp, options);
      trainer.step(good.x.data(), good.y.data(), 5);
      other.step(good.x.data(), good.y.data(), 5);
      const std::vector<double> before = numbers_of(model.mlp);
      for (const double wrong : {nan, infinity, -infinity, 1e300}) {
        if (wrong == 1e300 && dtype == Dtype::float64) continue;
        for (const bool in_x : {true, false}) {
          Samples bad = good;
          (in_x ? bad.x[7] : bad.y[5]) = wrong;
          const auto step = [&] { trainer.step(bad.x.data(), bad.y.data(), 5); };
          EXPECT_EQ(error_of(step), ErrorCode::invalid_argument) << wrong;
          EXPECT_THAT(message_of(step), HasSubstr(in_x ? "in row 2, column 1" : "in row 2, column 1"));
        }
      }
      EXPECT_EQ(error_of([&] { trainer.step(good.x.data(), good.y.data(), 0); }), ErrorCode::invalid_argument);
      EXPECT_EQ(error_of([&] { trainer.step<float>(nullptr, nullptr, 1); }), ErrorCode::invalid_argument);
      EXPECT_EQ(numbers_of(model.mlp), before);
      EXPECT_EQ(trainer.steps(), 1u);
      trainer.step(good.x.data(), good.y.data(), 5);
      other.step(good.x.data(), good.y.data(), 5);
      EXPECT_EQ(numbers_of(model.mlp), numbers_of(undisturbed.mlp)) << "nor does the optimiser remember";
    }
  }
}

TEST(Trainer, AStepWhoseLossIsInfiniteChangesNothing) {
  Model model(shape_of(1, {1}, Activation::linear));
  Trainer trainer(model.mlp);
  const std::vector<double> before = numbers_of(model.mlp);
  const double x = 1.0, y = 1e200;
  EXPECT_THAT(message_of([&] { trainer.step(&x, &y); }), HasSubstr("the loss is inf"));
  EXPECT_EQ(numbers_of(model.mlp), before);
  EXPECT_EQ(trainer.steps(), 0u);
}

TEST(Trainer, AStepNamesTheRowWithoutAClass) {
  Model model(shape_of(2, {3}));
  FitOptions options;
  options.loss = Loss::cross_entropy;
  Trainer trainer(model.mlp, options);
  const std::vector<double> x(8, 0.5), y = {0, 2, 3, 1};
  EXPECT_THAT(message_of([&] { trainer.step(x.data(), y.data(), 4); }), HasSubstr("y has 3 in row 2"));
  const std::vector<float> narrow_x(8, 0.5f), narrow_y = {0, 1.5f, 2, 1};
  EXPECT_THAT(message_of([&] { trainer.step(narrow_x.data(), narrow_y.data(), 4); }), HasSubstr("y has 1.5 in row 1"));
}

/// Changes of the model by others last until the next step.
TEST(Trainer, TheParametersAreItsOwn) {
  const Samples data = some_samples(4, 2, 1);
  Model model(shape_of(2, {1})), undisturbed(shape_of(2, {1}));
  Trainer trainer(model.mlp), other(undisturbed.mlp);
  const std::vector<double> zeros(3);
  for (int i = 0; i < 3; ++i) {
    model.mlp.parameters().set_data(zeros.data());
    trainer.step(data.x.data(), data.y.data(), 4);
    other.step(data.x.data(), data.y.data(), 4);
    EXPECT_EQ(numbers_of(model.mlp), numbers_of(undisturbed.mlp));
  }
  Trainer moved = std::move(trainer);
  moved.step(data.x.data(), data.y.data(), 4);
  other.step(data.x.data(), data.y.data(), 4);
  EXPECT_EQ(numbers_of(model.mlp), numbers_of(undisturbed.mlp));
  EXPECT_EQ(moved.steps(), 4u);
}

/// Recording goes on with the new numbers, and steps on the tape of a model that is in use.
TEST(Trainer, TheTapeSeesEachStep) {
  const Samples data = some_samples(4, 2, 1);
  Model model(shape_of(2, {3, 1}));
  const TapeScope scope(model.tape);
  Trainer trainer(model.mlp);
  for (int i = 0; i < 3; ++i) {
    trainer.step(data.x.data(), data.y.data(), 4);
    const std::vector<Value> y = model.mlp({data.x[0], data.x[1]});
    double predicted = 0.0;
    model.mlp.predict(data.x.data(), 1, &predicted);
    EXPECT_NEAR(y[0].data(), predicted, 1e-15);
    model.mlp.zero_grad();
    y[0].backward();
    EXPECT_EQ(model.mlp.parameters().grad()[model.mlp.parameters().size() - 1], 1.0);
  }
}

/// The outputs are the inputs, so it is plain which are right.
struct Judged {
  Loss loss;
  std::vector<double> x, y;
  double accuracy;
};

TEST(Trainer, Accuracy) {
  const std::vector<Judged> cases = {
      {Loss::cross_entropy, {3, 1, 2, 0, 5, 1, 1, 2, 4, -1, -3, -2}, {0, 1, 1, 0}, 0.75},
      {Loss::cross_entropy, {3, 1, 2, 0, 5, 1}, {1, 0, 0, 0.1, 0.2, 0.7}, 0.5},
      {Loss::binary_cross_entropy, {1, -1, 2, -2, 3, -3}, {1, 0, 0, 0, 1, 1}, 4.0 / 6},
      {Loss::hinge, {1, -1, 2, -2, 3, -3}, {1, -1, -1, -1, -1, 1}, 0.5},
      {Loss::mse, {1, 2, 3}, {1, 2, 3}, nan},
      {Loss::mae, {1, 2, 3}, {1, 2, 3}, nan},
      {Loss::huber, {1, 2, 3}, {1, 2, 3}, nan},
  };
  for (const Judged& judged : cases) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
      Shape shape = shape_of(3, {3}, Activation::linear, dtype);
      shape.options.bias = false;
      Model model(shape);
      const std::vector<double> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
      model.mlp.parameters().set_data(identity.data());
      FitOptions options;
      options.loss = judged.loss;
      const std::size_t rows = judged.x.size() / 3;
      options.targets = judged.y.size() / rows;
      const Trainer trainer(model.mlp, options);
      const Metrics got = trainer.evaluate(judged.x.data(), judged.y.data(), rows);
      if (std::isnan(judged.accuracy)) {
        EXPECT_TRUE(std::isnan(got.accuracy));
      } else {
        EXPECT_NEAR(got.accuracy, judged.accuracy, 1e-15);
      }
      double loss = 0.0;
      for (std::size_t row = 0; row < rows; ++row) {
        const auto values = [&](const std::vector<double>& numbers, std::size_t count) {
          std::vector<Value> of_row;
          for (std::size_t i = 0; i < count; ++i) of_row.emplace_back(numbers[row * count + i]);
          return of_row;
        };
        loss += loss_function(judged.loss)(values(judged.x, 3), values(judged.y, options.targets)).data();
      }
      EXPECT_NEAR(got.loss, loss / static_cast<double>(rows), dtype == Dtype::float64 ? 1e-15 : 1e-6);
      const std::vector<float> x = narrowed(judged.x), y = narrowed(judged.y);
      EXPECT_NEAR(trainer.evaluate(x.data(), y.data(), rows).loss, got.loss, 1e-7);
    }
  }
}

/// More rows than are evaluated at once.
TEST(Trainer, EvaluatesManyRows) {
  const Samples data = some_samples(2500, 2, 1);
  const Shape shape = shape_of(2, {3, 1});
  Model model(shape);
  ByHand by_hand(shape, mse, Sgd{});
  for (const std::size_t rows : {1, 1023, 1024, 1025, 2048, 2500}) {
    EXPECT_NEAR(Trainer(model.mlp).evaluate(data.x.data(), data.y.data(), rows).loss,
                by_hand.loss(data, rows_from(0, rows)), 1e-13);
  }
  const Trainer trainer(model.mlp);
  Samples bad = data;
  bad.x[4001] = nan;
  EXPECT_THAT(message_of([&] { trainer.evaluate(bad.x.data(), bad.y.data(), 2500); }), HasSubstr("row 2000"));
  EXPECT_EQ(error_of([&] { trainer.evaluate(bad.x.data(), bad.y.data(), 0); }), ErrorCode::invalid_argument);
}

/// Of one yes-or-no input, logistic regression has as many parameters as there are groups: each group's rate is its
/// probability.
TEST(Trainer, MinimisesLogisticRegression) {
  Samples data{20, {}, {}};
  for (int i = 0; i < 20; ++i) {
    data.x.push_back(i < 8 ? 0.0 : 1.0);
    data.y.push_back(i < 2 || i >= 11 ? 1.0 : 0.0);  // 2 of 8, 9 of 12
  }
  const double bias = std::log(2.0 / 6), weight = std::log(9.0 / 3) - bias;
  const double least = -(2 * std::log(0.25) + 6 * std::log(0.75) + 9 * std::log(0.75) + 3 * std::log(0.25)) / 20;
  const std::vector<float> x = narrowed(data.x), y = narrowed(data.y);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    Model model(shape_of(1, {1}, Activation::linear, dtype));
    FitOptions options;
    options.loss = Loss::binary_cross_entropy;
    Trainer trainer(model.mlp, options);
    const LbfgsResult result = dtype == Dtype::float64 ? trainer.minimize(data.x.data(), data.y.data(), 20)
                                                       : trainer.minimize(x.data(), y.data(), 20);
    EXPECT_NEAR(result.value, least, 1e-13) << "in double, whatever the dtype";
    EXPECT_LT(result.gradient_norm, 1e-6);
    expect_near(numbers_of(model.mlp), {weight, bias}, dtype == Dtype::float64 ? 1e-5 : 1e-5);
    EXPECT_EQ(trainer.epoch(), 0u);
    EXPECT_EQ(trainer.steps(), 0u);
    const Metrics metrics = trainer.evaluate(data.x.data(), data.y.data(), 20);
    EXPECT_NEAR(metrics.loss, least, dtype == Dtype::float64 ? 1e-13 : 1e-6);
    EXPECT_NEAR(metrics.accuracy, 15.0 / 20, 1e-15);
    EXPECT_EQ(trainer.state().parameters, numbers_of(model.mlp));

    const std::vector<double> before = numbers_of(model.mlp);
    LbfgsOptions wrong;
    wrong.history = 0;
    EXPECT_EQ(error_of([&] { trainer.minimize(data.x.data(), data.y.data(), 20, wrong); }),
              ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { trainer.minimize(data.x.data(), data.y.data(), 0); }), ErrorCode::invalid_argument);
    data.x[3] = nan;
    EXPECT_THAT(message_of([&] { trainer.minimize(data.x.data(), data.y.data(), 20); }), HasSubstr("row 3"));
    data.x[3] = 0.0;
    EXPECT_EQ(numbers_of(model.mlp), before);
  }
}

/// The same minimum as of plain full-batch descent on a convex problem with threads.
TEST(Trainer, MinimisesLeastSquares) {
  const Samples data = some_samples(200, 3, 1);
  const Shape shape = shape_of(3, {1}, Activation::linear);
  Model model(shape);
  Trainer trainer(model.mlp);
  trainer.minimize(data.x.data(), data.y.data(), 200);
  ByHand by_hand(shape, mse, Sgd{});
  by_hand.parameters = numbers_of(model.mlp);
  by_hand.loss(data, rows_from(0, 200));
  for (const double derivative : by_hand.gradient) EXPECT_NEAR(derivative, 0.0, 2e-7);
}

TEST(Trainer, StatesOfOthersAreRefused) {
  const Samples data = some_samples(6, 2, 1);
  Model model(shape_of(2, {1}));
  Trainer trainer(model.mlp);  // Adam
  trainer.step(data.x.data(), data.y.data(), 6);
  const TrainingState state = trainer.state();
  EXPECT_EQ(state.parameters, numbers_of(model.mlp));
  EXPECT_EQ(state.steps, 1u);
  ASSERT_EQ(state.optimizer.size(), 2u);
  EXPECT_EQ(state.optimizer[0].first, "exp_avg");
  const auto refused = [&](const auto& change) {
    TrainingState other = state;
    for (double& number : other.parameters) number += 1;
    change(other);
    EXPECT_EQ(error_of([&] { trainer.restore(other); }), ErrorCode::invalid_argument);
    EXPECT_EQ(trainer.state().parameters, state.parameters);
    EXPECT_EQ(trainer.state().optimizer, state.optimizer);
    EXPECT_EQ(numbers_of(model.mlp), state.parameters);
  };
  refused([](TrainingState& other) { other.parameters.pop_back(); });
  refused([](TrainingState& other) { other.best_parameters = {1.0}; });
  refused([](TrainingState& other) { other.optimizer.pop_back(); });
  refused([](TrainingState& other) { other.optimizer[1].second.push_back(0.0); });
  refused([](TrainingState& other) { other.optimizer[0].first = "square_avg"; });
  refused([](TrainingState& other) { other.optimizer.push_back(other.optimizer[0]); });
  refused([](TrainingState& other) { std::swap(other.optimizer[0], other.optimizer[1]); });
  refused([](TrainingState& other) { other.best_epoch = 1; });  // which was after the last
  refused([](TrainingState& other) { other.best_loss = nan; });
}

}  // namespace
}  // namespace smolgrad::test

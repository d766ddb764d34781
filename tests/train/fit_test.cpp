// fit: against training written out, closed forms, and what its header promises of rows held back, stopping and
// threads.
#include <smolgrad/fit.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "sanitized.hpp"
#include "train/permutation.hpp"
#include "training.hpp"

namespace smolgrad::test {
namespace {

using testing::HasSubstr;

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

bool all_finite(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}

std::vector<double> losses_of(const FitReport& report) {
  std::vector<double> losses;
  for (const Epoch& epoch : report.epochs) losses.push_back(epoch.training.loss);
  return losses;
}

/// What a fit ends with.
struct Outcome {
  std::vector<double> parameters;
  FitReport report;
};

Outcome fitted(const Shape& shape, const Samples& data, const FitOptions& options) {
  Model model(shape);
  FitReport report = fit(model.mlp, data.x.data(), data.y.data(), data.rows, options);
  return {numbers_of(model.mlp), std::move(report)};
}

/// All epochs, by hand.
Outcome by_hand(const Shape& shape, const Samples& data, const LossFunction& loss, const FitOptions& options) {
  ByHand training(shape, loss, options.optimizer);
  Outcome outcome;
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    std::vector<std::size_t> order(data.rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (options.shuffle) train::permute(order, options.seed, epoch);
    double total = 0.0;
    for (std::size_t first = 0; first < data.rows; first += options.batch_size) {
      const std::size_t count = std::min(options.batch_size, data.rows - first);
      const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
      total += training.step(data, {begin, begin + static_cast<std::ptrdiff_t>(count)}) * static_cast<double>(count);
    }
    outcome.report.epochs.push_back({});
    outcome.report.epochs.back().training.loss = total / static_cast<double>(data.rows);
  }
  outcome.parameters = training.parameters;
  return outcome;
}

TEST(Fit, IsAPlainLoop) {
  const Samples data = some_samples(37, 3, 2);
  for (const bool shuffle : {true, false}) {
    for (const OptimizerOptions& optimizer : some_optimizers()) {
      for (const std::size_t batch : {std::size_t{8}, std::size_t{1}}) {
        SCOPED_TRACE(testing::Message() << optimizer.index() << ", batches of " << batch);
        FitOptions options;
        options.optimizer = optimizer;
        options.epochs = 4;
        options.batch_size = batch;
        options.shuffle = shuffle;
        options.seed = 9;
        const Shape shape = shape_of(3, {5, 4, 2});
        const Outcome expected = by_hand(shape, data, mse, options);
        const Outcome got = fitted(shape, data, options);
        expect_near(got.parameters, expected.parameters, 1e-9);
        expect_near(losses_of(got.report), losses_of(expected.report), 1e-9);
        EXPECT_EQ(got.report.outcome, FitOutcome::finished);

        Shape narrow = shape;
        narrow.options.dtype = Dtype::float32;
        const Outcome in_float = fitted(narrow, data, options);
        expect_near(in_float.parameters, expected.parameters, batch == 1 ? 3e-3 : 1e-3);
        for (const double number : in_float.parameters) EXPECT_EQ(number, static_cast<float>(number));
      }
    }
  }
}

TEST(Fit, EveryLossIsAPlainLoop) {
  const auto classes = [](Samples data, std::size_t count) {
    for (std::size_t i = 0; i < data.y.size(); ++i) data.y[i] = static_cast<double>(i * i % count);
    return data;
  };
  const Samples labels = classes(some_samples(25, 3, 1), 3), bits = classes(some_samples(25, 3, 3), 2);
  Samples one_of_three = some_samples(25, 3, 3), signs = bits;
  one_of_three.y = one_hot(labels.y.data(), 25, 3);
  for (double& sign : signs.y) sign = 2 * sign - 1;
  const std::vector<std::pair<Loss, Samples>> cases = {
      {Loss::mse, some_samples(25, 3, 3)},   {Loss::mae, some_samples(25, 3, 3)},
      {Loss::huber, some_samples(25, 3, 3)}, {Loss::hinge, signs},
      {Loss::binary_cross_entropy, bits},    {Loss::cross_entropy, labels},
      {Loss::cross_entropy, one_of_three}};
  for (const auto& [loss, data] : cases) {
    SCOPED_TRACE(static_cast<int>(loss));
    FitOptions options;
    options.loss = loss;
    options.targets = data.y.size() / data.rows;
    options.epochs = 3;
    options.batch_size = 7;
    const Shape shape = shape_of(3, {6, 3});
    const Outcome expected = by_hand(shape, data, loss_function(loss), options);
    const Outcome got = fitted(shape, data, options);
    expect_near(got.parameters, expected.parameters, 1e-9);
    expect_near(losses_of(got.report), losses_of(expected.report), 1e-9);
    // The default is as many targets as the loss takes.
    if (data.y.size() != labels.y.size() && loss == Loss::cross_entropy) continue;
    options.targets = 0;
    EXPECT_EQ(fitted(shape, data, options).parameters, got.parameters);
  }
}

/// A factorial design's columns are orthogonal: the least-squares solution is a mean for each parameter.
TEST(Fit, ConvergesToLeastSquares) {
  Samples data{16, {}, some_floats(16, 3)};
  double bias = 0.0;
  double weights[3] = {};
  for (std::size_t row = 0; row < 16; ++row) {
    bias += data.y[row] / 16;
    for (std::size_t i = 0; i < 3; ++i) {
      data.x.push_back(((row >> i) & 1) != 0 ? 1.0 : -1.0);
      weights[i] += data.x.back() * data.y[row] / 16;
    }
  }
  double least = 0.0;
  for (std::size_t row = 0; row < 16; ++row) {
    double d = bias - data.y[row];
    for (std::size_t i = 0; i < 3; ++i) d += weights[i] * data.x[3 * row + i];
    least += d * d / 16;
  }
  FitOptions options;
  options.optimizer = Sgd{0.1, 0.5};
  options.batch_size = 0;
  options.epochs = 200;
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    const Outcome got = fitted(shape_of(3, {1}, Activation::linear, dtype), data, options);
    const double tolerance = dtype == Dtype::float64 ? 1e-14 : 1e-6;
    expect_near(got.parameters, {weights[0], weights[1], weights[2], bias}, tolerance);
    EXPECT_NEAR(got.report.best_loss, least, tolerance);
    EXPECT_EQ(got.report.epochs.size(), 200u);
  }
}

TEST(Fit, AllRowsAtOnceWhateverTheBatchSizeIsCalled) {
  const Samples data = some_samples(37, 3, 2);
  FitOptions options;
  options.epochs = 5;
  options.batch_size = 0;
  const Outcome all = fitted(shape_of(3, {4, 2}), data, options);
  for (const std::size_t size : {std::size_t{37}, std::size_t{38}, std::size_t{1000}, SIZE_MAX}) {
    options.batch_size = size;
    EXPECT_EQ(fitted(shape_of(3, {4, 2}), data, options).parameters, all.parameters) << size;
  }
  ByHand training(shape_of(3, {4, 2}), mse, options.optimizer);
  std::vector<std::size_t> rows(37);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (int i = 0; i < 5; ++i) training.step(data, rows);
  expect_near(all.parameters, training.parameters, 1e-11);
}

/// The data are floats: which type they come in makes no difference.
TEST(Fit, ArraysOfEitherType) {
  const Samples data = some_samples(30, 3, 2);
  const std::vector<float> x = narrowed(data.x), y = narrowed(data.y);
  FitOptions options;
  options.epochs = 3;
  options.validation_fraction = 0.2;
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    const Shape shape = shape_of(3, {4, 2}, Activation::tanh, dtype);
    const Outcome wide = fitted(shape, data, options);
    Model model(shape);
    const FitReport narrow = fit(model.mlp, x.data(), y.data(), data.rows, options);
    EXPECT_EQ(numbers_of(model.mlp), wide.parameters);
    EXPECT_EQ(losses_of(narrow), losses_of(wide.report));
    EXPECT_EQ(narrow.epochs.back().validation.loss, wide.report.epochs.back().validation.loss);
  }
}

TEST(Fit, LossesOfTheUsersOwn) {
  const Samples data = some_samples(30, 3, 2);
  const Shape shape = shape_of(3, {4, 2});
  FitOptions options;
  options.epochs = 4;
  options.batch_size = 8;
  const auto with = [&](std::variant<Loss, LossFunction> loss) {
    options.loss = std::move(loss);
    return fitted(shape, data, options);
  };
  int calls = 0;
  const Outcome wrapped = with(LossFunction([&](const auto& y, const auto& t) {
    ++calls;
    return mse(y, t);
  }));
  EXPECT_TRUE(calls == 1 || calls == 2) << calls;
  EXPECT_EQ(wrapped.parameters, with(Loss::mse).parameters);
  EXPECT_TRUE(std::isnan(wrapped.report.epochs[0].validation.accuracy));

  const Outcome huber = with(Loss::huber);
  const Outcome spelled = with(LossFunction([](const auto& y, const auto& t) {
    Value total = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Value d = abs(y[i] - t[i]);
      total = total + select(d, 1.0, 0.5 * d * d, d - 0.5);
    }
    return total / static_cast<double>(y.size());
  }));
  expect_near(spelled.parameters, huber.parameters, 1e-12);
  expect_near(losses_of(spelled.report), losses_of(huber.report), 1e-13);

  EXPECT_EQ(error_of([&] { with(LossFunction()); }), ErrorCode::invalid_argument);
  EXPECT_THROW(with(LossFunction([](const auto&, const auto&) -> Value { throw std::range_error("mine"); })),
               std::range_error);
  EXPECT_EQ(error_of([&] { with(LossFunction([](const auto&, const auto&) { return Value(); })); }),
            ErrorCode::invalid_argument);
  Tape other;
  EXPECT_EQ(error_of([&] { with(LossFunction([&](const auto&, const auto&) { return other.value(1.0); })); }),
            ErrorCode::wrong_tape);
}

/// Which rows are held back shows by changing one after the other: training then stays the same to the bit.
TEST(Fit, RowsHeldBackAreNotTrainedOn) {
  constexpr std::size_t rows = 20;
  const Samples data = some_samples(rows, 2, 1);
  FitOptions options;
  options.epochs = 2;
  options.batch_size = 4;
  options.validation_fraction = 0.24;
  const Shape shape = shape_of(2, {3, 1});
  const auto held_back = [&](const FitOptions& with) {
    const Outcome before = fitted(shape, data, with);
    std::set<std::size_t> held;
    for (std::size_t row = 0; row < rows; ++row) {
      Samples changed = data;
      changed.x[2 * row] += 0.5;
      changed.y[row] -= 0.5;
      const Outcome after = fitted(shape, changed, with);
      const bool same = after.parameters == before.parameters;
      EXPECT_EQ(same, losses_of(after.report) == losses_of(before.report));
      EXPECT_NE(after.report.epochs[1].validation.loss, before.report.epochs[1].validation.loss);
      if (same) held.insert(row);
    }
    return held;
  };
  const std::set<std::size_t> first = held_back(options);
  EXPECT_EQ(first.size(), 5u) << "24% of 20 rows, rounded";
  FitOptions longer = options;
  longer.epochs = 3;
  longer.batch_size = 0;
  longer.optimizer = Sgd{};
  longer.shuffle = false;
  EXPECT_EQ(held_back(longer), first) << "the seed alone draws them";
  FitOptions other = options;
  other.seed = 1;
  EXPECT_NE(held_back(other), first);
  FitOptions few = options;
  few.validation_fraction = 0.001;
  EXPECT_EQ(held_back(few).size(), 1u) << "at least one";
}

/// Without shuffling, rows are taken as they come, whether some are held back or not.
TEST(Fit, RowsStayInOrderWithoutShuffling) {
  const Samples data = some_samples(20, 2, 1);
  const Shape shape = shape_of(2, {3, 1});
  FitOptions options;
  options.epochs = 2;
  options.batch_size = 4;
  options.shuffle = false;
  options.validation_fraction = 0.25;
  options.seed = 3;
  const Outcome got = fitted(shape, data, options);
  std::vector<std::size_t> order(20);
  std::iota(order.begin(), order.end(), std::size_t{0});
  train::permute(order, options.seed, train::split_stream);
  order.resize(15);
  std::sort(order.begin(), order.end());
  ByHand training(shape, mse, options.optimizer);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    for (std::size_t first = 0; first < 15; first += 4) {
      const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
      training.step(data, {begin, begin + std::min<std::ptrdiff_t>(4, order.end() - begin)});
    }
  }
  expect_near(got.parameters, training.parameters, 1e-10);
}

TEST(Fit, TheSeedSetsTheOrder) {
  const Samples data = some_samples(12, 2, 1);
  const Shape shape = shape_of(2, {3, 1});
  FitOptions options;
  options.batch_size = 1;
  options.epochs = 3;
  options.seed = 4;
  const Outcome got = fitted(shape, data, options);
  EXPECT_EQ(fitted(shape, data, options).parameters, got.parameters);
  options.seed = 5;
  EXPECT_NE(fitted(shape, data, options).parameters, got.parameters);
  options.seed = 4;
  options.shuffle = false;
  EXPECT_NE(fitted(shape, data, options).parameters, got.parameters);
  // Whatever the order, an epoch goes through each row once: with parameters that stay, its loss is that of all rows.
  options.shuffle = true;
  options.optimizer = Sgd{0.0};
  ByHand still(shape, mse, Sgd{0.0});
  const double loss = still.loss(data, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  for (const double each : losses_of(fitted(shape, data, options).report)) EXPECT_NEAR(each, loss, 1e-14);
}

/// Noise that a large network learns by heart, so that validation gets worse.
struct Overfitting {
  Samples data = some_samples(40, 2, 1);
  Shape shape = shape_of(2, {20, 1});
  FitOptions options;
  std::vector<std::vector<double>> after;  // each epoch
  Overfitting() {
    options.optimizer = Adam{0.05};
    options.epochs = 200;
    options.batch_size = 8;
    options.validation_fraction = 0.3;
    options.patience = 4;
  }
};

TEST(Fit, StopsEarlyWithTheBestEpoch) {
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    Overfitting problem;
    problem.shape.options.dtype = dtype;
    Model model(problem.shape);
    problem.options.progress = [&](const Epoch& epoch) {
      problem.after.push_back(numbers_of(model.mlp));
      EXPECT_EQ(epoch.epoch, problem.after.size());
      EXPECT_EQ(epoch.epochs, 200u);
      return true;
    };
    Trainer trainer(model.mlp, problem.options);
    const FitReport report = trainer.fit(problem.data.x.data(), problem.data.y.data(), 40);
    EXPECT_EQ(report.outcome, FitOutcome::stopped_early);
    ASSERT_LT(report.epochs.size(), 200u);
    ASSERT_GT(report.epochs.size(), 5u);
    std::size_t best = 0;
    for (std::size_t i = 1; i < report.epochs.size(); ++i) {
      if (report.epochs[i].validation.loss < report.epochs[best].validation.loss) best = i;
    }
    EXPECT_EQ(report.best_epoch, best + 1);
    EXPECT_EQ(report.best_loss, report.epochs[best].validation.loss);
    EXPECT_EQ(report.epochs.size(), best + 1 + 4);
    EXPECT_EQ(report.epochs.size(), problem.after.size());
    EXPECT_EQ(trainer.epoch(), report.epochs.size());
    EXPECT_EQ(numbers_of(model.mlp), problem.after[best]);
    EXPECT_NE(problem.after[best], problem.after.back());

    // What the trainer says of its model is of these parameters.
    std::vector<double> y(40);
    model.mlp.predict(problem.data.x.data(), 40, y.data());
    double loss = 0.0;
    for (std::size_t i = 0; i < 40; ++i) loss += (y[i] - problem.data.y[i]) * (y[i] - problem.data.y[i]) / 40;
    const double evaluated = trainer.evaluate(problem.data.x.data(), problem.data.y.data(), 40).loss;
    EXPECT_NEAR(evaluated, loss, dtype == Dtype::float64 ? 1e-12 : 1e-5);

    // It has stopped: calling it again trains no further.
    const FitReport again = trainer.fit(problem.data.x.data(), problem.data.y.data(), 40);
    EXPECT_EQ(again.outcome, FitOutcome::stopped_early);
    EXPECT_TRUE(again.epochs.empty());
    EXPECT_EQ(again.best_epoch, best + 1);
    EXPECT_EQ(numbers_of(model.mlp), problem.after[best]);

    // A step begins with the model as it is.
    EXPECT_NEAR(trainer.step(problem.data.x.data(), problem.data.y.data(), 40), loss,
                dtype == Dtype::float64 ? 1e-12 : 1e-5);
  }
}

TEST(Fit, PatienceWithoutValidationIsForTheTrainingLoss) {
  FitOptions options;
  options.optimizer = Sgd{0.0};
  options.patience = 3;
  options.batch_size = 0;
  const Samples data = some_samples(10, 2, 1);
  const Outcome got = fitted(shape_of(2, {1}), data, options);
  EXPECT_EQ(got.report.outcome, FitOutcome::stopped_early);
  EXPECT_EQ(got.report.best_epoch, 1u);
  EXPECT_EQ(got.report.epochs.size(), 4u);
  EXPECT_TRUE(std::isnan(got.report.epochs[0].validation.loss));
}

TEST(Fit, WithoutPatienceTheLastEpochStays) {
  Overfitting problem;
  problem.options.patience = 0;
  problem.options.epochs = 40;
  Model model(problem.shape);
  std::vector<double> last;
  problem.options.progress = [&](const Epoch&) {
    last = numbers_of(model.mlp);
    return true;
  };
  const FitReport report = fit(model.mlp, problem.data.x.data(), problem.data.y.data(), 40, problem.options);
  EXPECT_EQ(report.outcome, FitOutcome::finished);
  EXPECT_EQ(report.epochs.size(), 40u);
  EXPECT_LT(report.best_epoch, 40u);
  EXPECT_EQ(numbers_of(model.mlp), last);
}

/// Interrupted in both ways: afterwards the model has that epoch's parameters, and fit goes on as if nothing had been.
TEST(Fit, CancelledAndThrownOutOf) {
  const Samples data = some_samples(30, 2, 1);
  const Shape shape = shape_of(2, {4, 1});
  FitOptions options;
  options.epochs = 8;
  options.batch_size = 7;
  options.validation_fraction = 0.2;
  const Outcome whole = fitted(shape, data, options);
  for (const bool throws : {false, true}) {
    Model model(shape);
    std::vector<double> seen;
    std::size_t interruptions = 0;
    options.progress = [&](const Epoch& epoch) {
      seen = numbers_of(model.mlp);
      if (epoch.epoch != 3 && epoch.epoch != 5) return true;
      ++interruptions;
      if (throws) throw std::runtime_error("enough");
      return false;
    };
    Trainer trainer(model.mlp, options);
    for (int call = 0; call < 2; ++call) {
      if (throws) {
        EXPECT_THROW(trainer.fit(data.x.data(), data.y.data(), 30), std::runtime_error);
      } else {
        const FitReport report = trainer.fit(data.x.data(), data.y.data(), 30);
        EXPECT_EQ(report.outcome, FitOutcome::cancelled);
        EXPECT_EQ(report.epochs.size(), call == 0 ? 3u : 2u);
      }
      EXPECT_EQ(trainer.epoch(), call == 0 ? 3u : 5u);
      EXPECT_EQ(numbers_of(model.mlp), seen);
      EXPECT_EQ(trainer.state().parameters, seen);
    }
    const FitReport report = trainer.fit(data.x.data(), data.y.data(), 30);
    EXPECT_EQ(interruptions, 2u);
    EXPECT_EQ(report.outcome, FitOutcome::finished);
    EXPECT_EQ(report.epochs.size(), 3u);
    EXPECT_EQ(report.epochs[0].epoch, 6u);
    EXPECT_EQ(numbers_of(model.mlp), whole.parameters);
    EXPECT_TRUE(trainer.fit(data.x.data(), data.y.data(), 30).epochs.empty()) << "all epochs are over";
  }
}

TEST(Fit, DivergenceLeavesFiniteParameters) {
  const Samples data = some_samples(20, 2, 1);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    for (const std::size_t batch : {std::size_t{0}, std::size_t{3}}) {
      for (const double rate : {3.0, 1e30, 1e300}) {
        for (const double fraction : {0.0, 0.3}) {
          SCOPED_TRACE(testing::Message() << rate << " in batches of " << batch << ", held back " << fraction);
          const Shape shape = shape_of(2, {1}, Activation::linear, dtype);
          Model model(shape);
          std::vector<double> last = numbers_of(model.mlp);
          if (dtype == Dtype::float32) {
            for (double& number : last) number = static_cast<float>(number);
          }
          FitOptions options;
          options.optimizer = Sgd{rate, 0.5};
          options.batch_size = batch;
          options.epochs = 2000;
          options.validation_fraction = fraction;
          Trainer* itself = nullptr;
          TrainingState state;
          options.progress = [&](const Epoch& epoch) {
            last = numbers_of(model.mlp);
            state = itself->state();
            EXPECT_TRUE(all_finite(last));
            EXPECT_TRUE(std::isfinite(epoch.training.loss));
            EXPECT_EQ(std::isfinite(epoch.validation.loss), fraction > 0);
            return true;
          };
          Trainer trainer(model.mlp, options);
          itself = &trainer;
          state = trainer.state();
          const FitReport report = trainer.fit(data.x.data(), data.y.data(), 20);
          EXPECT_EQ(report.outcome, FitOutcome::diverged);
          std::vector<double> now = numbers_of(model.mlp);
          if (report.epochs.empty() && dtype == Dtype::float32) {
            for (double& number : now) number = static_cast<float>(number);
          }
          EXPECT_EQ(now, last) << "the epoch before";
          EXPECT_EQ(trainer.state().parameters, last);
          EXPECT_EQ(trainer.state().optimizer, state.optimizer);
          EXPECT_EQ(trainer.steps(), state.steps);
          EXPECT_EQ(trainer.epoch(), report.epochs.size());
        }
      }
    }
  }
}

/// One parameter and one row: each step is as long as the learning rate, and the rate is by the step.
TEST(Fit, ScheduleAndClipping) {
  Shape shape = shape_of(1, {1}, Activation::linear);
  shape.options.bias = false;
  const Samples data{4, {1, 1, 1, 1}, {9, 9, 9, 9}};
  FitOptions options;
  options.loss = Loss::mae;
  options.optimizer = Sgd{0.5};
  options.schedule = Schedule{StepDecay{6, 0.5}, 0};
  options.batch_size = 1;
  options.epochs = 4;
  Model model(shape);
  const double start = numbers_of(model.mlp)[0];
  std::vector<double> positions, rates;
  options.progress = [&](const Epoch& epoch) {
    positions.push_back(numbers_of(model.mlp)[0] - start);
    rates.push_back(epoch.learning_rate);
    return true;
  };
  fit(model.mlp, data.x.data(), data.y.data(), 4, options);
  // Steps 0 to 5 by 0.5, 6 to 11 by 0.25, 12 to 15 by 0.125.
  expect_near(positions, {2.0, 3.5, 4.5, 5.0}, 1e-14);
  EXPECT_EQ(rates, (std::vector<double>{0.5, 0.25, 0.25, 0.125})) << "that of the last step";

  options.schedule = Schedule{ConstantRate{}, 8};
  positions.clear();
  rates.clear();
  Model warm(shape);
  options.progress = [&](const Epoch& epoch) {
    positions.push_back(numbers_of(warm.mlp)[0] - start);
    rates.push_back(epoch.learning_rate);
    return true;
  };
  fit(warm.mlp, data.x.data(), data.y.data(), 4, options);
  expect_near(positions, {0.5 * 10 / 8, 0.5 * 36 / 8, 4.25, 6.25}, 1e-14);
  EXPECT_EQ(rates, (std::vector<double>{0.25, 0.5, 0.5, 0.5}));

  // The gradient of the mean of (w - 9)²: 2 (w - 9), far beyond either limit.
  options = {};
  options.optimizer = Sgd{1.0};
  options.batch_size = 0;
  options.epochs = 1;
  options.clipping.value = 0.25;
  EXPECT_NEAR(fitted(shape, data, options).parameters[0], start + 0.25, 1e-15);
  options.clipping = {};
  options.clipping.norm = 0.5;
  EXPECT_NEAR(fitted(shape, data, options).parameters[0], start + 0.5, 1e-6);
}

TEST(Fit, ReportsTrainingAfterTheEpochIfAsked) {
  const Samples labels{30, some_floats(60, 1), std::vector<double>(30)};
  Samples data = labels;
  for (std::size_t i = 0; i < 30; ++i) data.y[i] = data.x[2 * i] > data.x[2 * i + 1] ? 1.0 : 0.0;
  const Shape shape = shape_of(2, {4, 2});
  FitOptions options;
  options.loss = Loss::cross_entropy;
  options.epochs = 3;
  options.batch_size = 8;
  const Outcome without = fitted(shape, data, options);
  EXPECT_TRUE(std::isnan(without.report.epochs[0].training.accuracy));
  options.training_metrics = true;
  Model model(shape);
  Trainer* itself = nullptr;
  options.progress = [&](const Epoch& epoch) {
    const Metrics now = itself->evaluate(data.x.data(), data.y.data(), 30);
    EXPECT_NEAR(epoch.training.loss, now.loss, 1e-14);
    EXPECT_EQ(epoch.training.accuracy, now.accuracy);
    return true;
  };
  Trainer trainer(model.mlp, options);
  itself = &trainer;
  const FitReport report = trainer.fit(data.x.data(), data.y.data(), 30);
  EXPECT_EQ(numbers_of(model.mlp), without.parameters) << "looking changes nothing";
  EXPECT_NE(report.epochs[0].training.loss, without.report.epochs[0].training.loss);
  for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(report.epochs[i].seconds, report.epochs[i - 1].seconds);
}

TEST(Fit, RefusesWhatNothingCanBeLearnedFrom) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const Samples good = some_samples(6, 2, 1);
  Model model(shape_of(2, {3, 1}));
  const std::vector<double> before = numbers_of(model.mlp);
  FitOptions options;
  options.epochs = 1;
  const auto message = [&](const Samples& data, const FitOptions& with) {
    Trainer trainer(model.mlp, with);
    const auto fit = [&] { trainer.fit(data.x.data(), data.y.data(), data.rows); };
    EXPECT_EQ(error_of(fit), ErrorCode::invalid_argument);
    EXPECT_EQ(trainer.epoch(), 0u);
    EXPECT_EQ(trainer.steps(), 0u);
    EXPECT_EQ(numbers_of(model.mlp), before);
    return message_of(fit);
  };
  Samples bad = good;
  bad.x[7] = nan;
  EXPECT_THAT(message(bad, options), HasSubstr("x has nan in row 3, column 1"));
  bad = good;
  bad.y[5] = -infinity;
  EXPECT_THAT(message(bad, options), HasSubstr("y has -inf in row 5, column 0"));
  message({0, good.x, good.y}, options);
  FitOptions all = options;
  all.validation_fraction = 0.95;
  EXPECT_THAT(message(good, all), HasSubstr("no rows left"));
  const auto refused = [&](const auto& change) {
    FitOptions with = options;
    change(with);
    EXPECT_EQ(error_of([&] { Trainer(model.mlp, with); }), ErrorCode::invalid_argument);
  };
  refused([&](FitOptions& with) { with.validation_fraction = 1.0; });
  refused([&](FitOptions& with) { with.validation_fraction = -0.1; });
  refused([&](FitOptions& with) { with.validation_fraction = nan; });
  refused([&](FitOptions& with) { with.optimizer = Sgd{-1.0}; });
  refused([&](FitOptions& with) { with.clipping.norm = 0.0; });
  refused([&](FitOptions& with) { with.schedule.decay = StepDecay{0, 0.5}; });
  refused([&](FitOptions& with) { with.targets = 2; });
  refused([&](FitOptions& with) { with.loss = static_cast<Loss>(99); });
  refused([&](FitOptions& with) { with.loss = Loss::cross_entropy; });  // of one class
  Trainer trainer(model.mlp, options);
  EXPECT_EQ(error_of([&] { trainer.fit<double>(nullptr, good.y.data(), 6); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { trainer.fit<double>(good.x.data(), nullptr, 6); }), ErrorCode::invalid_argument);
  EXPECT_EQ(numbers_of(model.mlp), before);

  Model classes(shape_of(2, {3}));
  options.loss = Loss::cross_entropy;
  for (const double wrong : {3.0, -1.0, 0.5, 1e30}) {
    Samples data = good;
    data.y = {0, 1, 2, 0, wrong, 2};
    Trainer of_classes(classes.mlp, options);
    const auto fit = [&] { of_classes.fit(data.x.data(), data.y.data(), 6); };
    EXPECT_EQ(error_of(fit), ErrorCode::invalid_argument);
    EXPECT_THAT(message_of(fit), HasSubstr("in row 4 (from 0), which is none of 3 classes"));
  }

  // A number that the model's dtype does not hold.
  Model narrow(shape_of(2, {3, 1}, Activation::tanh, Dtype::float32));
  const std::vector<double> narrow_before = numbers_of(narrow.mlp);
  bad = good;
  bad.x[2] = 1e39;
  const auto fit_narrow = [&] { fit(narrow.mlp, bad.x.data(), bad.y.data(), 6); };
  EXPECT_EQ(error_of(fit_narrow), ErrorCode::invalid_argument);
  EXPECT_THAT(message_of(fit_narrow), HasSubstr("in row 1, column 0"));
  EXPECT_EQ(numbers_of(narrow.mlp), narrow_before);
}

TEST(Fit, NoEpochs) {
  FitOptions options;
  options.epochs = 0;
  const Samples data = some_samples(4, 2, 1);
  const Shape shape = shape_of(2, {1});
  const Outcome got = fitted(shape, data, options);
  EXPECT_EQ(got.report.outcome, FitOutcome::finished);
  EXPECT_TRUE(got.report.epochs.empty());
  EXPECT_EQ(got.parameters, numbers_of(Model(shape).mlp));
}

/// Tasks on threads of its own, the last first.
void run_on_threads(void (*task)(void*, std::size_t), void* context, std::size_t count, void* calls) {
  ++*static_cast<std::atomic<int>*>(calls);
  std::vector<std::thread> threads;
  for (std::size_t i = count; i-- > 0;) threads.emplace_back(task, context, i);
  for (std::thread& thread : threads) thread.join();
}

/// Enough parameters that their updates are shared, and enough rows that a batch is cut into chunks.
TEST(FitThreads, AnyNumberGivesTheSameBits) {
  constexpr std::size_t inputs = 300, rows = 400;
  using Counts = std::vector<std::size_t>;
  const Counts own = sanitized ? Counts{3} : Counts{0, 2, 3, 8}, lent = sanitized ? Counts{0, 3} : Counts{0, 1, 3, 20};
  Samples data = some_samples(rows, inputs, 1);
  for (std::size_t i = 0; i < rows; ++i) data.y[i] = static_cast<double>(i * 7 % 10);
  for (const Dtype dtype : {Dtype::float32, Dtype::float64}) {
    const Shape shape = shape_of(inputs, {112, 10}, Activation::relu, dtype);
    FitOptions options;
    options.loss = Loss::cross_entropy;
    options.epochs = 1;
    options.batch_size = 150;
    options.validation_fraction = 0.1;
    options.clipping.norm = 1.0;
    const Outcome one = fitted(shape, data, options);
    const auto expect_same = [&](const char* what, std::size_t threads) {
      const Outcome got = fitted(shape, data, options);
      EXPECT_TRUE(got.parameters == one.parameters) << threads << " threads, " << what;
      EXPECT_EQ(got.report.epochs[0].validation.loss, one.report.epochs[0].validation.loss);
      EXPECT_EQ(losses_of(got.report), losses_of(one.report));
    };
    for (const std::size_t threads : own) {
      options.run = {threads, nullptr, nullptr};
      expect_same("its own", threads);
    }
    std::atomic<int> calls{0};
    for (const std::size_t threads : lent) {
      options.run = {threads, run_on_threads, &calls};
      expect_same("a host's", threads);
    }
    EXPECT_GT(calls, 0) << "the host was asked";
  }
}

/// Each thread has kept some of what is undone: parameters, and two moments of each.
TEST(FitThreads, DivergenceIsUndoneOnAll) {
  constexpr std::size_t inputs = 300, rows = 60;
  Samples data = some_samples(rows, inputs, 10);
  const Shape shape = shape_of(inputs, {112, 10}, Activation::tanh, Dtype::float32);
  std::atomic<int> calls{0};
  for (const Runner runner : {Runner(nullptr), Runner(run_on_threads)}) {
    Model model(shape);
    FitOptions options;
    options.optimizer = Adam{1e-3};
    // After the second epoch's first step the squares of errors overflow.
    options.schedule.decay = StepDecay{2, 1e25};
    options.batch_size = 30;
    options.epochs = 10;
    options.run = {3, runner, &calls};
    Trainer* itself = nullptr;
    TrainingState kept;
    options.progress = [&](const Epoch&) {
      kept = itself->state();
      return true;
    };
    Trainer trainer(model.mlp, options);
    itself = &trainer;
    const FitReport report = trainer.fit(data.x.data(), data.y.data(), rows);
    EXPECT_EQ(report.outcome, FitOutcome::diverged);
    EXPECT_EQ(report.epochs.size(), 1U);
    const TrainingState now = trainer.state();
    EXPECT_TRUE(now.parameters == kept.parameters);
    EXPECT_TRUE(now.parameters == numbers_of(model.mlp));
    EXPECT_TRUE(now.optimizer == kept.optimizer);
    EXPECT_EQ(now.steps, kept.steps);
  }
}

TEST(FitThreads, AHostIsAskedForNoMoreThanPromised) {
  constexpr std::size_t inputs = 300, rows = 40;
  const Samples data = some_samples(rows, inputs, 1);
  std::size_t most = 0;
  FitOptions options;
  options.epochs = 1;
  options.run = {100000,
                 [](void (*task)(void*, std::size_t), void* context, std::size_t count, void* largest) {
                   auto& so_far = *static_cast<std::size_t*>(largest);
                   so_far = std::max(so_far, count);
                   for (std::size_t i = 0; i < count; ++i) task(context, i);
                 },
                 &most};
  fitted(shape_of(inputs, {112, 1}), data, options);
  EXPECT_EQ(most, 256U) << "for what a fit divides itself";
}

#ifdef __linux__
TEST(FitThreads, ABadNumberIsFoundWhoeverLooksThere) {
  constexpr std::size_t inputs = 64, rows = 600;
  Samples data = some_samples(rows, inputs, 1);
  FitOptions options;
  options.run.threads = 3;
  for (const std::size_t row : {0, 199, 200, 399, 400, 599}) {
    for (const std::size_t column : {std::size_t{0}, inputs - 1}) {
      double& number = data.x[row * inputs + column];
      const double good = number;
      number = std::numeric_limits<double>::infinity();
      EXPECT_THAT(message_of([&] { fitted(shape_of(inputs, {1}), data, options); }),
                  HasSubstr("x has inf in row " + std::to_string(row) + ", column " + std::to_string(column)));
      number = good;
    }
  }
}

TEST(FitThreads, NoMoreAreStartedThanAreOfUse) {
  const Samples data = some_samples(4, 2, 1);
  const auto running = [] {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    return std::distance(begin(threads), end(threads));
  };
  const auto before = running();
  FitOptions options;
  options.epochs = 1;
  options.run.threads = 400;
  std::ptrdiff_t most = 0;
  options.progress = [&](const Epoch&) {
    most = running();
    return true;
  };
  fitted(shape_of(2, {1}), data, options);
  EXPECT_LE(most, before + 260);
  EXPECT_GT(most, before);
}
#endif

}  // namespace
}  // namespace smolgrad::test

// Fits through the C interface: to the bits of the C++ one with the same options, and of small problems to what follows
// from the formulas.
#include <cmath>
#include <functional>
#include <limits>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

void run_in_order(void (*task)(void* context, std::size_t index), void* context, std::size_t count, void* runs) {
  for (std::size_t i = 0; i < count; ++i) task(context, i);
  ++*static_cast<int*>(runs);
}

class CTraining : public TrainingFixture {
 protected:
  /// Fits with options_, and in C++ with `options`, the one to be what the other is.
  void expect_same_as_cpp(FitOptions options) {
    const std::vector<double>& y = std::get<Loss>(options.loss) == Loss::cross_entropy ? classes_ : sides_;
    MLP expected = cpp_model();
    const FitReport expected_report = smolgrad::fit(expected, x_.data(), y.data(), rows, options);
    smolgrad_mlp* const mlp = model();
    ASSERT_EQ(smolgrad_mlp_fit(mlp, x_.data(), y.data(), rows, options_, report_), SMOLGRAD_OK)
        << smolgrad_tape_error_message(tape_);
    EXPECT_EQ(parameters_of(mlp), parameters_of(expected));
    expect_same_report(expected_report);
  }

  void expect_same_report(const FitReport& expected) {
    ASSERT_EQ(smolgrad_fit_report_epoch_count(report_), expected.epochs.size());
    EXPECT_EQ(smolgrad_fit_report_outcome(report_), static_cast<int32_t>(expected.outcome));
    EXPECT_EQ(smolgrad_fit_report_best_epoch(report_), expected.best_epoch);
    EXPECT_EQ(smolgrad_fit_report_best_loss(report_), expected.best_loss);
    const auto expect_history = [&](int32_t which, const std::function<double(const Epoch&)>& entry) {
      const std::vector<double> history = history_of(report_, which);
      for (std::size_t i = 0; i < history.size(); ++i) {
        const double number = entry(expected.epochs[i]);
        EXPECT_TRUE(history[i] == number || (std::isnan(history[i]) && std::isnan(number))) << which << ' ' << i;
      }
    };
    expect_history(SMOLGRAD_HISTORY_TRAINING_LOSS, [](const Epoch& e) { return e.training.loss; });
    expect_history(SMOLGRAD_HISTORY_TRAINING_ACCURACY, [](const Epoch& e) { return e.training.accuracy; });
    expect_history(SMOLGRAD_HISTORY_VALIDATION_LOSS, [](const Epoch& e) { return e.validation.loss; });
    expect_history(SMOLGRAD_HISTORY_VALIDATION_ACCURACY, [](const Epoch& e) { return e.validation.accuracy; });
    expect_history(SMOLGRAD_HISTORY_LEARNING_RATE, [](const Epoch& e) { return e.learning_rate; });
    double before = 0.0;
    for (const double seconds : history_of(report_, SMOLGRAD_HISTORY_SECONDS)) {
      EXPECT_GE(seconds, before);
      before = seconds;
    }
  }

  FitOptions few_epochs() {
    FitOptions options;
    options.epochs = 4;
    EXPECT_EQ(smolgrad_fit_options_set_epochs(options_, 4), SMOLGRAD_OK);
    return options;
  }
};

TEST_F(CTraining, LossesAreThoseOfCPlusPlus) {
  for (const Loss loss :
       {Loss::mse, Loss::mae, Loss::huber, Loss::hinge, Loss::binary_cross_entropy, Loss::cross_entropy}) {
    SCOPED_TRACE(static_cast<int>(loss));
    FitOptions options = few_epochs();
    options.loss = loss;
    set_loss(loss);
    expect_same_as_cpp(options);
  }
}

TEST_F(CTraining, OptimizersBeginWithTheirDefaults) {
  const OptimizerOptions optimizers[] = {Sgd{}, RmsProp{}, Adam{}, AdamW{}};
  for (int32_t which = SMOLGRAD_OPTIMIZER_SGD; which <= SMOLGRAD_OPTIMIZER_ADAMW; ++which) {
    SCOPED_TRACE(which);
    FitOptions options = few_epochs();
    options.optimizer = optimizers[which];
    ASSERT_EQ(smolgrad_fit_options_set_optimizer(options_, which), SMOLGRAD_OK);
    expect_same_as_cpp(options);
  }
}

TEST_F(CTraining, OptionsOfSgd) {
  FitOptions options = few_epochs();
  options.optimizer = Sgd{0.02, 0.8, 0.25, 1e-3, false};
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_SGD);
  smolgrad_fit_options_set_learning_rate(options_, 0.02);
  smolgrad_fit_options_set_momentum(options_, 0.8, 0);
  smolgrad_fit_options_set_dampening(options_, 0.25);
  smolgrad_fit_options_set_weight_decay(options_, 1e-3);
  expect_same_as_cpp(options);
  options.optimizer = Sgd{0.02, 0.7, 0.0, 1e-3, true};
  smolgrad_fit_options_set_dampening(options_, 0.0);
  smolgrad_fit_options_set_momentum(options_, 0.7, 1);
  expect_same_as_cpp(options);
}

// What is set before the optimiser holds as well as what is set afterwards.
TEST_F(CTraining, OptionsOfRmsProp) {
  FitOptions options = few_epochs();
  options.optimizer = RmsProp{0.003, 0.9, 1e-6, 1e-3, 0.5, true};
  smolgrad_fit_options_set_learning_rate(options_, 0.003);
  smolgrad_fit_options_set_alpha(options_, 0.9, 1);
  smolgrad_fit_options_set_epsilon(options_, 1e-6);
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_RMSPROP);
  smolgrad_fit_options_set_weight_decay(options_, 1e-3);
  smolgrad_fit_options_set_momentum(options_, 0.5, 0);
  expect_same_as_cpp(options);
}

TEST_F(CTraining, OptionsOfAdamStayThoseOfAdamW) {
  FitOptions options = few_epochs();
  options.optimizer = Adam{0.01, 0.8, 0.99, 1e-6, 1e-3};
  smolgrad_fit_options_set_learning_rate(options_, 0.01);
  smolgrad_fit_options_set_betas(options_, 0.8, 0.99);
  smolgrad_fit_options_set_epsilon(options_, 1e-6);
  smolgrad_fit_options_set_weight_decay(options_, 1e-3);
  expect_same_as_cpp(options);
  options.optimizer = AdamW{0.01, 0.8, 0.99, 1e-6, 1e-3};
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_ADAMW);
  expect_same_as_cpp(options);
}

TEST_F(CTraining, Schedules) {
  FitOptions options = few_epochs();
  options.schedule = {StepDecay{3, 0.5}, 5};
  smolgrad_fit_options_set_step_decay(options_, 3, 0.5);
  smolgrad_fit_options_set_warmup(options_, 5);
  expect_same_as_cpp(options);
  options.schedule = {CosineDecay{12, 0.125}, 2};
  options.batch_size = 0;
  smolgrad_fit_options_set_cosine_decay(options_, 12, 0.125);
  smolgrad_fit_options_set_warmup(options_, 2);
  smolgrad_fit_options_set_batch_size(options_, 0);
  expect_same_as_cpp(options);
  // A step each epoch: in warm-up, as it ends, and after none and one of the 12 steps down.
  const std::vector<double> rates = history_of(report_, SMOLGRAD_HISTORY_LEARNING_RATE);
  const double pi = std::acos(-1.0);
  EXPECT_NEAR(rates[0], 1e-3 / 2, 1e-18);
  EXPECT_NEAR(rates[1], 1e-3, 1e-18);
  EXPECT_NEAR(rates[2], 1e-3, 1e-18);
  EXPECT_NEAR(rates[3], 1e-3 * (0.125 + 0.875 * (1 + std::cos(pi / 12)) / 2), 1e-18);
}

TEST_F(CTraining, OtherOptions) {
  FitOptions options = few_epochs();
  options.clipping = {0.25, 0.125};
  options.batch_size = 7;
  options.seed = UINT64_MAX;
  options.validation_fraction = 0.2;
  options.training_metrics = true;
  options.loss = Loss::cross_entropy;
  smolgrad_fit_options_set_clipping(options_, 0.25, 0.125);
  smolgrad_fit_options_set_batch_size(options_, 7);
  smolgrad_fit_options_set_seed(options_, UINT64_MAX);
  smolgrad_fit_options_set_validation_fraction(options_, 0.2);
  smolgrad_fit_options_set_training_metrics(options_, 1);
  set_loss(Loss::cross_entropy);
  expect_same_as_cpp(options);
  options.shuffle = false;
  options.targets = 3;
  smolgrad_fit_options_set_shuffle(options_, 0);
  smolgrad_fit_options_set_target_count(options_, 3);
  options.loss = Loss::mse;
  set_loss(Loss::mse);
  expect_same_as_cpp(options);
}

TEST_F(CTraining, StopsEarly) {
  // Without steps no epoch is better than the first.
  FitOptions options;
  options.patience = 2;
  options.optimizer = Adam{0.0};
  options.loss = Loss::cross_entropy;
  options.validation_fraction = 0.25;
  smolgrad_fit_options_set_patience(options_, 2);
  smolgrad_fit_options_set_learning_rate(options_, 0.0);
  smolgrad_fit_options_set_validation_fraction(options_, 0.25);
  set_loss(Loss::cross_entropy);
  expect_same_as_cpp(options);
  EXPECT_EQ(smolgrad_fit_report_outcome(report_), SMOLGRAD_OUTCOME_STOPPED_EARLY);
  EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), smolgrad_fit_report_best_epoch(report_) + 2);
}

TEST_F(CTraining, OnThreadsOfItsOwnAndOnLentOnes) {
  FitOptions options = few_epochs();
  options.batch_size = 0;
  smolgrad_fit_options_set_batch_size(options_, 0);
  smolgrad_fit_options_set_threads(options_, 3);
  expect_same_as_cpp(options);
  int runs = 0;
  smolgrad_fit_options_set_runner(options_, run_in_order, &runs);
  // Enough rows for more than one task.
  std::vector<double> x, y;
  for (int i = 0; i < 200; ++i) {
    x.insert(x.end(), x_.begin(), x_.end());
    y.insert(y.end(), sides_.begin(), sides_.end());
  }
  MLP expected = cpp_model();
  smolgrad::fit(expected, x.data(), y.data(), 200 * rows, options);
  smolgrad_mlp* const mlp = model();
  ASSERT_EQ(smolgrad_mlp_fit(mlp, x.data(), y.data(), 200 * rows, options_, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(parameters_of(mlp), parameters_of(expected));
  EXPECT_GT(runs, 0);
}

TEST_F(CTraining, OptionsBeginAsDocumented) {
  smolgrad_mlp* const untouched = model();
  ASSERT_EQ(smolgrad_mlp_fit(untouched, x_.data(), sides_.data(), rows, nullptr, report_), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 100u);
  expect_same_as_cpp({});
  smolgrad_fit_options_set_epochs(options_, 100);
  smolgrad_fit_options_set_batch_size(options_, 32);
  set_loss(Loss::mse);
  smolgrad_fit_options_set_target_count(options_, 0);
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_ADAM);
  const double infinite = std::numeric_limits<double>::infinity();
  smolgrad_fit_options_set_clipping(options_, infinite, infinite);
  smolgrad_fit_options_set_warmup(options_, 0);
  smolgrad_fit_options_set_seed(options_, 0);
  smolgrad_fit_options_set_shuffle(options_, 1);
  smolgrad_fit_options_set_threads(options_, 1);
  smolgrad_fit_options_set_runner(options_, nullptr, nullptr);
  smolgrad_fit_options_set_validation_fraction(options_, 0.0);
  smolgrad_fit_options_set_patience(options_, 0);
  smolgrad_fit_options_set_training_metrics(options_, 0);
  smolgrad_fit_options_set_progress(options_, nullptr, nullptr);
  expect_same_as_cpp({});
}

TEST_F(CTraining, ReportBeginsWithoutEpochs) {
  EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 0u);
  EXPECT_EQ(smolgrad_fit_report_outcome(report_), SMOLGRAD_OUTCOME_FINISHED);
  EXPECT_EQ(smolgrad_fit_report_best_epoch(report_), 0u);
  EXPECT_EQ(smolgrad_fit_report_best_loss(report_), std::numeric_limits<double>::infinity());
}

// Two steps down the parabola of sum (w x - y)^2 / 2, with x = 1, 2 and y = 3, 6: its derivative is 5 w - 15.
TEST_F(CTraining, StepsByHand) {
  smolgrad_mlp* const mlp = line();
  const double x[] = {1, 2}, y[] = {3, 6};
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_SGD);
  smolgrad_fit_options_set_learning_rate(options_, 0.125);
  smolgrad_fit_options_set_epochs(options_, 2);
  ASSERT_EQ(smolgrad_mlp_fit(mlp, x, y, 2, options_, report_), SMOLGRAD_OK);
  const double after_one = 1.0 - 0.125 * (5 * 1.0 - 15);
  EXPECT_EQ(parameters_of(mlp)[0], after_one - 0.125 * (5 * after_one - 15));
  const double loss_before = (4.0 + 16.0) / 2, loss_after_one = 5 * (after_one - 3) * (after_one - 3) / 2;
  EXPECT_EQ(history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS), (std::vector<double>{loss_before, loss_after_one}));
}

TEST_F(CTraining, LearnsTheCorners) {
  set_loss(Loss::cross_entropy);
  smolgrad_fit_options_set_learning_rate(options_, 0.02);
  smolgrad_fit_options_set_validation_fraction(options_, 0.2);
  ASSERT_EQ(fit(model()), SMOLGRAD_OK);
  EXPECT_EQ(history_of(report_, SMOLGRAD_HISTORY_VALIDATION_ACCURACY).back(), 1.0);
  EXPECT_LT(history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS).back(), 0.05);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CTraining, DivergesWithTheParametersOfTheEpochBefore) {
  smolgrad_mlp* const mlp = line();
  const double x = 1.0, y = 3.0;
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_SGD);
  smolgrad_fit_options_set_learning_rate(options_, 1e200);
  EXPECT_EQ(smolgrad_mlp_fit(mlp, &x, &y, 1, options_, report_), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_fit_report_outcome(report_), SMOLGRAD_OUTCOME_DIVERGED);
  EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 1u);
  EXPECT_EQ(parameters_of(mlp)[0], 4e200);
}

struct Progress {
  std::size_t cancel_after;
  std::vector<double> losses;
  smolgrad_mlp* mlp;
  std::vector<double> parameters;
};

int32_t watch(std::size_t epoch, std::size_t epochs, double loss, double validation_loss, double validation_accuracy,
              double seconds, void* user_data) {
  auto& progress = *static_cast<Progress*>(user_data);
  progress.losses.push_back(loss);
  progress.parameters = parameters_of(progress.mlp);
  EXPECT_EQ(epoch, progress.losses.size());
  EXPECT_EQ(epochs, 9u);
  EXPECT_GT(validation_loss, 0.0);
  EXPECT_GE(validation_accuracy, 0.0);
  EXPECT_GE(seconds, 0.0);
  return epoch == progress.cancel_after ? 1 : 0;
}

TEST_F(CTraining, ProgressIsShownAndCancels) {
  smolgrad_fit_options_set_epochs(options_, 9);
  smolgrad_fit_options_set_validation_fraction(options_, 0.1);
  set_loss(Loss::cross_entropy);
  Progress progress{0, {}, model(), {}};
  smolgrad_fit_options_set_progress(options_, watch, &progress);
  ASSERT_EQ(fit(progress.mlp), SMOLGRAD_OK);
  EXPECT_EQ(progress.losses, history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS));
  EXPECT_EQ(progress.losses.size(), 9u);

  Progress cancelling{3, {}, model(), {}};
  smolgrad_fit_options_set_progress(options_, watch, &cancelling);
  EXPECT_EQ(fit(cancelling.mlp), SMOLGRAD_ERROR_CANCELLED);
  EXPECT_EQ(take_error(), cancelled);
  EXPECT_EQ(smolgrad_fit_report_outcome(report_), SMOLGRAD_OUTCOME_CANCELLED);
  EXPECT_EQ(history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS),
            std::vector<double>(progress.losses.begin(), progress.losses.begin() + 3));
  EXPECT_EQ(parameters_of(cancelling.mlp), cancelling.parameters);
  EXPECT_NE(parameters_of(cancelling.mlp), parameters_of(progress.mlp));
}

TEST_F(CTraining, CancelsWithoutAReport) {
  smolgrad_fit_options_set_progress(
      options_, [](std::size_t, std::size_t, double, double, double, double, void*) { return -1; }, nullptr);
  EXPECT_EQ(smolgrad_mlp_fit(model(), x_.data(), sides_.data(), rows, options_, nullptr), SMOLGRAD_ERROR_CANCELLED);
  EXPECT_EQ(take_error(), cancelled);
}

TEST_F(CTraining, HistoryIsOfExactlyItsEpochs) {
  smolgrad_fit_options_set_epochs(options_, 2);
  ASSERT_EQ(smolgrad_mlp_fit(model(), x_.data(), sides_.data(), rows, options_, report_), SMOLGRAD_OK);
  double numbers[] = {-7.0, -7.0, -7.0};
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
    EXPECT_EQ(smolgrad_fit_report_get_history(report_, 0, numbers, n), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  }
  for (const int32_t which : {-1, SMOLGRAD_HISTORY_SECONDS + 1, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(smolgrad_fit_report_get_history(report_, which, numbers, 2), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  }
  EXPECT_EQ(smolgrad_fit_report_get_history(report_, 0, nullptr, 2), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_TRUE(numbers[0] == -7.0 && numbers[1] == -7.0 && numbers[2] == -7.0);
  EXPECT_EQ(smolgrad_fit_report_get_history(report_, 0, numbers, 2), SMOLGRAD_OK);
  EXPECT_TRUE(numbers[0] > 0.0 && numbers[1] > 0.0 && numbers[2] == -7.0);
}

}  // namespace
}  // namespace smolgrad::test

// Training and files that are refused: each with its status and what is wrong, and nothing else changes.
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "io/temporary_directory.hpp"
#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

class TrainingError : public TrainingFixture {
 protected:
  TrainingError() {
    set_loss(Loss::cross_entropy);
    smolgrad_fit_options_set_epochs(options_, 1);
  }

  /// Refused by `call` with this status, which the tape keeps with a message that says `what`.
  template <class Call>
  void expect_refused(const char* status, const std::string& what, Call call) {
    const std::vector<double> before = parameters_of(mlp_);
    EXPECT_STREQ(smolgrad_status_name(call()), status);
    EXPECT_NE(std::string(smolgrad_tape_error_message(tape_)).find(what), std::string::npos)
        << smolgrad_tape_error_message(tape_) << ", not: " << what;
    EXPECT_EQ(take_error(), status);
    EXPECT_EQ(parameters_of(mlp_), before);
    EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 0u);
  }
  /// The same for all that takes options.
  void expect_options_refused(const std::string& what) {
    expect_refused(invalid_argument, what, [&] { return fit(mlp_); });
    expect_refused(invalid_argument, what, [&] {
      EXPECT_EQ(smolgrad_trainer_create(mlp_, options_), nullptr);
      return smolgrad_tape_error_code(tape_);
    });
    smolgrad_fit_options_destroy(options_);
    options_ = smolgrad_fit_options_create();
    EXPECT_EQ(smolgrad_fit_options_set_epochs(options_, 1), SMOLGRAD_OK);
    set_loss(Loss::cross_entropy);
    EXPECT_EQ(smolgrad_mlp_fit(model(), x_.data(), classes_.data(), rows, options_, nullptr), SMOLGRAD_OK);
  }
  /// And for all that takes samples.
  void expect_samples_refused(const std::string& what, const std::vector<double>& x, const std::vector<double>& y,
                              std::size_t count) {
    smolgrad_trainer* const one = trainer(mlp_);
    double loss = -7.0, accuracy = -7.0;
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_mlp_fit(mlp_, x.data(), y.data(), count, options_, report_); });
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_fit(one, x.data(), y.data(), count, report_); });
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_step(one, x.data(), y.data(), count, &loss); });
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_evaluate(one, x.data(), y.data(), count, &loss, &accuracy); });
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_minimize(one, x.data(), y.data(), count, 10, &loss); });
    const std::vector<float> x_float(x.begin(), x.end()), y_float(y.begin(), y.end());
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_fit_float(one, x_float.data(), y_float.data(), count, report_); });
    expect_refused(invalid_argument, what,
                   [&] { return smolgrad_trainer_step_float(one, x_float.data(), y_float.data(), count, &loss); });
    expect_refused(invalid_argument, what, [&] {
      return smolgrad_trainer_evaluate_float(one, x_float.data(), y_float.data(), count, &loss, &accuracy);
    });
    EXPECT_EQ(loss, -7.0);
    EXPECT_EQ(accuracy, -7.0);
    EXPECT_EQ(smolgrad_trainer_epoch(one), 0u);
    EXPECT_EQ(smolgrad_trainer_steps(one), 0u);
  }

  smolgrad_mlp* const mlp_ = model();
  const TemporaryDirectory directory_;
};

TEST_F(TrainingError, ChoicesThatDoNotExist) {
  using Setter = int32_t (*)(smolgrad_fit_options*, int32_t);
  const std::pair<Setter, int32_t> setters[] = {
      {smolgrad_fit_options_set_loss, SMOLGRAD_LOSS_CROSS_ENTROPY},
      {smolgrad_fit_options_set_optimizer, SMOLGRAD_OPTIMIZER_ADAMW},
      {smolgrad_fit_options_set_shuffle, 1},
      {smolgrad_fit_options_set_training_metrics, 1},
      {[](smolgrad_fit_options* o, int32_t nesterov) { return smolgrad_fit_options_set_momentum(o, 0.5, nesterov); },
       1},
      {[](smolgrad_fit_options* o, int32_t centered) { return smolgrad_fit_options_set_alpha(o, 0.5, centered); }, 1},
  };
  for (const auto& [set, last] : setters) {
    for (int32_t good = 0; good <= last; ++good) EXPECT_EQ(set(options_, good), SMOLGRAD_OK);
    for (const int32_t bad : {-1, last + 1, INT32_MIN, INT32_MAX}) {
      EXPECT_EQ(set(options_, bad), SMOLGRAD_ERROR_INVALID_ARGUMENT) << bad;
    }
  }
}

TEST_F(TrainingError, NumbersOutOfRange) {
  for (const double bad : {-1.0, not_a_number, std::numeric_limits<double>::infinity()}) {
    smolgrad_fit_options_set_learning_rate(options_, bad);
    expect_options_refused("learning_rate");
    smolgrad_fit_options_set_weight_decay(options_, bad);
    expect_options_refused("weight_decay");
    smolgrad_fit_options_set_epsilon(options_, bad);
    expect_options_refused("epsilon");
    smolgrad_fit_options_set_betas(options_, bad, 0.9);
    expect_options_refused("beta1");
    smolgrad_fit_options_set_validation_fraction(options_, bad);
    expect_options_refused("validation_fraction");
  }
  smolgrad_fit_options_set_betas(options_, 0.9, 1.0);
  expect_options_refused("beta2");
  smolgrad_fit_options_set_clipping(options_, 0.0, 1.0);
  expect_options_refused("norm");
  smolgrad_fit_options_set_clipping(options_, 1.0, not_a_number);
  expect_options_refused("value");
  smolgrad_fit_options_set_step_decay(options_, 0, 0.5);
  expect_options_refused("every");
  smolgrad_fit_options_set_cosine_decay(options_, 1, 1.5);
  expect_options_refused("floor");
  smolgrad_fit_options_set_target_count(options_, 2);
  expect_options_refused("target");
}

TEST_F(TrainingError, OptionsThatTheOptimizerDoesNotHave) {
  const auto of = [&](int32_t optimizer) { smolgrad_fit_options_set_optimizer(options_, optimizer); };
  of(SMOLGRAD_OPTIMIZER_ADAM);
  smolgrad_fit_options_set_momentum(options_, 0.9, 0);
  expect_options_refused("momentum");
  smolgrad_fit_options_set_dampening(options_, 0.9);
  of(SMOLGRAD_OPTIMIZER_RMSPROP);
  expect_options_refused("dampening");
  smolgrad_fit_options_set_momentum(options_, 0.9, 1);
  of(SMOLGRAD_OPTIMIZER_RMSPROP);
  expect_options_refused("nesterov");
  smolgrad_fit_options_set_betas(options_, 0.9, 0.9);
  of(SMOLGRAD_OPTIMIZER_SGD);
  expect_options_refused("betas");
  smolgrad_fit_options_set_epsilon(options_, 0.1);
  of(SMOLGRAD_OPTIMIZER_SGD);
  expect_options_refused("epsilon");
  smolgrad_fit_options_set_alpha(options_, 0.9, 0);
  of(SMOLGRAD_OPTIMIZER_ADAMW);
  expect_options_refused("alpha");
  of(SMOLGRAD_OPTIMIZER_SGD);
  smolgrad_fit_options_set_momentum(options_, 0.0, 1);
  expect_options_refused("nesterov");
}

TEST_F(TrainingError, Samples) {
  expect_samples_refused("no rows", x_, classes_, 0);
  std::vector<double> y = classes_;
  for (const double bad : {3.0, -1.0, 0.5}) {
    y[17] = bad;
    expect_samples_refused("row 17", x_, y, rows);
  }
  std::vector<double> x = x_;
  x[2 * 9 + 1] = not_a_number;
  expect_samples_refused("row 9, column 1", x, classes_, rows);
  x[2 * 9 + 1] = -std::numeric_limits<double>::infinity();
  expect_samples_refused("-inf", x, classes_, rows);
}

TEST_F(TrainingError, MoreRowsThanMemoryHas) {
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8 / 5}) {
    expect_samples_refused("more rows than memory has numbers", x_, classes_, count);
  }
}

TEST_F(TrainingError, NothingLeftToTrainOn) {
  smolgrad_fit_options_set_validation_fraction(options_, 0.5);
  expect_refused(invalid_argument, "rows",
                 [&] { return smolgrad_mlp_fit(mlp_, x_.data(), classes_.data(), 1, options_, report_); });
}

TEST_F(TrainingError, LossesThatAreNotFinite) {
  smolgrad_mlp* const mlp = line();
  set_loss(Loss::mse);
  smolgrad_trainer* const one = trainer(mlp);
  const double x = 1e300, y = 0.0;
  double loss = -7.0;
  EXPECT_EQ(smolgrad_trainer_step(one, &x, &y, 1, &loss), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(std::string(smolgrad_tape_error_message(tape_)).find("inf"), std::string::npos);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(smolgrad_trainer_minimize(one, &x, &y, 1, 10, &loss), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(take_error(), invalid_argument);
  EXPECT_EQ(loss, -7.0);
  EXPECT_EQ(parameters_of(mlp)[0], 1.0);
}

TEST_F(TrainingError, FilesThatAreNotThere) {
  smolgrad_trainer* const one = trainer(mlp_);
  const std::string missing = directory_.file("missing/file");
  expect_refused(io_error, missing, [&] { return smolgrad_mlp_save(mlp_, missing.c_str()); });
  expect_refused(io_error, missing, [&] { return smolgrad_trainer_save(one, missing.c_str()); });
  expect_refused(io_error, missing, [&] { return smolgrad_trainer_load(one, missing.c_str()); });
  const std::size_t before = nodes();
  expect_refused(io_error, missing, [&] {
    EXPECT_EQ(smolgrad_mlp_load(tape_, missing.c_str()), nullptr);
    return smolgrad_tape_error_code(tape_);
  });
  EXPECT_EQ(nodes(), before);
  EXPECT_EQ(directory_.entries(), 0u);
}

TEST_F(TrainingError, FilesOfSomethingElse) {
  smolgrad_trainer* const one = trainer(mlp_);
  const std::string garbage = directory_.file("garbage"), of_model = directory_.file("model"),
                    of_other = directory_.file("other"), of_seed = directory_.file("seed");
  put(garbage, "no tensors in here");
  expect_refused(format_error, garbage, [&] { return smolgrad_trainer_load(one, garbage.c_str()); });
  expect_refused(format_error, garbage, [&] {
    EXPECT_EQ(smolgrad_mlp_load(tape_, garbage.c_str()), nullptr);
    return smolgrad_tape_error_code(tape_);
  });
  ASSERT_EQ(smolgrad_mlp_save(mlp_, of_model.c_str()), SMOLGRAD_OK);
  expect_refused(invalid_argument, of_model, [&] { return smolgrad_trainer_load(one, of_model.c_str()); });
  ASSERT_EQ(smolgrad_trainer_save(trainer(line()), of_other.c_str()), SMOLGRAD_ERROR_INVALID_ARGUMENT)
      << "cross-entropy of one output makes no trainer";
  smolgrad_tape_clear_error(tape_);
  set_loss(Loss::mse);
  ASSERT_EQ(smolgrad_trainer_save(trainer(line()), of_other.c_str()), SMOLGRAD_OK);
  expect_refused(invalid_argument, "model", [&] { return smolgrad_trainer_load(one, of_other.c_str()); });
  set_loss(Loss::cross_entropy);
  smolgrad_fit_options_set_seed(options_, 9);
  ASSERT_EQ(smolgrad_trainer_save(trainer(model()), of_seed.c_str()), SMOLGRAD_OK);
  expect_refused(invalid_argument, "seed 9", [&] { return smolgrad_trainer_load(one, of_seed.c_str()); });
}

}  // namespace
}  // namespace smolgrad::test

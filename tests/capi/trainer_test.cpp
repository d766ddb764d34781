// Trainers, models and checkpoints in files, through the C interface.
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "io/temporary_directory.hpp"
#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

class CTrainer : public TrainingFixture {
 protected:
  CTrainer() {
    set_loss(Loss::cross_entropy);
    cpp_options_.loss = Loss::cross_entropy;
  }
  std::int32_t fit_with(smolgrad_trainer* trainer) {
    return smolgrad_trainer_fit(trainer, x_.data(), classes_.data(), rows, report_);
  }
  void set_epochs(std::size_t epochs) { EXPECT_EQ(smolgrad_fit_options_set_epochs(options_, epochs), SMOLGRAD_OK); }

  FitOptions cpp_options_;
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("file.safetensors");
};

TEST_F(CTrainer, StepsAreThoseOfCPlusPlus) {
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    smolgrad_mlp* const mlp = model(dtype);
    MLP expected = cpp_model(dtype);
    smolgrad_trainer* const one = trainer(mlp);
    Trainer cpp_one(expected, cpp_options_);
    for (std::size_t row = 0; row + 10 < rows; row += 10) {
      double loss = -7.0;
      ASSERT_EQ(smolgrad_trainer_step(one, x_.data() + inputs * row, classes_.data() + row, 10, &loss), SMOLGRAD_OK);
      EXPECT_EQ(loss, cpp_one.step(x_.data() + inputs * row, classes_.data() + row, 10));
      ASSERT_EQ(smolgrad_trainer_step_float(one, x_float_.data() + inputs * row, classes_float_.data() + row, 1, &loss),
                SMOLGRAD_OK);
      EXPECT_EQ(loss, cpp_one.step(x_float_.data() + inputs * row, classes_float_.data() + row, 1));
    }
    EXPECT_EQ(parameters_of(mlp), parameters_of(expected));
    EXPECT_EQ(smolgrad_trainer_steps(one), 28u);
    EXPECT_EQ(smolgrad_trainer_epoch(one), 0u);
  }
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CTrainer, FitsAndEvaluatesAsCPlusPlusDoes) {
  set_epochs(3);
  cpp_options_.epochs = 3;
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    smolgrad_mlp* const mlp = model(dtype);
    MLP expected = cpp_model(dtype);
    smolgrad_trainer* const one = trainer(mlp);
    Trainer cpp_one(expected, cpp_options_);
    ASSERT_EQ(smolgrad_trainer_fit_float(one, x_float_.data(), classes_float_.data(), rows, report_), SMOLGRAD_OK);
    const FitReport report = cpp_one.fit(x_float_.data(), classes_float_.data(), rows);
    EXPECT_EQ(parameters_of(mlp), parameters_of(expected));
    EXPECT_EQ(smolgrad_fit_report_best_loss(report_), report.best_loss);
    EXPECT_EQ(smolgrad_trainer_epoch(one), 3u);
    EXPECT_EQ(smolgrad_trainer_steps(one), 15u);
    double loss = -7.0, accuracy = -7.0;
    ASSERT_EQ(smolgrad_trainer_evaluate(one, x_.data(), classes_.data(), rows, &loss, &accuracy), SMOLGRAD_OK);
    const Metrics metrics = cpp_one.evaluate(x_.data(), classes_.data(), rows);
    EXPECT_EQ(loss, metrics.loss);
    EXPECT_EQ(accuracy, metrics.accuracy);
    double loss_float = -7.0;
    ASSERT_EQ(smolgrad_trainer_evaluate_float(one, x_float_.data(), classes_float_.data(), rows, &loss_float, nullptr),
              SMOLGRAD_OK);
    EXPECT_EQ(loss_float, cpp_one.evaluate(x_float_.data(), classes_float_.data(), rows).loss);
    EXPECT_NEAR(loss_float, loss, 1e-6);
    ASSERT_EQ(fit_with(one), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 0u) << "all epochs are over";
  }
}

// Of y = w x through (1, 2) and (2, 5) the least squares are at w = 12 / 5.
TEST_F(CTrainer, MinimizesLeastSquares) {
  smolgrad_mlp* const mlp = line();
  set_loss(Loss::mse);
  smolgrad_trainer* const one = trainer(mlp);
  const double x[] = {1, 2}, y[] = {2, 5};
  double loss = -7.0;
  ASSERT_EQ(smolgrad_trainer_minimize(one, x, y, 2, 0, &loss), SMOLGRAD_OK);
  EXPECT_EQ(parameters_of(mlp)[0], 1.0);
  EXPECT_TRUE(std::isnan(loss));
  ASSERT_EQ(smolgrad_trainer_minimize(one, x, y, 2, 100, &loss), SMOLGRAD_OK);
  EXPECT_NEAR(parameters_of(mlp)[0], 2.4, 1e-9);
  EXPECT_NEAR(loss, (0.16 + 0.04) / 2, 1e-12);
  EXPECT_EQ(smolgrad_trainer_steps(one), 0u);
}

TEST_F(CTrainer, GoesOnFromACheckpointToTheSameBits) {
  smolgrad_fit_options_set_validation_fraction(options_, 0.2);
  smolgrad_fit_options_set_patience(options_, 5);
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    set_epochs(6);
    smolgrad_mlp* const uninterrupted = model(dtype);
    ASSERT_EQ(fit_with(trainer(uninterrupted)), SMOLGRAD_OK);
    const std::vector<double> losses = history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS);

    set_epochs(2);
    smolgrad_mlp* const begun = model(dtype);
    smolgrad_trainer* const first = trainer(begun);
    ASSERT_EQ(fit_with(first), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_trainer_save(first, path_.c_str()), SMOLGRAD_OK);

    set_epochs(6);
    OtherTape other;
    smolgrad_mlp* const resumed = smolgrad_mlp_load(other.tape, path_.c_str());
    ASSERT_NE(resumed, nullptr);
    EXPECT_EQ(parameters_of(resumed), parameters_of(begun));
    smolgrad_trainer* const second = trainer(resumed);
    ASSERT_EQ(smolgrad_trainer_load(second, path_.c_str()), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_trainer_epoch(second), 2u);
    EXPECT_EQ(smolgrad_trainer_steps(second), smolgrad_trainer_steps(first));
    ASSERT_EQ(fit_with(second), SMOLGRAD_OK);
    EXPECT_EQ(parameters_of(resumed), parameters_of(uninterrupted));
    EXPECT_EQ(history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS),
              std::vector<double>(losses.begin() + 2, losses.end()));
  }
}

TEST_F(CTrainer, SavesFromItsProgressCallback) {
  struct Saving {
    smolgrad_trainer* trainer;
    const std::string path;
  } saving{nullptr, path_};
  smolgrad_fit_options_set_progress(
      options_,
      [](std::size_t epoch, std::size_t, double, double, double, double, void* user_data) -> std::int32_t {
        const auto& [one, path] = *static_cast<Saving*>(user_data);
        EXPECT_EQ(smolgrad_trainer_epoch(one), epoch);
        EXPECT_EQ(smolgrad_trainer_save(one, path.c_str()), SMOLGRAD_OK);
        return epoch == 3;
      },
      &saving);
  smolgrad_mlp* const mlp = model();
  saving.trainer = trainer(mlp);
  EXPECT_EQ(fit_with(saving.trainer), SMOLGRAD_ERROR_CANCELLED);
  EXPECT_EQ(take_error(), cancelled);
  EXPECT_EQ(parameters_of(smolgrad_mlp_load(tape_, path_.c_str())), parameters_of(mlp));
}

TEST_F(CTrainer, IsDestroyedWhenever) {
  smolgrad_mlp* const gone = model();
  smolgrad_trainer* const of_gone = smolgrad_trainer_create(gone, options_);
  smolgrad_mlp_destroy(gone);
  smolgrad_trainer_destroy(of_gone);

  OtherTape other;
  const std::size_t layer[] = {3};
  smolgrad_trainer* const of_closed =
      smolgrad_trainer_create(smolgrad_mlp_create(other.tape, inputs, layer, 1, nullptr), options_);
  smolgrad_tape* const closing = smolgrad_tape_create();
  smolgrad_mlp* const kept = smolgrad_mlp_create(closing, inputs, layer, 1, nullptr);
  smolgrad_trainer* const of_kept = smolgrad_trainer_create(kept, options_);
  smolgrad_tape_close(closing);
  smolgrad_mlp_destroy(kept);
  smolgrad_trainer_destroy(of_kept);
  trainer(smolgrad_mlp_create(other.tape, inputs, layer, 1, nullptr));  // goes after the tape
  smolgrad_trainer_destroy(of_closed);
}

TEST_F(CTrainer, ModelsGoThroughFiles) {
  for (const std::int32_t dtype : {SMOLGRAD_DTYPE_FLOAT64, SMOLGRAD_DTYPE_FLOAT32}) {
    smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
    const std::int32_t activations[] = {SMOLGRAD_ACTIVATION_TANH, SMOLGRAD_ACTIVATION_GELU};
    smolgrad_mlp_options_set_activations(options, activations, 2);
    smolgrad_mlp_options_set_head(options, SMOLGRAD_HEAD_SOFTMAX);
    smolgrad_mlp_options_set_dtype(options, dtype);
    smolgrad_mlp_options_set_bias(options, 0);
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, inputs, layers_.data(), layers_.size(), options);
    smolgrad_mlp_options_destroy(options);
    ASSERT_EQ(smolgrad_mlp_save(mlp, path_.c_str()), SMOLGRAD_OK);
    smolgrad_mlp* const loaded = smolgrad_mlp_load(tape_, path_.c_str());
    ASSERT_NE(loaded, nullptr);
    EXPECT_EQ(smolgrad_mlp_input_count(loaded), 2u);
    EXPECT_EQ(smolgrad_mlp_output_count(loaded), 3u);
    std::vector<float> y(3 * rows), y_loaded(3 * rows);
    ASSERT_EQ(smolgrad_mlp_predict_float(mlp, x_float_.data(), rows, y.data()), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_mlp_predict_float(loaded, x_float_.data(), rows, y_loaded.data()), SMOLGRAD_OK);
    EXPECT_NEAR(y[0] + y[1] + y[2], 1.0, 1e-6);
    std::vector<double> kept = parameters_of(mlp);
    if (dtype == SMOLGRAD_DTYPE_FLOAT32) {
      for (double& number : kept) number = static_cast<float>(number);
    }
    EXPECT_EQ(parameters_of(loaded), kept);
    EXPECT_EQ(y_loaded, y);
    Tape tape;
    EXPECT_EQ(parameters_of(load_mlp(tape, path_)), parameters_of(loaded)) << "C++ reads the same file";
    smolgrad_mlp_destroy(loaded);
    EXPECT_EQ(directory_.entries(), 1u);
  }
}

}  // namespace
}  // namespace smolgrad::test

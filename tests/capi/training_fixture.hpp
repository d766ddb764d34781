// Models on a small table of samples, in C and in C++, for the length of a test.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <smolgrad/smolgrad.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {

constexpr const char* cancelled = "SMOLGRAD_ERROR_CANCELLED";
constexpr const char* io_error = "SMOLGRAD_ERROR_IO";
constexpr const char* format_error = "SMOLGRAD_ERROR_FORMAT";

inline std::vector<double> parameters_of(const smolgrad_mlp* mlp) {
  std::vector<double> numbers(smolgrad_mlp_parameter_count(mlp));
  EXPECT_EQ(smolgrad_mlp_get_parameters(mlp, numbers.data(), numbers.size()), SMOLGRAD_OK);
  return numbers;
}
inline std::vector<double> parameters_of(const MLP& mlp) {
  return {mlp.parameters().data(), mlp.parameters().data() + mlp.parameters().size()};
}

inline std::vector<double> history_of(const smolgrad_fit_report* report, std::int32_t which) {
  std::vector<double> numbers(smolgrad_fit_report_epoch_count(report), -7.0);
  EXPECT_EQ(smolgrad_fit_report_get_history(report, which, numbers.data(), numbers.size()), SMOLGRAD_OK);
  return numbers;
}

class TrainingFixture : public TapeFixture {
 protected:
  static constexpr std::size_t rows = 150;
  static constexpr std::size_t inputs = 2;

  /// Points around three corners, and to which each belongs.
  TrainingFixture() {
    std::mt19937_64 random(5);
    const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t corner = row % 3;
      x_.push_back((corner == 1 ? 2.0 : 0.0) + uniform() - 0.5);
      x_.push_back((corner == 2 ? 2.0 : 0.0) + uniform() - 0.5);
      classes_.push_back(static_cast<double>(corner));
      for (std::size_t i = 0; i < 3; ++i) sides_.push_back(i == corner ? 1.0 : -1.0);
    }
    x_float_.assign(x_.begin(), x_.end());
    classes_float_.assign(classes_.begin(), classes_.end());
  }
  ~TrainingFixture() override {
    for (smolgrad_trainer* const trainer : trainers_) smolgrad_trainer_destroy(trainer);
    smolgrad_fit_options_destroy(options_);
    smolgrad_fit_report_destroy(report_);
  }

  smolgrad_mlp* model(Dtype dtype = Dtype::float64) {
    smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
    smolgrad_mlp_options_set_init(options, SMOLGRAD_INIT_HE);
    smolgrad_mlp_options_set_dtype(options, static_cast<std::int32_t>(dtype));
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, inputs, layers_.data(), layers_.size(), options);
    smolgrad_mlp_options_destroy(options);
    return mlp;
  }
  MLP cpp_model(Dtype dtype = Dtype::float64) {
    ModelOptions options;
    options.initialization = Initialization::he;
    options.dtype = dtype;
    return MLP(cpp_tape_, inputs, layers_, options);
  }
  /// y = w x, from w = 1 on.
  smolgrad_mlp* line() {
    smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
    smolgrad_mlp_options_set_bias(options, 0);
    const std::size_t layer[] = {1};
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 1, layer, 1, options);
    smolgrad_mlp_options_destroy(options);
    const double weight = 1.0;
    EXPECT_EQ(smolgrad_mlp_set_parameters(mlp, &weight, 1), SMOLGRAD_OK);
    return mlp;
  }
  smolgrad_trainer* trainer(smolgrad_mlp* mlp) {
    trainers_.push_back(smolgrad_trainer_create(mlp, options_));
    return trainers_.back();
  }
  std::int32_t fit(smolgrad_mlp* mlp) {
    return smolgrad_mlp_fit(mlp, x_.data(), classes_.data(), rows, options_, report_);
  }
  void set_loss(Loss loss) {
    EXPECT_EQ(smolgrad_fit_options_set_loss(options_, static_cast<std::int32_t>(loss)), SMOLGRAD_OK);
  }

  Tape cpp_tape_;
  const std::vector<std::size_t> layers_ = {6, 3};
  std::vector<double> x_;
  std::vector<double> classes_;
  std::vector<double> sides_;  ///< 1 at the class, else -1
  std::vector<float> x_float_;
  std::vector<float> classes_float_;
  smolgrad_fit_options* options_ = smolgrad_fit_options_create();
  smolgrad_fit_report* report_ = smolgrad_fit_report_create();

 private:
  std::vector<smolgrad_trainer*> trainers_;
};

}  // namespace smolgrad::test

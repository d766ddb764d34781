// Training and files without memory: every allocation of every call is failed in turn. Each failure is OUT_OF_MEMORY or
// NULL with that on the tape, and changes neither what is handed out nor, but for a fit under way, the model.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "failing_allocations.hpp"
#include "io/temporary_directory.hpp"
#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

smolgrad_value* record(smolgrad_tape* tape, smolgrad_value* const outputs[], std::size_t n_outputs,
                       smolgrad_value* const targets[], std::size_t n_targets, void*) {
  smolgrad_value* const loss = smolgrad_loss(SMOLGRAD_LOSS_HUBER, outputs, n_outputs, targets, n_targets);
  return smolgrad_mul(smolgrad_square(loss), smolgrad_constant(tape, 2.0));
}

class TrainingAllocation : public TrainingFixture {
 protected:
  TrainingAllocation() { smolgrad_fit_options_set_epochs(options_, 3); }

  int fail_each_status(const std::function<std::int32_t()>& call) {
    return fail_each_allocation(
        [&] {
          with_memory([&] { before_ = parameters_of(mlp_); });
          loss_ = accuracy_ = -7.0;
          const std::int32_t status = call();
          EXPECT_EQ(smolgrad_tape_error_code(tape_), status);
          smolgrad_tape_clear_error(tape_);
          return status;
        },
        [&] { return loss_ == -7.0 && accuracy_ == -7.0 && parameters_of(mlp_) == before_; });
  }
  template <class Object>
  int fail_each_object(const std::function<Object*()>& create, void (*destroy)(Object*)) {
    const std::size_t nodes_before = nodes();
    const int failed = fail_each_status([&] {
      Object* const object = create();
      destroy(object);
      return object == nullptr ? SMOLGRAD_ERROR_OUT_OF_MEMORY : SMOLGRAD_OK;
    });
    EXPECT_EQ(nodes(), nodes_before);
    return failed;
  }

  double loss_ = -7.0;
  double accuracy_ = -7.0;
  smolgrad_mlp* const mlp_ = model();
  std::vector<double> before_ = parameters_of(mlp_);
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("file");
};

TEST_F(TrainingAllocation, Options) {
  const auto untouched = [] { return true; };
  const auto made = [](auto* object, auto destroy) {
    destroy(object);
    return object == nullptr ? SMOLGRAD_ERROR_OUT_OF_MEMORY : SMOLGRAD_OK;
  };
  EXPECT_EQ(fail_each_allocation([&] { return made(smolgrad_fit_options_create(), smolgrad_fit_options_destroy); },
                                 untouched),
            1);
  EXPECT_EQ(
      fail_each_allocation([&] { return made(smolgrad_fit_report_create(), smolgrad_fit_report_destroy); }, untouched),
      1);
  smolgrad_mlp_options* const options = smolgrad_mlp_options_create();
  const std::int32_t activations[] = {SMOLGRAD_ACTIVATION_TANH, SMOLGRAD_ACTIVATION_TANH};
  EXPECT_EQ(
      fail_each_allocation([&] { return smolgrad_mlp_options_set_activations(options, activations, 2); }, untouched),
      1);
  smolgrad_mlp_options_destroy(options);
}

TEST_F(TrainingAllocation, MakingATrainer) {
  const auto create = [&] { return smolgrad_trainer_create(mlp_, options_); };
  EXPECT_GT(fail_each_object<smolgrad_trainer>(create, smolgrad_trainer_destroy), 50);
  smolgrad_fit_options_set_loss_function(options_, record, nullptr);
  EXPECT_GT(fail_each_object<smolgrad_trainer>(create, smolgrad_trainer_destroy), 50);
}

TEST_F(TrainingAllocation, Steps) {
  smolgrad_trainer* const one = trainer(mlp_);
  const auto step = [&] { return smolgrad_trainer_step(one, x_.data(), sides_.data(), rows, &loss_); };
  EXPECT_GT(fail_each_status(step), 5);
  EXPECT_NE(loss_, -7.0);
  EXPECT_EQ(fail_each_allocation(step, [] { return false; }), 0) << "once warm it allocates nothing";
}

// The tape notes beside what is recorded on it that the parameters changed, which takes memory now and then.
TEST_F(TrainingAllocation, StepsBesideRecordings) {
  smolgrad_trainer* const one = trainer(mlp_);
  const auto step = [&] { return smolgrad_trainer_step(one, x_.data(), sides_.data(), 1, &loss_); };
  ASSERT_EQ(step(), SMOLGRAD_OK);
  int failed = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(smolgrad_exp(smolgrad_mlp_parameter(mlp_, 0)), nullptr);
    double expected = 0.0;
    ASSERT_EQ(smolgrad_trainer_evaluate(one, x_.data(), sides_.data(), 1, &expected, nullptr), SMOLGRAD_OK);
    const std::uint64_t steps = smolgrad_trainer_steps(one);
    failed += fail_each_status([&] {
      const std::int32_t status = step();
      EXPECT_EQ(smolgrad_trainer_steps(one), status == SMOLGRAD_OK ? steps + 1 : steps);
      return status;
    });
    EXPECT_NEAR(loss_, expected, 1e-12) << "of the parameters before";
  }
  EXPECT_GT(failed, 2);
}

TEST_F(TrainingAllocation, Evaluating) {
  smolgrad_trainer* const one = trainer(mlp_);
  EXPECT_GT(fail_each_status(
                [&] { return smolgrad_trainer_evaluate(one, x_.data(), sides_.data(), rows, &loss_, &accuracy_); }),
            5);
  EXPECT_NE(loss_, -7.0);
}

TEST_F(TrainingAllocation, Minimizing) {
  smolgrad_trainer* const one = trainer(mlp_);
  EXPECT_GT(fail_each_status([&] { return smolgrad_trainer_minimize(one, x_.data(), sides_.data(), rows, 2, &loss_); }),
            50);
  EXPECT_NE(loss_, -7.0);
}

TEST_F(TrainingAllocation, Fitting) {
  smolgrad_mlp* const expected = model();
  ASSERT_EQ(smolgrad_mlp_fit(expected, x_.data(), sides_.data(), rows, options_, nullptr), SMOLGRAD_OK);
  const std::vector<double> start = before_;
  std::size_t epochs = 0;
  const int failed = fail_each_allocation(
      [&] {
        with_memory([&] { return smolgrad_mlp_set_parameters(mlp_, start.data(), start.size()); });
        epochs = smolgrad_fit_report_epoch_count(report_);
        const std::int32_t status = smolgrad_mlp_fit(mlp_, x_.data(), sides_.data(), rows, options_, report_);
        EXPECT_EQ(smolgrad_tape_error_code(tape_), status);
        smolgrad_tape_clear_error(tape_);
        return status;
      },
      [&] { return smolgrad_fit_report_epoch_count(report_) == epochs; });
  EXPECT_GT(failed, 50);
  EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 3u);
  EXPECT_EQ(parameters_of(mlp_), parameters_of(expected));
}

TEST_F(TrainingAllocation, Files) {
  EXPECT_GT(fail_each_status([&] { return smolgrad_mlp_save(mlp_, path_.c_str()); }), 5);
  EXPECT_EQ(directory_.entries(), 1u);
  EXPECT_GT(
      fail_each_object<smolgrad_mlp>([&] { return smolgrad_mlp_load(tape_, path_.c_str()); }, smolgrad_mlp_destroy), 5);
  smolgrad_trainer* const one = trainer(mlp_);
  EXPECT_GT(fail_each_status([&] { return smolgrad_trainer_save(one, path_.c_str()); }), 5);
  smolgrad_trainer* const another = trainer(model());
  EXPECT_GT(fail_each_status([&] { return smolgrad_trainer_load(another, path_.c_str()); }), 5);
}

TEST_F(TrainingAllocation, Tables) {
  put(path_, "first,second\n1,2\n3,4\n");
  EXPECT_GT(fail_each_object<smolgrad_table>([&] { return smolgrad_table_read_csv(tape_, path_.c_str(), 0); },
                                             smolgrad_table_destroy),
            3);
  put(path_, std::string("\0\0\x8\1\0\0\0\3\7\0\x9", 11));
  EXPECT_GT(fail_each_object<smolgrad_table>([&] { return smolgrad_table_read_idx(tape_, path_.c_str()); },
                                             smolgrad_table_destroy),
            2);
}

}  // namespace
}  // namespace smolgrad::test

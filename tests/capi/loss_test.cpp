// Losses through the C interface: as expressions, and recorded by a callback while a model is compiled with them.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "training_fixture.hpp"

namespace smolgrad::test {
namespace {

using Values = std::vector<smolgrad_value*>;

class CLoss : public TapeFixture {
 protected:
  Values leaves(const std::vector<double>& numbers) {
    Values values;
    for (const double number : numbers) values.push_back(leaf(number));
    return values;
  }
  double loss(int32_t which, const std::vector<double>& outputs, const std::vector<double>& targets) {
    const Values y = leaves(outputs), t = leaves(targets);
    return smolgrad_value_data(smolgrad_loss(which, y.data(), y.size(), t.data(), t.size()));
  }
};

TEST_F(CLoss, ByHand) {
  EXPECT_EQ(loss(SMOLGRAD_LOSS_MSE, {1, -2}, {0.5, 1}), (0.25 + 9) / 2);
  EXPECT_EQ(loss(SMOLGRAD_LOSS_MAE, {1, -2}, {0.5, 1}), (0.5 + 3) / 2);
  EXPECT_EQ(loss(SMOLGRAD_LOSS_HUBER, {1, -2}, {0.5, 1}), (0.125 + 2.5) / 2);
  EXPECT_EQ(loss(SMOLGRAD_LOSS_HINGE, {0.5, 2}, {1, -1}), (0.5 + 3) / 2);
  EXPECT_NEAR(loss(SMOLGRAD_LOSS_BINARY_CROSS_ENTROPY, {0, 0}, {0, 1}), std::log(2.0), 1e-15);
  EXPECT_NEAR(loss(SMOLGRAD_LOSS_CROSS_ENTROPY, {0, 0, std::log(2.0)}, {2}), std::log(2.0), 1e-15);
  EXPECT_NEAR(loss(SMOLGRAD_LOSS_CROSS_ENTROPY, {0, 0, std::log(2.0)}, {0.5, 0.5, 0}), std::log(4.0), 1e-15);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CLoss, HasDerivatives) {
  const Values y = leaves({1, -2}), t = leaves({0.5, 1});
  ASSERT_EQ(smolgrad_backward(smolgrad_loss(SMOLGRAD_LOSS_MSE, y.data(), 2, t.data(), 2)), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(y[0]), 0.5);
  EXPECT_EQ(smolgrad_value_grad(y[1]), -3.0);
  EXPECT_EQ(smolgrad_value_grad(t[1]), 3.0);
}

TEST_F(CLoss, Refused) {
  const Values y = leaves({1, -2}), t = leaves({0.5, 1});
  const std::size_t before = nodes();
  const auto refused = [&](int32_t which, std::size_t n_outputs, std::size_t n_targets) {
    EXPECT_EQ(smolgrad_loss(which, y.data(), n_outputs, t.data(), n_targets), nullptr);
    EXPECT_EQ(nodes(), before);
    return take_error();
  };
  for (const int32_t which : {-1, SMOLGRAD_LOSS_CROSS_ENTROPY + 1, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(refused(which, 2, 2), invalid_argument);
  }
  EXPECT_EQ(refused(SMOLGRAD_LOSS_MSE, 2, 1), invalid_argument);
  EXPECT_EQ(refused(SMOLGRAD_LOSS_MSE, 0, 2), invalid_argument);
  EXPECT_EQ(refused(SMOLGRAD_LOSS_MSE, 0, 0), ok) << "there is no tape to say it";
  EXPECT_EQ(refused(SMOLGRAD_LOSS_CROSS_ENTROPY, 1, 1), invalid_argument);
  EXPECT_EQ(refused(SMOLGRAD_LOSS_MSE, SIZE_MAX, 2), out_of_memory);
  EXPECT_EQ(refused(SMOLGRAD_LOSS_MSE, 2, SIZE_MAX), out_of_memory);
  OtherTape other;
  const Values foreign = {t[0], other.value};
  EXPECT_EQ(smolgrad_loss(SMOLGRAD_LOSS_MSE, y.data(), 2, foreign.data(), 2), nullptr);
  EXPECT_EQ(take_error(), wrong_tape);
  for (const Values& with_null : {Values{nullptr, y[0]}, Values{y[0], nullptr}, Values{nullptr, nullptr}}) {
    EXPECT_EQ(smolgrad_loss(SMOLGRAD_LOSS_MSE, with_null.data(), 2, t.data(), 2), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
    EXPECT_EQ(smolgrad_loss(SMOLGRAD_LOSS_MSE, t.data(), 2, with_null.data(), 2), nullptr);
    EXPECT_EQ(take_error(), invalid_argument);
  }
}

using Record = smolgrad_value* (*)(smolgrad_tape*, smolgrad_value* const[], std::size_t, smolgrad_value* const[],
                                   std::size_t, void*);

class CLossFunction : public TrainingFixture {
 protected:
  void use(Record record, void* user_data = nullptr) {
    ASSERT_EQ(smolgrad_fit_options_set_loss_function(options_, record, user_data), SMOLGRAD_OK);
  }
  /// The error that `record` ends in, with its message.
  std::string failure(Record record, void* user_data = nullptr) {
    use(record, user_data);
    smolgrad_mlp* const mlp = line();
    EXPECT_EQ(smolgrad_trainer_create(mlp, options_), nullptr);
    const std::string message = smolgrad_tape_error_message(tape_);
    const int32_t code = smolgrad_tape_error_code(tape_);
    const std::string error = take_error();
    const double x = 1.0;
    EXPECT_EQ(smolgrad_mlp_fit(mlp, &x, &x, 1, options_, report_), code);
    EXPECT_EQ(take_error(), error);
    EXPECT_EQ(parameters_of(mlp)[0], 1.0);
    EXPECT_EQ(smolgrad_fit_report_epoch_count(report_), 0u);
    return error + ": " + message;
  }
  /// The weight of line() after one step of size 1 for x = 2 and y = 3.
  double stepped(std::size_t steps = 1) {
    smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_SGD);
    smolgrad_fit_options_set_learning_rate(options_, 1.0);
    smolgrad_mlp* const mlp = line();
    smolgrad_trainer* const one = trainer(mlp);
    EXPECT_NE(one, nullptr) << smolgrad_tape_error_message(tape_);
    const double x = 2.0, y = 3.0;
    for (std::size_t i = 0; i < steps; ++i) EXPECT_EQ(smolgrad_trainer_step(one, &x, &y, 1, nullptr), SMOLGRAD_OK);
    return parameters_of(mlp)[0];
  }
};

struct Calls {
  int count = 0;
  std::size_t outputs = 0;
  std::size_t targets = 0;
};

smolgrad_value* record_mse(smolgrad_tape*, smolgrad_value* const outputs[], std::size_t n_outputs,
                           smolgrad_value* const targets[], std::size_t n_targets, void* user_data) {
  auto& calls = *static_cast<Calls*>(user_data);
  calls = {calls.count + 1, n_outputs, n_targets};
  Values squares;
  for (std::size_t i = 0; i < n_outputs; ++i) {
    squares.push_back(smolgrad_square(smolgrad_sub(outputs[i], targets[i])));
  }
  return smolgrad_mean(squares.data(), squares.size());
}

TEST_F(CLossFunction, EqualsTheBuiltInOne) {
  smolgrad_fit_options_set_epochs(options_, 5);
  smolgrad_mlp* const expected = model();
  ASSERT_EQ(smolgrad_mlp_fit(expected, x_.data(), sides_.data(), rows, options_, report_), SMOLGRAD_OK);
  const std::vector<double> losses = history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS);
  Calls calls;
  use(record_mse, &calls);
  smolgrad_mlp* const mlp = model();
  ASSERT_EQ(smolgrad_mlp_fit(mlp, x_.data(), sides_.data(), rows, options_, report_), SMOLGRAD_OK);
  EXPECT_EQ(parameters_of(mlp), parameters_of(expected));
  EXPECT_EQ(history_of(report_, SMOLGRAD_HISTORY_TRAINING_LOSS), losses);
  EXPECT_EQ(calls.count, 1);
  EXPECT_EQ(calls.outputs, 3u);
  EXPECT_EQ(calls.targets, 3u);
  set_loss(Loss::mae);
  ASSERT_EQ(smolgrad_mlp_fit(model(), x_.data(), sides_.data(), rows, options_, report_), SMOLGRAD_OK);
  EXPECT_EQ(calls.count, 1) << "a built-in loss takes its place again";
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CLossFunction, IsCalledForEachMinimize) {
  Calls calls;
  use(record_mse, &calls);
  smolgrad_mlp* const mlp = line();
  smolgrad_trainer* const one = trainer(mlp);
  smolgrad_fit_options_destroy(options_);
  options_ = smolgrad_fit_options_create();
  const double x[] = {1, 2}, y[] = {3, 6};
  double loss = -7.0;
  ASSERT_EQ(smolgrad_trainer_minimize(one, x, y, 2, 100, &loss), SMOLGRAD_OK);
  EXPECT_EQ(calls.count, 2);
  EXPECT_NEAR(parameters_of(mlp)[0], 3.0, 1e-9);
  EXPECT_NEAR(loss, 0.0, 1e-15);
}

// A loss with numbers of its own, and more targets than outputs: weight (y - t)^2 + 10.
TEST_F(CLossFunction, WithConstantsAndOtherTargets) {
  use([](smolgrad_tape* tape, smolgrad_value* const y[], std::size_t n_outputs, smolgrad_value* const t[],
         std::size_t n_targets, void*) {
    EXPECT_EQ(n_outputs, 1u);
    EXPECT_EQ(n_targets, 2u);
    EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
    EXPECT_GT(smolgrad_tape_node_count(tape), 3u);
    smolgrad_value* const weighted = smolgrad_mul(t[1], smolgrad_square(smolgrad_sub(y[0], t[0])));
    return smolgrad_add(weighted, smolgrad_constant(tape, 10.0));
  });
  smolgrad_fit_options_set_target_count(options_, 2);
  smolgrad_fit_options_set_optimizer(options_, SMOLGRAD_OPTIMIZER_SGD);
  smolgrad_fit_options_set_learning_rate(options_, 0.25);
  smolgrad_mlp* const mlp = line();
  const double x = 2.0, y[] = {3.0, 0.5};
  double loss = -7.0;
  ASSERT_EQ(smolgrad_trainer_step(trainer(mlp), &x, y, 1, &loss), SMOLGRAD_OK);
  EXPECT_EQ(loss, 0.5 * (2.0 - 3.0) * (2.0 - 3.0) + 10.0);
  EXPECT_EQ(parameters_of(mlp)[0], 1.0 - 0.25 * 0.5 * 2 * (2.0 - 3.0) * 2.0);
}

TEST_F(CLossFunction, MayReturnAnOperand) {
  use([](smolgrad_tape*, smolgrad_value* const y[], std::size_t, smolgrad_value* const[], std::size_t, void*) {
    return y[0];
  });
  EXPECT_EQ(stepped(3), 1.0 - 3 * 2.0);
}

TEST_F(CLossFunction, MayReturnAConstant) {
  use([](smolgrad_tape* tape, smolgrad_value* const[], std::size_t, smolgrad_value* const[], std::size_t, void*) {
    return smolgrad_constant(tape, 4.0);
  });
  EXPECT_EQ(stepped(), 1.0);
}

TEST_F(CLossFunction, ReleasesWhatItLikes) {
  use([](smolgrad_tape* tape, smolgrad_value* const y[], std::size_t, smolgrad_value* const t[], std::size_t, void*) {
    const std::size_t scope = smolgrad_tape_scope_open(tape);
    smolgrad_value* const difference = smolgrad_sub(y[0], t[0]);
    smolgrad_value* const square = smolgrad_square(difference);
    smolgrad_value_release(difference);
    smolgrad_tape_scope_open(tape);  // and leaves both open
    EXPECT_NE(scope, 0u);
    return smolgrad_mul(square, smolgrad_constant(tape, 0.5));
  });
  EXPECT_EQ(stepped(), 1.0 - (2.0 - 3.0) * 2.0);
}

TEST_F(CLossFunction, ClosesEveryScope) {
  use([](smolgrad_tape* tape, smolgrad_value* const y[], std::size_t, smolgrad_value* const[], std::size_t, void*) {
    smolgrad_exp(y[0]);
    EXPECT_EQ(smolgrad_tape_scope_close(tape, 1), SMOLGRAD_OK);
    return y[0];
  });
  EXPECT_EQ(stepped(), -1.0);
}

// What a garbage-collected host does: it retains, and releases at any time after.
TEST_F(CLossFunction, RetainedHandlesOutliveTheFit) {
  Values held;
  use(
      [](smolgrad_tape*, smolgrad_value* const y[], std::size_t, smolgrad_value* const t[], std::size_t, void* kept) {
        auto& values = *static_cast<Values*>(kept);
        values.push_back(smolgrad_value_retain(smolgrad_sub(y[0], t[0])));
        values.push_back(smolgrad_value_retain(smolgrad_square(values[0])));
        return values[1];
      },
      &held);
  EXPECT_EQ(stepped(), 1.0 - 2 * (2.0 - 3.0) * 2.0);
  ASSERT_EQ(held.size(), 2u);
  smolgrad_value_release(held[1]);
  smolgrad_value_release_later(held[0]);
}

TEST_F(CLossFunction, MayHoldAModelOfItsOwn) {
  use([](smolgrad_tape* tape, smolgrad_value* const y[], std::size_t, smolgrad_value* const[], std::size_t, void*) {
    const std::size_t layer[] = {1};
    const double numbers[] = {3.0, 5.0};
    smolgrad_mlp* const judge = smolgrad_mlp_create(tape, 1, layer, 1, nullptr);
    EXPECT_EQ(smolgrad_mlp_set_parameters(judge, numbers, 2), SMOLGRAD_OK);
    smolgrad_value* out[] = {nullptr};
    EXPECT_EQ(smolgrad_mlp_forward(judge, y, 1, out, 1), SMOLGRAD_OK);
    return out[0];
  });
  EXPECT_EQ(stepped(), 1.0 - 3.0 * 2.0);
}

TEST_F(CLossFunction, FailsWithNull) {
  EXPECT_EQ(failure([](smolgrad_tape*, smolgrad_value* const[], std::size_t, smolgrad_value* const[], std::size_t,
                       void*) -> smolgrad_value* { return nullptr; }),
            std::string(invalid_argument) + ": the loss function returned NULL");
}

TEST_F(CLossFunction, FailsWithTheErrorOfItsTape) {
  const std::string by_value = failure([](smolgrad_tape* tape, smolgrad_value* const y[], std::size_t,
                                          smolgrad_value* const[], std::size_t, void*) -> smolgrad_value* {
    EXPECT_EQ(smolgrad_value_set_data(smolgrad_exp(y[0]), 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    EXPECT_NE(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
    return nullptr;
  });
  EXPECT_EQ(by_value.find(invalid_argument), 0u);
  EXPECT_NE(by_value.find("exp"), std::string::npos) << by_value;
  const std::string by_mixing =
      failure([](smolgrad_tape*, smolgrad_value* const y[], std::size_t, smolgrad_value* const[], std::size_t,
                 void* foreign) { return smolgrad_mul(y[0], static_cast<smolgrad_value*>(foreign)); },
              leaf(2.0));
  EXPECT_EQ(by_mixing.find(wrong_tape), 0u) << by_mixing;
}

TEST_F(CLossFunction, FailsWithAValueOfNoUse) {
  const std::string foreign =
      failure([](smolgrad_tape*, smolgrad_value* const[], std::size_t, smolgrad_value* const[], std::size_t,
                 void* of_the_model) { return static_cast<smolgrad_value*>(of_the_model); },
              leaf(2.0));
  EXPECT_EQ(foreign.find(wrong_tape), 0u) << foreign;
  const std::string released =
      failure([](smolgrad_tape*, smolgrad_value* const y[], std::size_t, smolgrad_value* const[], std::size_t, void*) {
        smolgrad_value* const gone = smolgrad_exp(y[0]);
        smolgrad_value_release(gone);
        return gone;
      });
  EXPECT_EQ(released.find(stale), 0u) << released;
}

}  // namespace
}  // namespace smolgrad::test

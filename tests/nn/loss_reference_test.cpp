// The losses against PyTorch's numbers, wrong counts, and what is no loss.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"
#include "reference/losses.hpp"

namespace smolgrad::test {
namespace {

using Values = std::vector<Value>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

TEST(LossReference, AsPyTorch) {
  for (const LossReference& reference : loss_references) {
    SCOPED_TRACE(testing::Message() << "loss " << static_cast<int>(reference.loss) << " with " << reference.value);
    Tape tape;
    const Values outputs = tape.values(reference.outputs), targets = tape.values(reference.targets);
    const Value loss = loss_function(reference.loss)(outputs, targets);
    loss.backward();
    EXPECT_NEAR(loss.data(), reference.value, 4 * epsilon * std::max(1.0, std::abs(reference.value)));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_NEAR(outputs[i].grad(), reference.gradient[i], 4 * epsilon) << "by output " << i;
    }
  }
}

TEST(Loss, TakesAsManyTargetsAsOutputs) {
  const Values none, two{0.0, 1.0}, three{0.0, 1.0, 2.0};
  for (const Loss loss :
       {Loss::mse, Loss::mae, Loss::huber, Loss::hinge, Loss::binary_cross_entropy, Loss::cross_entropy}) {
    SCOPED_TRACE(static_cast<int>(loss));
    const LossFunction function = loss_function(loss);
    for (const Values& outputs : {none, two, three}) {
      for (const Values& targets : {none, two, three}) {
        if (&outputs != &none && outputs.size() == targets.size() && !outputs.empty()) continue;
        EXPECT_EQ(error_of([&] { function(outputs, targets); }), ErrorCode::invalid_argument)
            << outputs.size() << " and " << targets.size();
      }
    }
    EXPECT_EQ(error_of([&] { function({Value()}, {Value()}); }), ErrorCode::invalid_argument) << "empty Values";
  }
  EXPECT_EQ(error_of([&] { cross_entropy({1.0}, {0.0}); }), ErrorCode::invalid_argument) << "one class";
  EXPECT_EQ(error_of([&] { mse(two, {1.0}); }), ErrorCode::invalid_argument);
}

TEST(Loss, IsOneOfSix) {
  for (const int number : {-1, 6, 1000}) {
    EXPECT_EQ(error_of([&] { loss_function(static_cast<Loss>(number)); }), ErrorCode::invalid_argument) << number;
  }
}

TEST(Loss, HuberNeedsADelta) {
  for (const double delta : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(error_of([&] { huber({1.0}, {0.0}, delta); }), ErrorCode::invalid_argument) << delta;
  }
}

TEST(Loss, KeepsTheTapeWhereItIs) {
  Tape tape;
  const Values outputs = tape.values({1.0, 2.0, 3.0}), targets = tape.values({1.0});
  const std::size_t before = tape.node_count();
  const std::size_t here = Tape::current().node_count();
  cross_entropy(outputs, targets).backward();
  EXPECT_EQ(Tape::current().node_count(), here) << "constants are made on the operands' tape";
  EXPECT_EQ(tape.node_count(), before) << "and go with the loss";
  EXPECT_EQ(error_of([&] { mse({1.0, 2.0, 3.0}, outputs); }), ErrorCode::wrong_tape);
}

}  // namespace
}  // namespace smolgrad::test

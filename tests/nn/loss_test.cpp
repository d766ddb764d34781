// The losses against their definitions in extended precision: on the tape, and compiled in double and single precision.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"
#include "ops/oracle.hpp"

namespace smolgrad::test {
namespace {

using Numbers = std::vector<double>;
using Exact = std::vector<mpreal>;
using Values = std::vector<Value>;

/// Of a loss: its value, its derivatives by the outputs, and beside which size each has its accuracy.
struct Definition {
  mpreal value;
  Exact gradient;
  mpreal value_scale = 0, gradient_scale = 0;
};

struct Case {
  std::string name;
  LossFunction loss;
  Definition (*oracle)(const Exact& y, const Exact& t);
  std::vector<std::pair<Numbers, Numbers>> points;
};

/// The mean of terms and their derivatives.
template <class Term>
Definition mean_of(const Exact& y, const Exact& t, const Term& term) {
  Definition result{0, {}};
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto [value, derivative] = term(y[i], t[i]);
    result.value += value / y.size();
    result.gradient.push_back(derivative / y.size());
  }
  return result;
}

using Term = std::pair<mpreal, mpreal>;

int sign(const mpreal& x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

Definition mse_oracle(const Exact& y, const Exact& t) {
  return mean_of(y, t, [](const mpreal& a, const mpreal& b) -> Term { return {sqr(a - b), 2 * (a - b)}; });
}

Definition mae_oracle(const Exact& y, const Exact& t) {
  return mean_of(y, t, [](const mpreal& a, const mpreal& b) -> Term { return {abs(a - b), sign(a - b)}; });
}

template <int half_deltas>
Definition huber_oracle(const Exact& y, const Exact& t) {
  return mean_of(y, t, [](const mpreal& a, const mpreal& b) -> Term {
    const mpreal delta = mpreal(half_deltas) / 2;
    const mpreal d = a - b;
    if (abs(d) < delta) return {sqr(d) / 2, d};
    return {delta * (abs(d) - delta / 2), sign(d) * delta};
  });
}

Definition hinge_oracle(const Exact& y, const Exact& t) {
  Definition result = mean_of(y, t, [](const mpreal& a, const mpreal& b) -> Term {
    const mpreal margin = a * b;
    if (margin >= 1) return {0, 0};
    return {1 - margin, -b};
  });
  for (std::size_t i = 0; i < y.size(); ++i) result.value_scale = max(result.value_scale, abs(y[i] * t[i]));
  return result;
}

/// exp(x) with room for what is tiny beside 1.
mpreal tiny_exp(const mpreal& x) { return x < -1e6 ? mpreal(0) : exp(x); }

Definition binary_cross_entropy_oracle(const Exact& y, const Exact& t) {
  return mean_of(y, t, [](const mpreal& a, const mpreal& b) -> Term {
    const mpreal e = tiny_exp(-abs(a));
    const mpreal near = log1p(e), far = abs(a) + near;  // -log of the probable and of the improbable
    const mpreal probable = 1 / (1 + e), improbable = e / (1 + e);
    const bool up = a > 0;
    return {b * (up ? near : far) + (1 - b) * (up ? far : near),
            (1 - b) * (up ? probable : improbable) - b * (up ? improbable : probable)};
  });
}

Definition cross_entropy_oracle(const Exact& y, const Exact& targets) {
  Exact t = targets;
  if (t.size() == 1) {
    t.assign(y.size(), 0);
    t[static_cast<std::size_t>(targets[0].toLong())] = 1;
  }
  mpreal largest = y[0], total = 0, weight = 0;
  for (const mpreal& logit : y) largest = max(largest, logit);
  for (const mpreal& logit : y) total += tiny_exp(logit - largest);
  Definition result{0, {}, 0, 1};
  for (std::size_t i = 0; i < y.size(); ++i) {
    result.value += t[i] * (largest - y[i] + log(total));
    weight += t[i];
    result.value_scale = max(result.value_scale, max(mpreal(1), abs(y[i])));
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    result.gradient.push_back(weight * tiny_exp(y[i] - largest) / total - t[i]);
  }
  return result;
}

const double infinite = std::numeric_limits<double>::infinity();

const std::vector<std::pair<Numbers, Numbers>> distances = {
    {{0.3}, {-1.2}},     {{1, 2, 3}, {1.5, -2, 3}}, {{0.1, -7, 1e-9}, {0.1000001, 9, 0}},
    {{1, -1}, {0, 0}},   {{0.5, 2.5}, {0, 0}},      {{1000, -1000}, {-1000, 3}},
    {{1e300}, {-1e300}}, {{1e-300, 1e300}, {0, 1}}, {{0, 0}, {0, 0}},
};

const std::vector<Case> cases = {
    {"mse", mse, mse_oracle, distances},
    {"mae", mae, mae_oracle, distances},
    {"huber", loss_function(Loss::huber), huber_oracle<2>, distances},
    {"huber 2.5", [](const Values& y, const Values& t) { return huber(y, t, 2.5); }, huber_oracle<5>, distances},
    {"hinge",
     hinge,
     hinge_oracle,
     {{{0.3}, {1}},
      {{0.3, -2, 5}, {-1, 1, 1}},
      {{1, -1}, {1, -1}},
      {{0.999999, 1.000001}, {1, 1}},
      {{1000, -1000, 1000}, {1, 1, -1}},
      {{1e300, 1e300}, {1, -1}}}},
    {"binary_cross_entropy",
     binary_cross_entropy,
     binary_cross_entropy_oracle,
     {{{0.3}, {1}},
      {{0.3, -2, 5}, {0, 1, 1}},
      {{0, 0, 0}, {0, 1, 0.5}},
      {{0.25, -3}, {0.125, 0.75}},
      {{17, -17}, {1, 0}},
      {{40, -40}, {1, 0}},
      {{700}, {1}},
      {{-700}, {0}},
      {{1000, -1000}, {1, 0}},
      {{1000, -1000}, {0, 1}},
      {{1000}, {0.5}},
      {{1e300}, {1}},
      {{1e300, -1e300}, {0, 1}}}},
    {"cross_entropy",
     cross_entropy,
     cross_entropy_oracle,
     {{{0.3, -0.2}, {1}},
      {{0.3, -0.2, 2, 0.125}, {0}},
      {{0.3, -0.2, 2, 0.125}, {3}},
      {{0.5, 0.5, 0.5}, {1}},
      {{1000, -1000, 999.5}, {0}},
      {{1000, -1000, 999.5}, {1}},
      {{1000, -1000, 999.5}, {2}},
      {{-1000, -1000}, {1}},
      {{1e300, -1e300}, {0}},
      {{1e300, -1e300}, {1}},
      {{0.3, -0.2, 2}, {0.25, 0.5, 0.25}},
      {{0.3, -0.2, 2}, {0, 1, 0}},
      {{0.3, -0.2, 2}, {0.5, 0.5, 0.5}},
      {{1000, -1000, 0}, {0.5, 0.5, 0}},
      {{1e300, -1e300}, {1, 0}},
      {{1e300, -1e300}, {0.5, 0.5}}}},
};

Exact exact(const Numbers& numbers) { return {numbers.begin(), numbers.end()}; }

/// Beyond the largest number the exact result is infinity; below the smallest normal one errors are absolute.
template <class T>
void expect_near(double got, const mpreal& expected, const mpreal& scale, const std::string& what) {
  using Limits = std::numeric_limits<T>;
  if (abs(expected) > Limits::max()) {
    EXPECT_EQ(got, expected > 0 ? infinite : -infinite) << what;
    return;
  }
  const mpreal size = max(max(abs(expected), scale), mpreal(Limits::min()));
  const mpreal error = abs(mpreal(got) - expected) / size;
  EXPECT_LE(error.toDouble(), 16 * double{Limits::epsilon()}) << what << ": " << got << ", not " << expected.toString();
  EXPECT_FALSE(std::isnan(got)) << what;
}

template <class T>
void expect_as_defined(const Case& test, const Numbers& y, const Numbers& t, double value, const Numbers& gradient) {
  const Precision precision(4000);
  const Definition expected = test.oracle(exact(y), exact(t));
  expect_near<T>(value, expected.value, expected.value_scale, "value");
  for (std::size_t i = 0; i < y.size(); ++i) {
    expect_near<T>(gradient[i], expected.gradient[i], expected.gradient_scale, "by output " + std::to_string(i));
  }
}

std::string text(const Case& test, const Numbers& y, const Numbers& t) {
  return test.name + " of " + testing::PrintToString(y) + " and " + testing::PrintToString(t);
}

TEST(Loss, OnTheTapeIsAsDefined) {
  for (const Case& test : cases) {
    for (const auto& [y, t] : test.points) {
      SCOPED_TRACE(text(test, y, t));
      Tape tape;
      const Values outputs = tape.values(y), targets = tape.values(t);
      const Value loss = test.loss(outputs, targets);
      loss.backward();
      Numbers gradient;
      for (const Value& output : outputs) gradient.push_back(output.grad());
      expect_as_defined<double>(test, y, t, loss.data(), gradient);
    }
  }
}

/// Recorded with leaves of 0.5 and the class 0, run with other numbers in another row than the first.
template <class T>
void expect_compiled_as_defined(Dtype dtype) {
  for (const Case& test : cases) {
    for (const auto& [y, t] : test.points) {
      if (std::any_of(y.begin(), y.end(), [](double x) { return std::abs(x) > std::numeric_limits<T>::max(); })) {
        continue;
      }
      SCOPED_TRACE(text(test, y, t));
      Tape tape;
      const Values outputs = tape.values(Numbers(y.size(), 0.5)), targets = tape.values(Numbers(t.size(), 0.0));
      Values inputs = outputs;
      inputs.insert(inputs.end(), targets.begin(), targets.end());
      const Function function(inputs, {}, {test.loss(outputs, targets)}, {dtype, {}});
      constexpr std::size_t rows = 5, row = 3;
      const std::size_t width = inputs.size();
      std::vector<T> x(rows * width, T(0)), value(rows), evaluated(rows), gradient(rows * width);
      for (std::size_t i = 0; i < y.size(); ++i) x[row * width + i] = static_cast<T>(y[i]);
      for (std::size_t i = 0; i < t.size(); ++i) x[row * width + y.size() + i] = static_cast<T>(t[i]);
      const auto begin = x.begin() + row * width;
      const auto middle = begin + static_cast<std::ptrdiff_t>(y.size());
      function.gradient<T>(rows, x.data(), nullptr, value.data(), gradient.data(), nullptr);
      function.evaluate<T>(rows, x.data(), nullptr, evaluated.data());
      const auto found = gradient.begin() + row * width;
      const Numbers rounded_y(begin, middle), rounded_t(middle, begin + static_cast<std::ptrdiff_t>(width));
      const Numbers by_outputs(found, found + static_cast<std::ptrdiff_t>(y.size()));
      expect_as_defined<T>(test, rounded_y, rounded_t, value[row], by_outputs);
      expect_as_defined<T>(test, rounded_y, rounded_t, evaluated[row], by_outputs);
    }
  }
}

TEST(Loss, CompiledIsAsDefined) { expect_compiled_as_defined<double>(Dtype::float64); }
TEST(Loss, CompiledInSinglePrecisionIsAsDefined) { expect_compiled_as_defined<float>(Dtype::float32); }

TEST(Loss, BinaryCrossEntropyHasItsSecondDerivative) {
  Tape tape;
  const Values y = tape.values({0.5}), t = tape.values({1.0});
  const Function function(y, t, {binary_cross_entropy(y, t)});
  const Numbers at{0.0, 1.0, -3.0, 30.0};
  Numbers second(at.size());
  const double target = 1.0;
  function.hessian<double>(at.size(), at.data(), &target, nullptr, second.data());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double e = std::exp(-std::abs(at[i]));
    EXPECT_NEAR(second[i], e / ((1 + e) * (1 + e)), 1e-15) << at[i];
  }
}

TEST(Loss, ALogitOfMinusInfinityTakesNoPart) {
  Tape tape;
  const Values y = tape.values({0.5, -infinite, 1.5}), t = tape.values({0.0});
  const Value loss = cross_entropy(y, t);
  loss.backward();
  EXPECT_NEAR(loss.data(), std::log1p(std::exp(1.0)), 1e-15);
  EXPECT_EQ(y[1].grad(), 0.0);
  const Function function(y, t, {cross_entropy(y, t)});
  const Numbers at{0.5, -infinite, 1.5};
  const double target = 0.0;
  Numbers value(1), gradient(3);
  function.gradient(1, at.data(), &target, value.data(), gradient.data(), static_cast<double*>(nullptr));
  EXPECT_NEAR(value[0], std::log1p(std::exp(1.0)), 1e-15);
  EXPECT_EQ(gradient[1], 0.0);
  EXPECT_NEAR(gradient[2], 1 / (1 + std::exp(-1.0)), 1e-15);
}

TEST(Loss, AClassThatIsNoneIsNaN) {
  Tape tape;
  const Values y = tape.values({0.5, -1.0, 1.5}), t = tape.values({0.0});
  const Value recorded = cross_entropy(y, t);
  const Function in_double(y, t, {recorded}), in_single(y, t, {recorded}, {Dtype::float32, {}});
  for (const double target : {-1.0, 3.0, 0.5, 1.25, 1e300, infinite, -infinite, std::nan("")}) {
    SCOPED_TRACE(target);
    const Values wrong = tape.values({target});
    EXPECT_TRUE(std::isnan(cross_entropy(y, wrong).data()));
    const double at[] = {0.5, -1.0, 1.5};
    double value = 0.0;
    in_double.evaluate(1, at, &target, &value);
    EXPECT_TRUE(std::isnan(value));
    const float single_at[] = {0.5F, -1.0F, 1.5F};
    const auto single_target = static_cast<float>(target);
    float single_value = 0.0F;
    in_single.evaluate(1, single_at, &single_target, &single_value);
    EXPECT_TRUE(std::isnan(single_value));
  }
}

TEST(Loss, OtherCountsOfTargetsAreRefused) {
  Tape tape;
  const Values y = tape.values({0.5, -1.0, 1.5}), t = tape.values({0.0, 1.0, 0.0, 0.0});
  for (const LossFunction& loss : {loss_function(Loss::mse), loss_function(Loss::cross_entropy)}) {
    for (const std::size_t count : {0, 2, 4}) {
      const Values some(t.begin(), t.begin() + static_cast<std::ptrdiff_t>(count));
      const auto refused = [&] { loss(y, some); };
      EXPECT_EQ(error_of(refused), ErrorCode::invalid_argument);
      EXPECT_NE(message_of(refused).find("targets"), std::string::npos) << message_of(refused);
    }
  }
}

}  // namespace
}  // namespace smolgrad::test

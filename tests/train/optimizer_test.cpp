// The optimisers against PyTorch's numbers; parts, precision, checkpoints and errors.
#include <smolgrad/optimizer.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"
#include "reference/optimizers.hpp"

namespace smolgrad::test {
namespace {

const double infinity = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

/// Of sum p^4 / 4 - p^2 / 2 + p next(p) / 2, as in optimizers.py.
template <class T>
std::vector<T> gradient(const std::vector<T>& p) {
  const std::size_t n = p.size();
  std::vector<T> result(n);
  for (std::size_t i = 0; i < n; ++i) {
    result[i] = p[i] * p[i] * p[i] - p[i] + T(0.5) * (p[(i + n - 1) % n] + p[(i + 1) % n]);
  }
  return result;
}

template <class T>
std::vector<T> after(Optimizer<T>& optimizer, std::vector<T> parameters, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) optimizer.step(parameters.data(), gradient(parameters).data());
  return parameters;
}

template <class T>
std::vector<T> start(std::size_t count = optimizer_start.size()) {
  std::vector<T> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<T>(optimizer_start[i % optimizer_start.size()]));
  return result;
}

template <class T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0) << what;
}

TEST(Optimizer, AsPyTorch) {
  for (std::size_t i = 0; i < optimizer_references.size(); ++i) {
    SCOPED_TRACE("reference " + std::to_string(i));
    const OptimizerReference& reference = optimizer_references[i];
    Optimizer<double> optimizer(reference.options, optimizer_start.size(), reference.schedule, reference.clipping);
    const std::vector<double> one = after(optimizer, optimizer_start, 1);
    const std::vector<double> ten = after(optimizer, one, 9);
    EXPECT_EQ(optimizer.steps(), 10u);
    for (std::size_t k = 0; k < one.size(); ++k) {
      EXPECT_NEAR(one[k], reference.after_one[k], 1e-12) << "first step, " << k;
      EXPECT_NEAR(ten[k], reference.after_ten[k], 1e-12) << "tenth step, " << k;
    }
  }
}

TEST(Optimizer, DefaultsArePyTorchs) {
  const auto same = [](double a, double b) { EXPECT_EQ(a, b); };
  const auto& rms = std::get<RmsProp>(optimizer_references[6].options);
  same(RmsProp{}.learning_rate, rms.learning_rate);
  same(RmsProp{}.alpha, rms.alpha);
  same(RmsProp{}.epsilon, rms.epsilon);
  const auto& adam = std::get<Adam>(optimizer_references[11].options);
  same(Adam{}.learning_rate, adam.learning_rate);
  same(Adam{}.beta1, adam.beta1);
  same(Adam{}.beta2, adam.beta2);
  same(Adam{}.epsilon, adam.epsilon);
  same(Adam{}.weight_decay, adam.weight_decay);
  const auto& adamw = std::get<AdamW>(optimizer_references[14].options);
  same(AdamW{}.learning_rate, adamw.learning_rate);
  same(AdamW{}.beta1, adamw.beta1);
  same(AdamW{}.beta2, adamw.beta2);
  same(AdamW{}.epsilon, adamw.epsilon);
  same(AdamW{}.weight_decay, adamw.weight_decay);
}

/// With the same gradients: each of ten steps rounds some numbers of about 1.
TEST(Optimizer, SinglePrecisionFollowsDouble) {
  for (std::size_t i = 0; i < optimizer_references.size(); ++i) {
    const OptimizerReference& reference = optimizer_references[i];
    const std::size_t count = optimizer_start.size();
    Optimizer<double> exact(reference.options, count, reference.schedule, reference.clipping);
    Optimizer<float> single(reference.options, count, reference.schedule, reference.clipping);
    std::vector<float> p = start<float>();
    std::vector<double> expected(p.begin(), p.end());
    std::mt19937 random(1);
    for (int step = 0; step < 10; ++step) {
      std::vector<float> g(count);
      for (float& x : g) x = static_cast<float>(random() >> 8) * 0x1p-23F - 1.0F;
      single.step(p.data(), g.data());
      exact.step(expected.data(), std::vector<double>(g.begin(), g.end()).data());
    }
    const double tolerance = 20 * double{std::numeric_limits<float>::epsilon()};
    for (std::size_t k = 0; k < count; ++k) EXPECT_NEAR(p[k], expected[k], tolerance) << "reference " << i << ", " << k;
  }
}

/// What is multiplied by 1/4 first, exactly.
TEST(Optimizer, ScalesGradients) {
  for (std::size_t i = 0; i < optimizer_references.size(); ++i) {
    const OptimizerReference& reference = optimizer_references[i];
    Optimizer<double> optimizer(reference.options, optimizer_start.size(), reference.schedule, reference.clipping);
    Optimizer<double> scaled(reference.options, optimizer_start.size(), reference.schedule, reference.clipping);
    std::vector<double> a = optimizer_start, b = optimizer_start;
    for (int step = 0; step < 3; ++step) {
      std::vector<double> g = gradient(a);
      optimizer.step(a.data(), g.data());
      for (double& x : g) x *= 4.0;
      scaled.step(b.data(), g.data(), 0.25);
    }
    expect_same_bits(a, b, "reference " + std::to_string(i));
  }
}

template <class T>
void expect_same_in_parts() {
  constexpr std::size_t count = 2500;
  std::mt19937_64 random(5);
  for (std::size_t i = 0; i < optimizer_references.size(); ++i) {
    SCOPED_TRACE("reference " + std::to_string(i));
    const OptimizerReference& reference = optimizer_references[i];
    Optimizer<T> whole(reference.options, count, reference.schedule, reference.clipping);
    Optimizer<T> parts(reference.options, count, reference.schedule, reference.clipping);
    std::vector<T> a = start<T>(count), b = a;
    for (int step = 0; step < 5; ++step) {
      const std::vector<T> g = gradient(a);
      whole.step(a.data(), g.data(), T(0.5));
      parts.begin_step(g.data(), T(0.5));
      // From the end, in ranges of all lengths.
      for (std::size_t last = count; last > 0;) {
        const std::size_t first = last - std::min<std::size_t>(last, random() % (step == 0 ? 40 : 1000));
        parts.update(b.data(), g.data(), first, last);
        last = first;
      }
      expect_same_bits(a, b, "parameters after step " + std::to_string(step));
    }
    for (std::size_t k = 0; k < whole.state_count(); ++k) {
      EXPECT_EQ(std::memcmp(whole.state(k).data, parts.state(k).data, count * sizeof(T)), 0) << whole.state(k).name;
    }
  }
}

TEST(Optimizer, TheSameBitsInParts) { expect_same_in_parts<double>(); }
TEST(Optimizer, TheSameBitsInPartsOfSinglePrecision) { expect_same_in_parts<float>(); }

TEST(OptimizerThreads, TheSameBitsOnThreads) {
  constexpr std::size_t count = 10001, threads = 3;
  Optimizer<float> alone(Adam{}, count), shared(Adam{}, count);
  std::vector<float> a = start<float>(count), b = a;
  for (int step = 0; step < 3; ++step) {
    const std::vector<float> g = gradient(a);
    alone.step(a.data(), g.data());
    shared.begin_step(g.data());
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back(
          [&, i] { shared.update(b.data(), g.data(), count * i / threads, count * (i + 1) / threads); });
    }
    for (std::thread& thread : running) thread.join();
    expect_same_bits(a, b, "step " + std::to_string(step));
  }
}

TEST(Optimizer, GoesOnFromACheckpoint) {
  for (std::size_t i = 0; i < optimizer_references.size(); ++i) {
    SCOPED_TRACE("reference " + std::to_string(i));
    const OptimizerReference& reference = optimizer_references[i];
    const std::size_t count = optimizer_start.size();
    Optimizer<double> before(reference.options, count, reference.schedule, reference.clipping);
    Optimizer<double> restored(reference.options, count, reference.schedule, reference.clipping);
    const std::vector<double> four = after(before, optimizer_start, 4);
    const Optimizer<double>& saved = before;
    ASSERT_EQ(saved.state_count(), restored.state_count());
    for (std::size_t k = 0; k < saved.state_count(); ++k) {
      EXPECT_STREQ(saved.state(k).name, restored.state(k).name);
      std::copy(saved.state(k).data, saved.state(k).data + count, restored.state(k).data);
    }
    restored.set_steps(saved.steps());
    EXPECT_EQ(restored.learning_rate(), saved.learning_rate());
    expect_same_bits(after(before, four, 6), after(restored, four, 6), "ten steps");
  }
}

TEST(Optimizer, NamesItsState) {
  const auto names = [](const OptimizerOptions& options) {
    std::string result;
    Optimizer<float> optimizer(options, 3);
    for (std::size_t i = 0; i < optimizer.state_count(); ++i) result += std::string(optimizer.state(i).name) + " ";
    EXPECT_EQ(error_of([&] { optimizer.state(optimizer.state_count()); }), ErrorCode::invalid_argument);
    return result;
  };
  EXPECT_EQ(names(Sgd{}), "");
  EXPECT_EQ(names(Sgd{0.1, 0.9}), "momentum_buffer ");
  EXPECT_EQ(names(RmsProp{}), "square_avg ");
  EXPECT_EQ(names(RmsProp{0.01, 0.99, 1e-8, 0, 0.9, true}), "grad_avg square_avg momentum_buffer ");
  EXPECT_EQ(names(Adam{}), "exp_avg exp_avg_sq ");
  EXPECT_EQ(names(AdamW{}), "exp_avg exp_avg_sq ");
}

TEST(Optimizer, TellsTheNextLearningRate) {
  Optimizer<double> optimizer(Sgd{0.5}, 1, Schedule{StepDecay{1, 0.5}, 2});
  double p = 0.0;
  const double g = 1.0;
  for (const double rate : {0.25, 0.5, 0.5, 0.25, 0.125}) {
    EXPECT_EQ(optimizer.learning_rate(), rate);
    const double before = p;
    optimizer.step(&p, &g);
    EXPECT_EQ(before - p, rate);
  }
}

TEST(Optimizer, StepsATapesParameters) {
  MLP mlp(2, {3, 1});
  Optimizer<double> optimizer(Sgd{0.1}, mlp.parameters().size());
  mse(mlp({2.0, -1.0}), {0.25}).backward();
  const std::size_t count = mlp.parameters().size();
  std::vector<double> expected(mlp.parameters().data(), mlp.parameters().data() + count);
  for (std::size_t i = 0; i < count; ++i) expected[i] -= 0.1 * 0.5 * mlp.parameters().grad()[i];
  const Value stale = mse(mlp({2.0, -1.0}), {0.25});
  optimizer.step(mlp.parameters(), 0.5);
  for (std::size_t i = 0; i < count; ++i) EXPECT_DOUBLE_EQ(mlp.parameters().data()[i], expected[i]);
  EXPECT_EQ(error_of([&] { stale.backward(); }), ErrorCode::stale);
  Optimizer<double> smaller(Sgd{0.1}, count - 1);
  EXPECT_EQ(error_of([&] { smaller.step(mlp.parameters()); }), ErrorCode::invalid_argument);
}

TEST(Optimizer, ClippingAsDocumented) {
  std::vector<double> p(3), g{3.0, -4.0, 0.5};
  Optimizer<double>(Sgd{1.0}, 3, {}, {infinity, 2.0}).step(p.data(), g.data(), 2.0);
  EXPECT_EQ(p, (std::vector<double>{-2.0, 2.0, -1.0})) << "by value, after scaling";
  p.assign(3, 0.0);
  Optimizer<double>(Sgd{1.0}, 3, {}, {1.5, 2.0}).step(p.data(), g.data(), 2.0);
  const double factor = 1.5 / (3.0 + 1e-6);
  const double clipped[] = {-2.0, 2.0, -1.0};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(p[i], factor * clipped[i]);
  std::vector<float> single(1), huge{1e30F};
  Optimizer<float>(Sgd{1.0}, 1, {}, {1.0}).step(single.data(), huge.data());
  EXPECT_FLOAT_EQ(single[0], -1.0F) << "whose square single precision does not hold";
}

TEST(Optimizer, NaNFlowsThrough) {
  for (const OptimizerReference& reference : optimizer_references) {
    Optimizer<double> optimizer(reference.options, 20, reference.schedule, reference.clipping);
    std::vector<double> p(20, 0.5), g(20, 0.25);
    g[3] = nan;
    optimizer.step(p.data(), g.data());
    EXPECT_TRUE(std::isnan(p[3]));
    EXPECT_EQ(std::isnan(p[4]), reference.clipping.norm < infinity);
  }
}

/// The average of zeros alone decays to 0 and no further: a subnormal number times 0.9 may be itself.
TEST(Optimizer, AveragesDoNotBecomeSubnormal) {
  for (const OptimizerOptions& options : std::vector<OptimizerOptions>{Adam{}, Sgd{0.1, 0.9}, RmsProp{0.1, 0.9}}) {
    Optimizer<float> optimizer(options, 33);
    std::vector<float> p(33, 0.5F), g(33, 1e-3F);
    optimizer.step(p.data(), g.data());
    g.assign(33, 0.0F);
    for (int i = 0; i < 2000; ++i) optimizer.step(p.data(), g.data());
    for (std::size_t k = 0; k < 33; ++k) {
      const float average = optimizer.state(0).data[k];
      EXPECT_TRUE(average == 0.0F || std::isnormal(average)) << average;
    }
  }
}

TEST(Optimizer, OptionsOutOfRange) {
  const std::vector<std::pair<OptimizerOptions, const char*>> wrong = {
      {Sgd{-0.1}, "learning_rate"},
      {Sgd{nan}, "learning_rate"},
      {Sgd{infinity}, "learning_rate"},
      {Sgd{0.1, -0.5}, "momentum"},
      {Sgd{0.1, nan}, "momentum"},
      {Sgd{0.1, 0.5, -1}, "dampening"},
      {Sgd{0.1, 0.5, 0, -1}, "weight_decay"},
      {Sgd{0.1, 0, 0, 0, true}, "momentum"},
      {Sgd{0.1, 0.5, 0.1, 0, true}, "dampening"},
      {RmsProp{-1}, "learning_rate"},
      {RmsProp{0.1, 1.5}, "alpha"},
      {RmsProp{0.1, -0.5}, "alpha"},
      {RmsProp{0.1, 0.9, -1e-8}, "epsilon"},
      {RmsProp{0.1, 0.9, 1e-8, -1}, "weight_decay"},
      {RmsProp{0.1, 0.9, 1e-8, 0, -1}, "momentum"},
      {Adam{nan}, "learning_rate"},
      {Adam{0.1, 1.0}, "beta1"},
      {Adam{0.1, -0.1}, "beta1"},
      {Adam{0.1, 0.9, 1.0}, "beta2"},
      {AdamW{0.1, 0.9, nan}, "beta2"},
      {AdamW{0.1, 0.9, 0.99, -1}, "epsilon"},
      {AdamW{0.1, 0.9, 0.99, 1e-8, infinity}, "weight_decay"},
  };
  for (const auto& [options, name] : wrong) {
    try {
      Optimizer<double>(options, 3);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what() << " does not name " << name;
    }
  }
  for (const Clipping clipping :
       {Clipping{0.0}, Clipping{-1.0}, Clipping{nan}, Clipping{1.0, 0.0}, Clipping{1.0, nan}}) {
    EXPECT_EQ(error_of([&] { Optimizer<float>(Sgd{}, 3, {}, clipping); }), ErrorCode::invalid_argument);
  }
  EXPECT_EQ(error_of([] { Optimizer<float>(Adam{}, SIZE_MAX / 4); }), ErrorCode::out_of_memory);
}

TEST(Optimizer, ArraysAndRanges) {
  Optimizer<double> optimizer(Sgd{}, 3, {}, {1.0});
  std::vector<double> p(3, 1.0), g(3, 1.0);
  EXPECT_EQ(error_of([&] { optimizer.update(p.data(), g.data(), 0, 3); }), ErrorCode::invalid_argument) << "not begun";
  EXPECT_EQ(error_of([&] { optimizer.step(nullptr, g.data()); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { optimizer.step(p.data(), nullptr); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { optimizer.begin_step(nullptr); }), ErrorCode::invalid_argument);
  EXPECT_EQ(optimizer.steps(), 0u) << "what fails is not counted";
  optimizer.begin_step(g.data());
  EXPECT_EQ(error_of([&] { optimizer.update(p.data(), g.data(), 0, 4); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { optimizer.update(p.data(), g.data(), 2, 1); }), ErrorCode::invalid_argument);
  EXPECT_EQ(p, std::vector<double>(3, 1.0));
  Optimizer<double> none(Adam{}, 0, {}, {1.0});
  none.step(nullptr, nullptr);
  EXPECT_EQ(none.steps(), 1u);
  Optimizer<double> moved = std::move(optimizer);
  EXPECT_EQ(moved.parameter_count(), 3u);
}

}  // namespace
}  // namespace smolgrad::test

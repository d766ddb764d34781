// A network learns inside a control loop, one sample at a time. A pendulum is to follow a path; a weak PD controller
// keeps it near, and knows nothing of gravity and friction. An MLP learns from what it sees, 500 times a second, which
// torque goes with which motion, and adds the torque of the motion that is wanted. Then the load becomes heavier, and
// at last learning stops: what has been learnt stays. Draws how far the pendulum is from its path.
//
// usage: online errors.png
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

#include "curves.hpp"
#include "progress_bar.hpp"

using smolgrad::MLP;

namespace {

constexpr int rate = 500;  // steps a second
constexpr int seconds = 100;
constexpr int heavier_after = 40;
constexpr int learns_until = 80;
constexpr int window = 2;  // seconds that an error is the mean of
constexpr double dt = 1.0 / rate;

/// Radians, and radians a second.
struct Motion {
  double angle, velocity, acceleration;
};

/// A rod of 1 m with a load at its end. Only the simulation knows this.
class Pendulum {
 public:
  double load = 1.0;  // kg

  /// The motion, with the acceleration that this torque gives it, before it goes on for dt.
  Motion step(double torque) {
    const double friction = 0.4 * velocity_ + 0.8 * std::tanh(20.0 * velocity_);
    const Motion motion = {angle_, velocity_, (torque - friction) / load - 9.81 * std::sin(angle_)};
    velocity_ += dt * motion.acceleration;
    angle_ += dt * velocity_;
    return motion;
  }
  double angle() const { return angle_; }
  double velocity() const { return velocity_; }

 private:
  double angle_ = 0.0;
  double velocity_ = 0.0;
};

Motion wanted(double t) {
  Motion path = {0.0, 0.0, 0.0};
  for (const auto& [height, frequency] : {std::array{0.9, 1.3}, std::array{0.5, 3.1}}) {
    path.angle += height * std::sin(frequency * t);
    path.velocity += height * frequency * std::cos(frequency * t);
    path.acceleration -= height * frequency * frequency * std::sin(frequency * t);
  }
  return path;
}

/// What the network sees of a motion: numbers of about 1.
std::array<double, 4> features(const Motion& motion) {
  return {std::sin(motion.angle), std::tanh(5.0 * motion.velocity), motion.velocity / 3.0, motion.acceleration / 6.0};
}

constexpr double torque_unit = 10.0;  // N m; the network's output is about 1 too

/// Root mean squares of the error of each window, in degrees; and the mean time of a step of learning, in microseconds.
struct Run {
  std::vector<double> errors;
  double microseconds = 0.0;
};

Run follow_path(bool has_network) {
  smolgrad::ModelOptions model;
  model.activation = smolgrad::Activation::tanh;
  model.initialization = smolgrad::Initialization::xavier;
  MLP mlp(4, {32, 1}, model);
  smolgrad::FitOptions options;
  options.optimizer = smolgrad::Sgd{1e-3};
  smolgrad::Trainer trainer(mlp, options);

  Pendulum pendulum;
  Run run;
  std::chrono::duration<double, std::micro> learning{};
  double squares = 0.0;
  for (int i = 0; i < seconds * rate; ++i) {
    if (i == heavier_after * rate) pendulum.load = 1.5;
    const Motion path = wanted(i * dt);
    const double error = path.angle - pendulum.angle();
    double torque = 40.0 * error + 8.0 * (path.velocity - pendulum.velocity());
    if (has_network) {
      double forward = 0.0;
      mlp.predict(features(path).data(), 1, &forward);
      torque += torque_unit * forward;
    }
    const Motion motion = pendulum.step(torque);
    if (has_network && i < learns_until * rate) {
      const double target = torque / torque_unit;
      const auto start = std::chrono::steady_clock::now();
      trainer.step(features(motion).data(), &target);
      learning += std::chrono::steady_clock::now() - start;
    }
    squares += error * error;
    if ((i + 1) % (window * rate) == 0) {
      run.errors.push_back(std::sqrt(squares / (window * rate)) * 180.0 / std::acos(-1.0));
      squares = 0.0;
      if (has_network) show_progress((i + 1) / rate, seconds, fmt::format("error {:.2f} degrees", run.errors.back()));
    }
  }
  run.microseconds = learning.count() / (learns_until * rate);
  return run;
}

bool compare(const char* picture) {
  const Run alone = follow_path(false);
  const Run together = follow_path(true);
  const auto report = [&](const char* when, int second) {
    const auto at = static_cast<std::size_t>(second / window);
    fmt::print("{}: {:.1f} degrees, without the network {:.1f}\n", when, together.errors[at], alone.errors[at]);
  };
  report("error at first", 0);
  report("before the load becomes heavier", heavier_after - window);
  report("when it has become heavier", heavier_after);
  report("when that is learnt", learns_until - window);
  report("at the end, no longer learning", seconds - window);
  fmt::print("a step of learning takes {:.2f} us\n", together.microseconds);
  draw_curves(picture, "ERROR IN DEGREES", "SECONDS", seconds,
              {{"PD ALONE", {0.85, 0.4, 0.1}, alone.errors}, {"WITH A NETWORK", {0.1, 0.3, 0.7}, together.errors}});
  fmt::print("the errors are drawn in {}\n", picture);
  return together.errors.back() < 0.2 * alone.errors.back();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} errors.png\n", argv[0]);
    return 2;
  }
  try {
    return compare(argv[1]) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

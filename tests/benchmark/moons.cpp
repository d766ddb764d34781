// T1: micrograd's demonstration. Two interleaving half circles, an MLP 2-16-16-1 with relu, hinge loss and weight
// decay; a step is one of gradient descent on the full batch.
#include "by_trainer.hpp"
#include "moons_by_hand.hpp"
#include "peers.hpp"

namespace bench {

namespace {

constexpr double rate = 0.1;
constexpr double decay = 2e-4;  // the gradient of 1e-4 times the sum of squares

template <class T>
SharedSamples<T> two_moons() {
  constexpr double pi = 3.141592653589793;
  constexpr double noise = 0.1;
  Random random(3);
  Samples<T> samples{2, 1, {}, {}};
  for (std::size_t i = 0; i < MoonsByHand<T>::samples; ++i) {
    const double angle = pi * random.uniform();
    const bool lower = i % 2 == 1;
    const double x = lower ? 1.0 - std::cos(angle) : std::cos(angle);
    const double y = lower ? 0.5 - std::sin(angle) : std::sin(angle);
    samples.x.push_back(static_cast<T>(x + noise * random.normal()));
    samples.x.push_back(static_cast<T>(y + noise * random.normal()));
    samples.y.push_back(lower ? T(1) : T(-1));
  }
  return std::make_shared<const Samples<T>>(std::move(samples));
}

template <class T>
class ByHandSteps {
 public:
  explicit ByHandSteps(const Samples<T>& samples)
      : network_(samples.x.data(), samples.y.data(), static_cast<T>(rate), static_cast<T>(decay)) {}

  void set_parameters(const std::vector<double>& parameters) { network_.set_parameters(parameters); }
  std::vector<double> parameters() const { return network_.parameters(); }
  double train(std::size_t steps) {
    double sum = 0.0;
    for (std::size_t i = 0; i < steps; ++i) sum += network_.step();
    return sum;
  }

 private:
  MoonsByHand<T> network_;
};

template <class T>
Workload row(const char* name, const char* what, double tolerance) {
  using Trainer = Batches<T, ByTrainer<T>>;
  const SharedSamples<T> samples = two_moons<T>();
  const TrainerOptions options{
      {2, 16, 16, 1}, smolgrad::Activation::relu, smolgrad::Loss::hinge, smolgrad::Sgd{rate, 0.0, 0.0, decay}};
  const std::vector<double> first = first_parameters(options.sizes);
  const Course course{20, 1};
  std::vector<Peer> peers;
#ifdef SMOLGRAD_BENCHMARK_TORCH
  peers.push_back({"libtorch", moons_by_torch(samples, options.sizes, rate, decay, first, course)});
#endif
  return {name,
          what,
          1.5,
          1.0,
          1,
          std::make_unique<Training<ByHandSteps<T>>>(first, course, *samples),
          std::make_unique<Training<Trainer>>(first, course, samples, samples->rows(), options),
          std::move(peers),
          {},
          tolerance};
}

}  // namespace

std::vector<Workload> moons(bool) {
  std::vector<Workload> rows;
  rows.push_back(row<double>("T1-f64", "100 points, MLP 2-16-16-1, a step", 1e-9));
  rows.push_back(row<float>("T1-f32", "the same in single precision", 1e-3));
  return rows;
}

}  // namespace bench

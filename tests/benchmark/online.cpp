// T2: online learning. An MLP 16-32-4, tanh and then linear, in single precision, learns by gradient descent on the
// mean squared error of one sample at a time.
#include "by_trainer.hpp"
#include "online_by_hand.hpp"
#include "peers.hpp"

namespace bench {

namespace {

constexpr double rate = 0.01;

/// Each target is a smooth function of some inputs.
SharedSamples<float> smooth_samples(std::size_t rows) {
  Random random(13);
  Samples<float> samples{OnlineByHand::inputs, OnlineByHand::outputs, {}, {}};
  for (std::size_t row = 0; row < rows; ++row) {
    double x[OnlineByHand::inputs];
    for (double& number : x) {
      number = random.uniform(-1.0, 1.0);
      samples.x.push_back(static_cast<float>(number));
    }
    for (std::size_t k = 0; k < OnlineByHand::outputs; ++k) {
      samples.y.push_back(static_cast<float>(std::sin(2.0 * x[k]) * x[k + 4] + 0.5 * x[k + 8]));
    }
  }
  return std::make_shared<const Samples<float>>(std::move(samples));
}

class ByHandOneByOne {
 public:
  explicit ByHandOneByOne(SharedSamples<float> samples) : samples_(std::move(samples)) {}

  void set_parameters(const std::vector<double>& parameters) { network_.set_parameters(parameters); }
  std::vector<double> parameters() const { return network_.parameters(); }
  /// At most one pass over the samples.
  double train(std::size_t steps) {
    return network_.train(steps, samples_->x.data(), samples_->y.data(), static_cast<float>(rate));
  }

 private:
  SharedSamples<float> samples_;
  OnlineByHand network_;
};

}  // namespace

std::vector<Workload> online(bool) {
  using Trainer = Batches<float, ByTrainer<float>>;
  constexpr double single_precision = 1e-3;
  const SharedSamples<float> samples = smooth_samples(1000);
  const TrainerOptions options{{OnlineByHand::inputs, OnlineByHand::hidden, OnlineByHand::outputs},
                               smolgrad::Activation::tanh,
                               smolgrad::Loss::mse,
                               smolgrad::Sgd{rate}};
  const std::vector<double> first = first_parameters(options.sizes);
  const Course course{200, samples->rows()};
  std::vector<Peer> peers;
#ifdef SMOLGRAD_BENCHMARK_FANN
  peers.push_back({"FANN", online_by_fann(samples, options.sizes, rate, first, course)});
#endif
  std::vector<Workload> rows;
  rows.push_back({"T2",
                  "online, MLP 16-32-4 tanh, a sample",
                  2.0,
                  1.0,
                  samples->rows(),
                  std::make_unique<Training<ByHandOneByOne>>(first, course, samples),
                  std::make_unique<Training<Trainer>>(first, course, samples, 1, options),
                  std::move(peers),
                  {},
                  single_precision});
  return rows;
}

}  // namespace bench

// T3: an epoch of a network 784-128-64-10 with relu and softmax cross-entropy, in single precision, by batches of 64;
// on one thread and on two.
#include <atomic>
#include <thread>

#include "by_trainer.hpp"
#include "dense_by_hand.hpp"
#include "peers.hpp"

namespace bench {

namespace {

constexpr double rate = 0.05;
constexpr std::size_t batch_size = 64;

/// As many pixels are 0 as in pictures of digits.
SharedSamples<float> pictures(std::size_t rows, std::size_t pixels, std::size_t classes) {
  Random random(17);
  Samples<float> samples{pixels, 1, {}, {}};
  for (std::size_t i = 0; i < rows * pixels; ++i) {
    samples.x.push_back(static_cast<float>(std::max(0.0, random.uniform(-4.0, 1.0))));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    samples.y.push_back(static_cast<float>(std::floor(random.uniform() * static_cast<double>(classes))));
  }
  return std::make_shared<const Samples<float>>(std::move(samples));
}

/// The parameters of a hand-written network, as a Learner or what takes a step has them.
class HandParameters {
 public:
  explicit HandParameters(std::size_t count) : numbers_(count) {}

  void set_parameters(const std::vector<double>& parameters) {
    std::transform(parameters.begin(), parameters.end(), numbers_.begin(),
                   [](double number) { return static_cast<float>(number); });
  }
  std::vector<double> parameters() const { return {numbers_.begin(), numbers_.end()}; }

 protected:
  std::vector<float> numbers_;
};

class ByHandStep : public HandParameters {
 public:
  explicit ByHandStep(const std::vector<std::size_t>& sizes)
      : HandParameters(parameter_count(sizes)), network_(sizes, batch_size) {}

  double step(const float* x, const float* y, std::size_t rows) {
    const auto mean = 1.0F / static_cast<float>(rows);
    const float scale = -static_cast<float>(rate) * mean;
    return network_.gradient(numbers_.data(), x, y, rows, scale, 1.0F, numbers_.data()) * static_cast<double>(mean);
  }

 private:
  DenseByHand network_;
};

/// Full batches on two threads. Each takes half of the rows where that needs few weights twice, and else half of a
/// layer's neurons, whose weights are then its own.
class ByHandHalves : public HandParameters {
 public:
  ByHandHalves(SharedSamples<float> samples, const std::vector<std::size_t>& sizes)
      : HandParameters(parameter_count(sizes)), samples_(std::move(samples)), network_(sizes, batch_size) {}

  /// At most one pass over the samples.
  double train(std::size_t steps) {
    arrivals_ = 0;
    double other_loss = 0.0;
    std::thread other([&] { other_loss = work(1, steps); });
    const double loss = work(0, steps);
    other.join();
    return (loss + other_loss) / batch_size;
  }

 private:
  static Range half(std::size_t who, std::size_t count) {
    return who == 0 ? Range{0, count / 2} : Range{count / 2, count};
  }

  double work(std::size_t who, std::size_t steps) {
    constexpr float scale = -static_cast<float>(rate) / batch_size;
    float* const parameters = numbers_.data();
    const Range rows = half(who, batch_size);
    const auto neurons = [&](std::size_t layer) { return half(who, network_.all_neurons(layer).size()); };
    std::size_t meetings = 0;
    double loss = 0.0;
    for (std::size_t step = 0; step < steps; ++step) {
      const float* const x = samples_->x.data() + step * batch_size * samples_->inputs;
      network_.forward_layer(0, parameters, x, {0, batch_size}, neurons(0));
      meet(++meetings);
      for (std::size_t l = 1; l < network_.layers(); ++l) {
        network_.forward_layer(l, parameters, x, rows, network_.all_neurons(l));
      }
      loss += network_.by_scores(samples_->y.data() + step * batch_size, rows);
      for (std::size_t l = network_.layers() - 1; l-- > 0;) network_.by_sums(l, parameters, rows);
      meet(++meetings);
      for (std::size_t l = network_.layers(); l-- > 0;) {
        network_.by_parameters(l, x, batch_size, neurons(l), scale, 1.0F, parameters);
      }
      meet(++meetings);
    }
    return loss;
  }

  /// Waits for the other thread to come to the same meeting.
  void meet(std::size_t meeting) {
    arrivals_.fetch_add(1);
    while (arrivals_.load() < 2 * meeting) std::this_thread::yield();
  }

  SharedSamples<float> samples_;
  DenseByHand network_;
  std::atomic<std::size_t> arrivals_{0};
};

/// A Learner that goes through all samples by fit, or through the first ones by steps.
class Epochs {
 public:
  Epochs(SharedSamples<float> samples, const TrainerOptions& options)
      : samples_(std::move(samples)), trainer_(options) {}

  void set_parameters(const std::vector<double>& parameters) { trainer_.set_parameters(parameters); }
  std::vector<double> parameters() const { return trainer_.parameters(); }

  double train(std::size_t steps) {
    const auto all = static_cast<double>(steps);
    if (steps * batch_size == samples_->rows()) {
      return all * trainer_.train_epoch(samples_->x.data(), samples_->y.data(), samples_->rows());
    }
    double sum = 0.0;
    for (std::size_t i = 0; i < steps; ++i) {
      const std::size_t row = i * batch_size;
      sum += trainer_.step(samples_->x.data() + row * samples_->inputs, samples_->y.data() + row, batch_size);
    }
    return sum;
  }

 private:
  SharedSamples<float> samples_;
  ByTrainer<float> trainer_;
};

}  // namespace

std::vector<Workload> epoch(bool smoke) {
  using ByHand = Batches<float, ByHandStep>;
  constexpr double single_precision = 1e-3;
  constexpr double speedup = 1.6;
  const std::vector<std::size_t> sizes{784, 128, 64, 10};
  const SharedSamples<float> samples = pictures((smoke ? 2 : 100) * batch_size, sizes.front(), sizes.back());
  const std::vector<double> first = first_parameters(sizes);
  const Course course{2, samples->rows() / batch_size};
  const auto by_hand = [&] { return std::make_unique<Training<ByHand>>(first, course, samples, batch_size, sizes); };
  const auto by_smolgrad = [&](std::size_t threads) {
    const TrainerOptions options{
        sizes, smolgrad::Activation::relu, smolgrad::Loss::cross_entropy, smolgrad::Sgd{rate}, threads, batch_size};
    return std::make_unique<Training<Epochs>>(first, course, samples, options);
  };
  std::vector<Peer> peers;
#ifdef SMOLGRAD_BENCHMARK_TORCH
  peers.push_back({"libtorch", epoch_by_torch(samples, sizes, batch_size, rate, first, course)});
#endif
  std::vector<Workload> rows;
  rows.push_back({"T3",
                  "784-128-64-10 float32, batch 64, a row",
                  1.25,
                  1.0,
                  samples->rows(),
                  by_hand(),
                  by_smolgrad(1),
                  std::move(peers),
                  {},
                  single_precision});
  // Here the unit is one thread of the same program's.
  rows.push_back({"T3-2",
                  "two threads beside one",
                  1.0 / speedup,
                  unbounded,
                  samples->rows(),
                  by_smolgrad(1),
                  by_smolgrad(2),
                  {},
                  {},
                  single_precision});
  rows.push_back({"T3-2-hand",
                  "two threads beside one, both by hand",
                  unbounded,
                  unbounded,
                  samples->rows(),
                  by_hand(),
                  std::make_unique<Training<ByHandHalves>>(first, course, samples, sizes),
                  {},
                  {},
                  single_precision});
  return rows;
}

}  // namespace bench

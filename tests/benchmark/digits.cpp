// T5: handwritten digits. A network 64-64-10 with relu and softmax cross-entropy, in single precision, trained by Adam
// for thirty epochs of shuffled batches of 32, from the file to the accuracy on pictures it has not seen.
#include <fmt/format.h>

#include <fstream>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "by_trainer.hpp"
#include "dense_by_hand.hpp"

namespace bench {

namespace {

constexpr double rate = 1e-3;
constexpr std::size_t batch_size = 32;
constexpr std::size_t epochs = 30;
constexpr double must_seconds = 0.05;

const std::vector<std::size_t>& sizes() {
  static const std::vector<std::size_t> all{64, 64, 10};
  return all;
}

struct Digits {
  Samples<float> training{64, 1, {}, {}};
  Samples<float> test{64, 1, {}, {}};
};

/// Every fifth row is kept for the test. Pixels are scaled to 0 .. 1.
Digits read_digits() {
  std::ifstream file(SMOLGRAD_BENCHMARK_DIGITS);
  if (!file) throw std::runtime_error(fmt::format("cannot read {}", SMOLGRAD_BENCHMARK_DIGITS));
  Digits digits;
  std::string line;
  for (std::size_t row = 0; std::getline(file, line); ++row) {
    Samples<float>& samples = row % 5 == 0 ? digits.test : digits.training;
    std::istringstream fields(line);
    float number = 0.0F;
    char comma = 0;
    for (std::size_t i = 0; i < samples.inputs; ++i) {
      fields >> number >> comma;
      samples.x.push_back(number / 16.0F);
    }
    fields >> number;
    if (!fields) throw std::runtime_error(fmt::format("row {} of the digits is not 65 numbers", row));
    samples.y.push_back(number);
  }
  return digits;
}

/// A Learner out of what takes a single step, with another order of the samples in every epoch.
template <class Stepper>
class Shuffled {
 public:
  template <class... Arguments>
  explicit Shuffled(const Samples<float>& samples, Arguments&&... arguments)
      : samples_(samples),
        order_(samples.rows()),
        x_(batch_size * samples.inputs),
        y_(batch_size),
        stepper_(std::forward<Arguments>(arguments)...) {}

  void set_parameters(const std::vector<double>& parameters) {
    stepper_.set_parameters(parameters);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    random_ = Random(23);
    next_ = 0;
  }
  std::vector<double> parameters() const { return stepper_.parameters(); }

  double train(std::size_t steps) {
    double sum = 0.0;
    for (std::size_t i = 0; i < steps; ++i) sum += step();
    return sum;
  }

 private:
  double step() {
    if (next_ == 0) shuffle();
    const std::size_t rows = std::min(batch_size, order_.size() - next_);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t from = order_[next_ + row];
      std::copy_n(samples_.x.data() + from * samples_.inputs, samples_.inputs, x_.data() + row * samples_.inputs);
      y_[row] = samples_.y[from];
    }
    next_ = next_ + rows < order_.size() ? next_ + rows : 0;
    return stepper_.step(x_.data(), y_.data(), rows);
  }

  void shuffle() {
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(random_.uniform() * static_cast<double>(i))]);
    }
  }

  Samples<float> samples_;
  std::vector<std::size_t> order_;
  std::vector<float> x_;
  std::vector<float> y_;
  Stepper stepper_;
  Random random_{23};
  std::size_t next_ = 0;
};

class AdamByHand {
 public:
  AdamByHand() : network_(sizes(), batch_size), parameters_(parameter_count(sizes())), gradient_(parameters_.size()) {}

  void set_parameters(const std::vector<double>& parameters) {
    std::transform(parameters.begin(), parameters.end(), parameters_.begin(),
                   [](double number) { return static_cast<float>(number); });
    first_moment_.assign(parameters_.size(), 0.0F);
    second_moment_ = first_moment_;
    steps_ = 0;
  }
  std::vector<double> parameters() const { return {parameters_.begin(), parameters_.end()}; }

  double step(const float* x, const float* y, std::size_t rows) {
    const float mean = 1.0F / static_cast<float>(rows);
    const double loss = network_.gradient(parameters_.data(), x, y, rows, mean, 0.0F, gradient_.data());
    adam_by_hand(parameters_.size(), static_cast<float>(rate), ++steps_, gradient_.data(), first_moment_.data(),
                 second_moment_.data(), parameters_.data());
    return loss * static_cast<double>(mean);
  }

 private:
  DenseByHand network_;
  std::vector<float> parameters_;
  std::vector<float> gradient_;
  std::vector<float> first_moment_;
  std::vector<float> second_moment_;
  std::size_t steps_ = 0;
};

TrainerOptions trainer_options() {
  return {sizes(), smolgrad::Activation::relu, smolgrad::Loss::cross_entropy, smolgrad::Adam{rate}};
}

std::size_t steps_of(const Digits& digits, std::size_t epoch_count) {
  return epoch_count * ((digits.training.rows() + batch_size - 1) / batch_size);
}

/// In percent.
double accuracy(const Samples<float>& samples, const std::vector<double>& parameters) {
  DenseByHand network(sizes(), samples.rows());
  const std::vector<float> numbers(parameters.begin(), parameters.end());
  const float* scores = network.forward(numbers.data(), samples.x.data(), samples.rows());
  std::size_t right = 0;
  for (std::size_t row = 0; row < samples.rows(); ++row, scores += sizes().back()) {
    const auto best = std::max_element(scores, scores + sizes().back()) - scores;
    if (static_cast<float>(best) == samples.y[row]) ++right;
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(samples.rows());
}

/// Seconds and accuracy.
template <class Learner>
std::pair<double, double> trained(const Digits& digits, Learner& learner, bool smoke) {
  const std::vector<double> first = first_parameters(sizes());
  const double seconds = least_seconds(smoke ? 1 : 10, [&] {
    learner.set_parameters(first);
    learner.train(steps_of(digits, smoke ? 1 : epochs));
  });
  return {seconds, accuracy(digits.test, learner.parameters())};
}

}  // namespace

std::vector<Workload> digits(bool smoke) {
  constexpr double single_precision = 1e-3;
  const Digits data = read_digits();
  const Course course{5, steps_of(data, smoke ? 1 : epochs)};
  const std::vector<double> first = first_parameters(sizes());
  std::vector<Workload> rows;
  rows.push_back(
      {"T5",
       "digits 64-64-10, Adam, 30 epochs",
       unbounded,
       unbounded,
       1,
       std::make_unique<Training<Shuffled<AdamByHand>>>(first, course, data.training),
       std::make_unique<Training<Shuffled<ByTrainer<float>>>>(first, course, data.training, trainer_options()),
       {},
       {},
       single_precision});
  return rows;
}

void print_digits(bool smoke) {
  const Digits data = read_digits();
  Shuffled<AdamByHand> by_hand(data.training);
  Shuffled<ByTrainer<float>> trainer(data.training, trainer_options());
  const auto [hand_seconds, hand_accuracy] = trained(data, by_hand, smoke);
  const auto [seconds, test_accuracy] = trained(data, trainer, smoke);
  fmt::print("\nT5, epochs: {}, {:.4f} s, must {:.2f} (by hand {:.4f} s)\n", smoke ? 1 : epochs, seconds, must_seconds,
             hand_seconds);
  fmt::print("  of {} test pictures {:.1f} % right (by hand {:.1f} %)\n", data.test.rows(), test_accuracy,
             hand_accuracy);
}

}  // namespace bench

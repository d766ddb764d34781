// T2's hand-written program: an MLP 16-32-4 in single precision, tanh and then a linear layer, trained on the mean
// squared error of one sample after another.
#pragma once

#include <cstddef>
#include <vector>

namespace bench {

class OnlineByHand {
 public:
  static constexpr std::size_t inputs = 16;
  static constexpr std::size_t hidden = 32;
  static constexpr std::size_t outputs = 4;

  /// In the order of an MLP's.
  void set_parameters(const std::vector<double>& parameters);
  std::vector<double> parameters() const;

  /// A step for each of the samples; x: count x inputs, y: count x outputs. Returns the sum of their losses.
  double train(std::size_t count, const float* x, const float* y, float rate);

 private:
  float step(const float* x, const float* y, float rate);

  alignas(64) float first_[inputs][hidden];  // by input
  float first_bias_[hidden];
  float last_[outputs][hidden];
  float last_bias_[outputs];
};

}  // namespace bench

// T1's hand-written program: one full-batch step of gradient descent on the hinge loss of an MLP 2-16-16-1 with relu,
// for one hundred samples. The sixteen neurons of a layer are the lanes of its vectors, several samples share each row
// of weights that is loaded, and the gradient by the square layer stays in registers over the whole batch.
#pragma once

#include <cstddef>
#include <vector>

namespace bench {

template <class T>
class MoonsByHand {
 public:
  static constexpr std::size_t samples = 100;
  static constexpr std::size_t inputs = 2;
  static constexpr std::size_t width = 16;

  /// x: samples x inputs. y: a label, 1 or -1, each.
  MoonsByHand(const T* x, const T* y, T rate, T decay);

  /// In the order of an MLP's.
  void set_parameters(const std::vector<double>& parameters);
  std::vector<double> parameters() const;

  /// Returns the mean loss before the step, without the penalty.
  double step();

 private:
  void transpose();
  void forward();
  double by_scores();
  void backward();
  void update_square_layer();
  void update_others();

  T rate_;
  T decay_;
  alignas(64) T x_[inputs][samples];
  T y_[samples];
  // A layer's weights by input, so that a row holds what one input adds to all neurons.
  alignas(64) T first_[inputs][width];
  T first_bias_[width];
  T square_[width][width];  // by neuron; transposed, by input
  T square_transposed_[width][width];
  T square_bias_[width];
  T last_[width];
  T last_bias_;
  alignas(64) T hidden_[samples][width];
  T second_[samples][width];  // the second layer's outputs, then the adjoints of its sums
  T partial_[samples][32 / sizeof(T)];
  T adjoint_[samples];  // of the scores
  alignas(64) T by_first_[inputs][width];
  T by_first_bias_[width];
  T by_square_bias_[width];
  T by_last_[width];
};

extern template class MoonsByHand<double>;
extern template class MoonsByHand<float>;

}  // namespace bench

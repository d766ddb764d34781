// T2 on FANN, whose incremental training is online learning. It has the error by each output without the factor 2 / 4
// of the mean, keeps a neuron's bias behind its weights, and takes tanh's derivative no closer to 0 than at 0.98.
#include <floatfann.h>

#include <new>

#include "peers.hpp"

namespace bench {

namespace {

class Fann {
 public:
  Fann(const std::vector<std::size_t>& sizes, double rate) : sizes_(sizes.begin(), sizes.end()) {
    network_.reset(fann_create_standard_array(static_cast<unsigned>(sizes_.size()), sizes_.data()));
    if (network_ == nullptr) throw std::bad_alloc();
    fann_set_activation_function_hidden(network_.get(), FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(network_.get(), FANN_LINEAR);
    fann_set_activation_steepness_hidden(network_.get(), 1.0F);
    fann_set_activation_steepness_output(network_.get(), 1.0F);
    fann_set_training_algorithm(network_.get(), FANN_TRAIN_INCREMENTAL);
    fann_set_train_error_function(network_.get(), FANN_ERRORFUNC_LINEAR);
    fann_set_learning_momentum(network_.get(), 0.0F);
    fann_set_learning_rate(network_.get(), static_cast<float>(rate * 2.0 / sizes_.back()));
  }

  void set_parameters(const std::vector<double>& parameters) {
    for_each_place([&](std::size_t ours, std::size_t theirs) {
      network_->weights[theirs] = static_cast<float>(parameters[ours]);
    });
  }

  std::vector<double> parameters() const {
    std::vector<double> parameters(fann_get_total_connections(network_.get()));
    for_each_place([&](std::size_t ours, std::size_t theirs) {
      parameters[ours] = static_cast<double>(network_->weights[theirs]);
    });
    return parameters;
  }

  /// Of one row.
  double step(const float* x, const float* y, std::size_t) {
    fann_reset_MSE(network_.get());
    fann_train(network_.get(), const_cast<float*>(x), const_cast<float*>(y));
    return static_cast<double>(fann_get_MSE(network_.get()));
  }

 private:
  /// Calls visit(in an MLP's order, in FANN's) for each parameter.
  template <class Visit>
  void for_each_place(Visit visit) const {
    std::size_t begin = 0;
    for (std::size_t l = 0; l + 1 < sizes_.size(); ++l) {
      const std::size_t n = sizes_[l];
      const std::size_t neurons = sizes_[l + 1];
      for (std::size_t k = 0; k < neurons; ++k) {
        for (std::size_t i = 0; i < n; ++i) visit(begin + k * n + i, begin + k * (n + 1) + i);
        visit(begin + n * neurons + k, begin + k * (n + 1) + n);
      }
      begin += (n + 1) * neurons;
    }
  }

  struct Destroy {
    void operator()(fann* network) const { fann_destroy(network); }
  };
  std::vector<unsigned> sizes_;
  std::unique_ptr<fann, Destroy> network_;
};

}  // namespace

std::unique_ptr<Program> online_by_fann(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, const std::vector<double>& first, const Course& course) {
  return std::make_unique<Training<Batches<float, Fann>>>(first, course, samples, 1, sizes, rate);
}

}  // namespace bench

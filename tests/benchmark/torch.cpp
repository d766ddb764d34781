// T1 and T3 on libtorch, as its tutorials write training: modules, autograd and its SGD, on one thread. Its Linear
// keeps parameters in the order of an MLP's layer.
#include <torch/torch.h>

#include "peers.hpp"

namespace bench {

namespace {

enum class Loss { hinge, cross_entropy };

template <class T>
class Torch {
 public:
  Torch(const std::vector<std::size_t>& sizes, Loss loss, double rate, double decay)
      : inputs_(static_cast<std::int64_t>(sizes.front())), loss_(loss), network_(make(sizes)) {
    at::set_num_threads(1);
    network_->to(torch::CppTypeToScalarType<T>::value);
    optimizer_ =
        std::make_unique<torch::optim::SGD>(network_->parameters(), torch::optim::SGDOptions(rate).weight_decay(decay));
  }

  void set_parameters(const std::vector<double>& parameters) {
    const double* next = parameters.data();
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& tensor : network_->parameters()) {
      T* const numbers = tensor.data_ptr<T>();
      for (std::int64_t i = 0; i < tensor.numel(); ++i) numbers[i] = static_cast<T>(*next++);
    }
  }

  std::vector<double> parameters() {
    std::vector<double> result;
    for (const torch::Tensor& tensor : network_->parameters()) {
      const T* const numbers = tensor.data_ptr<T>();
      result.insert(result.end(), numbers, numbers + tensor.numel());
    }
    return result;
  }

  double step(const T* x, const T* y, std::size_t rows) {
    const auto count = static_cast<std::int64_t>(rows);
    const torch::Tensor input = view(x, {count, inputs_});
    const torch::Tensor target = view(y, {count});
    optimizer_->zero_grad();
    const torch::Tensor output = network_->forward(input);
    const torch::Tensor loss = loss_ == Loss::hinge
                                   ? torch::relu(1.0 - target * output.squeeze(1)).mean()
                                   : torch::nn::functional::cross_entropy(output, target.to(torch::kLong));
    loss.backward();
    optimizer_->step();
    return loss.template item<double>();
  }

 private:
  static torch::nn::Sequential make(const std::vector<std::size_t>& sizes) {
    torch::nn::Sequential network;
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
      if (l > 0) network->push_back(torch::nn::ReLU());
      network->push_back(
          torch::nn::Linear(static_cast<std::int64_t>(sizes[l]), static_cast<std::int64_t>(sizes[l + 1])));
    }
    return network;
  }

  static torch::Tensor view(const T* data, torch::IntArrayRef shape) {
    return torch::from_blob(const_cast<T*>(data), shape, torch::CppTypeToScalarType<T>::value);
  }

  std::int64_t inputs_;
  Loss loss_;
  torch::nn::Sequential network_;
  std::unique_ptr<torch::optim::SGD> optimizer_;
};

template <class T>
std::unique_ptr<Program> moons(const SharedSamples<T>& samples, const std::vector<std::size_t>& sizes, double rate,
                               double decay, const std::vector<double>& first, const Course& course) {
  return std::make_unique<Training<Batches<T, Torch<T>>>>(first, course, samples, samples->rows(), sizes, Loss::hinge,
                                                          rate, decay);
}

}  // namespace

std::unique_ptr<Program> moons_by_torch(const SharedSamples<double>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, double decay, const std::vector<double>& first,
                                        const Course& course) {
  return moons(samples, sizes, rate, decay, first, course);
}

std::unique_ptr<Program> moons_by_torch(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, double decay, const std::vector<double>& first,
                                        const Course& course) {
  return moons(samples, sizes, rate, decay, first, course);
}

std::unique_ptr<Program> epoch_by_torch(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        std::size_t batch_size, double rate, const std::vector<double>& first,
                                        const Course& course) {
  constexpr double no_decay = 0.0;
  return std::make_unique<Training<Batches<float, Torch<float>>>>(first, course, samples, batch_size, sizes,
                                                                  Loss::cross_entropy, rate, no_decay);
}

}  // namespace bench

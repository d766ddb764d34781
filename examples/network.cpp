// A network made of Values: micrograd's four samples, learnt by plain gradient descent.
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

using smolgrad::Value;

int main() {
  smolgrad::ModelOptions options;
  options.activation = smolgrad::Activation::tanh;
  smolgrad::MLP mlp(3, {4, 1}, options);
  fmt::print("{} parameters\n", mlp.parameters().size());

  const std::vector<std::vector<double>> inputs = {
      {2.0, 3.0, -1.0}, {3.0, -1.0, 0.5}, {0.5, 1.0, 1.0}, {1.0, 1.0, -1.0}};
  const std::vector<double> targets = {1.0, -1.0, -1.0, 1.0};

  Value loss;
  for (int step = 0; step <= 100; ++step) {
    loss = 0.0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::vector<Value> x(inputs[i].begin(), inputs[i].end());
      loss += square(mlp(x)[0] - targets[i]);
    }
    if (step % 25 == 0) fmt::print("step {:3}: loss {:.6f}\n", step, loss.data());
    mlp.zero_grad();
    loss.backward();
    mlp.parameters().update([](double* data, double* grad, std::size_t count) {
      for (std::size_t k = 0; k < count; ++k) data[k] -= 0.05 * grad[k];
    });
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    double y = 0.0;
    mlp.predict(inputs[i].data(), 1, &y);
    fmt::print("target {:2}, prediction {:.3f}\n", targets[i], y);
  }
}

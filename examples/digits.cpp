// Handwritten digits: 8 x 8 pixels in, one of ten digits out. An MLP of Values, trained by stochastic gradient descent
// with momentum on the cross-entropy of its logits.
//
// usage: digits digits.csv
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <numeric>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

#include "progress_bar.hpp"
#include "table.hpp"

using smolgrad::MLP;
using smolgrad::Value;

namespace {

constexpr std::size_t pixels = 64;
constexpr int epochs = 30;
constexpr std::size_t batch_size = 32;

/// A sample's pixels, scaled to 0 .. 1.
std::vector<double> image(const Table& table, std::size_t row) {
  std::vector<double> x(table.row(row), table.row(row) + pixels);
  for (double& pixel : x) pixel /= 16.0;
  return x;
}

std::size_t digit(const Table& table, std::size_t row) { return static_cast<std::size_t>(table.row(row)[pixels]); }

/// -log softmax(logits)[digit].
Value cross_entropy(const MLP& mlp, const Table& table, std::size_t row) {
  const std::vector<double> x = image(table, row);
  const std::vector<Value> logits = mlp(std::vector<Value>(x.begin(), x.end()));
  return logsumexp(logits) - logits[digit(table, row)];
}

double accuracy(const MLP& mlp, const Table& table, const std::vector<std::size_t>& rows) {
  std::size_t right = 0;
  std::vector<double> logits(mlp.outputs());
  for (const std::size_t row : rows) {
    mlp.predict(image(table, row).data(), 1, logits.data());
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    if (static_cast<std::size_t>(best) == digit(table, row)) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(rows.size());
}

/// The standard library's shuffle differs between platforms; its generator does not.
void shuffle(std::vector<std::size_t>& rows, std::mt19937_64& random) {
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random() % i]);
}

void train(const char* path) {
  const Table table = read_table(path);
  if (table.columns != pixels + 1) throw std::runtime_error("digits.csv has 64 pixels and a digit in each row");
  std::vector<std::size_t> training;
  std::vector<std::size_t> test;
  for (std::size_t row = 0; row < table.rows(); ++row) (row % 5 == 0 ? test : training).push_back(row);

  smolgrad::ModelOptions options;
  options.initialization = smolgrad::Initialization::he;
  MLP mlp(pixels, {64, 10}, options);
  std::vector<double> velocity(mlp.parameters().size());
  std::mt19937_64 random(options.seed);

  const auto start = std::chrono::steady_clock::now();
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    shuffle(training, random);
    double total = 0.0;
    for (std::size_t begin = 0; begin < training.size(); begin += batch_size) {
      const std::size_t end = std::min(begin + batch_size, training.size());
      mlp.zero_grad();
      for (std::size_t i = begin; i < end; ++i) {
        const Value loss = cross_entropy(mlp, table, training[i]);
        loss.backward();  // gradients add up over the batch
        total += loss.data();
      }
      const double rate = 0.05 / static_cast<double>(end - begin);
      mlp.parameters().update([&](double* data, const double* grad, std::size_t count) {
        for (std::size_t k = 0; k < count; ++k) {
          velocity[k] = 0.9 * velocity[k] + grad[k];
          data[k] -= rate * velocity[k];
        }
      });
    }
    show_progress(epoch, epochs, fmt::format("loss {:.4f}", total / static_cast<double>(training.size())));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{} training and {} test images, {} parameters, trained in {:.2f} s\n", training.size(), test.size(),
             mlp.parameters().size(), seconds.count());
  fmt::print("training accuracy {:.2f} %\n", 100.0 * accuracy(mlp, table, training));
  fmt::print("test accuracy {:.2f} %\n", 100.0 * accuracy(mlp, table, test));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} digits.csv\n", argv[0]);
    return 2;
  }
  try {
    train(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

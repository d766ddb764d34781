// Two interleaving half circles, told apart by a small MLP as in micrograd's demonstration: hinge loss, a little weight
// decay, full batches. Writes the decision boundary as a picture.
//
// usage: moons moons.csv picture.png
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

#include "picture.hpp"
#include "progress_bar.hpp"

using smolgrad::MLP;
using smolgrad::Table;
using smolgrad::Value;

namespace {

constexpr int steps = 150;
constexpr int side = 480;  // pixels of the picture
constexpr double left = -1.8, bottom = -1.6, width = 4.4;

/// x, y, and the label, 1 or -1.
const double* sample_of(const Table& table, std::size_t row) { return table.values.data() + 3 * row; }

Value hinge_loss(const MLP& mlp, const Table& table) {
  std::vector<Value> losses;
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double* const sample = sample_of(table, row);
    losses.push_back(relu(1.0 - sample[2] * mlp({sample[0], sample[1]})[0]));
  }
  const std::vector<Value>& weights = mlp.parameters().values();
  return mean(losses) + 1e-4 * dot(weights, weights);
}

double accuracy(const MLP& mlp, const Table& table) {
  std::size_t right = 0;
  for (std::size_t row = 0; row < table.rows; ++row) {
    double score = 0.0;
    mlp.predict(sample_of(table, row), 1, &score);
    if ((score > 0.0) == (sample_of(table, row)[2] > 0.0)) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(table.rows);
}

/// Red to blue by the score, through white at the boundary; samples as discs in the colour of their label.
void write_picture(const MLP& mlp, const Table& table, const char* path) {
  Picture drawing(side, side);
  std::vector<double> points;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      points.push_back(left + width * (x + 0.5) / side);
      points.push_back(bottom + width * (side - y - 0.5) / side);
    }
  }
  std::vector<double> scores(points.size() / 2);
  mlp.predict(points.data(), scores.size(), scores.data());
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double score = scores[static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x)];
      const double strength = 0.15 + 0.35 * std::tanh(std::abs(score));
      drawing.paint(x, y, {score > 0 ? 1.0 - strength : 1.0, 1.0 - strength, score > 0 ? 1.0 : 1.0 - strength});
    }
  }
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double* const sample = sample_of(table, row);
    const int x = static_cast<int>((sample[0] - left) / width * side);
    const int y = side - 1 - static_cast<int>((sample[1] - bottom) / width * side);
    for (int dy = -4; dy <= 4; ++dy) {
      for (int dx = -4; dx <= 4; ++dx) {
        const int distance = dx * dx + dy * dy;
        if (distance > 18) continue;
        const Colour label = sample[2] > 0 ? Colour{0.1, 0.2, 0.8} : Colour{0.85, 0.2, 0.15};
        drawing.paint(x + dx, y + dy, distance > 10 ? Colour{1.0, 1.0, 1.0} : label);
      }
    }
  }
  drawing.write(path);
}

void train(const char* data, const char* picture) {
  const Table table = smolgrad::read_csv(data);
  if (table.columns != 3) throw std::runtime_error("moons.csv has x, y and a label in each row");
  smolgrad::ModelOptions options;
  options.initialization = smolgrad::Initialization::he;
  MLP mlp(2, {16, 16, 1}, options);
  for (int step = 1; step <= steps; ++step) {
    const Value loss = hinge_loss(mlp, table);
    mlp.zero_grad();
    loss.backward();
    const double rate = 1.0 - 0.9 * step / steps;
    mlp.parameters().update([&](double* parameters, const double* grad, std::size_t count) {
      for (std::size_t k = 0; k < count; ++k) parameters[k] -= rate * grad[k];
    });
    show_progress(step, steps, fmt::format("loss {:.4f}", loss.data()));
  }
  fmt::print("accuracy {:.0f} %\n", 100.0 * accuracy(mlp, table));
  write_picture(mlp, table, picture);
  fmt::print("the decision boundary is drawn in {}\n", picture);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} moons.csv picture.png\n", argv[0]);
    return 2;
  }
  try {
    train(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

// Handwritten digits: 8 x 8 pixels in, one of ten digits out. From a CSV file to a trained MLP by read_csv and fit.
// Draws the losses as they fell, and the digits of the test set that are misread.
//
// usage: digits digits.csv losses.png misread.png
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

#include "curves.hpp"
#include "progress_bar.hpp"
#include "sheet.hpp"

using smolgrad::MLP;

namespace {

constexpr std::size_t pixels = 64;

struct Samples {
  std::vector<double> x;  ///< pixels from 0 to 1, an image after the other
  std::vector<double> digits;

  std::size_t size() const { return digits.size(); }
};

Samples take(const smolgrad::Table& table, const std::vector<std::size_t>& rows) {
  std::vector<std::size_t> columns(pixels);
  std::iota(columns.begin(), columns.end(), 0);
  const std::vector<double> values = smolgrad::take_rows(table.values.data(), table.columns, rows);
  Samples samples;
  samples.x = smolgrad::take_columns(values.data(), rows.size(), table.columns, columns);
  for (double& pixel : samples.x) pixel /= 16.0;
  samples.digits = smolgrad::take_columns(values.data(), rows.size(), table.columns, {pixels});
  return samples;
}

void draw_losses(const smolgrad::FitReport& report, const char* path) {
  Curve training{"TRAINING", {0.1, 0.3, 0.7}, {}};
  Curve validation{"VALIDATION", {0.85, 0.4, 0.1}, {}};
  for (const smolgrad::Epoch& epoch : report.epochs) {
    training.values.push_back(epoch.training.loss);
    validation.values.push_back(epoch.validation.loss);
  }
  draw_curves(path, "LOSS", "EPOCH", static_cast<double>(report.epochs.size()), {training, validation});
}

std::size_t draw_misread(const MLP& mlp, const Samples& samples, const char* path) {
  std::vector<double> logits(samples.size() * mlp.outputs());
  mlp.predict(samples.x.data(), samples.size(), logits.data());
  std::vector<Tile> misread;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double* const first = logits.data() + i * mlp.outputs();
    const auto read = std::max_element(first, first + mlp.outputs()) - first;
    const auto digit = static_cast<std::ptrdiff_t>(samples.digits[i]);
    if (read == digit) continue;
    const double* const image = samples.x.data() + i * pixels;
    misread.push_back({{image, image + pixels}, fmt::format("READ {}", read), fmt::format("IS {}", digit)});
  }
  draw_sheet(path, misread, 8, 5);
  return misread.size();
}

void train(const char* csv, const char* losses, const char* misread) {
  const smolgrad::Table table = smolgrad::read_csv(csv);
  if (table.columns != pixels + 1) throw std::runtime_error("digits.csv has 64 pixels and a digit in each row");
  std::vector<std::size_t> training_rows;
  std::vector<std::size_t> test_rows;
  for (std::size_t row = 0; row < table.rows; ++row) (row % 5 == 0 ? test_rows : training_rows).push_back(row);
  const Samples training = take(table, training_rows);
  const Samples test = take(table, test_rows);

  smolgrad::ModelOptions model;
  model.initialization = smolgrad::Initialization::he;
  MLP mlp(pixels, {64, 10}, model);

  smolgrad::FitOptions options;
  options.loss = smolgrad::Loss::cross_entropy;
  options.optimizer = smolgrad::Adam{1e-3};
  options.epochs = 30;
  options.batch_size = 32;
  options.validation_fraction = 0.1;
  options.progress = [](const smolgrad::Epoch& epoch) {
    show_progress(static_cast<int>(epoch.epoch), static_cast<int>(epoch.epochs),
                  fmt::format("loss {:.4f}, of validation {:.4f}", epoch.training.loss, epoch.validation.loss));
    return true;
  };
  smolgrad::Trainer trainer(mlp, options);
  const smolgrad::FitReport report = trainer.fit(training.x.data(), training.digits.data(), training.size());

  fmt::print("{} images to train and validate, {} to test, {} parameters, trained in {:.2f} s\n", training.size(),
             test.size(), mlp.parameters().size(), report.epochs.back().seconds);
  fmt::print("training accuracy {:.2f} %\n",
             100.0 * trainer.evaluate(training.x.data(), training.digits.data(), training.size()).accuracy);
  fmt::print("test accuracy {:.2f} %\n",
             100.0 * trainer.evaluate(test.x.data(), test.digits.data(), test.size()).accuracy);
  draw_losses(report, losses);
  fmt::print("the losses are drawn in {}, {} misread digits in {}\n", losses, draw_misread(mlp, test, misread),
             misread);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: {} digits.csv losses.png misread.png\n", argv[0]);
    return 2;
  }
  try {
    train(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

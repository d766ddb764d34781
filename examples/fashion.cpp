// Fashion-MNIST: 28 x 28 pixels in, one of ten articles of clothing out. A larger MLP, in single precision, on several
// threads, with a learning rate that falls. Draws some of the articles that are misjudged.
//
// The data set (Xiao, Rasul and Vollgraf 2017) is Debian's package dataset-fashion-mnist.
//
// usage: fashion /usr/share/datasets/fashion-mnist misjudged.png [epochs [threads]]
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>
#include <smolgrad/smolgrad.hpp>

#include "progress_bar.hpp"
#include "sheet.hpp"

using smolgrad::IdxArray;
using smolgrad::MLP;

namespace {

constexpr int side = 28;
constexpr std::size_t pixels = side * side;
constexpr std::size_t batch_size = 64;
constexpr std::array<const char*, 10> articles = {"T-SHIRT", "TROUSERS", "PULLOVER", "DRESS", "COAT",
                                                  "SANDAL",  "SHIRT",    "SNEAKER",  "BAG",   "ANKLE BOOT"};

std::vector<unsigned char> unpack(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path);
  std::vector<unsigned char> bytes;
  constexpr std::size_t piece = 1 << 20;
  int count = 0;
  do {
    const std::size_t size = bytes.size();
    bytes.resize(size + piece);
    count = gzread(file, bytes.data() + size, piece);
    bytes.resize(size + static_cast<std::size_t>(std::max(count, 0)));
  } while (count > 0);
  if (gzclose_r(file) != Z_OK || count < 0) throw std::runtime_error(path + " is damaged");
  return bytes;
}

IdxArray<float> read(const std::string& path) {
  const std::vector<unsigned char> bytes = unpack(path);
  return smolgrad::parse_idx<float>(bytes.data(), bytes.size(), path);
}

struct Samples {
  IdxArray<float> images;  ///< pixels from 0 to 1
  IdxArray<float> labels;

  std::size_t size() const { return labels.rows(); }
};

/// `set` is train or t10k.
Samples read_samples(const std::string& directory, const std::string& set) {
  Samples samples{read(directory + '/' + set + "-images-idx3-ubyte.gz"),
                  read(directory + '/' + set + "-labels-idx1-ubyte.gz")};
  if (samples.images.columns() != pixels || samples.images.rows() != samples.size()) {
    throw std::runtime_error(directory + " holds other images than Fashion-MNIST's");
  }
  for (float& pixel : samples.images.values) pixel /= 255.0F;
  return samples;
}

void draw_misjudged(const MLP& mlp, const Samples& samples, const char* path) {
  constexpr std::size_t most = 30;
  std::vector<float> logits(samples.size() * mlp.outputs());
  mlp.predict(samples.images.values.data(), samples.size(), logits.data());
  std::vector<Tile> tiles;
  for (std::size_t i = 0; i < samples.size() && tiles.size() < most; ++i) {
    const float* const first = logits.data() + i * mlp.outputs();
    const auto seen = static_cast<std::size_t>(std::max_element(first, first + mlp.outputs()) - first);
    const auto article = static_cast<std::size_t>(samples.labels.values[i]);
    if (seen == article) continue;
    const float* const image = samples.images.values.data() + i * pixels;
    tiles.push_back(
        {{image, image + pixels}, std::string("SEEN ") + articles.at(seen), std::string("IS ") + articles.at(article)});
  }
  draw_sheet(path, tiles, side, 6);
}

void train(const std::string& directory, const char* picture, std::size_t epochs, std::size_t threads) {
  const Samples training = read_samples(directory, "train");
  const Samples test = read_samples(directory, "t10k");

  smolgrad::ModelOptions model;
  model.initialization = smolgrad::Initialization::he;
  model.dtype = smolgrad::Dtype::float32;
  MLP mlp(pixels, {128, 64, 10}, model);

  const std::size_t steps = epochs * ((training.size() + batch_size - 1) / batch_size);
  smolgrad::FitOptions options;
  options.loss = smolgrad::Loss::cross_entropy;
  options.optimizer = smolgrad::Adam{1e-3};
  options.schedule = {smolgrad::CosineDecay{steps}};
  options.epochs = epochs;
  options.batch_size = batch_size;
  options.run.threads = threads;
  options.progress = [](const smolgrad::Epoch& epoch) {
    show_progress(static_cast<int>(epoch.epoch), static_cast<int>(epoch.epochs),
                  fmt::format("loss {:.4f}", epoch.training.loss));
    return true;
  };
  smolgrad::Trainer trainer(mlp, options);
  show_progress(0, static_cast<int>(epochs), "");
  const smolgrad::FitReport report =
      trainer.fit(training.images.values.data(), training.labels.values.data(), training.size());

  fmt::print("{} training and {} test images, {} parameters, trained in {:.2f} s\n", training.size(), test.size(),
             mlp.parameters().size(), report.epochs.back().seconds);
  fmt::print("test accuracy {:.2f} %\n",
             100.0 * trainer.evaluate(test.images.values.data(), test.labels.values.data(), test.size()).accuracy);
  draw_misjudged(mlp, test, picture);
  fmt::print("misjudged articles are drawn in {}\n", picture);
}

}  // namespace

int main(int argc, char** argv) {
  const int epochs = argc > 3 ? std::atoi(argv[3]) : 10;
  const int threads = argc > 4 ? std::atoi(argv[4]) : 1;
  if (argc < 3 || argc > 5 || epochs < 1 || threads < 1) {
    fmt::print(stderr, "usage: {} /usr/share/datasets/fashion-mnist misjudged.png [epochs [threads]]\n", argv[0]);
    return 2;
  }
  try {
    train(argv[1], argv[2], static_cast<std::size_t>(epochs), static_cast<std::size_t>(threads));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

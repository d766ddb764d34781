// Files of models and of training: what comes back, what is refused, and that training goes on to the bit.
#include <smolgrad/checkpoint.hpp>

#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error_of.hpp"
#include "io/safetensors.hpp"
#include "temporary_directory.hpp"
#include "train/training.hpp"

namespace smolgrad::test {
namespace {

using testing::HasSubstr;

constexpr Activation activations[] = {Activation::linear,   Activation::relu, Activation::leaky_relu,
                                      Activation::elu,      Activation::tanh, Activation::sigmoid,
                                      Activation::softplus, Activation::silu, Activation::gelu};

std::vector<double> predictions(const MLP& mlp, std::size_t rows) {
  const std::vector<double> x = some_floats(rows * mlp.inputs(), 3);
  std::vector<double> y(rows * mlp.outputs());
  mlp.predict(x.data(), rows, y.data());
  return y;
}

std::vector<double> rounded(std::vector<double> numbers, Dtype dtype) {
  if (dtype == Dtype::float32) {
    for (double& number : numbers) number = static_cast<float>(number);
  }
  return numbers;
}

TEST(Checkpoint, ModelsComeBack) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.safetensors");
  std::size_t which = 0;
  for (const Activation activation : activations) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
      for (const Head head : {Head::none, Head::sigmoid, Head::softmax}) {
        Shape shape = shape_of(3, {5, 1, 2}, activation, dtype);
        shape.options.head = head;
        shape.options.bias = ++which % 3 != 0;
        if (which % 2 == 0) shape.options.activations = {Activation::gelu, activation, Activation::elu};
        const Model saved(shape);
        save(saved.mlp, path);
        Tape tape;
        const MLP loaded = load_mlp(tape, path);
        EXPECT_EQ(loaded.inputs(), 3u);
        EXPECT_EQ(loaded.layer_sizes(), shape.sizes);
        EXPECT_EQ(loaded.options().bias, shape.options.bias);
        EXPECT_EQ(loaded.options().dtype, dtype);
        EXPECT_EQ(loaded.options().head, head);
        EXPECT_EQ(loaded.options().seed, 0u);
        for (std::size_t layer = 0; layer < 3; ++layer)
          EXPECT_EQ(loaded.activation(layer), saved.mlp.activation(layer));
        EXPECT_EQ(numbers_of(loaded), rounded(numbers_of(saved.mlp), dtype));
        EXPECT_EQ(predictions(loaded, 7), predictions(saved.mlp, 7));
        EXPECT_EQ(loaded({tape.value(1), tape.value(2), tape.value(3)}).size(), 2u) << "on that tape";
      }
    }
  }
  EXPECT_EQ(directory.entries(), 1u);
}

/// Names, shapes and numbers as PyTorch's state_dict has them.
TEST(Checkpoint, TensorsAreNamedAsPyTorchNamesThem) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model");
  for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
    Shape shape = shape_of(3, {2, 1}, Activation::silu, dtype);
    shape.options.head = Head::sigmoid;
    Model model(shape);
    const std::vector<double> numbers = {1, 2, 3, 4, 5, 6, 0.5, -0.5, 7, 8, 0.25};
    model.mlp.parameters().set_data(numbers.data());
    save(model.mlp, path);
    const io::Safetensors file = io::read_safetensors(path);
    ASSERT_EQ(file.tensors().size(), 4u);
    const auto expect = [&](const char* name, const std::vector<std::size_t>& layout,
                            const std::vector<double>& expected) {
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(dtype == Dtype::float64 ? file.numbers<double>(name, layout)[i]
                                          : static_cast<double>(file.numbers<float>(name, layout)[i]),
                  expected[i])
            << name;
      }
    };
    expect("layers.0.weight", {2, 3}, {1, 2, 3, 4, 5, 6});
    expect("layers.0.bias", {2}, {0.5, -0.5});
    expect("layers.1.weight", {1, 2}, {7, 8});
    expect("layers.1.bias", {1}, {0.25});
    EXPECT_EQ(file.metadata(), (io::Metadata{{"smolgrad.activations", "silu,linear"}, {"smolgrad.head", "sigmoid"}}));
  }
}

/// What another tool writes: no metadata, numbers with gaps, any order.
TEST(Checkpoint, FilesOfOtherPrograms) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model");
  const float first[] = {1, 2, 3, 4, 5, 6}, bias[] = {0.5f, -0.5f, 0.25f}, last[] = {1, -1, 2}, end[] = {10};
  io::write_safetensors(path, {},
                        {io::tensor("layers.10.bias", {1}, end), io::tensor("layers.10.weight", {1, 3}, last),
                         io::tensor("layers.2.bias", {3}, bias), io::tensor("layers.2.weight", {3, 2}, first)});
  ModelOptions options;
  options.activation = Activation::relu;
  options.head = Head::sigmoid;
  options.dtype = Dtype::float64;  // the file says otherwise
  options.bias = false;
  options.seed = 7;
  options.recording = Recording::single;
  Tape tape;
  const MLP mlp = load_mlp(tape, path, options);
  EXPECT_EQ(mlp.layer_sizes(), (std::vector<std::size_t>{3, 1}));
  EXPECT_EQ(mlp.options().dtype, Dtype::float32);
  EXPECT_EQ(mlp.options().recording, Recording::single);
  EXPECT_EQ(mlp.options().head, Head::sigmoid);
  EXPECT_TRUE(mlp.options().bias);
  const double x[] = {1, -2};
  // relu(1 - 4 + 0.5), relu(3 - 8 - 0.5), relu(5 - 12 + 0.25): only the bias of the last layer is left.
  double y = 0.0;
  mlp.predict(x, 1, &y);
  EXPECT_NEAR(y, 1 / (1 + std::exp(-10.0)), 1e-7);
  const double positive[] = {1, 1};
  mlp.predict(positive, 1, &y);
  EXPECT_NEAR(y, 1 / (1 + std::exp(-(3.5 - 6.5 + 2 * 11.25 + 10))), 1e-7);

  options.activations = {Activation::linear, Activation::linear};
  const MLP linear = load_mlp(tape, path, options);
  linear.predict(x, 1, &y);
  EXPECT_NEAR(y, 1 / (1 + std::exp(-(-2.5 + 5.5 - 2 * 6.75 + 10))), 1e-7);
  options.activations = {Activation::linear};
  EXPECT_EQ(error_of([&] { load_mlp(tape, path, options); }), ErrorCode::invalid_argument);
}

TEST(Checkpoint, WhatMakesNoModel) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model");
  const std::vector<double> zeros(64);
  const std::vector<float> narrow(64);
  const auto weight = [&](const char* name, std::size_t rows, std::size_t columns) {
    return io::tensor(name, {rows, columns}, zeros.data());
  };
  const auto bias = [&](const char* name, std::size_t rows) { return io::tensor(name, {rows}, zeros.data()); };
  const auto refusal = [&](const std::vector<io::Tensor>& tensors, const io::Metadata& metadata = {}) {
    io::write_safetensors(path, metadata, tensors);
    Tape tape;
    const std::size_t before = tape.node_count();
    EXPECT_EQ(error_of([&] { load_mlp(tape, path); }), ErrorCode::format);
    EXPECT_EQ(tape.node_count(), before);
    const std::string message = message_of([&] { load_mlp(tape, path); });
    EXPECT_THAT(message, HasSubstr(path));
    return message;
  };
  EXPECT_THAT(refusal({}), HasSubstr("layers.0.weight"));
  EXPECT_THAT(refusal({bias("layers.0.bias", 2)}), HasSubstr("layer 0 has no weights"));
  EXPECT_THAT(refusal({bias("layers.0.weight", 2)}), HasSubstr("no matrix"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 0, 2)}), HasSubstr("no matrix"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 0)}), HasSubstr("no matrix"));
  EXPECT_THAT(refusal({io::tensor("layers.0.weight", {2, 2, 2}, zeros.data())}), HasSubstr("no matrix"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), weight("layers.1.weight", 1, 3)}),
              HasSubstr("layer 1 has other inputs"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), bias("layers.0.bias", 3)}), HasSubstr("layers.0.bias"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), io::tensor("layers.0.bias", {2}, narrow.data())}),
              HasSubstr("layers.0.bias"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), weight("layers.0.bias", 2, 1)}), HasSubstr("layers.0.bias"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), weight("layers.1.weight", 1, 2), bias("layers.1.bias", 1)}),
              HasSubstr("layer 1 has biases"));
  EXPECT_THAT(refusal({weight("layers.0.weight", 2, 3), io::tensor("layers.1.weight", {1, 2}, narrow.data())}),
              HasSubstr("layer 1 is of another type"));
  const std::int64_t integers[6] = {};
  EXPECT_THAT(refusal({io::tensor("layers.0.weight", {2, 3}, integers)}), HasSubstr("F32 nor F64"));
  for (const char* name :
       {"weight", "layers.weight", "layers..weight", "layers.-1.weight", "layers.01.weight", "layers.0.weights",
        "layers.0x0.weight", "layers. 0.weight", "layers.18446744073709551616.weight", "Layers.0.weight", "layers.0",
        "layers.0.", "layers.0.weight.0", "layers.1.gamma", "training", "layers.+1.bias"}) {
    EXPECT_THAT(refusal({weight("layers.0.weight", 1, 1), weight(name, 1, 1)}), HasSubstr("is none of an MLP's"))
        << name;
  }
  const std::vector<io::Tensor> good = {weight("layers.0.weight", 2, 3), weight("layers.1.weight", 1, 2)};
  for (const char* list : {"", "relu", "relu,relu,relu", "relu,", ",relu", "relu, relu", "Relu,relu", "relu;relu"}) {
    EXPECT_THAT(refusal(good, {{"smolgrad.activations", list}}), HasSubstr("smolgrad.activations")) << list;
  }
  for (const char* head : {"", "Softmax", "soft", "1"}) {
    EXPECT_THAT(refusal(good, {{"smolgrad.head", head}}), HasSubstr("smolgrad.head")) << head;
  }
  io::write_safetensors(path, {{"smolgrad.activations", "relu,tanh"}, {"format", "pt"}}, good);
  Tape tape;
  EXPECT_EQ(load_mlp(tape, path).activation(1), Activation::tanh) << "no lie";
  EXPECT_EQ(error_of([&] { load_mlp(tape, directory.file("missing")); }), ErrorCode::io);
}

FitOptions options_for(const OptimizerOptions& optimizer, std::size_t patience) {
  FitOptions options;
  options.optimizer = optimizer;
  options.schedule = Schedule{CosineDecay{100, 0.1}, 5};
  options.clipping.norm = 2.0;
  options.epochs = 12;
  options.batch_size = 7;
  options.seed = 3;
  options.validation_fraction = 0.25;
  options.patience = patience;
  return options;
}

void expect_same(const TrainingState& got, const TrainingState& expected) {
  EXPECT_EQ(got.epoch, expected.epoch);
  EXPECT_EQ(got.steps, expected.steps);
  EXPECT_EQ(got.best_epoch, expected.best_epoch);
  EXPECT_EQ(got.best_loss, expected.best_loss);
  EXPECT_EQ(got.parameters, expected.parameters);
  EXPECT_EQ(got.best_parameters, expected.best_parameters);
  EXPECT_EQ(got.optimizer, expected.optimizer);
}

/// From each epoch's file, in a new trainer of a new model, to the same bits as without a stop.
TEST(Checkpoint, GoingOnIsNeverHavingStopped) {
  const TemporaryDirectory directory;
  const Samples data = some_samples(30, 2, 1);
  std::set<FitOutcome> outcomes;
  for (const OptimizerOptions& optimizer : some_optimizers()) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
      for (const std::size_t patience : {0, 2}) {
        SCOPED_TRACE(testing::Message() << optimizer.index() << ", patience " << patience);
        const Shape shape = shape_of(2, {6, 1}, Activation::tanh, dtype);
        FitOptions options = options_for(optimizer, patience);
        const auto path_of = [&](std::size_t epoch) { return directory.file(std::to_string(epoch)); };
        Model model(shape);
        Trainer* itself = nullptr;
        options.progress = [&](const Epoch& epoch) {
          save(*itself, path_of(epoch.epoch));
          return true;
        };
        Trainer trainer(model.mlp, options);
        itself = &trainer;
        save(trainer, path_of(0));
        const FitReport whole = trainer.fit(data.x.data(), data.y.data(), 30);
        outcomes.insert(whole.outcome);
        options.progress = nullptr;
        for (std::size_t epoch = 0; epoch <= whole.epochs.size(); ++epoch) {
          Shape other = shape;
          other.options.seed = 77;
          Model fresh(other);
          Trainer resumed(fresh.mlp, options);
          load(resumed, path_of(epoch));
          EXPECT_EQ(resumed.epoch(), epoch);
          EXPECT_EQ(numbers_of(fresh.mlp), resumed.state().parameters);
          const FitReport rest = resumed.fit(data.x.data(), data.y.data(), 30);
          EXPECT_EQ(rest.outcome, whole.outcome) << "from epoch " << epoch;
          EXPECT_EQ(rest.epochs.size(), whole.epochs.size() - epoch) << "from epoch " << epoch;
          EXPECT_EQ(rest.best_epoch, whole.best_epoch);
          EXPECT_EQ(rest.best_loss, whole.best_loss);
          for (std::size_t i = 0; i < rest.epochs.size() && epoch + i < whole.epochs.size(); ++i) {
            EXPECT_EQ(rest.epochs[i].epoch, epoch + i + 1);
            EXPECT_EQ(rest.epochs[i].training.loss, whole.epochs[epoch + i].training.loss);
            EXPECT_EQ(rest.epochs[i].validation.loss, whole.epochs[epoch + i].validation.loss);
            EXPECT_EQ(rest.epochs[i].learning_rate, whole.epochs[epoch + i].learning_rate);
          }
          ASSERT_EQ(numbers_of(fresh.mlp), numbers_of(model.mlp)) << "from epoch " << epoch;
          expect_same(resumed.state(), trainer.state());
        }
      }
    }
  }
  EXPECT_EQ(outcomes.size(), 2u) << "finished and stopped early";
}

/// First a few epochs, then more of them; and the file of a checkpoint is that of a model too.
TEST(Checkpoint, MoreEpochs) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("training");
  const Samples data = some_samples(30, 2, 1);
  const Shape shape = shape_of(2, {6, 1});
  FitOptions options = options_for(Adam{0.01}, 0);
  Model whole(shape);
  fit(whole.mlp, data.x.data(), data.y.data(), 30, options);
  Model model(shape);
  options.epochs = 5;
  Trainer first(model.mlp, options);
  first.fit(data.x.data(), data.y.data(), 30);
  save(first, path);
  Tape tape;
  EXPECT_EQ(numbers_of(load_mlp(tape, path)), numbers_of(model.mlp));
  options.epochs = 12;
  options.run.threads = 2;
  options.progress = [](const Epoch&) { return true; };
  Model fresh(shape);
  Trainer second(fresh.mlp, options);
  load(second, path);
  second.fit(data.x.data(), data.y.data(), 30);
  EXPECT_EQ(numbers_of(fresh.mlp), numbers_of(whole.mlp));
}

/// Steps by hand go on too.
TEST(Checkpoint, Steps) {
  const TemporaryDirectory directory;
  const Samples data = some_samples(8, 2, 1);
  const Shape shape = shape_of(2, {3, 1});
  FitOptions options = options_for(AdamW{0.01}, 0);
  Model model(shape), fresh(shape);
  Trainer trainer(model.mlp, options), resumed(fresh.mlp, options);
  for (int i = 0; i < 5; ++i) trainer.step(data.x.data(), data.y.data(), 8);
  save(trainer, directory.file("steps"));
  load(resumed, directory.file("steps"));
  EXPECT_EQ(resumed.steps(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(resumed.step(data.x.data(), data.y.data(), 8), trainer.step(data.x.data(), data.y.data(), 8));
  }
  EXPECT_EQ(numbers_of(fresh.mlp), numbers_of(model.mlp));
}

struct Saved {
  TemporaryDirectory directory;
  std::string path = directory.file("training");
  Samples data = some_samples(30, 2, 1);
  Shape shape = shape_of(2, {6, 1});
  FitOptions options = options_for(Adam{0.01}, 2);
  Saved() {
    options.epochs = 3;
    Model model(shape);
    Trainer trainer(model.mlp, options);
    trainer.fit(data.x.data(), data.y.data(), 30);
    save(trainer, path);
  }
  /// What loading it gives, into a trainer that must stay as it is.
  ErrorCode refused(const Shape& into, const FitOptions& with, std::string* message = nullptr) const {
    Model model(into);
    Trainer trainer(model.mlp, with);
    trainer.step(some_floats(into.inputs, 1).data(), some_floats(into.sizes.back(), 2).data());
    const TrainingState before = trainer.state();
    const std::vector<double> numbers = numbers_of(model.mlp);
    const ErrorCode code = error_of([&] { load(trainer, path); });
    if (message != nullptr) *message = message_of([&] { load(trainer, path); });
    expect_same(trainer.state(), before);
    EXPECT_EQ(numbers_of(model.mlp), numbers);
    return code;
  }
};

TEST(Checkpoint, OthersAreRefused) {
  const Saved saved;
  const auto model = [&](const auto& change) {
    Shape shape = saved.shape;
    change(shape);
    EXPECT_EQ(saved.refused(shape, saved.options), ErrorCode::invalid_argument);
  };
  model([](Shape& shape) { shape.inputs = 3; });
  model([](Shape& shape) { shape.sizes = {5, 1}; });
  model([](Shape& shape) { shape.sizes = {6, 1, 1}; });
  model([](Shape& shape) { shape.options.bias = false; });
  model([](Shape& shape) { shape.options.dtype = Dtype::float32; });
  model([](Shape& shape) { shape.options.activation = Activation::relu; });
  model([](Shape& shape) { shape.options.activations = {Activation::tanh, Activation::tanh}; });
  std::size_t refusals = 0;
  for (const OptimizerOptions& optimizer : some_optimizers()) {
    if (std::holds_alternative<Adam>(optimizer)) continue;
    FitOptions other = saved.options;
    other.optimizer = optimizer;
    EXPECT_EQ(saved.refused(saved.shape, other), ErrorCode::invalid_argument) << optimizer.index();
    ++refusals;
  }
  EXPECT_EQ(refusals, 6u);
  FitOptions seed = saved.options;
  seed.seed = 4;
  EXPECT_EQ(saved.refused(saved.shape, seed), ErrorCode::invalid_argument);

  // Nor is a model's file a trainer's, whatever it was trained by.
  save(Model(saved.shape).mlp, saved.path);
  EXPECT_EQ(saved.refused(saved.shape, saved.options), ErrorCode::invalid_argument);
  put(saved.path, "no file of ours");
  EXPECT_EQ(saved.refused(saved.shape, saved.options), ErrorCode::format);
  unlink(saved.path.c_str());
  EXPECT_EQ(saved.refused(saved.shape, saved.options), ErrorCode::io);
}

/// Of each pair of optimisers with other things to remember, one another's files.
TEST(Checkpoint, EachOptimiserToItself) {
  const TemporaryDirectory directory;
  const Shape shape = shape_of(2, {1});
  const Samples data = some_samples(4, 2, 1);
  const std::vector<OptimizerOptions> optimizers = {
      Sgd{},  Sgd{0.01, 0.9}, RmsProp{}, RmsProp{0.01, 0.9, 1e-8, 0.0, 0.5}, RmsProp{0.01, 0.9, 1e-8, 0.0, 0.0, true},
      Adam{}, AdamW{}};
  for (std::size_t from = 0; from < optimizers.size(); ++from) {
    FitOptions options;
    options.optimizer = optimizers[from];
    Model model(shape);
    Trainer trainer(model.mlp, options);
    trainer.step(data.x.data(), data.y.data(), 4);
    save(trainer, directory.file("training"));
    for (std::size_t to = 0; to < optimizers.size(); ++to) {
      SCOPED_TRACE(testing::Message() << from << " to " << to);
      options.optimizer = optimizers[to];
      Model other(shape);
      Trainer into(other.mlp, options);
      if (from == to) {
        load(into, directory.file("training"));
        expect_same(into.state(), trainer.state());
      } else {
        EXPECT_EQ(error_of([&] { load(into, directory.file("training")); }), ErrorCode::invalid_argument);
        EXPECT_EQ(into.steps(), 0u);
      }
    }
  }
}

/// A file with patience's memory, loaded where there is none: the last epoch counts.
TEST(Checkpoint, WithoutPatienceTheBestIsForgotten) {
  Saved saved;
  saved.options.patience = 0;
  saved.options.epochs = 8;
  Model model(saved.shape);
  Trainer trainer(model.mlp, saved.options);
  load(trainer, saved.path);
  trainer.fit(saved.data.x.data(), saved.data.y.data(), 30);
  EXPECT_EQ(numbers_of(model.mlp), trainer.state().parameters);
}

TEST(Checkpoint, MetadataThatLies) {
  const Saved saved;
  const std::string whole = content(saved.path);
  const io::Safetensors file = io::read_safetensors(saved.path);
  const auto refusal = [&](const char* key, const char* text) {
    io::Metadata metadata = file.metadata();
    EXPECT_EQ(metadata.count(key), 1u) << key;
    metadata[key] = text;
    io::write_safetensors(saved.path, metadata, file.tensors());
    std::string message;
    EXPECT_EQ(saved.refused(saved.shape, saved.options, &message), ErrorCode::format) << key << " " << text;
    EXPECT_THAT(message, HasSubstr(key));
  };
  for (const char* key : {"training.epoch", "training.steps", "training.best_epoch", "training.seed"}) {
    for (const char* text : {"", "x", "-1", "+1", " 1", "1 ", "1.5", "1e3", "0x1", "18446744073709551616", "nan"}) {
      refusal(key, text);
    }
  }
  for (const char* text : {"", "x", "nan", "-nan", "1,5", "0x1p3", "1e999", "1 "}) refusal("training.best_loss", text);
  refusal("training.best_epoch", "4");  // the last was the third
  refusal("smolgrad.activations", "tanh");
  refusal("smolgrad.activations", "tanh,no");
  refusal("training.optimizer", "");
  refusal("training.optimizer", "adam");
  for (const char* key :
       {"training.steps", "training.best_epoch", "training.best_loss", "training.seed", "training.optimizer"}) {
    io::Metadata metadata = file.metadata();
    metadata.erase(key);
    io::write_safetensors(saved.path, metadata, file.tensors());
    std::string message;
    EXPECT_EQ(saved.refused(saved.shape, saved.options, &message), ErrorCode::format);
    EXPECT_THAT(message, HasSubstr(key));
  }
  for (const char* name : {"training.parameters", "training.best_parameters", "training.optimizer.exp_avg"}) {
    std::vector<io::Tensor> tensors = file.tensors();
    for (io::Tensor& tensor : tensors) {
      if (tensor.name == name) tensor.shape = {1, tensor.shape.at(0)};
    }
    io::write_safetensors(saved.path, file.metadata(), tensors);
    std::string message;
    EXPECT_EQ(saved.refused(saved.shape, saved.options, &message), ErrorCode::format);
    EXPECT_THAT(message, HasSubstr(name));
  }
  put(saved.path, whole);
  Model model(saved.shape);
  Trainer trainer(model.mlp, saved.options);
  load(trainer, saved.path);
  EXPECT_EQ(trainer.epoch(), 3u) << "no lie";
}

/// Numbers that a lie may be: training is over then, or goes on.
TEST(Checkpoint, HugeCounts) {
  Saved saved;
  const io::Safetensors file = io::read_safetensors(saved.path);
  saved.options.epochs = SIZE_MAX;
  int epochs = 0;
  saved.options.progress = [&](const Epoch&) { return ++epochs % 3 != 0; };
  for (const char* epoch : {"18446744073709551615", "18446744073709551614", "9223372036854775808"}) {
    io::Metadata metadata = file.metadata();
    metadata["training.epoch"] = metadata["training.steps"] = epoch;
    io::write_safetensors(saved.path, metadata, file.tensors());
    Model model(saved.shape);
    Trainer trainer(model.mlp, saved.options);
    load(trainer, saved.path);
    const FitReport report = trainer.fit(saved.data.x.data(), saved.data.y.data(), 30);
    EXPECT_LE(report.epochs.size(), 3u);
    for (const double number : numbers_of(model.mlp)) EXPECT_TRUE(std::isfinite(number));
  }
}

TEST(Checkpoint, FilesBrokenAtRandom) {
  const Saved saved;
  const std::string whole = content(saved.path);
  std::mt19937_64 random(11);
  int valid = 0, models = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string broken = whole;
    if (i % 4 == 0) broken.resize(random() % whole.size());
    for (std::size_t flips = i % 4 == 0 ? random() % 2 : 1 + random() % 3; flips > 0 && !broken.empty(); --flips) {
      // Mostly in the header.
      const std::size_t at = random() % (flips % 2 == 1 ? std::min<std::size_t>(broken.size(), 1200) : broken.size());
      broken[at] = static_cast<char>(broken[at] ^ (1 << random() % 8));
    }
    put(saved.path, broken);
    try {
      Tape tape;
      const MLP loaded = load_mlp(tape, saved.path);
      EXPECT_EQ(predictions(loaded, 2).size(), 2 * loaded.outputs());
      ++models;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::format) << error.what();
    }
    Model model(saved.shape);
    Trainer trainer(model.mlp, saved.options);
    const std::vector<double> before = numbers_of(model.mlp);
    try {
      load(trainer, saved.path);
      predictions(model.mlp, 2);
      ++valid;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::format || error.code() == ErrorCode::invalid_argument) << error.what();
      EXPECT_EQ(numbers_of(model.mlp), before);
      EXPECT_EQ(trainer.epoch(), 0u);
    }
  }
  EXPECT_GT(valid, 10) << "flips in numbers";
  EXPECT_LT(valid, 700);
  EXPECT_GT(models, valid);
}

/// A child trains and saves until it is killed: what it leaves can be gone on from.
TEST(Checkpoint, KilledAtAnyMoment) {
  Saved saved;
  saved.options.epochs = 1000000;
  saved.options.patience = 0;
  std::mt19937_64 random(5);
  std::uint64_t last = 0;
  for (int run = 0; run < 12; ++run) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Model model(saved.shape);
      Trainer* itself = nullptr;
      saved.options.progress = [&](const Epoch&) {
        save(*itself, saved.path);
        return true;
      };
      Trainer trainer(model.mlp, saved.options);
      itself = &trainer;
      load(trainer, saved.path);
      trainer.fit(saved.data.x.data(), saved.data.y.data(), 30);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(5000 + random() % 40000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";
    Model model(saved.shape);
    FitOptions options = saved.options;
    options.progress = nullptr;
    Trainer trainer(model.mlp, options);
    load(trainer, saved.path);
    EXPECT_GE(trainer.epoch(), last);
    EXPECT_EQ(trainer.steps(), 4 * trainer.epoch()) << "22 rows in batches of 7";
    last = trainer.epoch();
  }
  EXPECT_GT(last, 3u) << "it went on";
}

/// A full disk, or rather a limit on the size of files.
TEST(Checkpoint, WhatCannotBeWrittenLeavesTheOldFile) {
  const Saved saved;
  const std::string before = content(saved.path);
  Model model(saved.shape);
  Trainer trainer(model.mlp, saved.options);
  trainer.step(saved.data.x.data(), saved.data.y.data(), 30);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = limit;
  small.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto code_of = [&](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  const ErrorCode of_trainer = code_of([&] { save(trainer, saved.path); });
  const ErrorCode of_model = code_of([&] { save(model.mlp, saved.path); });
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(of_trainer, ErrorCode::io);
  EXPECT_EQ(of_model, ErrorCode::io);
  EXPECT_EQ(content(saved.path), before);
  EXPECT_EQ(saved.directory.entries(), 1u);
  EXPECT_EQ(error_of([&] { save(model.mlp, saved.directory.file("no/such/directory")); }), ErrorCode::io);
}

}  // namespace
}  // namespace smolgrad::test

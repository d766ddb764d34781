#include <smolgrad/checkpoint.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <new>
#include <string_view>
#include <variant>

#include "message.hpp"
#include "safetensors.hpp"

namespace smolgrad {

namespace {

using io::Metadata;
using io::Safetensors;
using io::Tensor;

// In the order of the enumerations.
constexpr std::array<std::string_view, 9> activation_names{"linear",  "relu",     "leaky_relu", "elu", "tanh",
                                                           "sigmoid", "softplus", "silu",       "gelu"};
constexpr std::array<std::string_view, 3> head_names{"none", "sigmoid", "softmax"};
constexpr std::array<std::string_view, 4> optimizer_names{"Sgd", "RmsProp", "Adam", "AdamW"};
static_assert(std::variant_size_v<OptimizerOptions> == optimizer_names.size());

constexpr const char* activations_key = "smolgrad.activations";
constexpr const char* head_key = "smolgrad.head";
constexpr const char* parameters_name = "training.parameters";
constexpr const char* best_parameters_name = "training.best_parameters";
constexpr std::string_view optimizer_prefix = "training.optimizer.";

template <class Action>
auto reporting(Action action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a model's file");
  }
}

/// What is to be written: arrays in the precision of the model, kept for as long as that takes.
class Content {
 public:
  explicit Content(Dtype dtype) : dtype_(dtype) {}

  void add(std::string name, std::vector<std::size_t> shape, const double* from) {
    std::size_t count = 1;
    for (const std::size_t length : shape) count *= length;
    if (dtype_ == Dtype::float64) {
      tensors_.push_back(io::tensor(std::move(name), std::move(shape), from));
    } else {
      narrowed_.emplace_back(from, from + count);
      tensors_.push_back(io::tensor(std::move(name), std::move(shape), narrowed_.back().data()));
    }
  }

  void write(const std::string& path) const { io::write_safetensors(path, metadata, tensors_); }

  Metadata metadata;

 private:
  Dtype dtype_;
  std::vector<Tensor> tensors_;
  std::vector<std::vector<float>> narrowed_;
};

std::string name_of(std::size_t layer, const char* what) { return io::message({"layers.", layer, ".", what}); }

void add_model(const MLP& model, Content& content) {
  const double* data = model.parameters().data();
  std::size_t inputs = model.inputs();
  std::string activations;
  const std::vector<std::size_t> sizes = model.layer_sizes();
  for (std::size_t layer = 0; layer < sizes.size(); ++layer) {
    const std::size_t outputs = sizes[layer];
    content.add(name_of(layer, "weight"), {outputs, inputs}, data);
    data += outputs * inputs;
    if (model.options().bias) {
      content.add(name_of(layer, "bias"), {outputs}, data);
      data += outputs;
    }
    if (layer > 0) activations += ',';
    activations += activation_names[static_cast<std::size_t>(model.activation(layer))];
    inputs = outputs;
  }
  content.metadata[activations_key] = activations;
  content.metadata[head_key] = head_names[static_cast<std::size_t>(model.options().head)];
}

/// Exact, and the same in every locale.
std::string text_of(double number) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), number);
  return std::string(text, end.ptr);
}

/// A file that is being read, and what there is to say about it.
struct File {
  const std::string& path;
  Safetensors content;

  const std::string* find(const std::string& key) const {
    const auto found = content.metadata().find(key);
    return found == content.metadata().end() ? nullptr : &found->second;
  }

  const std::string& at(const std::string& key) const {
    const std::string* const text = find(key);
    if (text == nullptr) io::throw_format({path, ": there is no ", io::in_quotes(key), " in the metadata"});
    return *text;
  }

  template <class Number>
  Number number(const std::string& key) const {
    const std::string& text = at(key);
    Number number{};
    const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) throw_metadata(key, text);
    return number;
  }

  [[noreturn]] void throw_metadata(const std::string& key, std::string_view text) const {
    io::throw_format({path, ": the metadata has ", io::in_quotes(text), " for ", io::in_quotes(key)});
  }

  template <class Enumeration, std::size_t count>
  Enumeration choice(const std::string& key, std::string_view text,
                     const std::array<std::string_view, count>& names) const {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) throw_metadata(key, text);
    return static_cast<Enumeration>(found - names.begin());
  }
};

struct LayerTensors {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
};

/// By their numbers, which need not be one after the other.
std::map<std::size_t, LayerTensors> layers_of(const File& file) {
  constexpr std::string_view prefix = "layers.";
  std::map<std::size_t, LayerTensors> layers;
  for (const Tensor& tensor : file.content.tensors()) {
    const std::string_view name = tensor.name;
    if (name.substr(0, std::string_view("training.").size()) == "training.") continue;
    std::size_t number = 0;
    const char* const end = name.data() + name.size();
    const char* rest = name.data();
    if (name.substr(0, prefix.size()) == prefix) rest = std::from_chars(rest + prefix.size(), end, number).ptr;
    const std::string_view what(rest, static_cast<std::size_t>(end - rest));
    if (what == ".weight" && name == name_of(number, "weight")) {
      layers[number].weight = &tensor;
    } else if (what == ".bias" && name == name_of(number, "bias")) {
      layers[number].bias = &tensor;
    } else {
      io::throw_format({file.path, ": the tensor ", io::in_quotes(name), " is none of an MLP's"});
    }
  }
  return layers;
}

struct Architecture {
  std::size_t inputs = 0;
  std::vector<std::size_t> sizes;
  bool bias = false;
  Dtype dtype = Dtype::float64;
};

/// Throws for layers that make no model.
Architecture architecture_of(const File& file, const std::map<std::size_t, LayerTensors>& layers) {
  if (layers.empty()) io::throw_format({file.path, ": there is no tensor 'layers.0.weight'"});
  Architecture found;
  std::size_t inputs = 0;
  for (const auto& [number, layer] : layers) {
    const auto refuse = [&, at = number](const char* what) {
      io::throw_format({file.path, ": layer ", at, " ", what});
    };
    if (layer.weight == nullptr) refuse("has no weights");
    const std::vector<std::size_t>& shape = layer.weight->shape;
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) refuse("has weights that are no matrix");
    if (layer.weight->dtype != "F32" && layer.weight->dtype != "F64") refuse("is neither of type F32 nor F64");
    const Dtype dtype = layer.weight->dtype == "F32" ? Dtype::float32 : Dtype::float64;
    if (found.sizes.empty()) {
      found.inputs = inputs = shape[1];
      found.bias = layer.bias != nullptr;
      found.dtype = dtype;
    }
    if (shape[1] != inputs) refuse("has other inputs than the layer before has outputs");
    if (dtype != found.dtype) refuse("is of another type than the first");
    if ((layer.bias != nullptr) != found.bias) refuse("has biases and others have none, or the other way round");
    found.sizes.push_back(shape[0]);
    inputs = shape[0];
  }
  return found;
}

std::vector<double> widened(const File& file, const std::string& name, const std::vector<std::size_t>& shape,
                            Dtype dtype) {
  std::size_t count = 1;
  for (const std::size_t length : shape) count *= length;
  if (dtype == Dtype::float64) {
    const double* const numbers = file.content.numbers<double>(name, shape);
    return {numbers, numbers + count};
  }
  const float* const numbers = file.content.numbers<float>(name, shape);
  return {numbers, numbers + count};
}

std::vector<double> parameters_of(const File& file, const std::map<std::size_t, LayerTensors>& layers, Dtype dtype) {
  std::vector<double> parameters;
  for (const auto& [number, layer] : layers) {
    for (const Tensor* const tensor : {layer.weight, layer.bias}) {
      if (tensor == nullptr) continue;
      const bool is_bias = tensor == layer.bias;
      const std::vector<std::size_t> shape = is_bias ? std::vector{layer.weight->shape[0]} : tensor->shape;
      const std::vector<double> numbers = widened(file, tensor->name, shape, dtype);
      parameters.insert(parameters.end(), numbers.begin(), numbers.end());
    }
  }
  return parameters;
}

void read_options(const File& file, std::size_t layers, ModelOptions& options) {
  if (const std::string* const names = file.find(activations_key)) {
    options.activations.clear();
    std::string_view rest = *names;
    for (;;) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      options.activations.push_back(file.choice<Activation>(activations_key, rest.substr(0, comma), activation_names));
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
    if (options.activations.size() != layers) file.throw_metadata(activations_key, *names);
  }
  if (const std::string* const name = file.find(head_key)) {
    options.head = file.choice<Head>(head_key, *name, head_names);
  }
}

/// Whether these are the model's layers, as far as the file says.
bool is_of(const File& file, const MLP& model) {
  const Architecture architecture = architecture_of(file, layers_of(file));
  ModelOptions options;
  read_options(file, architecture.sizes.size(), options);
  bool same = architecture.inputs == model.inputs() && architecture.sizes == model.layer_sizes() &&
              architecture.bias == model.options().bias && architecture.dtype == model.options().dtype;
  for (std::size_t layer = 0; same && layer < options.activations.size(); ++layer) {
    same = options.activations[layer] == model.activation(layer);
  }
  return same;
}

/// Whether what is remembered is what this optimiser remembers.
bool is_of(const File& file, const OptimizerOptions& optimizer, const TrainingState& state) {
  const std::string& name = file.at("training.optimizer");
  if (file.choice<std::size_t>("training.optimizer", name, optimizer_names) != optimizer.index()) return false;
  const std::vector<Tensor>& tensors = file.content.tensors();
  const auto is_remembered = [](const Tensor& tensor) { return tensor.name.rfind(optimizer_prefix, 0) == 0; };
  const auto is_there = [&](const auto& array) {
    return file.content.find(std::string(optimizer_prefix) + array.first) != nullptr;
  };
  return static_cast<std::size_t>(std::count_if(tensors.begin(), tensors.end(), is_remembered)) ==
             state.optimizer.size() &&
         std::all_of(state.optimizer.begin(), state.optimizer.end(), is_there);
}

void write_checkpoint(const Trainer& trainer, const std::string& path) {
  const TrainingState state = trainer.state();
  const std::size_t count = state.parameters.size();
  Content content(trainer.model().options().dtype);
  add_model(trainer.model(), content);
  content.add(parameters_name, {count}, state.parameters.data());
  if (!state.best_parameters.empty()) {
    content.add(best_parameters_name, {count}, state.best_parameters.data());
  }
  for (const auto& [name, array] : state.optimizer) {
    content.add(std::string(optimizer_prefix) + name, {count}, array.data());
  }
  content.metadata["training.epoch"] = std::to_string(state.epoch);
  content.metadata["training.steps"] = std::to_string(state.steps);
  content.metadata["training.best_epoch"] = std::to_string(state.best_epoch);
  content.metadata["training.best_loss"] = text_of(state.best_loss);
  content.metadata["training.optimizer"] = optimizer_names[trainer.options().optimizer.index()];
  content.metadata["training.seed"] = std::to_string(trainer.options().seed);
  content.write(path);
}

TrainingState read_state(const File& file, std::size_t count, Dtype dtype) {
  TrainingState state;
  state.epoch = file.number<std::uint64_t>("training.epoch");
  state.steps = file.number<std::uint64_t>("training.steps");
  state.best_epoch = file.number<std::uint64_t>("training.best_epoch");
  if (state.best_epoch > state.epoch) file.throw_metadata("training.best_epoch", file.at("training.best_epoch"));
  state.best_loss = file.number<double>("training.best_loss");
  if (std::isnan(state.best_loss)) file.throw_metadata("training.best_loss", file.at("training.best_loss"));
  state.parameters = widened(file, parameters_name, {count}, dtype);
  if (file.content.find(best_parameters_name) != nullptr) {
    state.best_parameters = widened(file, best_parameters_name, {count}, dtype);
  }
  return state;
}

}  // namespace

void save(const MLP& model, const std::string& path) {
  reporting([&] {
    Content content(model.options().dtype);
    add_model(model, content);
    content.write(path);
  });
}

MLP load_mlp(Tape& tape, const std::string& path, const ModelOptions& options) {
  return reporting([&] {
    const File file{path, io::read_safetensors(path)};
    const std::map<std::size_t, LayerTensors> layers = layers_of(file);
    const Architecture architecture = architecture_of(file, layers);
    ModelOptions chosen = options;
    chosen.seed = 0;
    chosen.bias = architecture.bias;
    chosen.dtype = architecture.dtype;
    read_options(file, layers.size(), chosen);
    const std::vector<double> parameters = parameters_of(file, layers, chosen.dtype);
    MLP model(tape, architecture.inputs, architecture.sizes, chosen);
    model.parameters().set_data(parameters.data());
    return model;
  });
}

void save(const Trainer& trainer, const std::string& path) {
  reporting([&] { write_checkpoint(trainer, path); });
}

void load(Trainer& trainer, const std::string& path) {
  reporting([&] {
    const File file{path, io::read_safetensors(path)};
    const MLP& model = trainer.model();
    if (!is_of(file, model)) {
      throw Error(ErrorCode::invalid_argument, io::message({path, ": the model is not the trainer's"}));
    }
    if (file.find("training.epoch") == nullptr) {
      throw Error(ErrorCode::invalid_argument, io::message({path, ": there is no trainer's state in it"}));
    }
    const TrainingState now = trainer.state();
    if (!is_of(file, trainer.options().optimizer, now)) {
      throw Error(ErrorCode::invalid_argument, io::message({path, ": the optimiser is not the trainer's"}));
    }
    const auto seed = file.number<std::uint64_t>("training.seed");
    if (seed != trainer.options().seed) {
      throw Error(ErrorCode::invalid_argument, io::message({path, ": training has the seed ", seed, " there"}));
    }
    const Dtype dtype = model.options().dtype;
    const std::size_t count = model.parameters().size();
    TrainingState state = read_state(file, count, dtype);
    for (const auto& [name, array] : now.optimizer) {
      state.optimizer.emplace_back(name, widened(file, std::string(optimizer_prefix) + name, {count}, dtype));
    }
    trainer.restore(state);
  });
}

}  // namespace smolgrad

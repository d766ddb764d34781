#include <smolgrad/checkpoint.hpp>

#include <algorithm>
#include <vector>

#include "model.hpp"

using namespace smolgrad;

namespace {

template <class Set>
int32_t set_option(smolgrad_mlp_options* options, int32_t number, int32_t last, Set set) {
  if (options == nullptr || number < 0 || number > last) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  set(options->options);
  return SMOLGRAD_OK;
}

/// What `make` makes, in the tape's list.
template <class Make>
smolgrad_mlp* new_model(smolgrad_tape* tape, Make make) {
  if (tape == nullptr) return nullptr;
  return capi::result_of<smolgrad_mlp*>(tape, nullptr, [&] {
    capi::destroy_finished(*tape);
    auto* const mlp = new smolgrad_mlp{tape, make()};
    mlp->next = tape->models;
    if (mlp->next != nullptr) mlp->next->previous = mlp;
    tape->models = mlp;
    return mlp;
  });
}

/// Runs `body` on a model and an array of as many numbers as it has parameters.
template <class Model, class Number, class Body>
int32_t with_parameters(Model* mlp, Number* numbers, size_t n, Body body) {
  if (mlp == nullptr || numbers == nullptr) return capi::report_null(mlp == nullptr ? nullptr : mlp->tape);
  return capi::status_of(mlp->tape, [&] {
    if (n != mlp->model.parameters().size()) {
      throw Error(ErrorCode::invalid_argument, "the count differs from smolgrad_mlp_parameter_count");
    }
    body(mlp->model.parameters());
  });
}

template <class T>
int32_t predict(const smolgrad_mlp* mlp, const T* x, size_t rows, T* y) {
  if (mlp == nullptr || (rows > 0 && (x == nullptr || y == nullptr))) {
    return capi::report_null(mlp == nullptr ? nullptr : mlp->tape);
  }
  return capi::status_of(mlp->tape, [&] { mlp->model.predict(x, rows, y); });
}

}  // namespace

smolgrad_mlp_options* smolgrad_mlp_options_create(void) {
  return capi::result_of<smolgrad_mlp_options*>(nullptr, nullptr, [] { return new smolgrad_mlp_options; });
}

void smolgrad_mlp_options_destroy(smolgrad_mlp_options* options) { delete options; }

int32_t smolgrad_mlp_options_set_activation(smolgrad_mlp_options* options, int32_t activation) {
  return set_option(options, activation, SMOLGRAD_ACTIVATION_GELU,
                    [&](ModelOptions& o) { o.activation = static_cast<Activation>(activation); });
}

int32_t smolgrad_mlp_options_set_activations(smolgrad_mlp_options* options, const int32_t* activations,
                                             size_t n_layers) {
  if (options == nullptr || (activations == nullptr && n_layers > 0)) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(nullptr, [&] {
    capi::require_possible(n_layers);
    std::vector<Activation> chosen(n_layers);
    std::transform(activations, activations + n_layers, chosen.begin(), [](int32_t activation) {
      if (activation >= 0 && activation <= SMOLGRAD_ACTIVATION_GELU) return static_cast<Activation>(activation);
      throw Error(ErrorCode::invalid_argument, "no such activation");
    });
    options->options.activations = std::move(chosen);
  });
}

int32_t smolgrad_mlp_options_set_seed(smolgrad_mlp_options* options, uint64_t seed) {
  return set_option(options, 0, 0, [&](ModelOptions& o) { o.seed = seed; });
}

int32_t smolgrad_mlp_options_set_init(smolgrad_mlp_options* options, int32_t init) {
  return set_option(options, init, SMOLGRAD_INIT_HE,
                    [&](ModelOptions& o) { o.initialization = static_cast<Initialization>(init); });
}

int32_t smolgrad_mlp_options_set_bias(smolgrad_mlp_options* options, int32_t bias) {
  return set_option(options, bias, 1, [&](ModelOptions& o) { o.bias = bias != 0; });
}

int32_t smolgrad_mlp_options_set_recording(smolgrad_mlp_options* options, int32_t recording) {
  return set_option(options, recording, SMOLGRAD_RECORDING_SINGLE,
                    [&](ModelOptions& o) { o.recording = static_cast<Recording>(recording); });
}

int32_t smolgrad_mlp_options_set_head(smolgrad_mlp_options* options, int32_t head) {
  return set_option(options, head, SMOLGRAD_HEAD_SOFTMAX, [&](ModelOptions& o) { o.head = static_cast<Head>(head); });
}

int32_t smolgrad_mlp_options_set_dtype(smolgrad_mlp_options* options, int32_t dtype) {
  return set_option(options, dtype, SMOLGRAD_DTYPE_FLOAT32,
                    [&](ModelOptions& o) { o.dtype = static_cast<Dtype>(dtype); });
}

smolgrad_mlp* smolgrad_mlp_create(smolgrad_tape* tape, size_t n_inputs, const size_t* layer_sizes, size_t n_layers,
                                  const smolgrad_mlp_options* options) {
  return new_model(tape, [&] {
    if (layer_sizes == nullptr) throw Error(ErrorCode::invalid_argument, "an argument is NULL");
    capi::require_possible(n_layers);
    const ModelOptions defaults;
    return MLP(tape->tape, n_inputs, {layer_sizes, layer_sizes + n_layers},
               options == nullptr ? defaults : options->options);
  });
}

void smolgrad_mlp_destroy(smolgrad_mlp* mlp) {
  if (mlp == nullptr) return;
  // A closed tape keeps no list: its models may be destroyed by any threads.
  if (!mlp->tape->closed) {
    (mlp->previous == nullptr ? mlp->tape->models : mlp->previous->next) = mlp->next;
    if (mlp->next != nullptr) mlp->next->previous = mlp->previous;
  }
  delete mlp;
}

void smolgrad_mlp_destroy_later(smolgrad_mlp* mlp) {
  if (mlp == nullptr) return;
  {
    smolgrad_finished_models& finished = *mlp->tape->finished;
    const std::lock_guard<std::mutex> lock(finished.mutex);
    if (!finished.closed) {
      mlp->next_finished = finished.first;
      finished.first = mlp;
      return;
    }
  }
  delete mlp;
}

void capi::destroy_finished(smolgrad_finished_models& finished) noexcept {
  while (finished.first != nullptr) {
    smolgrad_mlp* const mlp = finished.first;
    finished.first = mlp->next_finished;
    smolgrad_mlp_destroy(mlp);
  }
}

void capi::destroy_finished(const smolgrad_tape& tape) noexcept {
  const std::lock_guard<std::mutex> lock(tape.finished->mutex);
  destroy_finished(*tape.finished);
}

int32_t smolgrad_mlp_forward(const smolgrad_mlp* mlp, smolgrad_value* const x[], size_t n, smolgrad_value* out[],
                             size_t n_out) {
  if (mlp == nullptr || out == nullptr) return capi::report_null(mlp == nullptr ? capi::first_tape(x, n) : mlp->tape);
  return capi::status_of(mlp->tape, [&] {
    if (n != mlp->model.inputs()) throw Error(ErrorCode::invalid_argument, "wrong count of inputs");
    if (n_out != mlp->model.outputs()) throw Error(ErrorCode::invalid_argument, "wrong count of outputs");
    capi::hand_out(mlp->model(capi::values_of(x, n)), out);
  });
}

size_t smolgrad_mlp_input_count(const smolgrad_mlp* mlp) { return mlp == nullptr ? 0 : mlp->model.inputs(); }

size_t smolgrad_mlp_output_count(const smolgrad_mlp* mlp) { return mlp == nullptr ? 0 : mlp->model.outputs(); }

size_t smolgrad_mlp_parameter_count(const smolgrad_mlp* mlp) {
  return mlp == nullptr ? 0 : mlp->model.parameters().size();
}

smolgrad_value* smolgrad_mlp_parameter(const smolgrad_mlp* mlp, size_t index) {
  if (mlp == nullptr) return nullptr;
  return capi::result_of<smolgrad_value*>(mlp->tape, nullptr, [&] {
    if (index >= mlp->model.parameters().size()) throw Error(ErrorCode::invalid_argument, "no such parameter");
    return capi::to_c(borrowed_handle(mlp->model.parameters().values()[index]));
  });
}

int32_t smolgrad_mlp_get_parameters(const smolgrad_mlp* mlp, double* out, size_t n) {
  return with_parameters(mlp, out, n, [&](const Parameters& p) { std::copy(p.data(), p.data() + n, out); });
}

int32_t smolgrad_mlp_set_parameters(smolgrad_mlp* mlp, const double* data, size_t n) {
  return with_parameters(mlp, data, n, [&](Parameters& p) { p.set_data(data); });
}

int32_t smolgrad_mlp_get_gradients(const smolgrad_mlp* mlp, double* out, size_t n) {
  return with_parameters(mlp, out, n, [&](const Parameters& p) { std::copy(p.grad(), p.grad() + n, out); });
}

int32_t smolgrad_mlp_zero_grad(smolgrad_mlp* mlp) {
  if (mlp == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  mlp->model.zero_grad();
  return SMOLGRAD_OK;
}

int32_t smolgrad_mlp_predict(const smolgrad_mlp* mlp, const double* x, size_t rows, double* y) {
  return predict(mlp, x, rows, y);
}

int32_t smolgrad_mlp_predict_float(const smolgrad_mlp* mlp, const float* x, size_t rows, float* y) {
  return predict(mlp, x, rows, y);
}

int32_t smolgrad_mlp_save(const smolgrad_mlp* mlp, const char* path) {
  if (mlp == nullptr || path == nullptr) return capi::report_null(mlp == nullptr ? nullptr : mlp->tape);
  return capi::status_of(mlp->tape, [&] { save(mlp->model, path); });
}

smolgrad_mlp* smolgrad_mlp_load(smolgrad_tape* tape, const char* path) {
  return new_model(tape, [&] {
    if (path == nullptr) throw Error(ErrorCode::invalid_argument, "an argument is NULL");
    return load_mlp(tape->tape, path);
  });
}

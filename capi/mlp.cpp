#include <algorithm>

#include "model.hpp"

using namespace smolgrad;

namespace {

template <class Set>
int32_t set_option(smolgrad_mlp_options* options, int32_t number, int32_t last, Set set) {
  if (options == nullptr || number < 0 || number > last) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  set(options->options);
  return SMOLGRAD_OK;
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

}  // namespace

smolgrad_mlp_options* smolgrad_mlp_options_create(void) {
  return capi::result_of<smolgrad_mlp_options*>(nullptr, nullptr, [] { return new smolgrad_mlp_options; });
}

void smolgrad_mlp_options_destroy(smolgrad_mlp_options* options) { delete options; }

int32_t smolgrad_mlp_options_set_activation(smolgrad_mlp_options* options, int32_t activation) {
  return set_option(options, activation, SMOLGRAD_ACTIVATION_GELU,
                    [&](ModelOptions& o) { o.activation = static_cast<Activation>(activation); });
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

smolgrad_mlp* smolgrad_mlp_create(smolgrad_tape* tape, size_t n_inputs, const size_t* layer_sizes, size_t n_layers,
                                  const smolgrad_mlp_options* options) {
  if (tape == nullptr) return nullptr;
  return capi::result_of<smolgrad_mlp*>(tape, nullptr, [&] {
    if (layer_sizes == nullptr) throw Error(ErrorCode::invalid_argument, "an argument is NULL");
    capi::require_possible(n_layers);
    const ModelOptions defaults;
    auto* const mlp = new smolgrad_mlp{tape, MLP(tape->tape, n_inputs, {layer_sizes, layer_sizes + n_layers},
                                                 options == nullptr ? defaults : options->options)};
    mlp->next = tape->models;
    if (mlp->next != nullptr) mlp->next->previous = mlp;
    tape->models = mlp;
    return mlp;
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

int32_t smolgrad_mlp_forward(const smolgrad_mlp* mlp, smolgrad_value* const x[], size_t n, smolgrad_value* out[],
                             size_t n_out) {
  if (mlp == nullptr || out == nullptr) return capi::report_null(mlp == nullptr ? capi::first_tape(x, n) : mlp->tape);
  return capi::status_of(mlp->tape, [&] {
    if (n != mlp->model.inputs()) throw Error(ErrorCode::invalid_argument, "wrong count of inputs");
    if (n_out != mlp->model.outputs()) throw Error(ErrorCode::invalid_argument, "wrong count of outputs");
    capi::hand_out(mlp->model(capi::values_of(x, n)), out);
  });
}

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
  if (mlp == nullptr || (rows > 0 && (x == nullptr || y == nullptr))) {
    return capi::report_null(mlp == nullptr ? nullptr : mlp->tape);
  }
  return capi::status_of(mlp->tape, [&] { mlp->model.predict(x, rows, y); });
}

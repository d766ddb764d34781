// Training a model, at once or from call to call.
#include <smolgrad/checkpoint.hpp>

#include <utility>

#include "model.hpp"
#include "training.hpp"

using namespace smolgrad;

struct smolgrad_trainer {
  smolgrad_tape* tape;
  Trainer trainer;
};

namespace {

/// Runs `body` on a Trainer; its status.
template <class AnyTrainer, class Body>
int32_t with(AnyTrainer* trainer, Body body) {
  if (trainer == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(trainer->tape, [&] { body(trainer->trainer); });
}

void put(double number, double* out) {
  if (out != nullptr) *out = number;
}

template <class T>
int32_t step(smolgrad_trainer* trainer, const T* x, const T* y, size_t rows, double* loss) {
  return with(trainer, [&](Trainer& t) { put(t.step(x, y, rows), loss); });
}

template <class T>
void fit_and_report(Trainer& trainer, const T* x, const T* y, size_t rows, smolgrad_fit_report* report) {
  FitReport result = trainer.fit(x, y, rows);
  const bool cancelled = result.outcome == FitOutcome::cancelled;
  if (report != nullptr) report->report = std::move(result);
  if (cancelled) throw Error(ErrorCode::cancelled, "the progress callback cancelled the fit");
}

template <class T>
int32_t evaluate(const smolgrad_trainer* trainer, const T* x, const T* y, size_t rows, double* loss, double* accuracy) {
  return with(trainer, [&](const Trainer& t) {
    const Metrics metrics = t.evaluate(x, y, rows);
    put(metrics.loss, loss);
    put(metrics.accuracy, accuracy);
  });
}

}  // namespace

int32_t smolgrad_mlp_fit(smolgrad_mlp* mlp, const double* x, const double* y, size_t rows,
                         const smolgrad_fit_options* options, smolgrad_fit_report* report) {
  if (mlp == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(mlp->tape, [&] {
    Trainer trainer(mlp->model, capi::chosen(options));
    fit_and_report(trainer, x, y, rows, report);
  });
}

smolgrad_trainer* smolgrad_trainer_create(smolgrad_mlp* mlp, const smolgrad_fit_options* options) {
  if (mlp == nullptr) return nullptr;
  return capi::result_of<smolgrad_trainer*>(mlp->tape, nullptr, [&] {
    return new smolgrad_trainer{mlp->tape, Trainer(mlp->model, capi::chosen(options))};
  });
}

void smolgrad_trainer_destroy(smolgrad_trainer* trainer) { delete trainer; }

int32_t smolgrad_trainer_step(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows, double* loss) {
  return step(trainer, x, y, rows, loss);
}

int32_t smolgrad_trainer_step_float(smolgrad_trainer* trainer, const float* x, const float* y, size_t rows,
                                    double* loss) {
  return step(trainer, x, y, rows, loss);
}

int32_t smolgrad_trainer_fit(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                             smolgrad_fit_report* report) {
  return with(trainer, [&](Trainer& t) { fit_and_report(t, x, y, rows, report); });
}

int32_t smolgrad_trainer_fit_float(smolgrad_trainer* trainer, const float* x, const float* y, size_t rows,
                                   smolgrad_fit_report* report) {
  return with(trainer, [&](Trainer& t) { fit_and_report(t, x, y, rows, report); });
}

int32_t smolgrad_trainer_evaluate(const smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                                  double* loss, double* accuracy) {
  return evaluate(trainer, x, y, rows, loss, accuracy);
}

int32_t smolgrad_trainer_evaluate_float(const smolgrad_trainer* trainer, const float* x, const float* y, size_t rows,
                                        double* loss, double* accuracy) {
  return evaluate(trainer, x, y, rows, loss, accuracy);
}

int32_t smolgrad_trainer_minimize(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                                  size_t max_iterations, double* loss) {
  return with(trainer, [&](Trainer& t) {
    LbfgsOptions options;
    options.max_iterations = max_iterations;
    const LbfgsResult result = t.minimize(x, y, rows, options);
    if (result.status == LbfgsStatus::not_finite) {
      throw Error(ErrorCode::invalid_argument, "the loss or its gradient is infinite or NaN");
    }
    put(result.value, loss);
  });
}

uint64_t smolgrad_trainer_epoch(const smolgrad_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->trainer.epoch();
}

uint64_t smolgrad_trainer_steps(const smolgrad_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->trainer.steps();
}

int32_t smolgrad_trainer_save(const smolgrad_trainer* trainer, const char* path) {
  if (path == nullptr) return capi::report_null(trainer == nullptr ? nullptr : trainer->tape);
  return with(trainer, [&](const Trainer& t) { save(t, path); });
}

int32_t smolgrad_trainer_load(smolgrad_trainer* trainer, const char* path) {
  if (path == nullptr) return capi::report_null(trainer == nullptr ? nullptr : trainer->tape);
  return with(trainer, [&](Trainer& t) { load(t, path); });
}

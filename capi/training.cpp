// Options of a fit, and its report.
#include "training.hpp"

#include <functional>
#include <limits>
#include <string>
#include <utility>

using namespace smolgrad;
using capi::OptimizerSettings;

namespace {

/// Runs `set` on options; `good` says whether what they are set to exists.
template <class Set>
int32_t set_option(smolgrad_fit_options* options, bool good, Set set) {
  if (options == nullptr || !good) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  set(*options);
  return SMOLGRAD_OK;
}

constexpr bool is_flag(int32_t flag) { return flag == 0 || flag == 1; }

template <class T>
void take(std::optional<T>& setting, T& option) {
  if (setting) option = *setting;
  setting.reset();
}

template <class T>
void refuse(const std::optional<T>& setting, const char* name) {
  if (setting) throw Error(ErrorCode::invalid_argument, std::string("the optimiser has no ") + name);
}

template <class AnyAdam>
AnyAdam adam(OptimizerSettings& settings) {
  AnyAdam options;
  take(settings.learning_rate, options.learning_rate);
  take(settings.weight_decay, options.weight_decay);
  take(settings.beta1, options.beta1);
  take(settings.beta2, options.beta2);
  take(settings.epsilon, options.epsilon);
  return options;
}

Sgd sgd(OptimizerSettings& settings) {
  Sgd options;
  take(settings.learning_rate, options.learning_rate);
  take(settings.weight_decay, options.weight_decay);
  take(settings.momentum, options.momentum);
  take(settings.nesterov, options.nesterov);
  take(settings.dampening, options.dampening);
  return options;
}

RmsProp rmsprop(OptimizerSettings& settings) {
  RmsProp options;
  take(settings.learning_rate, options.learning_rate);
  take(settings.weight_decay, options.weight_decay);
  take(settings.momentum, options.momentum);
  take(settings.epsilon, options.epsilon);
  take(settings.alpha, options.alpha);
  take(settings.centered, options.centered);
  return options;
}

OptimizerOptions optimizer_of(int32_t optimizer, OptimizerSettings& settings) {
  switch (optimizer) {
    case SMOLGRAD_OPTIMIZER_SGD:
      return sgd(settings);
    case SMOLGRAD_OPTIMIZER_RMSPROP:
      return rmsprop(settings);
    case SMOLGRAD_OPTIMIZER_ADAMW:
      return adam<AdamW>(settings);
    default:
      return adam<Adam>(settings);
  }
}

double entry(const Epoch& epoch, int32_t which) {
  switch (which) {
    case SMOLGRAD_HISTORY_TRAINING_LOSS:
      return epoch.training.loss;
    case SMOLGRAD_HISTORY_TRAINING_ACCURACY:
      return epoch.training.accuracy;
    case SMOLGRAD_HISTORY_VALIDATION_LOSS:
      return epoch.validation.loss;
    case SMOLGRAD_HISTORY_VALIDATION_ACCURACY:
      return epoch.validation.accuracy;
    case SMOLGRAD_HISTORY_LEARNING_RATE:
      return epoch.learning_rate;
    default:
      return epoch.seconds;
  }
}

}  // namespace

FitOptions capi::chosen(const smolgrad_fit_options* options) {
  if (options == nullptr) return {};
  FitOptions result = options->options;
  OptimizerSettings left = options->settings;
  result.optimizer = optimizer_of(options->optimizer, left);
  refuse(left.momentum, "momentum");
  refuse(left.nesterov, "nesterov");
  refuse(left.dampening, "dampening");
  refuse(left.beta1, "betas");
  refuse(left.epsilon, "epsilon");
  refuse(left.alpha, "alpha");
  return result;
}

smolgrad_fit_options* smolgrad_fit_options_create(void) {
  return capi::result_of<smolgrad_fit_options*>(nullptr, nullptr, [] { return new smolgrad_fit_options; });
}

void smolgrad_fit_options_destroy(smolgrad_fit_options* options) { delete options; }

int32_t smolgrad_fit_options_set_epochs(smolgrad_fit_options* options, size_t epochs) {
  return set_option(options, true, [&](auto& o) { o.options.epochs = epochs; });
}

int32_t smolgrad_fit_options_set_batch_size(smolgrad_fit_options* options, size_t rows) {
  return set_option(options, true, [&](auto& o) { o.options.batch_size = rows; });
}

int32_t smolgrad_fit_options_set_loss(smolgrad_fit_options* options, int32_t loss) {
  return set_option(options, loss >= 0 && loss <= SMOLGRAD_LOSS_CROSS_ENTROPY,
                    [&](auto& o) { o.options.loss = static_cast<Loss>(loss); });
}

int32_t smolgrad_fit_options_set_loss_function(
    smolgrad_fit_options* options,
    smolgrad_value* (*record)(smolgrad_tape* tape, smolgrad_value* const outputs[], size_t n_outputs,
                              smolgrad_value* const targets[], size_t n_targets, void* user_data),
    void* user_data) {
  if (options == nullptr || record == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(nullptr, [&] { options->options.loss = capi::RecordedLoss{record, user_data}; });
}

int32_t smolgrad_fit_options_set_target_count(smolgrad_fit_options* options, size_t count) {
  return set_option(options, true, [&](auto& o) { o.options.targets = count; });
}

int32_t smolgrad_fit_options_set_optimizer(smolgrad_fit_options* options, int32_t optimizer) {
  return set_option(options, optimizer >= 0 && optimizer <= SMOLGRAD_OPTIMIZER_ADAMW,
                    [&](auto& o) { o.optimizer = optimizer; });
}

int32_t smolgrad_fit_options_set_learning_rate(smolgrad_fit_options* options, double rate) {
  return set_option(options, true, [&](auto& o) { o.settings.learning_rate = rate; });
}

int32_t smolgrad_fit_options_set_weight_decay(smolgrad_fit_options* options, double decay) {
  return set_option(options, true, [&](auto& o) { o.settings.weight_decay = decay; });
}

int32_t smolgrad_fit_options_set_momentum(smolgrad_fit_options* options, double momentum, int32_t nesterov) {
  return set_option(options, is_flag(nesterov), [&](auto& o) {
    o.settings.momentum = momentum;
    o.settings.nesterov.reset();
    if (nesterov == 1) o.settings.nesterov = true;
  });
}

int32_t smolgrad_fit_options_set_dampening(smolgrad_fit_options* options, double dampening) {
  return set_option(options, true, [&](auto& o) { o.settings.dampening = dampening; });
}

int32_t smolgrad_fit_options_set_betas(smolgrad_fit_options* options, double beta1, double beta2) {
  return set_option(options, true, [&](auto& o) {
    o.settings.beta1 = beta1;
    o.settings.beta2 = beta2;
  });
}

int32_t smolgrad_fit_options_set_epsilon(smolgrad_fit_options* options, double epsilon) {
  return set_option(options, true, [&](auto& o) { o.settings.epsilon = epsilon; });
}

int32_t smolgrad_fit_options_set_alpha(smolgrad_fit_options* options, double alpha, int32_t centered) {
  return set_option(options, is_flag(centered), [&](auto& o) {
    o.settings.alpha = alpha;
    o.settings.centered = centered == 1;
  });
}

int32_t smolgrad_fit_options_set_step_decay(smolgrad_fit_options* options, uint64_t every, double gamma) {
  return set_option(options, true, [&](auto& o) { o.options.schedule.decay = StepDecay{every, gamma}; });
}

int32_t smolgrad_fit_options_set_cosine_decay(smolgrad_fit_options* options, uint64_t steps, double floor) {
  return set_option(options, true, [&](auto& o) { o.options.schedule.decay = CosineDecay{steps, floor}; });
}

int32_t smolgrad_fit_options_set_warmup(smolgrad_fit_options* options, uint64_t steps) {
  return set_option(options, true, [&](auto& o) { o.options.schedule.warmup = steps; });
}

int32_t smolgrad_fit_options_set_clipping(smolgrad_fit_options* options, double norm, double value) {
  return set_option(options, true, [&](auto& o) { o.options.clipping = {norm, value}; });
}

int32_t smolgrad_fit_options_set_seed(smolgrad_fit_options* options, uint64_t seed) {
  return set_option(options, true, [&](auto& o) { o.options.seed = seed; });
}

int32_t smolgrad_fit_options_set_shuffle(smolgrad_fit_options* options, int32_t shuffle) {
  return set_option(options, is_flag(shuffle), [&](auto& o) { o.options.shuffle = shuffle == 1; });
}

int32_t smolgrad_fit_options_set_threads(smolgrad_fit_options* options, size_t threads) {
  return set_option(options, true, [&](auto& o) { o.options.run.threads = threads; });
}

int32_t smolgrad_fit_options_set_runner(smolgrad_fit_options* options,
                                        void (*runner)(void (*task)(void* context, size_t index), void* context,
                                                       size_t count, void* user_data),
                                        void* user_data) {
  return set_option(options, true, [&](auto& o) {
    o.options.run.runner = runner;
    o.options.run.user_data = user_data;
  });
}

int32_t smolgrad_fit_options_set_validation_fraction(smolgrad_fit_options* options, double fraction) {
  return set_option(options, true, [&](auto& o) { o.options.validation_fraction = fraction; });
}

int32_t smolgrad_fit_options_set_patience(smolgrad_fit_options* options, size_t epochs) {
  return set_option(options, true, [&](auto& o) { o.options.patience = epochs; });
}

int32_t smolgrad_fit_options_set_training_metrics(smolgrad_fit_options* options, int32_t metrics) {
  return set_option(options, is_flag(metrics), [&](auto& o) { o.options.training_metrics = metrics == 1; });
}

int32_t smolgrad_fit_options_set_progress(smolgrad_fit_options* options,
                                          int32_t (*progress)(size_t epoch, size_t epochs, double loss,
                                                              double validation_loss, double validation_accuracy,
                                                              double seconds, void* user_data),
                                          void* user_data) {
  if (options == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(nullptr, [&] {
    std::function<bool(const Epoch&)> goes_on;
    if (progress != nullptr) {
      goes_on = [=](const Epoch& now) {
        return progress(now.epoch, now.epochs, now.training.loss, now.validation.loss, now.validation.accuracy,
                        now.seconds, user_data) == 0;
      };
    }
    options->options.progress = std::move(goes_on);
  });
}

smolgrad_fit_report* smolgrad_fit_report_create(void) {
  return capi::result_of<smolgrad_fit_report*>(nullptr, nullptr, [] {
    auto* const report = new smolgrad_fit_report;
    report->report.best_loss = std::numeric_limits<double>::infinity();
    return report;
  });
}

void smolgrad_fit_report_destroy(smolgrad_fit_report* report) { delete report; }

size_t smolgrad_fit_report_epoch_count(const smolgrad_fit_report* report) {
  return report == nullptr ? 0 : report->report.epochs.size();
}

int32_t smolgrad_fit_report_outcome(const smolgrad_fit_report* report) {
  return report == nullptr ? -1 : static_cast<int32_t>(report->report.outcome);
}

size_t smolgrad_fit_report_best_epoch(const smolgrad_fit_report* report) {
  return report == nullptr ? 0 : report->report.best_epoch;
}

double smolgrad_fit_report_best_loss(const smolgrad_fit_report* report) {
  return report == nullptr ? std::numeric_limits<double>::quiet_NaN() : report->report.best_loss;
}

int32_t smolgrad_fit_report_get_history(const smolgrad_fit_report* report, int32_t which, double* out, size_t n) {
  if (report == nullptr || which < 0 || which > SMOLGRAD_HISTORY_SECONDS || n != report->report.epochs.size() ||
      (out == nullptr && n > 0)) {
    return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  }
  for (const Epoch& epoch : report->report.epochs) *out++ = entry(epoch, which);
  return SMOLGRAD_OK;
}

// What training takes and gives in C: options, of which those not set are the optimiser's own, and reports.
#pragma once

#include <optional>

#include <smolgrad/fit.hpp>

#include "boundary.hpp"

namespace smolgrad::capi {

/// Options that not every optimiser has, as far as they were set.
struct OptimizerSettings {
  std::optional<double> learning_rate;
  std::optional<double> weight_decay;
  std::optional<double> momentum;
  std::optional<double> dampening;
  std::optional<double> beta1;
  std::optional<double> beta2;
  std::optional<double> epsilon;
  std::optional<double> alpha;
  std::optional<bool> nesterov;
  std::optional<bool> centered;
};

}  // namespace smolgrad::capi

struct smolgrad_fit_options {
  smolgrad::FitOptions options;  // but for the optimiser
  std::int32_t optimizer = SMOLGRAD_OPTIMIZER_ADAM;
  smolgrad::capi::OptimizerSettings settings;
};

struct smolgrad_fit_report {
  smolgrad::FitReport report;
};

namespace smolgrad::capi {

/// All that was chosen; the defaults for nullptr. Throws Error for a setting that the optimiser does not have.
FitOptions chosen(const smolgrad_fit_options* options);

/// The loss that a C function records.
struct RecordedLoss {
  smolgrad_value* (*record)(smolgrad_tape* tape, smolgrad_value* const outputs[], std::size_t n_outputs,
                            smolgrad_value* const targets[], std::size_t n_targets, void* user_data);
  void* user_data;

  Value operator()(const std::vector<Value>& outputs, const std::vector<Value>& targets) const;
};

}  // namespace smolgrad::capi

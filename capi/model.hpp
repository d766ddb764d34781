// A model's C handle. Models stand in their tape's list, so that destroying the tape frees them.
#pragma once

#include "boundary.hpp"

struct smolgrad_mlp {
  smolgrad_tape* tape;
  smolgrad::MLP model;
  smolgrad_mlp* previous = nullptr;
  smolgrad_mlp* next = nullptr;
  smolgrad_mlp* next_finished = nullptr;
};

namespace smolgrad::capi {

/// Destroys what smolgrad_mlp_destroy_later was called for. On the tape's own thread, with the mutex held.
void destroy_finished(smolgrad_finished_models& finished) noexcept;
/// The same, taking the mutex.
void destroy_finished(const smolgrad_tape& tape) noexcept;

}  // namespace smolgrad::capi

struct smolgrad_mlp_options {
  smolgrad::ModelOptions options;
};

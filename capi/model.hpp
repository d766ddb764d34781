// A model's C handle. Models stand in their tape's list, so that destroying the tape frees them.
#pragma once

#include "boundary.hpp"

struct smolgrad_mlp {
  smolgrad_tape* tape;
  smolgrad::MLP model;
  smolgrad_mlp* previous = nullptr;
  smolgrad_mlp* next = nullptr;
};

struct smolgrad_mlp_options {
  smolgrad::ModelOptions options;
};

// An optimiser as the kernels see it: what it remembers, and each step's coefficients.
#pragma once

#include <cstdint>

#include <smolgrad/optimizer.hpp>

#include "update_kernels.hpp"

namespace smolgrad::train {

/// What may be remembered of each parameter.
enum Memory : std::size_t { first_moment, second_moment, velocity, memory_count };

/// One step: what a kernel is to do with every parameter.
struct Rule {
  bool normalises = false;
  bool has_momentum = false;
  Normalisation normalisation;
  Descent descent;
};

/// Throws Error, naming the first option that is out of range.
void require_valid(const OptimizerOptions& options);
void require_valid(const Clipping& clipping);

/// PyTorch's name of what is remembered; null: it is not.
const char* name_of(const OptimizerOptions& options, Memory which);

double learning_rate_of(const OptimizerOptions& options);

/// What is the same for every step.
Rule rule_of(const OptimizerOptions& options);

/// What is not: of step t = 1, 2, ... at this learning rate, of gradients multiplied by `scale`.
void begin_step(Rule& rule, const OptimizerOptions& options, std::uint64_t t, double rate, double scale);

}  // namespace smolgrad::train

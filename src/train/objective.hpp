// What training minimises: a model and a loss as Functions of samples and parameters. A sample is a row of inputs and
// then targets; parameters are shared.
#pragma once

#include <cstddef>

#include <smolgrad/fit.hpp>

namespace smolgrad::train {

/// How often an output is right.
enum class Judgement { none, classes, above_half, above_zero };

struct Objective {
  std::size_t inputs;
  std::size_t targets;
  std::size_t outputs;
  Judgement judgement;
  Function loss;
  Function metrics;  ///< the loss, then the outputs

  std::size_t width() const { return inputs + targets; }
};

/// Throws Error.
Objective make_objective(const MLP& model, const FitOptions& options, Dtype dtype);

}  // namespace smolgrad::train

// Files of models, and of training: safetensors, which many tools read.
//
//   save(mlp, "digits.safetensors");
//   MLP mlp = load_mlp(Tape::current(), "digits.safetensors");
//
//   save(trainer, "digits.safetensors");       // in a fit's progress callback, say
//   load(trainer, "digits.safetensors");       // in a new process: fit goes on as if it had never stopped
//
// Weights are named as PyTorch names those of a Sequential called `layers`: layers.0.weight with the shape [outputs,
// inputs], layers.0.bias, and so on, in float32 or float64 as the model's dtype is. Numbers of a layer may be left out,
// as they are for a Sequential's activations. What else makes a model (inputs, activations, head) stands in the file's
// metadata. A checkpoint is a model's file with the trainer's state beside it: parameters and those of the best epoch,
// the optimiser's name and what it remembers, epoch, steps and seed, which the random order of an epoch depends on
// alone.
//
// Files are written beside the old one and put in its place at once: after a crash there is the old one or the new one.
// Reading believes nothing. Errors are exceptions of type smolgrad::Error: io with the system's reason, format with
// what is wrong with the file, out_of_memory, and what is said below; whatever throws has changed nothing.
#pragma once

#include <string>

#include "export.hpp"
#include "fit.hpp"
#include "mlp.hpp"
#include "tape.hpp"

namespace smolgrad {

/// The model alone, for predictions or to begin training with.
SMOLGRAD_API void save(const MLP& model, const std::string& path);

/// The model in a file, on `tape`, with a new seed of 0. `options` say what a file without metadata, such as another
/// tool's, does not: activations, head and recording; its weights say the rest.
SMOLGRAD_API MLP load_mlp(Tape& tape, const std::string& path, const ModelOptions& options = {});

/// The trainer's state with its model, as far as fit has come.
SMOLGRAD_API void save(const Trainer& trainer, const std::string& path);

/// Makes the trainer go on from a checkpoint. The model must have the same layers, and the trainer the same options but
/// for epochs, progress and threads: another model, optimiser or seed is invalid_argument, as is a file without a
/// trainer's state.
SMOLGRAD_API void load(Trainer& trainer, const std::string& path);

}  // namespace smolgrad

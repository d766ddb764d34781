// Schedule: how the learning rate changes from step to step of an optimiser (optimizer.hpp).
//
//   Schedule schedule{CosineDecay{10000, 0.01}, 500};   // 500 steps of warm-up, then down to a hundredth
//
// A plain value. Steps are the optimiser's, counted from 0, not epochs.
#pragma once

#include <cstdint>
#include <variant>

#include "export.hpp"

namespace smolgrad {

/// The rate as it is.
struct ConstantRate {};

/// Times gamma every so many steps: gamma^floor(step / every) (PyTorch's StepLR). every is at least 1, gamma at least
/// 0.
struct StepDecay {
  std::uint64_t every = 1;  ///< so many steps
  double gamma = 0.1;       ///< factor
};

/// floor + (1 - floor) (1 + cos(pi step / steps)) / 2 (CosineAnnealingLR without restarts, eta_min being floor times
/// the rate; Loshchilov and Hutter 2017), and floor from then on. steps is at least 1, floor from 0 to 1.
struct CosineDecay {
  std::uint64_t steps = 1;  ///< until the floor
  double floor = 0.0;       ///< a factor, not a rate
};

/// How the rate changes, after a warm-up.
struct Schedule {
  std::variant<ConstantRate, StepDecay, CosineDecay> decay = {};  ///< what comes after it
  /// So many steps come before the decay begins to count, with (step + 1) / warmup of the rate (LinearLR from 1 /
  /// warmup over warmup - 1 steps, then the decay, by SequentialLR).
  std::uint64_t warmup = 0;

  /// What to multiply the learning rate by. A schedule out of range is ErrorCode::invalid_argument.
  SMOLGRAD_API double factor(std::uint64_t step) const;
};

}  // namespace smolgrad

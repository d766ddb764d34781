#include <smolgrad/schedule.hpp>

#include <cmath>

#include <smolgrad/error.hpp>

namespace smolgrad {

namespace {

constexpr double pi = 3.141592653589793238462643383279502884;

double decayed(const ConstantRate&, std::uint64_t) { return 1.0; }

double decayed(const StepDecay& decay, std::uint64_t step) {
  if (decay.every == 0) throw Error(ErrorCode::invalid_argument, "StepDecay: every is not at least 1");
  if (!(decay.gamma >= 0.0 && std::isfinite(decay.gamma))) {
    throw Error(ErrorCode::invalid_argument, "StepDecay: gamma is not a number of at least 0");
  }
  return std::pow(decay.gamma, static_cast<double>(step / decay.every));
}

double decayed(const CosineDecay& decay, std::uint64_t step) {
  if (decay.steps == 0) throw Error(ErrorCode::invalid_argument, "CosineDecay: steps is not at least 1");
  if (!(decay.floor >= 0.0 && decay.floor <= 1.0)) {
    throw Error(ErrorCode::invalid_argument, "CosineDecay: floor is not from 0 to 1");
  }
  if (step >= decay.steps) return decay.floor;
  const double part = static_cast<double>(step) / static_cast<double>(decay.steps);
  return decay.floor + (1.0 - decay.floor) * (1.0 + std::cos(pi * part)) / 2.0;
}

}  // namespace

double Schedule::factor(std::uint64_t step) const {
  const std::uint64_t counted = step < warmup ? 0 : step - warmup;
  const double factor = std::visit([&](const auto& form) { return decayed(form, counted); }, decay);
  return step < warmup ? static_cast<double>(step + 1) / static_cast<double>(warmup) : factor;
}

}  // namespace smolgrad

#include "rule.hpp"

#include <cmath>

namespace smolgrad::train {

namespace {

Rule rule_of(const Sgd& sgd, double t, double rate, double scale) {
  Rule rule;
  if (sgd.momentum == 0.0) {
    rule.descent.keep = 1.0 - rate * sgd.weight_decay;
    rule.descent.rate = rate * scale;
    return rule;
  }
  const bool begins = t == 1.0;
  rule.has_momentum = true;
  rule.descent.gradient_scale = scale;
  rule.descent.weight_decay = sgd.weight_decay;
  rule.descent.momentum = begins ? 0.0 : sgd.momentum;
  rule.descent.intake = begins ? 1.0 : 1.0 - sgd.dampening;
  rule.descent.rate = sgd.nesterov ? rate : 0.0;
  rule.descent.velocity_rate = sgd.nesterov ? rate * sgd.momentum : rate;
  return rule;
}

Rule rule_of(const RmsProp& rms, double, double rate, double scale) {
  Rule rule;
  rule.normalises = true;
  rule.normalisation.gradient_scale = scale;
  rule.normalisation.weight_decay = rms.weight_decay;
  rule.normalisation.second_decay = rms.alpha;
  rule.normalisation.second_weight = 1.0 - rms.alpha;
  rule.normalisation.epsilon = rms.epsilon;
  if (rms.centered) {
    rule.normalisation.first_decay = rms.alpha;
    rule.normalisation.first_weight = 1.0 - rms.alpha;
    rule.normalisation.centring = 1.0;
  }
  rule.has_momentum = rms.momentum > 0.0;
  rule.descent.momentum = rms.momentum;
  (rule.has_momentum ? rule.descent.velocity_rate : rule.descent.rate) = rate;
  return rule;
}

template <class AnyAdam>
Rule rule_of_adam(const AnyAdam& adam, double t, double rate, double scale) {
  Rule rule;
  rule.normalises = true;
  rule.normalisation.gradient_scale = scale;
  rule.normalisation.first_decay = adam.beta1;
  rule.normalisation.first_weight = 1.0 - adam.beta1;
  rule.normalisation.second_decay = adam.beta2;
  rule.normalisation.second_weight = 1.0 - adam.beta2;
  rule.normalisation.direct = 0.0;
  rule.normalisation.averaged = 1.0;
  rule.normalisation.root_scale = 1.0 / std::sqrt(1.0 - std::pow(adam.beta2, t));
  rule.normalisation.epsilon = adam.epsilon;
  rule.descent.rate = rate / (1.0 - std::pow(adam.beta1, t));
  return rule;
}

Rule rule_of(const Adam& adam, double t, double rate, double scale) {
  Rule rule = rule_of_adam(adam, t, rate, scale);
  rule.normalisation.weight_decay = adam.weight_decay;
  return rule;
}

Rule rule_of(const AdamW& adam, double t, double rate, double scale) {
  Rule rule = rule_of_adam(adam, t, rate, scale);
  rule.descent.keep = 1.0 - rate * adam.weight_decay;
  return rule;
}

const char* name_of(const Sgd& sgd, Memory which) {
  return which == velocity && sgd.momentum > 0.0 ? "momentum_buffer" : nullptr;
}

const char* name_of(const RmsProp& rms, Memory which) {
  if (which == second_moment) return "square_avg";
  if (which == first_moment) return rms.centered ? "grad_avg" : nullptr;
  return rms.momentum > 0.0 ? "momentum_buffer" : nullptr;
}

/// Of both Adams.
template <class AnyAdam>
const char* name_of(const AnyAdam&, Memory which) {
  constexpr const char* names[memory_count] = {"exp_avg", "exp_avg_sq", nullptr};
  return names[which];
}

}  // namespace

Rule rule_of(const OptimizerOptions& options, std::uint64_t t, double rate, double scale) {
  return std::visit([&](const auto& chosen) { return rule_of(chosen, static_cast<double>(t), rate, scale); }, options);
}

const char* name_of(const OptimizerOptions& options, Memory which) {
  return std::visit([&](const auto& chosen) { return name_of(chosen, which); }, options);
}

double learning_rate_of(const OptimizerOptions& options) {
  return std::visit([](const auto& chosen) { return chosen.learning_rate; }, options);
}

}  // namespace smolgrad::train

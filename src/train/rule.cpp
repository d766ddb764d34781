#include "rule.hpp"

#include <cmath>

namespace smolgrad::train {

namespace {

Rule rule_of(const Sgd& sgd) {
  Rule rule;
  rule.has_momentum = sgd.momentum != 0.0;
  if (rule.has_momentum) rule.descent.weight_decay = sgd.weight_decay;
  return rule;
}

void begin_step(Rule& rule, const Sgd& sgd, double t, double rate, double scale) {
  Descent& descent = rule.descent;
  if (!rule.has_momentum) {
    descent.keep = 1.0 - rate * sgd.weight_decay;
    descent.rate = rate * scale;
    return;
  }
  const bool begins = t == 1.0;
  descent.gradient_scale = scale;
  descent.momentum = begins ? 0.0 : sgd.momentum;
  descent.intake = begins ? 1.0 : 1.0 - sgd.dampening;
  descent.rate = sgd.nesterov ? rate : 0.0;
  descent.velocity_rate = sgd.nesterov ? rate * sgd.momentum : rate;
}

Rule rule_of(const RmsProp& rms) {
  Rule rule;
  rule.normalises = true;
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
  return rule;
}

void begin_step(Rule& rule, const RmsProp&, double, double rate, double scale) {
  rule.normalisation.gradient_scale = scale;
  (rule.has_momentum ? rule.descent.velocity_rate : rule.descent.rate) = rate;
}

template <class AnyAdam>
Rule rule_of_adam(const AnyAdam& adam) {
  Rule rule;
  rule.normalises = true;
  rule.normalisation.first_decay = adam.beta1;
  rule.normalisation.first_weight = 1.0 - adam.beta1;
  rule.normalisation.second_decay = adam.beta2;
  rule.normalisation.second_weight = 1.0 - adam.beta2;
  rule.normalisation.direct = 0.0;
  rule.normalisation.averaged = 1.0;
  rule.normalisation.epsilon = adam.epsilon;
  return rule;
}

template <class AnyAdam>
void begin_step_of_adam(Rule& rule, const AnyAdam& adam, double t, double rate, double scale) {
  rule.normalisation.gradient_scale = scale;
  rule.normalisation.root_scale = 1.0 / std::sqrt(1.0 - std::pow(adam.beta2, t));
  rule.descent.rate = rate / (1.0 - std::pow(adam.beta1, t));
}

Rule rule_of(const Adam& adam) {
  Rule rule = rule_of_adam(adam);
  rule.normalisation.weight_decay = adam.weight_decay;
  return rule;
}

void begin_step(Rule& rule, const Adam& adam, double t, double rate, double scale) {
  begin_step_of_adam(rule, adam, t, rate, scale);
}

Rule rule_of(const AdamW& adam) { return rule_of_adam(adam); }

void begin_step(Rule& rule, const AdamW& adam, double t, double rate, double scale) {
  begin_step_of_adam(rule, adam, t, rate, scale);
  rule.descent.keep = 1.0 - rate * adam.weight_decay;
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

Rule rule_of(const OptimizerOptions& options) {
  return std::visit([](const auto& chosen) { return rule_of(chosen); }, options);
}

void begin_step(Rule& rule, const OptimizerOptions& options, std::uint64_t t, double rate, double scale) {
  std::visit([&](const auto& chosen) { begin_step(rule, chosen, static_cast<double>(t), rate, scale); }, options);
}

const char* name_of(const OptimizerOptions& options, Memory which) {
  return std::visit([&](const auto& chosen) { return name_of(chosen, which); }, options);
}

double learning_rate_of(const OptimizerOptions& options) {
  return std::visit([](const auto& chosen) { return chosen.learning_rate; }, options);
}

}  // namespace smolgrad::train

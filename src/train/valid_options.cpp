// Which options make an optimiser.
#include "rule.hpp"

#include <cmath>
#include <initializer_list>
#include <string>

namespace smolgrad::train {

namespace {

void require(bool good, const char* optimizer, const char* option, const char* range) {
  if (good) return;
  throw Error(ErrorCode::invalid_argument, std::string(optimizer) + ": " + option + " is not " + range);
}

struct Option {
  const char* name;
  double given;
};

void require_not_negative(const char* optimizer, std::initializer_list<Option> options) {
  for (const Option& option : options) {
    require(option.given >= 0.0 && std::isfinite(option.given), optimizer, option.name, "a number of at least 0");
  }
}

void require_options(const Sgd& options) {
  require_not_negative("Sgd", {{"learning_rate", options.learning_rate},
                               {"momentum", options.momentum},
                               {"dampening", options.dampening},
                               {"weight_decay", options.weight_decay}});
  if (!options.nesterov) return;
  require(options.momentum > 0.0, "Sgd", "momentum", "above 0, as nesterov takes");
  require(options.dampening == 0.0, "Sgd", "dampening", "0, as nesterov takes");
}

void require_options(const RmsProp& options) {
  require_not_negative("RmsProp", {{"learning_rate", options.learning_rate},
                                   {"alpha", options.alpha},
                                   {"epsilon", options.epsilon},
                                   {"weight_decay", options.weight_decay},
                                   {"momentum", options.momentum}});
  require(options.alpha <= 1.0, "RmsProp", "alpha", "at most 1");
}

template <class AnyAdam>
void require_adam(const char* name, const AnyAdam& options) {
  require_not_negative(name, {{"learning_rate", options.learning_rate},
                              {"beta1", options.beta1},
                              {"beta2", options.beta2},
                              {"epsilon", options.epsilon},
                              {"weight_decay", options.weight_decay}});
  require(options.beta1 < 1.0, name, "beta1", "below 1");
  require(options.beta2 < 1.0, name, "beta2", "below 1");
}

void require_options(const Adam& options) { require_adam("Adam", options); }
void require_options(const AdamW& options) { require_adam("AdamW", options); }

}  // namespace

void require_valid(const OptimizerOptions& options) {
  std::visit([](const auto& chosen) { require_options(chosen); }, options);
}

void require_valid(const Clipping& clipping) {
  require(clipping.norm > 0.0, "Clipping", "norm", "above 0");
  require(clipping.value > 0.0, "Clipping", "value", "above 0");
}

}  // namespace smolgrad::train

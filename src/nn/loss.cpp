// Losses as expressions. What is stable, and where derivatives come from, is the operators' business (src/ops).
#include <smolgrad/loss.hpp>

#include <cfloat>
#include <iterator>
#include <limits>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <smolgrad/detail/constant.hpp>

namespace smolgrad {

namespace {

using Values = std::vector<Value>;

void require_counts(const Values& outputs, const Values& targets) {
  if (outputs.empty()) throw Error(ErrorCode::invalid_argument, "a loss needs outputs");
  if (outputs.size() == targets.size()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("a loss of {} outputs takes as many targets, not {}", outputs.size(), targets.size()));
}

/// term(i) for each i.
template <class Term>
Values each(std::size_t count, const Term& term) {
  Values terms;
  try {
    terms.reserve(count);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a loss");
  }
  for (std::size_t i = 0; i < count; ++i) terms.push_back(term(i));
  return terms;
}

/// The mean of term(output, target).
template <class Term>
Value mean_of(const Values& outputs, const Values& targets, const Term& term) {
  require_counts(outputs, targets);
  if (outputs.size() == 1) return term(outputs[0], targets[0]);
  return mean(each(outputs.size(), [&](std::size_t i) { return term(outputs[i], targets[i]); }));
}

/// logits[target]; NaN if that is none of them. The class varies from sample to sample, so all are candidates.
Value chosen_by(const Value& target, const Values& logits) {
  // Numbers are equal where they are less than this apart, in single precision too.
  const Value apart = detail::constant_beside(target, FLT_MIN);
  Value chosen = detail::constant_beside(target, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = logits.size(); i-- > 0;) {
    chosen = select(abs(target - static_cast<double>(i)), apart, logits[i], chosen);
  }
  return chosen;
}

}  // namespace

Value mse(const Values& outputs, const Values& targets) {
  return mean_of(outputs, targets, [](const Value& y, const Value& t) { return square(y - t); });
}

Value mae(const Values& outputs, const Values& targets) {
  return mean_of(outputs, targets, [](const Value& y, const Value& t) { return abs(y - t); });
}

Value huber(const Values& outputs, const Values& targets, double delta) {
  if (!(delta > 0.0)) throw Error(ErrorCode::invalid_argument, fmt::format("huber: delta is {}, not above 0", delta));
  return mean_of(outputs, targets, [delta](const Value& y, const Value& t) {
    // Both formulas at once: with c = min(|d|, delta) they are c (|d| - c / 2).
    const Value distance = abs(y - t);
    const Value clipped = min(distance, delta);
    return clipped * (distance - clipped * 0.5);
  });
}

Value hinge(const Values& outputs, const Values& targets) {
  return mean_of(outputs, targets, [](const Value& y, const Value& t) { return relu(1.0 - t * y); });
}

Value binary_cross_entropy(const Values& logits, const Values& targets) {
  return mean_of(logits, targets,
                 [](const Value& y, const Value& t) { return t * softplus(-y) + (1.0 - t) * softplus(y); });
}

Value cross_entropy(const Values& logits, const Values& targets) {
  if (logits.size() < 2)
    throw Error(ErrorCode::invalid_argument, "cross_entropy needs the logits of 2 classes or more");
  if (targets.size() == 1) return logsumexp(logits) - chosen_by(targets[0], logits);
  require_counts(logits, targets);
  const Value total = logsumexp(logits);
  return dot(targets, each(logits.size(), [&](std::size_t i) { return total - logits[i]; }));
}

LossFunction loss_function(Loss loss) {
  using Plain = Value (*)(const Values&, const Values&);
  // In the order of the enumeration.
  static constexpr Plain table[] = {
      mse,
      mae,
      [](const Values& outputs, const Values& targets) { return huber(outputs, targets); },
      hinge,
      binary_cross_entropy,
      cross_entropy,
  };
  const auto number = static_cast<std::int32_t>(loss);
  if (number < 0 || static_cast<std::size_t>(number) >= std::size(table)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is no loss", number));
  }
  return table[number];
}

}  // namespace smolgrad

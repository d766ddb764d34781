// Losses as expressions. What is stable, and where derivatives come from, is the operators' business (src/ops).
#include <smolgrad/loss.hpp>

#include <cfloat>
#include <iterator>
#include <limits>
#include <new>
#include <utility>

#include <smolgrad/detail/constant.hpp>

namespace smolgrad {

namespace {

using Values = std::vector<Value>;

void require_counts(const Values& outputs, const Values& targets) {
  if (outputs.empty()) throw Error(ErrorCode::invalid_argument, "a loss needs outputs");
  if (outputs.size() != targets.size()) {
    throw Error(ErrorCode::invalid_argument, "a loss takes as many targets as outputs");
  }
}

/// Of one output and its target; the number is the loss's option.
using Term = Value (*)(const Value& y, const Value& t, double option);

Values terms(const Values& outputs, const Values& targets, Term term, double option) {
  require_counts(outputs, targets);
  Values result;
  try {
    result.reserve(outputs.size());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a loss");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) result.push_back(term(outputs[i], targets[i], option));
  return result;
}

Value mean_of(const Values& outputs, const Values& targets, Term term, double option = 0.0) {
  Values each = terms(outputs, targets, term, option);
  return each.size() == 1 ? std::move(each[0]) : mean(each);
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
  return mean_of(outputs, targets, [](const Value& y, const Value& t, double) { return square(y - t); });
}

Value mae(const Values& outputs, const Values& targets) {
  return mean_of(outputs, targets, [](const Value& y, const Value& t, double) { return abs(y - t); });
}

Value huber(const Values& outputs, const Values& targets, double delta) {
  if (!(delta > 0.0)) throw Error(ErrorCode::invalid_argument, "huber: delta is not above 0");
  const Term term = [](const Value& y, const Value& t, double most) {
    // Both formulas at once: with c = min(|d|, delta) they are c (|d| - c / 2).
    const Value distance = abs(y - t);
    const Value clipped = min(distance, most);
    return clipped * (distance - clipped * 0.5);
  };
  return mean_of(outputs, targets, term, delta);
}

Value hinge(const Values& outputs, const Values& targets) {
  return mean_of(outputs, targets, [](const Value& y, const Value& t, double) { return relu(1.0 - t * y); });
}

Value binary_cross_entropy(const Values& logits, const Values& targets) {
  return mean_of(logits, targets,
                 [](const Value& y, const Value& t, double) { return t * softplus(-y) + (1.0 - t) * softplus(y); });
}

Value cross_entropy(const Values& logits, const Values& targets) {
  if (logits.size() < 2) throw Error(ErrorCode::invalid_argument, "cross_entropy needs 2 classes or more");
  const Value total = logsumexp(logits);
  if (targets.size() == 1) return total - chosen_by(targets[0], logits);
  require_counts(logits, targets);
  const Values totals(logits.size(), total);
  return dot(targets, terms(
                          totals, logits, [](const Value& sum, const Value& z, double) { return sum - z; }, 0.0));
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
    throw Error(ErrorCode::invalid_argument, "no such loss");
  }
  return table[number];
}

}  // namespace smolgrad

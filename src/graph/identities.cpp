// Identities that hold exactly in IEEE arithmetic, for every operand including -0, infinities and NaN. x + 0 is not one
// (-0 + 0 is 0), x * 0 is not (infinities), and sums are never regrouped.
#include <cmath>

#include "builder.hpp"

namespace smolgrad::graph {

namespace {

/// Reads the operands of nodes that exist already.
class Pattern {
 public:
  explicit Pattern(const Graph& graph) : graph_(graph) {}

  bool is(Node node, Operator op) const { return graph_.op(node) == op; }
  bool is(Node node, double number) const {
    return graph_.is_constant(node) && graph_.number(node) == number &&
           std::signbit(graph_.number(node)) == std::signbit(number);
  }
  Node operand(Node node, std::size_t i = 0) const { return graph_.operands_of(node)[i]; }
  /// Its reciprocal is a number without error.
  bool is_power_of_two(Node node) const {
    if (!graph_.is_constant(node)) return false;
    int exponent = 0;
    const double fraction = std::frexp(std::abs(graph_.number(node)), &exponent);
    return fraction == 0.5 && std::abs(exponent) < 1000;
  }
  double number(Node node) const { return graph_.number(node); }

 private:
  const Graph& graph_;
};

/// -0 + x is x, and x + -y is x - y.
Node simpler_sum(Builder& builder, Node a, Node b) {
  const Pattern pattern(builder.graph());
  if (pattern.is(a, -0.0)) return b;
  if (pattern.is(b, -0.0)) return a;
  if (pattern.is(b, Operator::neg)) return builder.node(Operator::sub, {a, pattern.operand(b)});
  if (pattern.is(a, Operator::neg)) return builder.node(Operator::sub, {b, pattern.operand(a)});
  return no_node;
}

Node simpler_difference(Builder& builder, Node a, Node b) {
  const Pattern pattern(builder.graph());
  if (pattern.is(b, 0.0)) return a;
  if (pattern.is(a, -0.0)) return builder.node(Operator::neg, {b});
  if (pattern.is(b, Operator::neg)) return builder.node(Operator::add, {a, pattern.operand(b)});
  return no_node;
}

/// Of a product or quotient: signs move outwards, where they meet the signs of others.
Node signs_outwards(Builder& builder, Operator op, Node a, Node b) {
  const Pattern pattern(builder.graph());
  const bool negative_a = pattern.is(a, Operator::neg);
  const bool negative_b = pattern.is(b, Operator::neg);
  if (!negative_a && !negative_b) return no_node;
  const Node positive = builder.node(op, {negative_a ? pattern.operand(a) : a, negative_b ? pattern.operand(b) : b});
  return negative_a == negative_b ? positive : builder.node(Operator::neg, {positive});
}

Node simpler_product(Builder& builder, Node a, Node b) {
  const Graph& graph = builder.graph();
  const bool is_left = graph.is_constant(a);
  if (is_left || graph.is_constant(b)) {
    const double number = graph.number(is_left ? a : b);
    const Node other = is_left ? b : a;
    if (number == 1.0) return other;
    if (number == -1.0) return builder.node(Operator::neg, {other});
    if (number == 2.0) return builder.node(Operator::add, {other, other});
  }
  return signs_outwards(builder, Operator::mul, a, b);
}

Node simpler_quotient(Builder& builder, Node a, Node b) {
  const Pattern pattern(builder.graph());
  if (pattern.is(b, 1.0)) return a;
  if (pattern.is(b, -1.0)) return builder.node(Operator::neg, {a});
  if (pattern.is_power_of_two(b)) {
    return builder.node(Operator::mul, {a, builder.constant(1.0 / pattern.number(b))});
  }
  return signs_outwards(builder, Operator::div, a, b);
}

/// As ops::pow computes them.
Node simpler_power(Builder& builder, Node a, Node b) {
  const Pattern pattern(builder.graph());
  if (pattern.is(b, 1.0)) return a;
  if (pattern.is(b, 2.0)) return builder.node(Operator::mul, {a, a});
  if (pattern.is(b, 3.0)) return builder.node(Operator::mul, {builder.node(Operator::mul, {a, a}), a});
  return no_node;
}

/// With both compared operands known, or nothing to choose.
Node simpler_choice(Builder& builder, Operator op, const Node* operands) {
  const Graph& graph = builder.graph();
  if (operands[2] == operands[3]) return operands[2];
  if (!graph.is_constant(operands[0]) || !graph.is_constant(operands[1])) return no_node;
  const double left = graph.number(operands[0]);
  const double right = graph.number(operands[1]);
  const bool taken = op == Operator::select ? left < right : left == right;
  return taken ? operands[2] : operands[3];
}

}  // namespace

Node simpler(Builder& builder, Operator op, const Node* operands, std::size_t count) {
  const Pattern pattern(builder.graph());
  switch (op) {
    case Operator::add:
      return simpler_sum(builder, operands[0], operands[1]);
    case Operator::sub:
      return simpler_difference(builder, operands[0], operands[1]);
    case Operator::mul:
      return simpler_product(builder, operands[0], operands[1]);
    case Operator::div:
      return simpler_quotient(builder, operands[0], operands[1]);
    case Operator::pow:
      return simpler_power(builder, operands[0], operands[1]);
    case Operator::neg:
      if (pattern.is(operands[0], Operator::neg)) return pattern.operand(operands[0]);
      return no_node;
    case Operator::abs:
      if (pattern.is(operands[0], Operator::abs)) return operands[0];
      if (pattern.is(operands[0], Operator::neg)) return builder.node(Operator::abs, {pattern.operand(operands[0])});
      return no_node;
    case Operator::square:
      return builder.node(Operator::mul, {operands[0], operands[0]});
    case Operator::select:
    case Operator::select_equal:
      return simpler_choice(builder, op, operands);
    case Operator::sum:
    case Operator::mean:
    case Operator::max_of:
    case Operator::min_of:
      return count == 1 ? operands[0] : no_node;
    default:
      return no_node;
  }
}

}  // namespace smolgrad::graph

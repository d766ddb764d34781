// Partial derivatives as nodes: the operators' definitions, applied to Expressions.
#include <algorithm>
#include <stdexcept>

#include "differentiate.hpp"
#include "expression.hpp"

namespace smolgrad::graph {

namespace {

bool is_zero(const Graph& graph, Node node) { return graph.is_constant(node) && graph.number(node) == 0.0; }

bool is_choice(Operator op) { return op == Operator::select || op == Operator::select_equal; }

/// partial x derivative where the partial is not 0.
Node masked_product(Builder& builder, Node partial, Node derivative) {
  if (is_zero(builder.graph(), partial)) return builder.constant(0.0);
  if (builder.graph().is_constant(partial)) return builder.node(Operator::mul, {partial, derivative});
  if (is_choice(builder.graph().op(partial))) {
    const Operands choice = builder.graph().operands_of(partial);
    const Node left = choice[0];
    const Node right = choice[1];
    const Node taken = choice[2];
    const Node otherwise = choice[3];
    const Operator op = builder.graph().op(partial);
    const Node first = masked_product(builder, taken, derivative);
    return builder.node(op, {left, right, first, masked_product(builder, otherwise, derivative)});
  }
  const Node zero = builder.constant(0.0);
  return builder.node(Operator::select_equal,
                      {partial, zero, zero, builder.node(Operator::mul, {partial, derivative})});
}

template <class Definition>
Partial unary(Builder& builder, Node node) {
  const Node x = builder.graph().operands_of(node)[0];
  const Expression partial = Definition::derivative(Expression(builder, x), Expression(builder, node));
  return {partial.in(builder), ops::is_piecewise<Definition>};
}

template <class Definition>
Partial binary(Builder& builder, Node node, std::size_t which) {
  const Operands operands = builder.graph().operands_of(node);
  const Expression a(builder, operands[0]);
  const Expression b(builder, operands[1]);
  const Expression y(builder, node);
  const Expression partial = which == 0 ? Definition::left_partial(a, b, y) : Definition::right_partial(a, b, y);
  return {partial.in(builder), ops::is_piecewise<Definition>};
}

template <class Definition>
std::vector<Partial> reduction(Builder& builder, Node node) {
  std::vector<Expression> operands;
  for (const Node operand : builder.graph().operands_of(node)) operands.push_back({builder, operand});
  std::vector<Expression> partials(operands.size());
  Definition::partials(operands.data(), operands.size(), Expression(builder, node), partials.data());
  std::vector<Partial> result;
  constexpr bool chooses = operator_for<Definition> == Operator::max_of || operator_for<Definition> == Operator::min_of;
  for (const Expression& partial : partials) result.push_back({partial.in(builder), chooses});
  return result;
}

}  // namespace

Derivative scaled(Builder& builder, Node partial, Derivative derivative, bool piecewise) {
  if (partial == no_node || derivative.node == no_node || is_zero(builder.graph(), partial)) return {};
  if (builder.graph().is_constant(partial)) {
    return {builder.node(Operator::mul, {partial, derivative.node}), derivative.masked};
  }
  if (piecewise) return {masked_product(builder, partial, derivative.node), true};
  const Node product = builder.node(Operator::mul, {partial, derivative.node});
  if (!derivative.masked) return {product, false};
  const Node zero = builder.constant(0.0);
  return {builder.node(Operator::select_equal, {derivative.node, zero, zero, product}), true};
}

Partial partial_of(Builder& builder, Node node, std::size_t which) {
  switch (builder.graph().op(node)) {
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return unary<ops::Definition>(builder, node);
    SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return binary<ops::Definition>(builder, node, which);
    SMOLGRAD_BINARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
    default:
      // Products are expanded before they are differentiated again, and multiplications fused after.
      throw std::logic_error("this operator has no derivative");
  }
}

std::vector<Partial> partials_of(Builder& builder, Node node) {
  switch (builder.graph().op(node)) {
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return reduction<ops::Definition>(builder, node);
    SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
    default:
      return {};
  }
}

std::vector<bool> active(const Graph& graph, bool by_shared) {
  std::vector<bool> result(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    const Operator op = graph.op(i);
    if (op == Operator::nearest_integer) continue;
    const Operands operands = graph.operands_of(i);
    result[i] = op == Operator::input || (by_shared && op == Operator::shared) ||
                std::any_of(operands.begin(), operands.end(), [&](Node operand) { return result[operand]; });
  }
  return result;
}

}  // namespace smolgrad::graph

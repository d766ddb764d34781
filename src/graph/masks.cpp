// Derivatives where a side may not have been taken: 0 there, whatever they are multiplied by.
#include "differentiate.hpp"

namespace smolgrad::graph {

namespace {

bool is_zero(const Graph& graph, Node node) { return graph.is_constant(node) && graph.number(node) == 0.0; }

bool is_choice(Operator op) { return op == Operator::select || op == Operator::select_equal; }

/// The choices within a piecewise operator's definition; those within its operands are none of its business.
constexpr int most_choices = 2;

/// contribution(partial) where the partial is not 0, and there 0.
template <class Contribution>
Node where_taken(Builder& builder, Node partial, const Contribution& contribution, int choices = most_choices) {
  const Node zero = builder.constant(0.0);
  if (is_zero(builder.graph(), partial)) return zero;
  if (builder.graph().is_constant(partial)) return contribution(partial);
  const Operator op = builder.graph().op(partial);
  if (choices > 0 && is_choice(op)) {
    const Operands choice = builder.graph().operands_of(partial);
    const Node left = choice[0];
    const Node right = choice[1];
    const Node taken = choice[2];
    const Node otherwise = choice[3];
    const Node first = where_taken(builder, taken, contribution, choices - 1);
    return builder.node(op, {left, right, first, where_taken(builder, otherwise, contribution, choices - 1)});
  }
  return builder.node(Operator::select_equal, {partial, zero, zero, contribution(partial)});
}

/// A mask, if it is 0 anywhere.
Node mask_of(const Graph& graph, Node mask) {
  const bool nowhere = graph.is_constant(mask) && graph.number(mask) != 0.0;
  return nowhere ? no_node : mask;
}

}  // namespace

Node either(Builder& builder, Node mask, Node other) {
  if (mask == no_node || other == no_node) return no_node;
  return mask == other ? mask : builder.node(Operator::add, {mask, other});
}

Derivative chosen(Builder& builder, Node choice, Derivative if_true, Derivative otherwise) {
  const Operator op = builder.graph().op(choice);
  const Node left = builder.graph().operands_of(choice)[0];
  const Node right = builder.graph().operands_of(choice)[1];
  const auto value = [&](Derivative side) { return side.node == no_node ? builder.constant(0.0) : side.node; };
  const auto mask = [&](Derivative side) {
    return side.node == no_node ? builder.constant(0.0) : side.mask == no_node ? builder.constant(1.0) : side.mask;
  };
  const Node first = value(if_true);
  const Node first_mask = mask(if_true);
  const Node node = builder.node(op, {left, right, first, value(otherwise)});
  return {node, mask_of(builder.graph(), builder.node(op, {left, right, first_mask, mask(otherwise)}))};
}

Derivative scaled(Builder& builder, Node partial, Derivative derivative, bool piecewise) {
  if (partial == no_node || derivative.node == no_node || is_zero(builder.graph(), partial)) return {};
  const auto product = [&](Node factor) { return builder.node(Operator::mul, {factor, derivative.node}); };
  if (builder.graph().is_constant(partial)) return {product(partial), derivative.mask};
  if (piecewise) {
    const Node taken = derivative.mask == no_node ? builder.constant(1.0) : derivative.mask;
    const Node node = where_taken(builder, partial, product);
    return {node, mask_of(builder.graph(), where_taken(builder, partial, [&](Node) { return taken; }))};
  }
  if (derivative.mask == no_node) return {product(partial), no_node};
  const Node zero = builder.constant(0.0);
  const Node node = product(partial);
  return {builder.node(Operator::select_equal, {derivative.mask, zero, zero, node}), derivative.mask};
}

}  // namespace smolgrad::graph

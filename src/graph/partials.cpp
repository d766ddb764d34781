// Partial derivatives as nodes: the operators' definitions, applied to Expressions.
#include <stdexcept>

#include "differentiate.hpp"
#include "expression.hpp"

namespace smolgrad::graph {

namespace {

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
  const Node partial =
      which == 0 ? Definition::left_partial(a, b, y).in(builder) : Definition::right_partial(a, b, y).in(builder);
  return {partial, ops::is_piecewise<Definition>};
}

template <class Definition>
std::vector<Partial> reduction(Builder& builder, Node node) {
  std::vector<Expression> operands;
  for (const Node operand : builder.graph().operands_of(node)) operands.push_back({builder, operand});
  std::vector<Expression> partials(operands.size());
  Definition::partials(operands.data(), operands.size(), Expression(builder, node), partials.data());
  std::vector<Partial> result;
  result.reserve(partials.size());
  constexpr bool chooses = operator_for<Definition> == Operator::max_of || operator_for<Definition> == Operator::min_of;
  for (const Expression& partial : partials) result.push_back({partial.in(builder), chooses});
  return result;
}

}  // namespace

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
    case Operator::normal_cdf_by_bell:
      return binary<ops::NormalCdfByBell>(builder, node, which);
    default:
      // The sweeps know matrix products themselves; outer products and fused multiplications come after them.
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

}  // namespace smolgrad::graph

#include <algorithm>
#include <stdexcept>

#include "expression.hpp"
#include "passes.hpp"

namespace smolgrad::graph {

namespace {

bool shares_work_with_derivative(Operator op) {
  switch (op) {
    case Operator::elu:
    case Operator::sigmoid:
    case Operator::softplus:
    case Operator::silu:
    case Operator::gelu:
    case Operator::normal_cdf:
      return true;
    default:
      return false;
  }
}

/// The value of an operator, as the nodes that its definition is made of.
Expression definition(Operator op, const std::vector<Expression>& x) {
  switch (op) {
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return ops::Definition::value(x[0]);
    SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return ops::Definition::value(x.data(), x.size());
    SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
    case Operator::dot: {
      const std::size_t count = x.size() / 2;
      return ops::Dot::value<Expression>([&](std::size_t i) { return x[i]; },
                                         [&](std::size_t i) { return x[count + i]; }, count);
    }
    default:
      throw std::logic_error("this operator is not made of others");
  }
}

bool is_reduction(Operator op) {
  switch (op) {
#define SMOLGRAD_ENTRY(Definition, name) case Operator::name:
    SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
    case Operator::dot:
      return true;
    default:
      return false;
  }
}

/// Which outer products have an element that something but a sum uses.
Marks used_by_sample(const Graph& graph, const Marks& wanted) {
  Marks result(graph.size());
  const auto use = [&](Node node) {
    if (graph.op(node) == Operator::element) result[graph.operands_of(node)[0]] = true;
  };
  for (const Node output : graph.outputs) use(output);
  for (Node i = 0; i < graph.size(); ++i) {
    if (!wanted[i] || graph.op(i) == Operator::element) continue;
    for (const Node operand : graph.operands_of(i)) use(operand);
  }
  return result;
}

}  // namespace

Graph expand(Graph graph, Composites composites) {
  const auto is_composite = [&](Operator op) {
    return is_reduction(op) || (composites == Composites::expand && shares_work_with_derivative(op));
  };
  const auto may_be_expanded = [&](const Graph::Entry& entry) {
    return is_composite(entry.op) || entry.op == Operator::outer_product;
  };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), may_be_expanded)) return graph;
  const Marks wanted = needed(graph);
  const Marks by_sample = used_by_sample(graph, wanted);
  const Marks is_uniform = uniform(graph);
  const auto is_expanded = [&](Node product) {
    return graph.op(product) == Operator::outer_product && (by_sample[product] || is_uniform[product]);
  };
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  for (Node i = 0; i < graph.size(); ++i) {
    if (!wanted[i] || is_expanded(i)) continue;
    const Operator op = graph.op(i);
    if (is_composite(op)) {
      std::vector<Expression> operands;
      for (const Node operand : graph.operands_of(i)) operands.push_back({builder, copy[operand]});
      copy.set(i, definition(op, operands).in(builder));
    } else if (op == Operator::element && is_expanded(graph.operands_of(i)[0])) {
      const Node product = graph.operands_of(i)[0];
      const Operands factors = graph.operands_of(product);
      const std::size_t rows = graph.attribute(product);
      const std::size_t columns = factors.size() - rows;
      const std::size_t which = graph.attribute(i);
      copy.set(i, builder.node(Operator::mul, {copy[factors[which / columns]], copy[factors[rows + which % columns]]}));
    } else {
      copy.copy(i);
    }
  }
  return copy.finish();
}

}  // namespace smolgrad::graph

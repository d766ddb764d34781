#include <algorithm>
#include <initializer_list>
#include <stdexcept>

#include "expression.hpp"
#include "passes.hpp"

namespace smolgrad::graph {

namespace {

/// Operators, a bit for each.
using Set = std::uint64_t;
static_assert(operator_count <= 64);

constexpr Set set_of(std::initializer_list<Operator> operators) {
  Set set = 0;
  for (const Operator op : operators) set |= Set{1} << static_cast<unsigned>(op);
  return set;
}

constexpr Set reductions = set_of({
#define SMOLGRAD_ENTRY(Definition, name) Operator::name,
    SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
        Operator::dot});
constexpr Set shares_work_with_derivative = set_of(
    {Operator::elu, Operator::sigmoid, Operator::softplus, Operator::silu, Operator::gelu, Operator::normal_cdf});

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

/// Which outer products have an element that something but a sum uses.
Marks used_by_sample(const Graph& graph, const std::vector<std::uint32_t>& uses) {
  Marks result(graph.size());
  const auto use = [&](Node node) {
    if (graph.op(node) == Operator::element) result[graph.operands_of(node)[0]] = true;
  };
  for (const Node output : graph.outputs) use(output);
  for (Node i = 0; i < graph.size(); ++i) {
    if (uses[i] == 0 || graph.op(i) == Operator::element) continue;
    for (const Node operand : graph.operands_of(i)) use(operand);
  }
  return result;
}

}  // namespace

Graph expand(Graph graph, Composites composites) {
  const Set composite = reductions | (composites == Composites::expand ? shares_work_with_derivative : 0);
  const auto is_in = [](Set set, Operator op) { return ((set >> static_cast<unsigned>(op)) & 1) != 0; };
  const Set may_be_expanded = composite | set_of({Operator::outer_product});
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(),
                   [&](const Graph::Entry& entry) { return is_in(may_be_expanded, entry.op); })) {
    return graph;
  }
  const std::vector<std::uint32_t> uses = use_counts(graph);
  const Marks by_sample = used_by_sample(graph, uses);
  const auto is_expanded = [&](Node product) {
    return graph.op(product) == Operator::outer_product && (by_sample[product] || graph.is_uniform(product));
  };
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  for (Node i = 0; i < graph.size(); ++i) {
    if (uses[i] == 0 || is_expanded(i)) continue;
    const Operator op = graph.op(i);
    if (is_in(composite, op)) {
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

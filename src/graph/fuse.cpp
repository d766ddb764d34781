#include "passes.hpp"

namespace smolgrad::graph {

namespace {

std::vector<std::uint32_t> uses(const Graph& graph) {
  std::vector<std::uint32_t> counts(graph.size());
  for (const Node operand : graph.operands) ++counts[operand];
  for (const Node output : graph.outputs) ++counts[output];
  for (const Graph::Sum& sum : graph.sums) ++counts[sum.node];
  return counts;
}

}  // namespace

Graph fuse(const Graph& unfused) {
  const Graph graph = simplify(unfused);  // so that uses by dead nodes do not count
  const std::vector<std::uint32_t> use_count = uses(graph);
  const std::vector<bool> is_uniform = uniform(graph);
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  const auto fusible = [&](Node node) {
    return graph.op(node) == Operator::mul && use_count[node] == 1 && !is_uniform[node];
  };
  const auto fused = [&](Operator op, Node product, Node other) {
    const Operands factors = graph.operands_of(product);
    return builder.node(op, {copy[factors[0]], copy[factors[1]], copy[other]});
  };
  for (Node i = 0; i < graph.size(); ++i) {
    const Operands operands = graph.operands_of(i);
    const Operator op = graph.op(i);
    if (op == Operator::add && fusible(operands[0])) {
      copy.set(i, fused(Operator::multiply_add, operands[0], operands[1]));
    } else if (op == Operator::add && fusible(operands[1])) {
      copy.set(i, fused(Operator::multiply_add, operands[1], operands[0]));
    } else if (op == Operator::sub && fusible(operands[0])) {
      copy.set(i, fused(Operator::multiply_subtract, operands[0], operands[1]));
    } else if (op == Operator::sub && fusible(operands[1])) {
      copy.set(i, fused(Operator::negative_multiply_add, operands[1], operands[0]));
    } else {
      copy.copy(i);
    }
  }
  return simplify(copy.finish());
}

}  // namespace smolgrad::graph

#include <iterator>

#include "passes.hpp"

namespace smolgrad::graph {

namespace {

std::vector<std::uint32_t> uses(const Graph& graph, const Marks& wanted) {
  std::vector<std::uint32_t> counts(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    if (!wanted[i]) continue;
    for (const Node operand : graph.operands_of(i)) ++counts[operand];
  }
  for (const Node output : graph.outputs) ++counts[output];
  for (const Graph::Sum& sum : graph.sums) ++counts[sum.node];
  return counts;
}

}  // namespace

Graph fuse(Graph graph) {
  const Marks wanted = needed(graph);
  const std::vector<std::uint32_t> use_count = uses(graph, wanted);
  const Marks is_uniform = uniform(graph);
  const auto fusible = [&](Node node) {
    return graph.op(node) == Operator::mul && use_count[node] == 1 && !is_uniform[node];
  };
  // Where it stands: the product is left behind.
  const auto become = [&](Node node, Operator op, Node product, Node other) {
    const Operands factors = graph.operands_of(product);
    const Node operands[] = {factors[0], factors[1], other};
    graph.nodes[node] = {op, 0, static_cast<std::uint32_t>(graph.operands.size()), 3};
    graph.operands.insert(graph.operands.end(), std::begin(operands), std::end(operands));
  };
  for (Node i = 0; i < graph.size(); ++i) {
    const Operator op = graph.op(i);
    if (!wanted[i] || (op != Operator::add && op != Operator::sub)) continue;
    const Node left = graph.operands_of(i)[0];
    const Node right = graph.operands_of(i)[1];
    if (fusible(left)) {
      become(i, op == Operator::add ? Operator::multiply_add : Operator::multiply_subtract, left, right);
    } else if (fusible(right)) {
      become(i, op == Operator::add ? Operator::multiply_add : Operator::negative_multiply_add, right, left);
    }
  }
  return graph;
}

}  // namespace smolgrad::graph

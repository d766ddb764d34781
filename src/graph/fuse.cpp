#include <iterator>

#include "passes.hpp"

namespace smolgrad::graph {

Graph fuse(Graph graph) {
  const std::vector<std::uint32_t> uses = use_counts(graph);
  const Marks is_uniform = uniform(graph);
  const auto fusible = [&](Node node) {
    return graph.op(node) == Operator::mul && uses[node] == 1 && !is_uniform[node];
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
    if (uses[i] == 0 || (op != Operator::add && op != Operator::sub)) continue;
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

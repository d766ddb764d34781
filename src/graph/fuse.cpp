#include "passes.hpp"

namespace smolgrad::graph {

Counted fuse(Counted graph) {
  const auto fusible = [&](Node node) {
    return graph.op(node) == Operator::mul && graph.uses[node] == 1 && !graph.is_uniform(node);
  };
  // Where it stands: the product is left behind.
  const auto become = [&](Node node, Operator op, Node product, Node other) {
    const Operands factors = graph.operands_of(product);
    const Node left = factors[0];
    const Node right = factors[1];
    graph.nodes[node] = {op, graph.is_uniform(node), 0, static_cast<std::uint32_t>(graph.operands.size()), 3};
    for (const Node operand : {left, right, other}) graph.operands.push_back(operand);
    graph.uses[product] = 0;
  };
  for (Node i = 0; i < graph.size(); ++i) {
    const Operator op = graph.op(i);
    if ((op != Operator::add && op != Operator::sub) || graph.uses[i] == 0) continue;
    const Operands operands = graph.operands_of(i);
    const Node left = operands[0];
    const Node right = operands[1];
    if (fusible(left)) {
      become(i, op == Operator::add ? Operator::multiply_add : Operator::multiply_subtract, left, right);
    } else if (fusible(right)) {
      become(i, op == Operator::add ? Operator::multiply_add : Operator::negative_multiply_add, right, left);
    }
  }
  return graph;
}

}  // namespace smolgrad::graph

#include "passes.hpp"

namespace smolgrad::graph {

Graph share_reciprocals(const Graph& undivided) {
  const Graph graph = simplify(undivided);  // so that dead divisions do not count
  const std::vector<bool> is_uniform = uniform(graph);
  std::vector<std::uint32_t> divisions(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    if (graph.op(i) == Operator::div && !is_uniform[i]) ++divisions[graph.operands_of(i)[1]];
  }
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  for (Node i = 0; i < graph.size(); ++i) {
    const Operands operands = graph.operands_of(i);
    const bool is_shared = graph.op(i) == Operator::div && !is_uniform[i] &&
                           (divisions[operands[1]] > 1 || is_uniform[operands[1]]);
    if (is_shared) {
      const Node reciprocal = builder.node(Operator::div, {builder.constant(1.0), copy[operands[1]]});
      copy.set(i, builder.node(Operator::mul, {copy[operands[0]], reciprocal}));
    } else {
      copy.copy(i);
    }
  }
  return simplify(copy.finish());
}

}  // namespace smolgrad::graph

#include <algorithm>

#include "passes.hpp"

namespace smolgrad::graph {

Graph share_reciprocals(Graph graph) {
  const auto is_division = [](const Graph::Entry& entry) { return entry.op == Operator::div; };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), is_division)) return graph;
  const Marks wanted = needed(graph);
  const Marks is_uniform = uniform(graph);
  std::vector<std::uint32_t> divisions(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    if (wanted[i] && graph.op(i) == Operator::div && !is_uniform[i]) ++divisions[graph.operands_of(i)[1]];
  }
  const auto is_shared = [&](Node node) {
    if (!wanted[node] || graph.op(node) != Operator::div || is_uniform[node]) return false;
    const Node denominator = graph.operands_of(node)[1];
    return divisions[denominator] > 1 || is_uniform[denominator];
  };
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  for (Node i = 0; i < graph.size(); ++i) {
    if (!wanted[i]) continue;
    if (is_shared(i)) {
      const Operands operands = graph.operands_of(i);
      const Node reciprocal = builder.node(Operator::div, {builder.constant(1.0), copy[operands[1]]});
      copy.set(i, builder.node(Operator::mul, {copy[operands[0]], reciprocal}));
    } else {
      copy.copy(i);
    }
  }
  return copy.finish();
}

}  // namespace smolgrad::graph

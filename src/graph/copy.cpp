// The passes that are nothing but a copy, in some order, of what is needed.
#include "passes.hpp"

#include <algorithm>

namespace smolgrad::graph {

std::vector<Node> Copy::operands(Node node) const {
  std::vector<Node> result;
  result.reserve(from_.operands_of(node).size());
  for (const Node operand : from_.operands_of(node)) result.push_back(images_[operand]);
  return result;
}

void Copy::copy(Node node) {
  const Operator op = from_.op(node);
  const std::uint32_t attribute = from_.attribute(node);
  const Operands operands = from_.operands_of(node);
  if (op == Operator::input) return set(node, to_.input(attribute));
  if (op == Operator::shared) return set(node, to_.shared(attribute));
  if (op == Operator::constant) return set(node, to_.constant(from_.number(node)));
  if (op == Operator::element) return set(node, to_.element(images_[operands[0]], attribute));
  constexpr std::size_t few = 4;
  if (operands.size() > few) {
    const std::vector<Node> images = this->operands(node);
    return set(node, to_.node(op, images.data(), images.size(), attribute));
  }
  Node images[few] = {};
  for (std::size_t i = 0; i < operands.size(); ++i) images[i] = images_[operands[i]];
  set(node, to_.node(op, images, operands.size(), attribute));
}

Graph Copy::finish() const {
  Graph& result = to_.result();
  for (const Node output : from_.outputs) result.outputs.push_back(images_[output]);
  for (const Graph::Sum& sum : from_.sums) result.sums.push_back({images_[sum.node], sum.to});
  result.sum_count = from_.sum_count;
  return std::move(result);
}

namespace {

Graph copy_needed(const Graph& graph) {
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  const std::vector<std::uint32_t> uses = use_counts(graph);
  for (Node i = 0; i < graph.size(); ++i) {
    if (uses[i] != 0) copy.copy(i);
  }
  return copy.finish();
}

}  // namespace

Graph simplify(const Graph& graph) {
  Graph result = copy_needed(graph);
  // An identity may have made superfluous what was copied before.
  const auto has_dead = [](const Graph& copied) {
    const std::vector<std::uint32_t> uses = use_counts(copied);
    return std::find(uses.begin(), uses.end(), 0U) != uses.end();
  };
  while (has_dead(result)) result = copy_needed(result);
  return result;
}

Graph prune(Graph graph, const std::vector<std::size_t>& outputs, bool with_sums) {
  std::vector<Node> kept;
  kept.reserve(outputs.size());
  for (const std::size_t output : outputs) kept.push_back(graph.outputs[output]);
  graph.outputs = std::move(kept);
  if (!with_sums) {
    graph.sums.clear();
    graph.sum_count = 0;
  }
  return graph;
}

Graph hoist(const Graph& graph) {
  Builder builder(graph.input_count, graph.shared_count);
  Copy copy(graph, builder);
  const std::vector<std::uint32_t> uses = use_counts(graph);
  for (const bool now : {true, false}) {
    for (Node i = 0; i < graph.size(); ++i) {
      if (uses[i] != 0 && graph.is_uniform(i) == now) copy.copy(i);
    }
  }
  return copy.finish();
}

}  // namespace smolgrad::graph

#include <algorithm>
#include <new>

#include "passes.hpp"

namespace smolgrad::graph {

namespace {

struct Division {
  Node node;
  Node by;
};

/// Those whose divisor is to have a reciprocal.
std::vector<Division> shared_divisions(const Counted& graph) {
  std::vector<std::uint32_t> counts(graph.size());
  std::vector<Division> divisions;
  for (Node i = 0; i < graph.size(); ++i) {
    if (graph.op(i) != Operator::div || graph.is_uniform(i) || graph.uses[i] == 0) continue;
    divisions.push_back({i, graph.operands_of(i)[1]});
    ++counts[divisions.back().by];
  }
  const auto is_alone = [&](const Division& division) {
    return counts[division.by] == 1 && !graph.is_uniform(division.by);
  };
  divisions.erase(std::remove_if(divisions.begin(), divisions.end(), is_alone), divisions.end());
  return divisions;
}

/// Nodes keep their order: what is there is simplified, and needs no builder to look it up. The number 1 is the first
/// node; a reciprocal stands behind the node that it is of.
class Sharing {
 public:
  Sharing(Counted& graph, const std::vector<Division>& divisions)
      : graph_(graph), divisions_(divisions), places_(graph.size()), reciprocals_(graph.size(), no_node) {}

  void run() {
    if (graph_.size() + divisions_.size() + 1 >= no_node) throw std::bad_alloc();
    const std::size_t operand_count = graph_.operands.size();
    move();
    for (std::size_t i = 0; i < operand_count; ++i) graph_.operands[i] = places_[graph_.operands[i]];
    for (Node& output : graph_.outputs) output = places_[output];
    for (Graph::Sum& sum : graph_.sums) sum.node = places_[sum.node];
    for (const Division& division : divisions_) {
      if (places_[division.node] == reciprocals_[division.by]) continue;
      Graph::Entry& entry = graph_.nodes[places_[division.node]];
      entry.op = Operator::mul;
      graph_.operands[entry.first_operand + 1] = reciprocals_[division.by];
    }
  }

 private:
  void move() {
    constexpr Node to_be_placed = 0;
    for (const Division& division : divisions_) reciprocals_[division.by] = to_be_placed;
    std::vector<Graph::Entry> nodes;
    nodes.reserve(graph_.size() + divisions_.size() + 1);
    nodes.push_back(constant(1.0));
    std::vector<std::uint32_t> uses(nodes.capacity());
    auto division = divisions_.begin();
    for (Node i = 0; i < places_.size(); ++i) {
      if (division == divisions_.end() || division->node != i) {
        places_[i] = static_cast<Node>(nodes.size());
        nodes.push_back(graph_.nodes[i]);
      } else {
        const Node divisor = (division++)->by;
        --uses[places_[divisor]];
        const Node numerator = graph_.operands_of(i)[0];
        if (graph_.is_constant(numerator) && graph_.number(numerator) == 1.0) {
          places_[i] = reciprocals_[divisor];
          --uses[places_[numerator]];
        } else {
          places_[i] = static_cast<Node>(nodes.size());
          nodes.push_back(graph_.nodes[i]);
          ++uses[reciprocals_[divisor]];
        }
      }
      uses[places_[i]] += graph_.uses[i];
      if (reciprocals_[i] != to_be_placed) continue;
      reciprocals_[i] = static_cast<Node>(nodes.size());
      if (graph_.is_constant(i)) {
        nodes.push_back(constant(1.0 / graph_.number(i)));
      } else {
        nodes.push_back(reciprocal(i));
        ++uses[0];
        ++uses[places_[i]];
      }
    }
    uses.resize(nodes.size());
    graph_.nodes = std::move(nodes);
    graph_.uses = std::move(uses);
  }

  Graph::Entry reciprocal(Node divisor) {
    graph_.operands.insert(graph_.operands.end(), {0, places_[divisor]});
    return {Operator::div, graph_.is_uniform(divisor), 0, static_cast<std::uint32_t>(graph_.operands.size() - 2), 2};
  }

  Graph::Entry constant(double number) {
    graph_.numbers.push_back(number);
    return {Operator::constant, true, static_cast<std::uint32_t>(graph_.numbers.size() - 1), 0, 0};
  }

  Counted& graph_;
  const std::vector<Division>& divisions_;
  std::vector<Node> places_;
  std::vector<Node> reciprocals_;  // where they go, by divisor
};

}  // namespace

Counted share_reciprocals(Counted graph) {
  const auto is_division = [](const Graph::Entry& entry) { return entry.op == Operator::div; };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), is_division)) return graph;
  const std::vector<Division> divisions = shared_divisions(graph);
  if (!divisions.empty()) Sharing(graph, divisions).run();
  return graph;
}

}  // namespace smolgrad::graph

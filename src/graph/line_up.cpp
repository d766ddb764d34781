// Neurons of a layer are alike: from each element of a matrix product leads a chain of the same operators, mostly
// written chain by chain. Put side by side, each operator of all chains can be one step.
#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

#include "passes.hpp"

namespace smolgrad::graph {

namespace {

constexpr std::size_t most_operands = 4;
using Class = std::uint32_t;

/// What nodes have in common: operator and the classes of their operands.
struct Kind {
  Operator op;
  std::array<Class, most_operands> operands;

  bool operator==(const Kind& other) const { return op == other.op && operands == other.operands; }
};

struct HashKind {
  std::size_t operator()(const Kind& kind) const {
    std::size_t hash = static_cast<std::size_t>(kind.op);
    for (const Class operand : kind.operands) hash = (hash ^ operand) * 0x9e3779b97f4a7c15U;
    return hash ^ (hash >> 32);
  }
};

/// By the nodes' keys, of which none is much larger than there are nodes; equal ones stay in their order.
std::vector<Node> sorted(const std::vector<Node>& nodes, const std::vector<std::uint32_t>& keys) {
  std::vector<Node> places(*std::max_element(keys.begin(), keys.end()) + std::size_t{2});
  for (const std::uint32_t key : keys) ++places[key + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<Node> result(nodes.size());
  for (const Node node : nodes) result[places[keys[node]]++] = node;
  return result;
}

/// Which nodes are alike, and which place each has among them: that of the element its chain begins with.
class Classes {
 public:
  explicit Classes(const Counted& graph) : graph_(graph), class_(graph.size()), place_(graph.size()) {
    for (Node i = 0; i < graph.size(); ++i) class_[i] = graph.uses[i] != 0 ? classify(i) : new_class();
  }

  /// All nodes, operands before results, those of a class together. Classes are numbered so that one's operands come
  /// before it; it waits for the last of its members, and for those of its operands.
  std::vector<Node> order() const {
    std::vector<Node> order(graph_.size());
    std::iota(order.begin(), order.end(), 0U);
    order = sorted(sorted(order, place_), class_);
    std::vector<Node> last(count_);
    for (Node i = 0; i < graph_.size(); ++i) last[class_[i]] = i;
    for (const Node node : order) {
      Node& mine = last[class_[node]];
      for (const Node operand : graph_.operands_of(node)) mine = std::max(mine, last[class_[operand]]);
    }
    std::vector<Node> last_of_class(graph_.size());
    for (Node i = 0; i < graph_.size(); ++i) last_of_class[i] = last[class_[i]];
    return sorted(order, last_of_class);
  }

 private:
  Class new_class() {
    in_line_.push_back(false);
    return count_++;
  }

  Class classify(Node node) {
    const Operator op = graph_.op(node);
    const Operands operands = graph_.operands_of(node);
    if (op == Operator::element) {
      place_[node] = graph_.attribute(node);
      return of({op, {class_[operands[0]], 0, 0, 0}});
    }
    if (op == Operator::input || op == Operator::shared) return of({op, {}});
    if (operands.size() > most_operands || has_elements(op)) return new_class();
    Kind kind{op, {}};
    bool is_of_neuron = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      kind.operands[i] = class_[operands[i]];
      if (is_of_neuron || !in_line_[class_[operands[i]]]) continue;
      is_of_neuron = true;
      place_[node] = place_[operands[i]];
    }
    return is_of_neuron ? of(kind) : new_class();
  }

  Class of(const Kind& kind) {
    const auto [found, is_new] = classes_.try_emplace(kind, count_);
    if (is_new) {
      ++count_;
      in_line_.push_back(kind.op != Operator::input && kind.op != Operator::shared);
    }
    return found->second;
  }

  const Graph& graph_;
  std::vector<Class> class_;
  std::vector<std::uint32_t> place_;
  std::unordered_map<Kind, Class, HashKind> classes_;
  Marks in_line_;  // by class: whether it begins with elements
  Class count_ = 0;
};

}  // namespace

Counted line_up(Counted graph) {
  const auto is_product = [](const Graph::Entry& node) { return node.op == Operator::matrix_product; };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), is_product)) return graph;
  const std::vector<Node> order = Classes(graph).order();
  std::vector<Node> images(graph.size());
  std::vector<Graph::Entry> nodes;
  nodes.reserve(graph.size());
  std::vector<std::uint32_t> uses;
  uses.reserve(graph.size());
  for (const Node node : order) {
    images[node] = static_cast<Node>(nodes.size());
    nodes.push_back(graph.nodes[node]);
    uses.push_back(graph.uses[node]);
  }
  for (Node& operand : graph.operands) operand = images[operand];
  for (Node& output : graph.outputs) output = images[output];
  for (Graph::Sum& sum : graph.sums) sum.node = images[sum.node];
  graph.nodes = std::move(nodes);
  graph.uses = std::move(uses);
  return graph;
}

}  // namespace smolgrad::graph

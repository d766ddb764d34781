// Finding the dense structure again: neurons on the same inputs are a matrix product.
#include "neurons.hpp"
#include "passes.hpp"

namespace smolgrad::graph {

namespace {

/// Below this many products a matrix gains nothing.
constexpr std::size_t least_products = 8;

using Groups = std::map<std::vector<Node>, std::vector<Node>>;  // neurons by their inputs

/// Leaves the neurons out that are not worth it.
Groups groups_of(std::map<Node, Neuron>& neurons) {
  Groups groups;
  for (const auto& [node, neuron] : neurons) groups[neuron.inputs].push_back(node);
  for (auto group = groups.begin(); group != groups.end();) {
    if (group->second.size() * group->first.size() >= least_products) {
      ++group;
      continue;
    }
    for (const Node node : group->second) neurons.erase(node);
    group = groups.erase(group);
  }
  return groups;
}

class Grouping {
 public:
  /// Weights and biases are uniform and so, in a hoisted graph, stand before all that varies.
  explicit Grouping(const Graph& hoisted)
      : graph_(hoisted),
        neurons_(find_neurons(hoisted)),
        groups_(groups_of(neurons_)),
        builder_(hoisted.input_count, hoisted.shared_count),
        copy_(hoisted, builder_) {}

  Graph run() {
    const std::vector<std::uint32_t> uses = use_counts(graph_);
    for (Node i = 0; i < graph_.size(); ++i) {
      if (uses[i] == 0 || copy_.has(i)) continue;
      const auto neuron = neurons_.find(i);
      if (neuron == neurons_.end()) {
        copy_.copy(i);
      } else {
        multiply(groups_.at(neuron->second.inputs));
      }
    }
    return copy_.finish();
  }

 private:
  void multiply(const std::vector<Node>& group) {
    std::vector<Node> operands;
    for (const Node node : group) {
      for (const Node weight : neurons_.at(node).weights) operands.push_back(copy_[weight]);
    }
    for (const Node input : neurons_.at(group.front()).inputs) operands.push_back(copy_[input]);
    const Node product = builder_.node(Operator::matrix_product, operands.data(), operands.size(),
                                       static_cast<std::uint32_t>(group.size()));
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Node bias = neurons_.at(group[i]).bias;
      const Node sum = builder_.element(product, i);
      copy_.set(group[i], bias == no_node ? sum : builder_.node(Operator::add, {sum, copy_[bias]}));
    }
  }

  const Graph& graph_;
  std::map<Node, Neuron> neurons_;
  const Groups groups_;
  Builder builder_;
  Copy copy_;
};

}  // namespace

Graph group(Graph graph) {
  std::map<Node, Neuron> neurons = find_neurons(graph);
  if (groups_of(neurons).empty()) return graph;
  return Grouping(hoist(graph)).run();
}

}  // namespace smolgrad::graph

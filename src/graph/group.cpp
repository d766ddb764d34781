// Finding the dense structure again: neurons on the same inputs are a matrix product.
#include <algorithm>
#include <map>

#include "passes.hpp"

namespace smolgrad::graph {

namespace {

/// A dot product of uniform weights with varying operands.
struct Neuron {
  std::vector<Node> weights;
  std::vector<Node> inputs;
};

/// Below this many products a matrix gains nothing.
constexpr std::size_t least_products = 8;

class Grouping {
 public:
  explicit Grouping(const Graph& graph)
      : graph_(graph),
        uniform_(uniform(graph)),
        builder_(graph.input_count, graph.shared_count),
        copy_(graph, builder_) {}

  Graph run() {
    find_neurons();
    for (Node i = 0; i < graph_.size(); ++i) {
      const auto neuron = neurons_.find(i);
      if (neuron == neurons_.end()) {
        copy_.copy(i);
      } else if (!copy_.has(i)) {
        multiply(groups_.at(neuron->second.inputs));
      }
    }
    return copy_.finish();
  }

 private:
  void find_neurons() {
    for (Node i = 0; i < graph_.size(); ++i) {
      if (graph_.op(i) != Operator::dot) continue;
      Neuron neuron;
      if (!split(i, neuron)) continue;
      groups_[neuron.inputs].push_back(i);
      neurons_.emplace(i, std::move(neuron));
    }
    for (auto group = groups_.begin(); group != groups_.end();) {
      if (group->second.size() * group->first.size() >= least_products) {
        ++group;
        continue;
      }
      for (const Node node : group->second) neurons_.erase(node);
      group = groups_.erase(group);
    }
  }

  /// Which side of a dot product is uniform, if the other varies throughout.
  bool split(Node dot, Neuron& neuron) const {
    const Operands operands = graph_.operands_of(dot);
    const Node* const middle = operands.begin() + operands.size() / 2;
    const auto is_uniform = [&](Node node) { return uniform_[node]; };
    const Node* weights = operands.begin();
    const Node* inputs = middle;
    if (!std::all_of(weights, middle, is_uniform)) std::swap(weights, inputs);
    const std::size_t count = operands.size() / 2;
    if (!std::all_of(weights, weights + count, is_uniform)) return false;
    if (std::any_of(inputs, inputs + count, is_uniform)) return false;
    neuron.weights.assign(weights, weights + count);
    neuron.inputs.assign(inputs, inputs + count);
    return true;
  }

  /// Their weights are uniform and so, in a hoisted graph, stand before all that varies.
  void multiply(const std::vector<Node>& group) {
    std::vector<Node> operands;
    for (const Node node : group) {
      for (const Node weight : neurons_.at(node).weights) operands.push_back(copy_[weight]);
    }
    for (const Node input : neurons_.at(group.front()).inputs) operands.push_back(copy_[input]);
    const Node product = builder_.node(Operator::matrix_product, operands.data(), operands.size(),
                                       static_cast<std::uint32_t>(group.size()));
    for (std::size_t i = 0; i < group.size(); ++i) copy_.set(group[i], builder_.element(product, i));
  }

  const Graph& graph_;
  const std::vector<bool> uniform_;
  Builder builder_;
  Copy copy_;
  std::map<Node, Neuron> neurons_;
  std::map<std::vector<Node>, std::vector<Node>> groups_;  // nodes by their inputs
};

}  // namespace

Graph group(const Graph& graph) {
  const auto is_dot = [](const Graph::Entry& entry) { return entry.op == Operator::dot; };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), is_dot)) return graph;
  return Grouping(hoist(graph)).run();
}

}  // namespace smolgrad::graph

#include "neurons.hpp"

#include <algorithm>

namespace smolgrad::graph {

namespace {

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph), uses_(use_counts(graph)) {}

  std::map<Node, Neuron> run() {
    previous_.assign(graph_.size(), no_node);
    Marks goes_on(graph_.size());
    std::map<Node, Neuron> neurons;
    for (Node i = 0; i < graph_.size(); ++i) {
      if (graph_.op(i) == Operator::dot) {
        Neuron neuron;
        if (split(i, neuron)) neurons.emplace(i, std::move(neuron));
      } else if (graph_.op(i) == Operator::add && !graph_.is_uniform(i)) {
        previous_[i] = before(i);
        if (previous_[i] != no_node) goes_on[previous_[i]] = true;
      }
    }
    for (Node i = 0; i < graph_.size(); ++i) {
      if (previous_[i] != no_node && !goes_on[i]) neurons.emplace(i, follow(i));
    }
    return neurons;
  }

 private:
  /// A product of a weight and an input that is there for one sum alone.
  bool is_term(Node node) const {
    if (graph_.op(node) != Operator::mul || uses_[node] != 1) return false;
    const Operands factors = graph_.operands_of(node);
    return graph_.is_uniform(factors[0]) != graph_.is_uniform(factors[1]);
  }

  /// What a sum's other side is, if it adds a term to a sum there already is, to a bias or to another term.
  Node before(Node sum) const {
    const Operands operands = graph_.operands_of(sum);
    for (const std::size_t term : {1, 0}) {
      const Node other = operands[1 - term];
      if (!is_term(operands[term])) continue;
      const bool is_sum = previous_[other] != no_node && uses_[other] == 1;
      if (is_sum || graph_.is_uniform(other) || is_term(other)) return other;
    }
    return no_node;
  }

  void add_term(Node term, Neuron& neuron) const {
    const Operands factors = graph_.operands_of(term);
    const bool weight_first = graph_.is_uniform(factors[0]);
    neuron.weights.push_back(factors[weight_first ? 0 : 1]);
    neuron.inputs.push_back(factors[weight_first ? 1 : 0]);
  }

  Neuron follow(Node sum) const {
    Neuron neuron;
    Node at = sum;
    for (; previous_[at] != no_node; at = previous_[at]) {
      const Operands operands = graph_.operands_of(at);
      add_term(operands[0] == previous_[at] ? operands[1] : operands[0], neuron);
    }
    if (graph_.is_uniform(at)) {
      neuron.bias = at;
    } else {
      add_term(at, neuron);
    }
    std::reverse(neuron.weights.begin(), neuron.weights.end());
    std::reverse(neuron.inputs.begin(), neuron.inputs.end());
    return neuron;
  }

  /// Which side of a dot product is uniform, if the other varies throughout.
  bool split(Node dot, Neuron& neuron) const {
    const Operands operands = graph_.operands_of(dot);
    const std::size_t count = operands.size() / 2;
    const auto is_uniform = [&](Node node) { return graph_.is_uniform(node); };
    const Node* weights = operands.begin();
    const Node* inputs = weights + count;
    if (!std::all_of(weights, weights + count, is_uniform)) std::swap(weights, inputs);
    if (!std::all_of(weights, weights + count, is_uniform)) return false;
    if (std::any_of(inputs, inputs + count, is_uniform)) return false;
    neuron.weights.assign(weights, weights + count);
    neuron.inputs.assign(inputs, inputs + count);
    return true;
  }

  const Graph& graph_;
  const std::vector<std::uint32_t> uses_;
  std::vector<Node> previous_;  // of a sum that adds a term: what it adds it to
};

}  // namespace

std::map<Node, Neuron> find_neurons(const Graph& graph) {
  const auto is_dot = [](const Graph::Entry& entry) { return entry.op == Operator::dot; };
  // Without leaves to share, sums of single operations have no weights but numbers.
  if (graph.shared_count == 0 && std::none_of(graph.nodes.begin(), graph.nodes.end(), is_dot)) return {};
  return Finder(graph).run();
}

}  // namespace smolgrad::graph

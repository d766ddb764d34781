#include <algorithm>
#include <new>

#include "passes.hpp"

namespace smolgrad::graph {

namespace {

/// Nodes go up in place: what is there is simplified, and needs no builder to look it up. The number 1 is the first
/// node; a reciprocal stands behind the node that it is of.
class Sharing {
 public:
  explicit Sharing(Graph& graph) : graph_(graph), uses_(use_counts(graph)), uniform_(uniform(graph)) {
    std::vector<std::uint32_t> divisions(graph.size());
    for (Node i = 0; i < graph.size(); ++i) {
      if (divides(i)) ++divisions[denominator(i)];
    }
    has_reciprocal_.resize(graph.size());
    for (Node i = 0; i < graph.size(); ++i) has_reciprocal_[i] = divisions[i] > (uniform_[i] ? 0 : 1);
  }

  void run() {
    if (std::find(has_reciprocal_.begin(), has_reciprocal_.end(), true) == has_reciprocal_.end()) return;
    find_places();
    const std::size_t size = graph_.size();
    graph_.nodes.resize(last_);
    for (std::size_t i = size; i-- > 0;) move(static_cast<Node>(i));
    graph_.nodes[0] = constant(1.0);
    for (Node& output : graph_.outputs) output = places_[output];
    for (Graph::Sum& sum : graph_.sums) sum.node = places_[sum.node];
  }

 private:
  Node numerator(Node division) const { return graph_.operands_of(division)[0]; }
  Node denominator(Node division) const { return graph_.operands_of(division)[1]; }
  bool divides(Node node) const { return graph_.op(node) == Operator::div && uses_[node] != 0 && !uniform_[node]; }
  bool is_shared(Node node) const { return divides(node) && has_reciprocal_[denominator(node)]; }
  /// A shared reciprocal that was there as a division.
  bool is_reciprocal(Node node) const {
    return is_shared(node) && graph_.is_constant(numerator(node)) && graph_.number(numerator(node)) == 1.0;
  }

  void find_places() {
    places_.reserve(graph_.size());
    for (Node i = 0; i < graph_.size(); ++i) {
      places_.push_back(is_reciprocal(i) ? places_[denominator(i)] + 1 : last_);
      last_ += (is_reciprocal(i) ? 0 : 1) + (has_reciprocal_[i] ? 1 : 0);
    }
    if (last_ >= no_node) throw std::bad_alloc();
  }

  void move(Node node) {
    Graph::Entry entry = graph_.nodes[node];
    const bool shared = is_shared(node);
    const bool reciprocal = is_reciprocal(node);
    Node* const operands = graph_.operands.data() + entry.first_operand;
    for (std::size_t k = 0; k < entry.operand_count; ++k) operands[k] = places_[operands[k]];
    if (shared) {
      entry.op = Operator::mul;
      ++operands[1];
    }
    const Node place = places_[node];
    if (has_reciprocal_[node]) {
      const bool is_number = entry.op == Operator::constant;
      graph_.nodes[place + 1] = is_number ? constant(1.0 / graph_.numbers[entry.attribute]) : reciprocal_of(place);
    }
    if (!reciprocal) graph_.nodes[place] = entry;
  }

  Graph::Entry reciprocal_of(Node place) {
    graph_.operands.insert(graph_.operands.end(), {0, place});
    return {Operator::div, 0, static_cast<std::uint32_t>(graph_.operands.size() - 2), 2};
  }

  Graph::Entry constant(double number) {
    graph_.numbers.push_back(number);
    return {Operator::constant, static_cast<std::uint32_t>(graph_.numbers.size() - 1), 0, 0};
  }

  Graph& graph_;
  const std::vector<std::uint32_t> uses_;
  const Marks uniform_;
  Marks has_reciprocal_;
  std::vector<Node> places_;
  Node last_ = 1;
};

}  // namespace

Graph share_reciprocals(Graph graph) {
  const auto is_division = [](const Graph::Entry& entry) { return entry.op == Operator::div; };
  if (std::any_of(graph.nodes.begin(), graph.nodes.end(), is_division)) Sharing(graph).run();
  return graph;
}

}  // namespace smolgrad::graph

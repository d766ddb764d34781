// Reverse mode: from the seeds down, each node's adjoint times its partial derivatives goes to its operands.
#include <algorithm>
#include <unordered_map>

#include "differentiate.hpp"

namespace smolgrad::graph {

namespace {

class Reverse {
 public:
  Reverse(Builder& builder, const Marks& active) : builder_(builder), active_(active), adjoints_(active.size()) {}

  Adjoints sweep(const std::vector<Seed>& seeds) {
    found_.inputs.assign(builder_.graph().input_count, no_node);
    for (const Seed& seed : seeds) add(seed.node, {seed.adjoint, no_node});
    for (std::size_t i = active_.size(); i-- > 0;) visit(static_cast<Node>(i));
    return std::move(found_);
  }

 private:
  std::size_t operand_count(Node node) const { return builder_.graph().operands_of(node).size(); }
  /// Looked up each time, since building moves operands.
  Node operand(Node node, std::size_t i) const { return builder_.graph().operands_of(node)[i]; }

  void add(Node node, Derivative contribution) {
    if (!active_[node] || contribution.node == no_node) return;
    Derivative& adjoint = adjoints_[node];
    if (adjoint.node == no_node) {
      adjoint = contribution;
    } else {
      adjoint.node = builder_.node(Operator::add, {adjoint.node, contribution.node});
      adjoint.mask = either(builder_, adjoint.mask, contribution.mask);
    }
  }

  void visit(Node node) {
    const Operator op = builder_.graph().op(node);
    if (op == Operator::matrix_product) return visit_matrix_product(node);
    const Derivative adjoint = adjoints_[node];
    if (adjoint.node == no_node) return;
    const std::uint32_t attribute = builder_.graph().attribute(node);
    switch (op) {
      case Operator::input:
        found_.inputs[attribute] = adjoint.node;
        return;
      case Operator::shared:
        found_.shared.push_back({adjoint.node, attribute});
        return;
      case Operator::element:
        elements_[builder_.graph().operands_of(node)[0]].push_back(node);
        return;
      case Operator::select:
      case Operator::select_equal:
        return visit_choice(node, adjoint);
      case Operator::dot:
        return visit_dot(node, adjoint);
#define SMOLGRAD_ENTRY(Definition, name) case Operator::name:
        SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
        return visit_reduction(node, adjoint);
      default:
        return visit_operator(node, adjoint);
    }
  }

  void visit_operator(Node node, Derivative adjoint) {
    const std::size_t count = operand_count(node);
    for (std::size_t i = 0; i < count; ++i) {
      const Node to = operand(node, i);
      if (!active_[to]) continue;
      const Partial partial = partial_of(builder_, node, i);
      add(to, scaled(builder_, partial.node, adjoint, partial.piecewise));
    }
  }

  void visit_reduction(Node node, Derivative adjoint) {
    if (builder_.graph().op(node) == Operator::sum) {
      for (std::size_t i = 0; i < operand_count(node); ++i) add(operand(node, i), adjoint);
      return;
    }
    const std::vector<Partial> partials = partials_of(builder_, node);
    for (std::size_t i = 0; i < partials.size(); ++i) {
      if (!active_[operand(node, i)]) continue;
      add(operand(node, i), scaled(builder_, partials[i].node, adjoint, partials[i].piecewise));
    }
  }

  void visit_choice(Node node, Derivative adjoint) {
    if (active_[operand(node, 2)]) add(operand(node, 2), chosen(builder_, node, adjoint, {}));
    if (active_[operand(node, 3)]) add(operand(node, 3), chosen(builder_, node, {}, adjoint));
  }

  void visit_dot(Node node, Derivative adjoint) {
    const std::size_t count = operand_count(node) / 2;
    for (std::size_t i = 0; i < 2 * count; ++i) {
      if (!active_[operand(node, i)]) continue;
      const Node factor = operand(node, i < count ? i + count : i - count);
      add(operand(node, i), scaled(builder_, factor, adjoint, false));
    }
  }

  /// With y = W x: the adjoint of x is Wᵀ times that of y, and the adjoint of W their outer product.
  void visit_matrix_product(Node product) {
    const auto found = elements_.find(product);
    if (found == elements_.end()) return;
    const Operands own = builder_.graph().operands_of(product);
    const std::vector<Node> operands(own.begin(), own.end());
    const std::size_t rows = builder_.graph().attribute(product);
    const std::size_t columns = columns_of(builder_.graph(), product);
    std::vector<Node> of_elements(rows, builder_.constant(0.0));
    Node mask = adjoints_[found->second.front()].mask;
    for (const Node element : found->second) {
      of_elements[builder_.graph().attribute(element)] = adjoints_[element].node;
      mask = either(builder_, mask, adjoints_[element].mask);
    }
    const Node* const x = operands.data() + rows * columns;
    if (std::any_of(x, x + columns, [&](Node node) { return active_[node]; })) {
      std::vector<Node> transposed;
      transposed.reserve(rows * columns + rows);
      for (std::size_t k = 0; k < columns; ++k) {
        for (std::size_t i = 0; i < rows; ++i) transposed.push_back(operands[i * columns + k]);
      }
      transposed.insert(transposed.end(), of_elements.begin(), of_elements.end());
      const Node by_x = builder_.node(Operator::matrix_product, transposed.data(), transposed.size(),
                                      static_cast<std::uint32_t>(columns));
      for (std::size_t k = 0; k < columns; ++k) {
        if (active_[x[k]]) add(x[k], {builder_.element(by_x, k), mask});
      }
    }
    if (std::any_of(operands.data(), x, [&](Node node) { return active_[node]; })) {
      of_elements.insert(of_elements.end(), x, x + columns);
      const Node by_weights = builder_.node(Operator::outer_product, of_elements.data(), of_elements.size(),
                                            static_cast<std::uint32_t>(rows));
      for (std::size_t i = 0; i < rows * columns; ++i) add_weight(operands[i], builder_.element(by_weights, i), mask);
    }
  }

  /// What goes to a leaf directly is summed over the batch without existing for each sample.
  void add_weight(Node weight, Node contribution, Node mask) {
    if (builder_.graph().op(weight) == Operator::shared) {
      if (active_[weight]) found_.shared.push_back({contribution, builder_.graph().attribute(weight)});
    } else {
      add(weight, {contribution, mask});
    }
  }

  Builder& builder_;
  const Marks& active_;
  std::vector<Derivative> adjoints_;
  std::unordered_map<Node, std::vector<Node>> elements_;  // with an adjoint, by product
  Adjoints found_;
};

}  // namespace

Marks active(const Graph& graph, bool by_shared) {
  Marks result(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    const Operator op = graph.op(i);
    if (op == Operator::nearest_integer) continue;
    bool is_active = op == Operator::input || (by_shared && op == Operator::shared);
    for (const Node operand : graph.operands_of(i)) is_active = is_active || result[operand] != 0;
    result[i] = is_active;
  }
  return result;
}

Adjoints reverse(Builder& builder, const std::vector<Seed>& seeds, const Marks& active) {
  return Reverse(builder, active).sweep(seeds);
}

}  // namespace smolgrad::graph

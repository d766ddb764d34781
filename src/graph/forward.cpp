// Forward mode: from the inputs up, each node's tangent is the sum of its operands' tangents times its partial
// derivatives.
#include <unordered_map>

#include "differentiate.hpp"

namespace smolgrad::graph {

namespace {

class Forward {
 public:
  Forward(Builder& builder, const Marks& active) : builder_(builder), active_(active), tangents_(active.size()) {}

  std::vector<Node> sweep(const std::vector<Node>& inputs) {
    for (Node i = 0; i < active_.size(); ++i) {
      if (active_[i]) visit(i, inputs);
    }
    std::vector<Node> result;
    for (const Derivative& tangent : tangents_) result.push_back(tangent.node);
    return result;
  }

 private:
  std::size_t operand_count(Node node) const { return builder_.graph().operands_of(node).size(); }
  /// Looked up each time, since building moves operands.
  Node operand(Node node, std::size_t i) const { return builder_.graph().operands_of(node)[i]; }

  void add(Node node, Derivative contribution) {
    if (contribution.node == no_node) return;
    Derivative& tangent = tangents_[node];
    if (tangent.node == no_node) {
      tangent = contribution;
    } else {
      tangent.node = builder_.node(Operator::add, {tangent.node, contribution.node});
      tangent.mask = either(builder_, tangent.mask, contribution.mask);
    }
  }

  void visit(Node node, const std::vector<Node>& inputs) {
    const std::uint32_t attribute = builder_.graph().attribute(node);
    switch (builder_.graph().op(node)) {
      case Operator::input:
        tangents_[node] = {inputs[attribute], no_node};
        return;
      case Operator::element: {
        const auto found = products_.find(builder_.graph().operands_of(node)[0]);
        if (found != products_.end()) {
          tangents_[node] = {builder_.element(found->second.node, attribute), found->second.mask};
        }
        return;
      }
      case Operator::matrix_product:
        return visit_matrix_product(node);
      case Operator::select:
      case Operator::select_equal:
        return visit_choice(node);
      case Operator::dot:
        return visit_dot(node);
      default:
        return visit_operator(node);
    }
  }

  void visit_operator(Node node) {
    std::vector<Partial> partials;
    for (std::size_t i = 0; i < operand_count(node); ++i) {
      const Derivative tangent = tangents_[operand(node, i)];
      if (tangent.node == no_node) continue;
      if (partials.empty()) partials = partials_of(builder_, node);
      const Partial partial = partials.empty() ? partial_of(builder_, node, i) : partials[i];
      add(node, scaled(builder_, partial.node, tangent, partial.piecewise));
    }
  }

  void visit_choice(Node node) {
    const Derivative if_true = tangents_[operand(node, 2)];
    const Derivative otherwise = tangents_[operand(node, 3)];
    if (if_true.node == no_node && otherwise.node == no_node) return;
    tangents_[node] = chosen(builder_, node, if_true, otherwise);
  }

  /// A dot product again, over what has a tangent.
  void visit_dot(Node node) {
    const std::size_t count = operand_count(node) / 2;
    std::vector<Node> factors;
    std::vector<Node> tangents;
    Node mask = no_node;
    for (std::size_t i = 0; i < 2 * count; ++i) {
      const Derivative tangent = tangents_[operand(node, i)];
      if (tangent.node == no_node) continue;
      mask = factors.empty() ? tangent.mask : either(builder_, mask, tangent.mask);
      factors.push_back(operand(node, i < count ? i + count : i - count));
      tangents.push_back(tangent.node);
    }
    if (factors.empty()) return;
    factors.insert(factors.end(), tangents.begin(), tangents.end());
    tangents_[node] = {builder_.node(Operator::dot, factors.data(), factors.size()), mask};
  }

  /// W is uniform, and so has no tangent.
  void visit_matrix_product(Node product) {
    const Operands own = builder_.graph().operands_of(product);
    std::vector<Node> operands(own.begin(), own.end());
    const std::size_t columns = columns_of(builder_.graph(), product);
    bool any = false;
    Node mask = no_node;
    for (std::size_t i = operands.size() - columns; i < operands.size(); ++i) {
      const Derivative tangent = tangents_[operands[i]];
      operands[i] = builder_.constant(0.0);
      if (tangent.node == no_node) continue;
      operands[i] = tangent.node;
      mask = any ? either(builder_, mask, tangent.mask) : tangent.mask;
      any = true;
    }
    if (!any) return;
    products_[product] = {
        builder_.node(Operator::matrix_product, operands.data(), operands.size(), builder_.graph().attribute(product)),
        mask};
  }

  Builder& builder_;
  const Marks& active_;
  std::vector<Derivative> tangents_;
  std::unordered_map<Node, Derivative> products_;  // to that of the tangents
};

}  // namespace

std::vector<Node> forward(Builder& builder, const std::vector<Node>& tangents, const Marks& active) {
  return Forward(builder, active).sweep(tangents);
}

}  // namespace smolgrad::graph

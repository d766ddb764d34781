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
  HeldOperands operands_of(Node node) const { return {builder_.graph(), node}; }

  bool has_tangent(Node node) const { return tangents_[node].node != no_node; }

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
    const HeldOperands operands = operands_of(node);
    std::vector<Partial> partials;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!has_tangent(operands[i])) continue;
      if (partials.empty()) partials = partials_of(builder_, node);
      const Partial partial = partials.empty() ? partial_of(builder_, node, i) : partials[i];
      add(node, scaled(builder_, partial.node, tangents_[operands[i]], partial.piecewise));
    }
  }

  void visit_choice(Node node) {
    const HeldOperands operands = operands_of(node);
    if (!has_tangent(operands[2]) && !has_tangent(operands[3])) return;
    tangents_[node] = chosen(builder_, node, tangents_[operands[2]], tangents_[operands[3]]);
  }

  /// A dot product again, over what has a tangent.
  void visit_dot(Node node) {
    const HeldOperands operands = operands_of(node);
    const std::size_t count = operands.size() / 2;
    std::vector<Node> factors;
    std::vector<Node> tangents;
    Node mask = no_node;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!has_tangent(operands[i])) continue;
      const Node its_mask = tangents_[operands[i]].mask;
      mask = factors.empty() ? its_mask : either(builder_, mask, its_mask);
      factors.push_back(operands[i < count ? i + count : i - count]);
      tangents.push_back(tangents_[operands[i]].node);
    }
    if (factors.empty()) return;
    factors.insert(factors.end(), tangents.begin(), tangents.end());
    tangents_[node] = {builder_.node(Operator::dot, factors.data(), factors.size()), mask};
  }

  /// W is uniform, and so has no tangent.
  void visit_matrix_product(Node product) {
    const HeldOperands held = operands_of(product);
    std::vector<Node> operands(held.begin(), held.end());
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

// Transformations that keep a graph's meaning. Each goes by what is needed alone, and simplifies as it builds; what it
// leaves behind that is not needed is for the next one to drop.
#pragma once

#include "builder.hpp"

namespace smolgrad::graph {

/// Constants folded, common and dead nodes removed, identities applied.
Graph simplify(const Graph& graph);

/// With only these outputs (by position, in this order), and the sums or none. The nodes stay.
Graph prune(Graph graph, const std::vector<std::size_t>& outputs, bool with_sums);

/// What has one value for the batch comes first.
Graph hoist(const Graph& graph);

/// Dot products of uniform rows with the same varying operands become matrix products. Neurons recorded one operation
/// at a time, that is sums of products with each weight, are found as well.
Graph group(Graph graph);

/// Reductions become the operations that they are made of, and outer products too where they are not just summed.
/// `composites`: operators which share work with their derivatives, such as sigmoid, do too.
enum class Composites { keep, expand };
Graph expand(Graph graph, Composites composites);

/// Divisions by the same number, or by one that is uniform, become products with its reciprocal: one division instead
/// of several. A quotient is then off by at most 1.5 units in the last place rather than 0.5; it is lost where the
/// reciprocal is not a normal number.
Counted share_reciprocals(Counted graph);

/// A product that is used once, in a sum, becomes a multiply_add: one instruction, rounded once.
Counted fuse(Counted graph);

/// Reorders nodes, so that what is done to each element of a matrix product stands side by side.
Counted line_up(Counted graph);

/// Copies a graph into a builder, node by node; a pass says what is different.
class Copy {
 public:
  Copy(const Graph& from, Builder& to) : from_(from), to_(to), images_(from.size(), no_node) {
    to.reserve(from.size(), from.operands.size());
  }

  Node operator[](Node node) const { return images_[node]; }
  bool has(Node node) const { return images_[node] != no_node; }
  void set(Node node, Node image) { images_[node] = image; }
  /// The node as it is, with its operands' images.
  void copy(Node node);
  /// The images of a node's operands.
  std::vector<Node> operands(Node node) const;
  /// With the outputs and sums of the original.
  Graph finish() const;

 private:
  const Graph& from_;
  Builder& to_;
  std::vector<Node> images_;
};

}  // namespace smolgrad::graph

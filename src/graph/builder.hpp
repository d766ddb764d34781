// Builder: the one way nodes come into being. A node that exists is not made again, one whose operands are constants is
// computed, and one that an identity makes superfluous is replaced; so every pass that builds through it gives a
// simplified graph.
#pragma once

#include <initializer_list>

#include "graph.hpp"

namespace smolgrad::graph {

class Builder {
 public:
  Builder(std::size_t input_count, std::size_t shared_count);
  /// Goes on with a graph, whose nodes keep their numbers. Its outputs and sums are dropped.
  explicit Builder(const Graph& graph);

  /// Makes room for that many more.
  void reserve(std::size_t nodes, std::size_t operands);

  Node input(std::size_t position) { return intern(Operator::input, static_cast<std::uint32_t>(position), nullptr, 0); }
  Node shared(std::size_t position) {
    return intern(Operator::shared, static_cast<std::uint32_t>(position), nullptr, 0);
  }
  Node constant(double number);

  /// The operands must not stand in this builder's own arrays.
  Node node(Operator op, const Node* operands, std::size_t count, std::uint32_t attribute = 0);
  Node node(Operator op, std::initializer_list<Node> operands) { return node(op, operands.begin(), operands.size()); }
  Node element(Node product, std::size_t which) {
    return intern(Operator::element, static_cast<std::uint32_t>(which), &product, 1);
  }

  const Graph& graph() const { return graph_; }
  /// The graph, outputs and sums included.
  Graph& result() { return graph_; }

 private:
  /// A node as it would be.
  struct Candidate {
    Operator op;
    std::uint64_t distinction;
    const Node* operands;
    std::size_t count;
  };
  struct Place {
    Node node = no_node;
    std::uint32_t hash = 0;
  };
  /// Nodes are found by the last of their operands, which mostly has few users: each begins a list of its own.
  struct Users {
    Node newest = no_node;
    Node next = no_node;  // in the list that the node itself is on
  };

  /// The node of this operator and these operands as they are.
  Node intern(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count);
  /// The value of an operator of constants.
  Node fold(Operator op, const Node* operands, std::size_t count);
  void append(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count);
  /// What tells nodes of one operator apart besides their operands: the attribute, or a constant's bits.
  std::uint64_t distinction(Operator op, std::uint32_t attribute) const;
  bool is(Node node, const Candidate& candidate) const;
  std::uint32_t hash_of(const Candidate& candidate) const;
  /// The node that a candidate is equal to; if there is none, `node` is from now on.
  Node find_or_enter(const Candidate& candidate, Node node);
  Node find_or_enter_in_table(const Candidate& candidate, Node node);
  void grow_table();

  Graph graph_;
  std::vector<Users> users_;  // by node, that which comes next included
  /// Leaves, constants and what is too much for a list: open addressing, its size a power of two.
  std::vector<Place> table_;
  std::size_t table_count_ = 0;
};

/// The value of an operator of numbers. Not for leaves, products and their elements.
double evaluate(Operator op, const double* operands, std::size_t count);

/// A node equal to this one bit for bit (but for the sign and payload of a NaN) that is cheaper, or no_node. In sums,
/// differences, products and quotients it takes a number or a negative operand.
Node simpler(Builder& builder, Operator op, const Node* operands, std::size_t count);

}  // namespace smolgrad::graph

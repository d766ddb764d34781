// Differentiation as a transformation: the derivatives of a graph are nodes of a larger one, built from the partial
// derivatives in the operators' definitions. So derivatives can be simplified, run and differentiated again.
//
// Where a piecewise operator did not take a side, that side's derivative is exactly 0 whatever it is multiplied by
// further on: 0 times an infinite partial derivative is 0 here, as it is on the tape. A derivative of a side taken that
// happens to be 0 is another matter: its own derivative need not be.
#pragma once

#include "builder.hpp"

namespace smolgrad::graph {

/// A derivative that is known so far. Where `mask` is 0, the derivative is a 0 that says "not taken"; elsewhere the
/// mask is positive.
struct Derivative {
  Node node = no_node;  // none: 0
  Node mask = no_node;  // none: taken everywhere
};

struct Seed {
  Node node;
  Node adjoint;
};

/// Which nodes depend on an input, or also on a shared leaf.
Marks active(const Graph& graph, bool by_shared);

/// What a sweep finds: the derivatives by the leaves, and what outer products contribute to shared leaves.
struct Adjoints {
  std::vector<Node> inputs;        // by position; no_node: 0
  std::vector<Graph::Sum> shared;  // several may belong to one leaf
};

/// Reverse mode: the derivative of Σ seeds' adjoint x node by the leaves, built on with `builder`, whose nodes below
/// `active.size()` are swept.
Adjoints reverse(Builder& builder, const std::vector<Seed>& seeds, const Marks& active);

/// Forward mode: from the inputs' tangents (by position; no_node: 0) to those of all nodes below `active.size()`.
std::vector<Node> forward(Builder& builder, const std::vector<Node>& tangents, const Marks& active);

// Graphs of derivatives, each with the given graph's outputs first. Inputs that it takes beside are appended to its
// own.

/// Takes an adjoint for each output. Outputs: the adjoints of the inputs. Sums, unless unwanted: those of the shared
/// leaves.
Graph vjp(const Graph& graph, bool with_sums = true);
/// The same for adjoints of 1.
Graph gradient(const Graph& graph, bool with_sums = true);
/// Takes a tangent for each input. Outputs: the tangents of the outputs.
Graph jvp(const Graph& graph);
/// Outputs: the derivative of each output by each input, output by output. In reverse if there are fewer outputs than
/// inputs.
Graph jacobian(const Graph& graph);
/// Of the first output. Outputs: its second derivatives, row by row; symmetric to the bit.
Graph hessian(const Graph& graph);
/// Of the first output. Takes a direction: a number for each input. Outputs: the Hessian times it.
Graph hessian_vector(const Graph& graph);

// Within differentiation.

/// The mask of a sum.
Node either(Builder& builder, Node mask, Node other);
/// The derivative of what a choice (select or select_equal, with this node's compared operands) gives.
Derivative chosen(Builder& builder, Node choice, Derivative if_true, Derivative otherwise);
/// partial x derivative. `piecewise`: of an operator for which a partial of 0 means "not taken".
Derivative scaled(Builder& builder, Node partial, Derivative derivative, bool piecewise);
/// The partial derivative of `node` by its operand number `which`; and whether a 0 of it means "not taken".
struct Partial {
  Node node = no_node;  // none: 0
  bool piecewise = false;
};
/// Of operators with at most two operands.
Partial partial_of(Builder& builder, Node node, std::size_t which);
/// Of reductions: by each operand.
std::vector<Partial> partials_of(Builder& builder, Node node);

}  // namespace smolgrad::graph

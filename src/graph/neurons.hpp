// Neurons in a graph: sums of uniform weights times varying inputs, recorded as dot products or one operation at a
// time.
#pragma once

#include <map>
#include <vector>

#include "graph.hpp"

namespace smolgrad::graph {

/// Σ weights[k] inputs[k], and a bias unless it is no_node.
struct Neuron {
  std::vector<Node> weights;
  std::vector<Node> inputs;
  Node bias = no_node;
};

/// By the node that holds the sum.
std::map<Node, Neuron> find_neurons(const Graph& graph);

}  // namespace smolgrad::graph

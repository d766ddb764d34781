// The recipe: from what is asked of a Function to the graph that gives it, simplified and ready to be scheduled.
#pragma once

#include <cstddef>

#include "../graph/graph.hpp"

namespace smolgrad::function {

enum class Kind { evaluate, gradient, vjp, jvp, jacobian, hessian, hessian_vector };
constexpr std::size_t kind_count = 7;

/// Which results: a set of these.
using Wanted = unsigned;
constexpr Wanted want_outputs = 1;
constexpr Wanted want_derivatives = 2;  // one for each sample
constexpr Wanted want_sums = 4;         // summed over the batch
constexpr std::size_t wanted_count = 8;

/// What a traced graph is kept as: simplified and grouped, to be evaluated and differentiated.
graph::Graph prepared(graph::Graph traced);

/// The derivatives of a prepared graph, its own outputs first.
graph::Graph derivatives(const graph::Graph& prepared, Kind kind, bool with_sums);

/// A graph to be scheduled.
graph::Counted compiled(const graph::Graph& prepared, Kind kind, Wanted wanted);

}  // namespace smolgrad::function

// From the tape to a graph: what was recorded between leaves and results.
#pragma once

#include <vector>

#include <smolgrad/guard.hpp>
#include <smolgrad/value.hpp>

#include "../graph/graph.hpp"

namespace smolgrad::function {

/// The graph of `outputs`. Leaves that are neither inputs nor shared become constants. Throws Error as Function's
/// constructor says.
graph::Graph trace(const std::vector<Value>& inputs, const std::vector<Value>& shared,
                   const std::vector<Value>& outputs);

/// A graph of one output: how many of the guards come out otherwise than recorded.
graph::Graph trace_guards(const std::vector<Value>& inputs, const std::vector<Value>& shared,
                          const std::vector<Guard>& guards);

}  // namespace smolgrad::function

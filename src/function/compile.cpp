#include "compile.hpp"

#include <utility>

#include "../graph/differentiate.hpp"
#include "../graph/passes.hpp"

namespace smolgrad::function {

graph::Graph prepared(graph::Graph traced) { return graph::group(std::move(traced)); }

graph::Graph derivatives(const graph::Graph& prepared, Kind kind, bool with_sums) {
  switch (kind) {
    case Kind::evaluate:
      break;
    case Kind::gradient:
      return graph::gradient(prepared, with_sums);
    case Kind::vjp:
      return graph::vjp(prepared, with_sums);
    case Kind::jvp:
      return graph::jvp(prepared);
    case Kind::jacobian:
      return graph::jacobian(prepared);
    case Kind::hessian:
      return graph::hessian(prepared);
    case Kind::hessian_vector:
      return graph::hessian_vector(prepared);
  }
  return prepared;
}

graph::Counted compiled(const graph::Graph& prepared, Kind kind, Wanted wanted) {
  const std::size_t own = prepared.outputs.size();
  const bool with_sums = (wanted & want_sums) != 0;
  graph::Graph graph = derivatives(prepared, kind, with_sums);
  std::vector<std::size_t> outputs;
  outputs.reserve(graph.outputs.size());
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    if ((wanted & (i < own ? want_outputs : want_derivatives)) != 0) outputs.push_back(i);
  }
  graph = graph::prune(std::move(graph), outputs, with_sums);
  // Without derivatives nothing else needs the parts of a definition: composites run by their own kernels.
  const bool composites = kind == Kind::evaluate;
  graph::Counted counted =
      graph::expand(std::move(graph), composites ? graph::Composites::keep : graph::Composites::expand);
  if (!composites) counted = graph::share_reciprocals(std::move(counted));
  return graph::line_up(graph::fuse(std::move(counted)));
}

}  // namespace smolgrad::function

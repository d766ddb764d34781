#include "graph.hpp"

#include <iterator>

namespace smolgrad::graph {

const char* name_of(Operator op) {
  constexpr const char* names[] = {"input",
                                   "constant",
#define SMOLGRAD_ENTRY(Definition, name) #name,
                                   SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
                                       "shared",
                                   "select_equal",
                                   "nearest_integer",
                                   "normal_cdf_by_bell",
                                   "multiply_add",
                                   "multiply_subtract",
                                   "negative_multiply_add",
                                   "matrix_product",
                                   "outer_product",
                                   "element"};
  static_assert(std::size(names) == operator_count);
  return names[static_cast<std::size_t>(op)];
}

std::vector<std::uint32_t> use_counts(const Graph& graph) {
  std::vector<std::uint32_t> result(graph.size());
  for (const Node output : graph.outputs) ++result[output];
  for (const Graph::Sum& sum : graph.sums) ++result[sum.node];
  for (std::size_t i = graph.size(); i-- > 0;) {
    if (result[i] == 0) continue;
    for (const Node operand : graph.operands_of(static_cast<Node>(i))) ++result[operand];
  }
  return result;
}

}  // namespace smolgrad::graph

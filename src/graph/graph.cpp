#include "graph.hpp"

#include <iterator>

#include <fmt/format.h>

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
                                   "multiply_add",
                                   "multiply_subtract",
                                   "negative_multiply_add",
                                   "matrix_product",
                                   "outer_product",
                                   "element"};
  static_assert(std::size(names) == operator_count);
  return names[static_cast<std::size_t>(op)];
}

Marks needed(const Graph& graph) {
  Marks result(graph.size());
  for (const Node output : graph.outputs) result[output] = true;
  for (const Graph::Sum& sum : graph.sums) result[sum.node] = true;
  for (std::size_t i = graph.size(); i-- > 0;) {
    if (!result[i]) continue;
    for (const Node operand : graph.operands_of(static_cast<Node>(i))) result[operand] = true;
  }
  return result;
}

Marks uniform(const Graph& graph) {
  Marks result(graph.size());
  for (Node i = 0; i < graph.size(); ++i) {
    bool all = graph.op(i) != Operator::input;
    for (const Node operand : graph.operands_of(i)) all = all && result[operand];
    result[i] = all;
  }
  return result;
}

namespace {

bool has_attribute(Operator op) {
  return op == Operator::input || op == Operator::shared || op == Operator::element || has_elements(op);
}

/// What a node is, without its operands.
std::string title(const Graph& graph, Node node) {
  const Operator op = graph.op(node);
  if (op == Operator::constant) return fmt::format("{}", graph.number(node));
  if (has_attribute(op)) return fmt::format("{}[{}]", name_of(op), graph.attribute(node));
  return name_of(op);
}

}  // namespace

std::string to_text(const Graph& graph) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  for (Node i = 0; i < graph.size(); ++i) {
    fmt::format_to(to, "%{} = {}", i, title(graph, i));
    for (const Node operand : graph.operands_of(i)) fmt::format_to(to, " %{}", operand);
    fmt::format_to(to, "\n");
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    fmt::format_to(to, "output[{}] = %{}\n", i, graph.outputs[i]);
  }
  for (const Graph::Sum& sum : graph.sums) fmt::format_to(to, "sum[{}] += %{}\n", sum.to, sum.node);
  return fmt::to_string(out);
}

std::string to_dot(const Graph& graph) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "digraph {{\n  rankdir=LR;\n");
  for (Node i = 0; i < graph.size(); ++i) {
    fmt::format_to(to, "  n{} [label=\"{}\"];\n", i, title(graph, i));
    for (const Node operand : graph.operands_of(i)) fmt::format_to(to, "  n{} -> n{};\n", operand, i);
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    fmt::format_to(to, "  output{0} [label=\"output[{0}]\", shape=box];\n  n{1} -> output{0};\n", i, graph.outputs[i]);
  }
  for (std::size_t i = 0; i < graph.sums.size(); ++i) {
    fmt::format_to(to, "  sum{0} [label=\"sum[{1}]\", shape=box];\n  n{2} -> sum{0};\n", i, graph.sums[i].to,
                   graph.sums[i].node);
  }
  fmt::format_to(to, "}}\n");
  return fmt::to_string(out);
}

}  // namespace smolgrad::graph

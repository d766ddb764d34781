// A graph to look at.
#include <iterator>

#include <fmt/compile.h>

#include "graph.hpp"

namespace smolgrad::graph {

namespace {

bool has_attribute(Operator op) {
  return op == Operator::input || op == Operator::shared || op == Operator::element || has_elements(op);
}

/// What a node is, without its operands.
std::string title(const Graph& graph, Node node) {
  const Operator op = graph.op(node);
  if (op == Operator::constant) return fmt::format(FMT_COMPILE("{}"), graph.number(node));
  if (has_attribute(op)) return fmt::format(FMT_COMPILE("{}[{}]"), name_of(op), graph.attribute(node));
  return name_of(op);
}

}  // namespace

std::string to_text(const Graph& graph) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  for (Node i = 0; i < graph.size(); ++i) {
    fmt::format_to(to, FMT_COMPILE("%{} = {}"), i, title(graph, i));
    for (const Node operand : graph.operands_of(i)) fmt::format_to(to, FMT_COMPILE(" %{}"), operand);
    fmt::format_to(to, FMT_COMPILE("\n"));
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    fmt::format_to(to, FMT_COMPILE("output[{}] = %{}\n"), i, graph.outputs[i]);
  }
  for (const Graph::Sum& sum : graph.sums) fmt::format_to(to, FMT_COMPILE("sum[{}] += %{}\n"), sum.to, sum.node);
  return fmt::to_string(out);
}

std::string to_dot(const Graph& graph) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, FMT_COMPILE("digraph {{\n  rankdir=LR;\n"));
  for (Node i = 0; i < graph.size(); ++i) {
    fmt::format_to(to, FMT_COMPILE("  n{} [label=\"{}\"];\n"), i, title(graph, i));
    for (const Node operand : graph.operands_of(i)) fmt::format_to(to, FMT_COMPILE("  n{} -> n{};\n"), operand, i);
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    fmt::format_to(to, FMT_COMPILE("  output{0} [label=\"output[{0}]\", shape=box];\n  n{1} -> output{0};\n"), i,
                   graph.outputs[i]);
  }
  for (std::size_t i = 0; i < graph.sums.size(); ++i) {
    fmt::format_to(to, FMT_COMPILE("  sum{0} [label=\"sum[{1}]\", shape=box];\n  n{2} -> sum{0};\n"), i,
                   graph.sums[i].to, graph.sums[i].node);
  }
  fmt::format_to(to, FMT_COMPILE("}}\n"));
  return fmt::to_string(out);
}

}  // namespace smolgrad::graph

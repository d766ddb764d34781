// A recording as a picture: Graphviz's DOT language.
#include <iterator>
#include <vector>

#include <fmt/compile.h>
#include <smolgrad/detail/shown.hpp>
#include <smolgrad/value.hpp>

#include "operands.hpp"

namespace smolgrad {

namespace {

using detail::Index;

/// Text inside a record-shaped label.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (std::string_view("\"\\{}|<>").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

/// The nodes `root` was computed from and itself, operands before results.
std::vector<Index> ancestry(const detail::TapeCore& tape, Index root) {
  std::vector<bool> operations(root < 0 ? 0 : static_cast<std::size_t>(root) + 1);
  std::vector<bool> leaves(static_cast<std::size_t>(detail::sink - tape.leaf_end));
  const auto reached = [&](Index node) {
    return node < 0 ? leaves[static_cast<std::size_t>(-2 - node)] : operations[static_cast<std::size_t>(node)];
  };
  reached(root) = true;
  for (Index i = root; i >= 0; --i) {
    if (reached(i)) detail::for_each_operand(tape, i, [&](Index operand) { reached(operand) = true; });
  }
  std::vector<Index> nodes;
  for (Index leaf = detail::sink - 1; leaf >= tape.leaf_end; --leaf) {
    if (reached(leaf)) nodes.push_back(leaf);
  }
  for (Index i = 0; i <= root; ++i) {
    if (reached(i)) nodes.push_back(i);
  }
  return nodes;
}

}  // namespace

std::string to_dot(const Value& root) {
  const detail::TapeCore& tape = detail::tape_of(detail::ValueAccess::cell(root));
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  // Leaves have negative indices, which make no identifiers.
  const auto name = [](Index node) {
    return node < 0 ? fmt::format(FMT_COMPILE("leaf{}"), -2 - node) : fmt::format(FMT_COMPILE("op{}"), node);
  };
  fmt::format_to(to, FMT_COMPILE("digraph {{\n  rankdir=LR;\n  node [shape=record];\n"));
  for (const Index node : ancestry(tape, detail::ValueAccess::cell(root)->node)) {
    const detail::Operation flags = tape.operations[node];
    const auto label = tape.labels.find(node);
    fmt::format_to(to, FMT_COMPILE("  {} [label=\"{{ {} | {} | data {} | grad {} }}\"];\n"), name(node),
                   label == tape.labels.end() ? "" : escaped(label->second), ops::name_of(detail::code_of(flags)),
                   detail::shown(tape.data[node]), detail::shown(tape.gradient(node)));
    if (node < 0) continue;
    detail::for_each_operand(tape, node, [&](Index operand) {
      fmt::format_to(to, FMT_COMPILE("  {} -> {};\n"), name(operand), name(node));
    });
    if ((flags & detail::with_number) != 0) {
      fmt::format_to(to, FMT_COMPILE("  number{} [label=\"{}\" shape=plaintext];\n  number{} -> {};\n"), node,
                     detail::shown(tape.records[node].right_partial), node, name(node));
    }
  }
  fmt::format_to(to, FMT_COMPILE("}}\n"));
  return fmt::to_string(out);
}

}  // namespace smolgrad

// A recording as plain data: nodes in single assignment, operands before results, so that every pass over it is a loop.
// Passes are functions from a Graph to a Graph (passes.hpp, differentiate.hpp); none changes its argument. What a node
// means does not depend on how it will be run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../ops/table.hpp"

namespace smolgrad::graph {

using Node = std::uint32_t;
constexpr Node no_node = UINT32_MAX;

/// The operators of the table, under the same numbers as ops::Code, and what only a graph has.
enum class Operator : std::uint8_t {
  input,     // varies from sample to sample; attribute: its position
  constant,  // attribute: where its number stands in `numbers`
#define SMOLGRAD_ENTRY(Definition, name) name,
  SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
      shared,             // one value for the whole batch; attribute: its position
  select_equal,           // like select, by ==
  nearest_integer,        // halves go to the even side
  normal_cdf_by_bell,     // normal_cdf(x), given e^(-x²/2)
  multiply_add,           // a b + c, rounded once where the processor can
  multiply_subtract,      // a b - c
  negative_multiply_add,  // c - a b
  matrix_product,         // W x. Operands: W row by row, which is uniform, then x. Attribute: rows. Has elements.
  outer_product,          // u vᵀ. Operands: u, then v. Attribute: the length of u. Has elements, row by row.
  element,                // of a product; attribute: which
};
constexpr std::size_t operator_count = static_cast<std::size_t>(Operator::element) + 1;

constexpr Operator operator_of(ops::Code code) { return static_cast<Operator>(code); }
template <class Definition>
constexpr Operator operator_for = operator_of(ops::code_of<Definition>);

const char* name_of(Operator op);

/// A yes or no for each node; not bits, which take longer to set than to have.
using Marks = std::vector<unsigned char>;

struct Operands {
  const Node* first;
  std::size_t count;
  const Node* begin() const { return first; }
  const Node* end() const { return first + count; }
  std::size_t size() const { return count; }
  Node operator[](std::size_t i) const { return first[i]; }
};

struct Graph {
  struct Entry {
    Operator op;
    bool uniform;  // one value for the whole batch, since no input is behind it: can be computed once for all samples
    std::uint32_t attribute;
    std::uint32_t first_operand;
    std::uint32_t operand_count;
  };
  /// A node that is summed over the batch; more than one may go to the same place.
  struct Sum {
    Node node;
    std::uint32_t to;
  };

  std::vector<Entry> nodes;
  std::vector<Node> operands;
  std::vector<double> numbers;
  std::size_t input_count = 0;
  std::size_t shared_count = 0;
  std::vector<Node> outputs;  // one value for each sample
  std::vector<Sum> sums;      // one value for the batch
  std::size_t sum_count = 0;  // places for sums

  std::size_t size() const { return nodes.size(); }
  Operator op(Node node) const { return nodes[node].op; }
  std::uint32_t attribute(Node node) const { return nodes[node].attribute; }
  Operands operands_of(Node node) const {
    return {operands.data() + nodes[node].first_operand, nodes[node].operand_count};
  }
  bool is_constant(Node node) const { return op(node) == Operator::constant; }
  bool is_uniform(Node node) const { return nodes[node].uniform; }
  double number(Node node) const { return numbers[nodes[node].attribute]; }
};

constexpr bool has_elements(Operator op) { return op == Operator::matrix_product || op == Operator::outer_product; }

/// The length of a matrix_product's x.
inline std::size_t columns_of(const Graph& graph, Node product) {
  return graph.operands_of(product).size() / (graph.attribute(product) + 1);
}

/// By how many needed nodes, outputs and sums each node is used: 0 is that of a node which the outputs and sums do not
/// need.
std::vector<std::uint32_t> use_counts(const Graph& graph);

/// A graph whose nodes are changed and moved, but no longer made anew, with its use counts.
struct Counted : Graph {
  Counted(Graph graph) : Graph(std::move(graph)), uses(use_counts(*this)) {}
  std::vector<std::uint32_t> uses;
};

/// One line a node, such as `%4 = mul %1 %3`.
std::string to_text(const Graph& graph);
/// In Graphviz's language.
std::string to_dot(const Graph& graph);

}  // namespace smolgrad::graph

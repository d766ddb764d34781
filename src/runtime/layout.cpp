#include "layout.hpp"

#include <algorithm>
#include <cstdlib>

namespace smolgrad::runtime {

using graph::Graph;
using graph::Node;
using graph::Operator;

std::optional<Coefficients> coefficients_in_shared(const Graph& graph, Node product) {
  const std::size_t rows = graph.attribute(product);
  const std::size_t columns = graph::columns_of(graph, product);
  const Node* const w = graph.operands_of(product).begin();
  if (!std::all_of(w, w + rows * columns, [&](Node node) { return graph.op(node) == Operator::shared; })) return {};
  const auto position = [&](std::size_t i, std::size_t k) {
    return static_cast<std::ptrdiff_t>(graph.attribute(w[i * columns + k]));
  };
  Coefficients result;
  result.is_shared = true;
  result.first = static_cast<std::size_t>(position(0, 0));
  result.row_stride = rows > 1 ? position(1, 0) - position(0, 0) : static_cast<std::ptrdiff_t>(columns);
  result.column_stride = columns > 1 ? position(0, 1) - position(0, 0) : 1;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::ptrdiff_t row = position(0, 0) + static_cast<std::ptrdiff_t>(i) * result.row_stride;
    for (std::size_t k = 0; k < columns; ++k) {
      if (position(i, k) != row + static_cast<std::ptrdiff_t>(k) * result.column_stride) return {};
    }
  }
  return result;
}

std::optional<Strided> biases_in_shared(const Graph& graph, const std::vector<Node>& elements, const Uses& uses) {
  if (elements.empty()) return {};
  const std::size_t rows = graph.attribute(graph.operands_of(elements.front())[0]);
  if (elements.size() != rows) return {};
  std::vector<std::ptrdiff_t> positions(rows);
  for (const Node element : elements) {
    const Node sum = uses.last[element];
    if (uses.count[element] != 1 || sum == never || graph.op(sum) != Operator::add) return {};
    const graph::Operands operands = graph.operands_of(sum);
    const Node other = operands[0] == element ? operands[1] : operands[0];
    if (graph.op(other) != Operator::shared) return {};
    positions[graph.attribute(element)] = graph.attribute(other);
  }
  const std::ptrdiff_t stride = rows > 1 ? positions[1] - positions[0] : 0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (positions[i] != positions[0] + static_cast<std::ptrdiff_t>(i) * stride) return {};
  }
  return Strided{static_cast<std::size_t>(positions[0]), stride};
}

std::optional<std::uint32_t> inputs_in_line(const Graph& graph, graph::Operands nodes) {
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (graph.op(nodes[k]) != Operator::input || graph.attribute(nodes[k]) != graph.attribute(nodes[0]) + k) return {};
  }
  return graph.attribute(nodes[0]);
}

std::optional<Strided> matrix_in_sums(const std::vector<std::uint32_t>& places, std::size_t columns) {
  const auto stride = static_cast<std::ptrdiff_t>(places.size() > columns ? places[columns] : places[0] + columns) -
                      static_cast<std::ptrdiff_t>(places[0]);
  // Rows that overlap cannot be added to at once.
  if (static_cast<std::size_t>(std::abs(stride)) < columns) return {};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto row = static_cast<std::ptrdiff_t>(i / columns);
    const auto expected = static_cast<std::ptrdiff_t>(places[0] + i % columns) + row * stride;
    if (places[i] == no_sum || static_cast<std::ptrdiff_t>(places[i]) != expected) return {};
  }
  return Strided{places[0], stride};
}

}  // namespace smolgrad::runtime

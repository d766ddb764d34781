// What matrix products find in the caller's arrays as it is, so that it need not be copied into slots.
#pragma once

#include <optional>
#include <vector>

#include "program.hpp"

namespace smolgrad::runtime {

constexpr graph::Node never = graph::no_node;

/// Who uses each node: the last to do so (itself if nobody does; `never`: it is an output), and how many do.
struct Uses {
  std::vector<graph::Node> last;
  std::vector<std::uint32_t> count;
};

/// A matrix product's coefficients as a matrix within the shared array.
std::optional<Coefficients> coefficients_in_shared(const graph::Graph& graph, graph::Node product);

/// The leaves in line, if each of a product's elements (all its rows, or there are none) is used once, to add one.
std::optional<Strided> biases_in_shared(const graph::Graph& graph, const std::vector<graph::Node>& elements,
                                        const Uses& uses);

/// The first of some nodes, as an input's position, if they are inputs side by side.
std::optional<std::uint32_t> inputs_in_line(const graph::Graph& graph, graph::Operands nodes);

/// Where the elements of an outer product are summed, if that is a matrix within the sums.
std::optional<Strided> matrix_in_sums(const std::vector<std::uint32_t>& places, std::size_t columns);

}  // namespace smolgrad::runtime

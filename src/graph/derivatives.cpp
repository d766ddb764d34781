// Graphs of derivatives, by forward and reverse mode and both.
#include "differentiate.hpp"

namespace smolgrad::graph {

namespace {

/// The graph to go on with, and what was its own.
class Extended {
 public:
  explicit Extended(const Graph& graph) : builder(graph), own(graph) { builder.result().outputs = graph.outputs; }

  /// One more input for each of `count`, behind those there are.
  std::vector<Node> take(std::size_t count) {
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < count; ++i) nodes.push_back(builder.input(builder.graph().input_count + i));
    builder.result().input_count += count;
    return nodes;
  }

  void give(Node node) { builder.result().outputs.push_back(node == no_node ? builder.constant(0.0) : node); }

  void give(const Adjoints& adjoints) {
    for (std::size_t i = 0; i < own.input_count; ++i) give(adjoints.inputs[i]);
    builder.result().sums = adjoints.shared;
    builder.result().sum_count = own.shared_count;
  }

  Graph finish() { return std::move(builder.result()); }

  Builder builder;
  const Graph& own;
};

/// The tangents of the inputs for the derivative by one of them.
std::vector<Node> direction(Builder& builder, std::size_t inputs, std::size_t which) {
  std::vector<Node> tangents(inputs, no_node);
  tangents[which] = builder.constant(1.0);
  return tangents;
}

/// The gradient of the first output alone: its outputs are the derivatives by the inputs.
Graph first_gradient(const Graph& graph) {
  Builder builder(graph);
  const Adjoints adjoints = reverse(builder, {{graph.outputs[0], builder.constant(1.0)}}, active(graph, false));
  for (std::size_t i = 0; i < graph.input_count; ++i) {
    const Node adjoint = adjoints.inputs[i];
    builder.result().outputs.push_back(adjoint == no_node ? builder.constant(0.0) : adjoint);
  }
  return std::move(builder.result());
}

}  // namespace

Graph vjp(const Graph& graph, bool with_sums) {
  Extended extended(graph);
  const std::vector<Node> given = extended.take(graph.outputs.size());
  std::vector<Seed> seeds;
  for (std::size_t i = 0; i < given.size(); ++i) seeds.push_back({graph.outputs[i], given[i]});
  extended.give(reverse(extended.builder, seeds, active(graph, with_sums)));
  return extended.finish();
}

Graph gradient(const Graph& graph, bool with_sums) {
  Extended extended(graph);
  std::vector<Seed> seeds;
  for (const Node output : graph.outputs) seeds.push_back({output, extended.builder.constant(1.0)});
  extended.give(reverse(extended.builder, seeds, active(graph, with_sums)));
  return extended.finish();
}

Graph jvp(const Graph& graph) {
  Extended extended(graph);
  const std::vector<Node> tangents = forward(extended.builder, extended.take(graph.input_count), active(graph, false));
  for (const Node output : graph.outputs) extended.give(tangents[output]);
  return extended.finish();
}

Graph jacobian(const Graph& graph) {
  Extended extended(graph);
  const Marks dependent = active(graph, false);
  const std::size_t rows = graph.outputs.size();
  const std::size_t columns = graph.input_count;
  std::vector<Node> entries(rows * columns, no_node);
  if (rows < columns) {
    for (std::size_t i = 0; i < rows; ++i) {
      const Seed seed{graph.outputs[i], extended.builder.constant(1.0)};
      const Adjoints adjoints = reverse(extended.builder, {seed}, dependent);
      for (std::size_t j = 0; j < columns; ++j) entries[i * columns + j] = adjoints.inputs[j];
    }
  } else {
    for (std::size_t j = 0; j < columns; ++j) {
      const auto tangents = forward(extended.builder, direction(extended.builder, columns, j), dependent);
      for (std::size_t i = 0; i < rows; ++i) entries[i * columns + j] = tangents[graph.outputs[i]];
    }
  }
  for (const Node entry : entries) extended.give(entry);
  return extended.finish();
}

Graph hessian(const Graph& graph) {
  const Graph first = first_gradient(graph);
  Extended extended(first);
  extended.builder.result().outputs = graph.outputs;
  const Marks dependent = active(first, false);
  const std::size_t count = graph.input_count;
  std::vector<Node> entries(count * count, no_node);
  for (std::size_t j = 0; j < count; ++j) {
    const auto tangents = forward(extended.builder, direction(extended.builder, count, j), dependent);
    for (std::size_t i = j; i < count; ++i) {
      entries[i * count + j] = entries[j * count + i] = tangents[first.outputs[i]];
    }
  }
  for (const Node entry : entries) extended.give(entry);
  return extended.finish();
}

Graph hessian_vector(const Graph& graph) {
  const Graph first = first_gradient(graph);
  Extended extended(first);
  extended.builder.result().outputs = graph.outputs;
  const auto tangents = forward(extended.builder, extended.take(graph.input_count), active(first, false));
  for (const Node output : first.outputs) extended.give(tangents[output]);
  return extended.finish();
}

}  // namespace smolgrad::graph

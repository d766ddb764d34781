// What a graph means, node by node, one sample at a time: the obvious way, to compare passes and programs with.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "graph/builder.hpp"

namespace smolgrad::test {

using graph::Builder;
using graph::Graph;
using graph::Node;
using graph::Operator;

struct Meaning {
  std::vector<double> outputs;
  std::vector<double> sums;  // what this sample adds
};

inline Meaning interpret(const Graph& graph, const std::vector<double>& inputs, const std::vector<double>& shared) {
  std::vector<std::vector<double>> values(graph.size());  // elements, or the one number
  for (Node i = 0; i < graph.size(); ++i) {
    std::vector<double> x;
    if (graph.op(i) != Operator::element) {
      for (const Node operand : graph.operands_of(i)) x.push_back(values[operand].at(0));
    }
    switch (graph.op(i)) {
      case Operator::input:
        values[i] = {inputs.at(graph.attribute(i))};
        break;
      case Operator::shared:
        values[i] = {shared.at(graph.attribute(i))};
        break;
      case Operator::constant:
        values[i] = {graph.number(i)};
        break;
      case Operator::element:
        values[i] = {values[graph.operands_of(i)[0]].at(graph.attribute(i))};
        break;
      case Operator::matrix_product: {
        const std::size_t rows = graph.attribute(i);
        const std::size_t columns = graph::columns_of(graph, i);
        EXPECT_EQ(x.size(), (rows + 1) * columns);
        for (std::size_t row = 0; row < rows; ++row) {
          double sum = 0.0;
          for (std::size_t k = 0; k < columns; ++k) sum += x[row * columns + k] * x[rows * columns + k];
          values[i].push_back(sum);
        }
        break;
      }
      case Operator::outer_product: {
        const std::size_t rows = graph.attribute(i);
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t k = rows; k < x.size(); ++k) values[i].push_back(x[row] * x[k]);
        }
        break;
      }
      default:
        values[i] = {graph::evaluate(graph.op(i), x.data(), x.size())};
    }
  }
  Meaning meaning{{}, std::vector<double>(graph.sum_count)};
  for (const Node output : graph.outputs) meaning.outputs.push_back(values[output].at(0));
  for (const Graph::Sum& sum : graph.sums) meaning.sums.at(sum.to) += values[sum.node].at(0);
  return meaning;
}

/// Bit for bit, but for the sign and payload of a NaN.
inline bool same(double a, double b) { return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0; }

inline std::size_t count_of(const Graph& graph, Operator op) {
  std::size_t count = 0;
  for (Node i = 0; i < graph.size(); ++i) count += graph.op(i) == op ? 1 : 0;
  return count;
}

/// The graph of one output that `build` makes of `inputs` inputs and `shared` shared leaves.
template <class Build>
Graph graph_of(std::size_t inputs, std::size_t shared, const Build& build) {
  Builder builder(inputs, shared);
  std::vector<Node> x, a;
  for (std::size_t i = 0; i < inputs; ++i) x.push_back(builder.input(i));
  for (std::size_t i = 0; i < shared; ++i) a.push_back(builder.shared(i));
  const std::vector<Node> outputs = build(builder, x, a);
  builder.result().outputs = outputs;
  return builder.result();
}

}  // namespace smolgrad::test

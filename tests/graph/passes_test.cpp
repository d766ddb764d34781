// group, expand and fuse: what they find, what they leave, and that the meaning stays.
#include <algorithm>

#include "graph/differentiate.hpp"
#include "graph/passes.hpp"
#include "random_graph.hpp"

namespace smolgrad::test {
namespace {

void expect_near(const Graph& got, const Graph& expected, const RandomGraph& at) {
  const Meaning a = interpret(got, at.inputs, at.shared), b = interpret(expected, at.inputs, at.shared);
  for (std::size_t i = 0; i < b.outputs.size(); ++i) {
    EXPECT_NEAR(a.outputs[i], b.outputs[i], 1e-11 * std::max(1.0, std::abs(b.outputs[i]))) << i;
  }
  for (std::size_t i = 0; i < b.sums.size(); ++i) {
    EXPECT_NEAR(a.sums[i], b.sums[i], 1e-11 * std::max(1.0, std::abs(b.sums[i]))) << i;
  }
}

TEST(GraphPasses, KeepTheMeaning) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const RandomGraph random(seed, 80);
    expect_near(graph::group(random.graph), random.graph, random);
    expect_near(graph::expand(random.graph, graph::Composites::keep), random.graph, random);
    expect_near(graph::expand(random.graph, graph::Composites::expand), random.graph, random);
    expect_near(graph::fuse(random.graph), random.graph, random);
    expect_near(graph::share_reciprocals(random.graph), random.graph, random);
    const Graph gradient = graph::gradient(graph::group(random.graph));
    expect_near(graph::fuse(graph::expand(gradient, graph::Composites::expand)), gradient, random);
  }
}

TEST(GraphPasses, KeepTheUseCounts) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Graph gradient = graph::gradient(graph::group(RandomGraph(seed, 80).graph));
    const graph::Counted shared = graph::share_reciprocals(graph::expand(gradient, graph::Composites::expand));
    EXPECT_EQ(shared.uses, graph::use_counts(shared));
    const graph::Counted fused = graph::fuse(shared);
    EXPECT_EQ(fused.uses, graph::use_counts(fused));
    const graph::Counted lined_up = graph::line_up(fused);
    EXPECT_EQ(lined_up.uses, graph::use_counts(lined_up));
  }
}

TEST(GraphPasses, KeepWhatIsUniform) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Graph gradient = graph::gradient(graph::group(RandomGraph(seed, 80).graph));
    const Graph last = graph::line_up(graph::fuse(graph::share_reciprocals(gradient)));
    for (Node i = 0; i < last.size(); ++i) {
      const graph::Operands operands = last.operands_of(i);
      const bool is_uniform =
          std::all_of(operands.begin(), operands.end(), [&](Node node) { return last.is_uniform(node); });
      EXPECT_EQ(last.is_uniform(i), is_uniform && last.op(i) != Operator::input) << i;
    }
  }
}

/// `neurons` dot products of weights with the same inputs.
Graph layer(std::size_t neurons, std::size_t width, bool weights_vary = false) {
  return graph_of(width, neurons * width, [&](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> y;
    for (std::size_t i = 0; i < neurons; ++i) {
      std::vector<Node> operands(a.begin() + static_cast<std::ptrdiff_t>(i * width),
                                 a.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
      if (weights_vary) operands[0] = builder.node(Operator::mul, {operands[0], x[0]});
      operands.insert(i % 2 == 0 ? operands.end() : operands.begin(), x.begin(), x.end());
      y.push_back(builder.node(Operator::dot, operands.data(), operands.size()));
    }
    return y;
  });
}

TEST(GraphGroup, NeuronsOnTheSameInputs) {
  const Graph grouped = graph::group(layer(5, 3));
  EXPECT_EQ(count_of(grouped, Operator::dot), 0u);
  ASSERT_EQ(count_of(grouped, Operator::matrix_product), 1u);
  EXPECT_EQ(count_of(grouped, Operator::element), 5u);
  EXPECT_EQ(interpret(grouped, {1, 2, 3}, std::vector<double>(15, 1.0)).outputs, std::vector<double>(5, 6.0));
  EXPECT_EQ(count_of(graph::group(layer(5, 3, true)), Operator::matrix_product), 0u) << "weights that vary";
  EXPECT_EQ(count_of(graph::group(grouped), Operator::matrix_product), 1u) << "again";
}

TEST(GraphExpand, Reductions) {
  const Graph graph = graph_of(3, 0, [](Builder& builder, const auto& x, const auto&) {
    std::vector<Node> y;
    for (const Operator op : {Operator::sum, Operator::mean, Operator::max_of, Operator::min_of, Operator::logsumexp}) {
      y.push_back(builder.node(op, x.data(), 3));
    }
    y.push_back(builder.node(Operator::dot, {x[0], x[1], x[2], x[0]}));
    y.push_back(builder.node(Operator::sigmoid, {x[0]}));
    return y;
  });
  const Graph kept = graph::expand(graph, graph::Composites::keep);
  for (Node i = 0; i < kept.size(); ++i) EXPECT_LE(kept.operands_of(i).size(), 4u);
  EXPECT_EQ(count_of(kept, Operator::sigmoid), 1u);
  EXPECT_EQ(count_of(graph::expand(graph, graph::Composites::expand), Operator::sigmoid), 0u);
  const std::vector<double> at = {0.5, -1.0, 2.0};
  const Meaning expected = interpret(graph, at, {});
  EXPECT_EQ(interpret(kept, at, {}).outputs, expected.outputs) << "in the same order of rounding";
}

/// Outer products stay where they are only summed.
TEST(GraphExpand, OuterProducts) {
  const auto outer = [](bool use) {
    Graph graph = graph_of(4, 0, [&](Builder& builder, const auto& x, const auto&) {
      const Node product = builder.node(Operator::outer_product, x.data(), 4, 2);
      std::vector<Node> outputs = {x[0]};
      if (use) outputs.push_back(builder.node(Operator::sin, {builder.element(product, 3)}));
      for (std::size_t i = 0; i < 4; ++i) {
        builder.result().sums.push_back({builder.element(product, i), static_cast<std::uint32_t>(i)});
      }
      builder.result().sum_count = 4;
      return outputs;
    });
    return graph;
  };
  for (const bool use : {false, true}) {
    const Graph graph = outer(use);
    const Graph expanded = graph::expand(graph, graph::Composites::keep);
    EXPECT_EQ(count_of(expanded, Operator::outer_product), use ? 0u : 1u);
    EXPECT_EQ(interpret(expanded, {1, 2, 3, 5}, {}).sums, (std::vector<double>{3, 5, 6, 10}));
    EXPECT_EQ(interpret(expanded, {1, 2, 3, 5}, {}).outputs, interpret(graph, {1, 2, 3, 5}, {}).outputs);
  }
}

TEST(GraphReciprocals, OneDivisionInsteadOfSeveral) {
  const Graph graph = graph_of(4, 1, [](Builder& b, const auto& x, const auto& a) {
    const auto quotient = [&](Node left, Node right) { return b.node(Operator::div, {left, right}); };
    const Node sum = b.node(Operator::add, {x[0], x[1]});
    const Node twice = b.node(Operator::sin, {quotient(x[1], sum)});
    b.node(Operator::div, {x[1], x[3]});  // which nothing needs
    return std::vector<Node>{quotient(x[0], sum),
                             twice,
                             quotient(b.constant(1.0), sum),  // is the reciprocal
                             quotient(x[2], x[3]),            // alone
                             quotient(x[2], a[0]),
                             quotient(x[2], b.constant(3.0)),
                             quotient(b.constant(1.0), a[0])};
  });
  const Graph shared = graph::share_reciprocals(graph);
  const Graph simplified = graph::simplify(shared);
  EXPECT_EQ(count_of(simplified, Operator::div), 3u) << graph::to_text(simplified);
  EXPECT_EQ(count_of(simplified, Operator::mul), 4u) << graph::to_text(simplified);
  const std::vector<double> inputs{2, 3, 5, 7}, uniform{11};
  const Meaning expected = interpret(graph, inputs, uniform), got = interpret(shared, inputs, uniform);
  for (std::size_t i = 0; i < expected.outputs.size(); ++i) {
    EXPECT_DOUBLE_EQ(got.outputs[i], expected.outputs[i]) << i;
  }
}

TEST(GraphReciprocals, OfAReciprocal) {
  const Graph graph = graph_of(3, 0, [](Builder& b, const auto& x, const auto&) {
    const auto quotient = [&](Node left, Node right) { return b.node(Operator::div, {left, right}); };
    const Node between = b.node(Operator::sin, {x[1]});
    const Node reciprocal = quotient(b.constant(1.0), x[0]);
    return std::vector<Node>{quotient(x[1], x[0]), quotient(x[1], reciprocal), quotient(x[2], reciprocal), between};
  });
  const Graph shared = graph::share_reciprocals(graph);
  EXPECT_EQ(count_of(graph::simplify(shared), Operator::div), 2u) << graph::to_text(shared);
  const Meaning expected = interpret(graph, {2, 3, 5}, {}), got = interpret(shared, {2, 3, 5}, {});
  for (std::size_t i = 0; i < expected.outputs.size(); ++i) {
    EXPECT_DOUBLE_EQ(got.outputs[i], expected.outputs[i]) << i;
  }
}

TEST(GraphReciprocals, AreLeftAloneWhereNoneIsShared) {
  const Graph graph = graph_of(3, 0, [](Builder& b, const auto& x, const auto&) {
    return std::vector<Node>{b.node(Operator::div, {x[0], x[1]}), b.node(Operator::div, {x[0], x[2]})};
  });
  EXPECT_EQ(graph::to_text(graph::share_reciprocals(graph)), graph::to_text(graph));
}

TEST(GraphFuse, ProductsUsedOnce) {
  const auto fused = [](const auto& build) { return graph::simplify(graph::fuse(graph_of(3, 2, build))); };
  const Graph add = fused([](Builder& b, const auto& x, const auto&) {
    return std::vector<Node>{b.node(Operator::add, {x[2], b.node(Operator::mul, {x[0], x[1]})})};
  });
  EXPECT_EQ(graph::to_text(add).find("mul %"), std::string::npos);
  EXPECT_EQ(count_of(add, Operator::multiply_add), 1u);
  EXPECT_EQ(interpret(add, {2, 3, 5}, {0, 0}).outputs[0], 11.0);
  const Graph minus = fused([](Builder& b, const auto& x, const auto&) {
    return std::vector<Node>{b.node(Operator::sub, {b.node(Operator::mul, {x[0], x[1]}), x[2]})};
  });
  EXPECT_EQ(count_of(minus, Operator::multiply_subtract), 1u);
  EXPECT_EQ(interpret(minus, {2, 3, 5}, {0, 0}).outputs[0], 1.0);
  const Graph from = fused([](Builder& b, const auto& x, const auto&) {
    return std::vector<Node>{b.node(Operator::sub, {x[2], b.node(Operator::mul, {x[0], x[1]})})};
  });
  EXPECT_EQ(count_of(from, Operator::negative_multiply_add), 1u);
  EXPECT_EQ(interpret(from, {2, 3, 5}, {0, 0}).outputs[0], -1.0);
  const Graph both = fused([](Builder& b, const auto& x, const auto&) {
    return std::vector<Node>{
        b.node(Operator::add, {b.node(Operator::mul, {x[0], x[1]}), b.node(Operator::mul, {x[1], x[2]})})};
  });
  EXPECT_EQ(count_of(both, Operator::multiply_add), 1u);
  EXPECT_EQ(count_of(both, Operator::mul), 1u);
  const Graph twice = fused([](Builder& b, const auto& x, const auto&) {
    const Node product = b.node(Operator::mul, {x[0], x[1]});
    return std::vector<Node>{b.node(Operator::add, {product, x[2]}), product};
  });
  EXPECT_EQ(count_of(twice, Operator::multiply_add), 0u) << "the product is needed by itself";
  const Graph uniform = fused([](Builder& b, const auto& x, const auto& a) {
    return std::vector<Node>{b.node(Operator::add, {x[0], b.node(Operator::mul, {a[0], a[1]})})};
  });
  EXPECT_EQ(count_of(uniform, Operator::multiply_add), 0u) << "the product is computed once for the batch";
}

TEST(GraphText, OneLineANode) {
  Graph graph = graph_of(1, 1, [](Builder& builder, const auto& x, const auto& a) {
    const Node product = builder.node(Operator::matrix_product, std::vector<Node>{a[0], a[0], x[0]}.data(), 3, 2);
    return std::vector<Node>{builder.node(Operator::hypot, {builder.element(product, 1), builder.constant(0.5)}), x[0]};
  });
  graph.sums = {{graph.outputs[0], 2}};
  graph.sum_count = 3;
  EXPECT_EQ(graph::to_text(graph),
            "%0 = input[0]\n"
            "%1 = shared[0]\n"
            "%2 = matrix_product[2] %1 %1 %0\n"
            "%3 = element[1] %2\n"
            "%4 = 0.5\n"
            "%5 = hypot %3 %4\n"
            "output[0] = %5\n"
            "output[1] = %0\n"
            "sum[2] += %5\n");
  EXPECT_EQ(graph::to_dot(graph),
            "digraph {\n"
            "  rankdir=LR;\n"
            "  n0 [label=\"input[0]\"];\n"
            "  n1 [label=\"shared[0]\"];\n"
            "  n2 [label=\"matrix_product[2]\"];\n"
            "  n1 -> n2;\n"
            "  n1 -> n2;\n"
            "  n0 -> n2;\n"
            "  n3 [label=\"element[1]\"];\n"
            "  n2 -> n3;\n"
            "  n4 [label=\"0.5\"];\n"
            "  n5 [label=\"hypot\"];\n"
            "  n3 -> n5;\n"
            "  n4 -> n5;\n"
            "  output0 [label=\"output[0]\", shape=box];\n"
            "  n5 -> output0;\n"
            "  output1 [label=\"output[1]\", shape=box];\n"
            "  n0 -> output1;\n"
            "  sum0 [label=\"sum[2]\", shape=box];\n"
            "  n5 -> sum0;\n"
            "}\n");
}

}  // namespace
}  // namespace smolgrad::test

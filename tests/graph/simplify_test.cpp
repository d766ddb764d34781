// simplify, prune and hoist: the same bits from fewer nodes, in time linear in their number.
#include <algorithm>

#include "graph/passes.hpp"
#include "random_graph.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

bool has_dead(const Graph& graph) {
  const std::vector<std::uint32_t> uses = graph::use_counts(graph);
  return std::find(uses.begin(), uses.end(), 0U) != uses.end();
}

void expect_same(const Graph& got, const Graph& expected, const RandomGraph& at) {
  const Meaning a = interpret(got, at.inputs, at.shared), b = interpret(expected, at.inputs, at.shared);
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) EXPECT_TRUE(same(a.outputs[i], b.outputs[i])) << i;
  EXPECT_EQ(a.sums, b.sums);
}

TEST(GraphSimplify, KeepsTheMeaning) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const RandomGraph random(seed, 20 + 10 * (seed % 9));
    const Graph simplified = graph::simplify(random.graph);
    EXPECT_LE(simplified.size(), random.graph.size());
    EXPECT_FALSE(has_dead(simplified));
    expect_same(simplified, random.graph, random);
    EXPECT_EQ(graph::to_text(graph::simplify(simplified)), graph::to_text(simplified)) << "once is enough";
  }
}

TEST(GraphSimplify, DropsTheDeadAndTheDouble) {
  // Not through Builder, which would have made nothing twice.
  Graph graph;
  graph.input_count = 1;
  graph.nodes = {{Operator::input, false, 0, 0, 0},
                 {Operator::sin, false, 0, 0, 1},
                 {Operator::sin, false, 0, 1, 1},
                 {Operator::cos, false, 0, 2, 1},
                 {Operator::atan2, false, 0, 3, 2}};
  graph.operands = {0, 0, 0, 1, 2};
  graph.outputs = {4, 4, 0};
  graph.sums = {{2, 1}};
  graph.sum_count = 2;
  const Graph simplified = graph::simplify(graph);
  EXPECT_EQ(graph::to_text(simplified),
            "%0 = input[0]\n%1 = sin %0\n%2 = atan2 %1 %1\noutput[0] = %2\noutput[1] = %2\noutput[2] = %0\n"
            "sum[1] += %1\n");
  EXPECT_EQ(simplified.sum_count, 2u);
}

TEST(GraphPrune, KeepsWhatIsAskedFor) {
  const RandomGraph random(5, 100);
  const Graph two = graph::simplify(graph::prune(random.graph, {3, 1}, false));
  const Meaning all = interpret(random.graph, random.inputs, random.shared);
  const Meaning some = interpret(two, random.inputs, random.shared);
  EXPECT_EQ(some.outputs, (std::vector<double>{all.outputs[3], all.outputs[1]}));
  EXPECT_FALSE(has_dead(two));
  EXPECT_EQ(graph::simplify(graph::prune(random.graph, {}, false)).size(), 0u);
}

TEST(GraphHoist, PutsWhatIsUniformFirst) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RandomGraph random(seed, 80);
    const Graph hoisted = graph::hoist(random.graph);
    expect_same(hoisted, random.graph, random);
    for (Node i = 1; i < hoisted.size(); ++i) EXPECT_TRUE(hoisted.is_uniform(i - 1) || !hoisted.is_uniform(i));
  }
}

/// Chains neither recurse nor take quadratic time: this would never end.
TEST(GraphSimplify, DeepChains) {
  constexpr int depth = sanitized ? 50000 : 200000;
  for (const Operator op : {Operator::sin, Operator::neg, Operator::abs, Operator::square, Operator::relu}) {
    const Graph graph = graph_of(1, 0, [op](Builder& builder, const auto& x, const auto&) {
      Node y = x[0];
      for (int i = 0; i < depth; ++i) y = builder.node(op, {y});
      return std::vector<Node>{y};
    });
    const Graph simplified = graph::hoist(graph::simplify(graph));
    EXPECT_LE(simplified.size(), depth + 1u);
  }
  const Graph signs = graph_of(2, 0, [](Builder& builder, const auto& x, const auto&) {
    Node y = x[0];
    for (int i = 0; i < depth; ++i) y = builder.node(Operator::mul, {builder.node(Operator::neg, {y}), x[1]});
    return std::vector<Node>{y};
  });
  EXPECT_EQ(graph::simplify(signs).size(), depth + 2u) << "signs cancel, or meet at the end";
}

}  // namespace
}  // namespace smolgrad::test

// line_up: the meaning stays to the bit, and what is done to the neurons of a layer becomes few steps.
#include "function/compile.hpp"
#include "function/random_program.hpp"
#include "function/trace.hpp"
#include "graph/passes.hpp"
#include "random_layers.hpp"
#include "runtime/program.hpp"
#include "train/training.hpp"

namespace smolgrad::test {
namespace {

void expect_operands_first(const Graph& graph) {
  for (Node i = 0; i < graph.size(); ++i) {
    for (const Node operand : graph.operands_of(i)) ASSERT_LT(operand, i);
  }
}

TEST(GraphLineUp, KeepsTheMeaning) {
  std::size_t moved = 0;
  const auto check = [&](const Graph& graph, std::uint64_t seed) {
    Generator generator(seed);
    const std::vector<double> inputs = generator.numbers(graph.input_count);
    const std::vector<double> shared = generator.numbers(graph.shared_count);
    const Graph lined_up = graph::line_up(graph);
    ASSERT_EQ(lined_up.size(), graph.size());
    expect_operands_first(lined_up);
    const Meaning before = interpret(graph, inputs, shared), after = interpret(lined_up, inputs, shared);
    ASSERT_EQ(after.outputs.size(), before.outputs.size());
    for (std::size_t i = 0; i < before.outputs.size(); ++i) {
      ASSERT_TRUE(same(after.outputs[i], before.outputs[i])) << "output " << i << ", seed " << seed;
    }
    for (std::size_t i = 0; i < before.sums.size(); ++i) {
      ASSERT_TRUE(same(after.sums[i], before.sums[i])) << "sum " << i << ", seed " << seed;
    }
    if (graph::to_text(graph) != graph::to_text(lined_up)) ++moved;
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    check(graph::fuse(RandomLayers(seed).graph()), seed);
    const RandomLayers plain(seed, true);
    for (const function::Kind kind : {function::Kind::vjp, function::Kind::jvp}) {
      const Graph graph = function::derivatives(plain.graph(), kind, true);
      check(graph::fuse(graph::expand(graph, graph::Composites::expand)), seed);
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(moved, 300u);
}

TEST(GraphLineUp, LeavesWhatHasNoLayers) {
  const Graph graph = graph_of(2, 0, [](Builder& builder, const auto& x, const auto&) {
    return std::vector<Node>{builder.node(Operator::sin, {x[0]}), builder.node(Operator::cos, {x[1]}),
                             builder.node(Operator::sin, {x[1]})};
  });
  EXPECT_EQ(graph::to_text(graph::line_up(graph)), graph::to_text(graph));
}

/// Elements one by one, last first, and chains of unequal length.
TEST(GraphLineUp, PutsElementsInTheirOrder) {
  const Graph graph = graph_of(2, 12, [](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> operands = a;
    operands.insert(operands.end(), x.begin(), x.end());
    const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), 6);
    std::vector<Node> y;
    for (std::size_t i = 6; i-- > 0;) {
      y.push_back(builder.node(Operator::tanh, {builder.node(Operator::add, {builder.element(product, i), a[i]})}));
      if (i == 3) y.push_back(builder.node(Operator::sin, {y.back()}));
    }
    return y;
  });
  const Graph lined_up = graph::line_up(graph);
  expect_operands_first(lined_up);
  EXPECT_EQ(runtime::schedule(lined_up).steps.size(), 3u) << "the product with its biases, tanh, sin";
  const std::vector<double> x = {0.5, -1.5}, a = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
  EXPECT_EQ(interpret(lined_up, x, a).outputs, interpret(graph, x, a).outputs);
}

/// A network's gradient on a batch, of the activations that have several operations.
TEST(GraphLineUp, ANetworksGradientTakesFewSteps) {
  const auto steps_of = [](Activation activation, const std::vector<std::size_t>& sizes) {
    Shape shape = shape_of(16, sizes, activation);
    Model model(shape);
    const TapeScope scope(model.tape);
    const std::vector<Value> x = model.tape.values(std::vector<double>(16, 0.5));
    const std::vector<Value> t = model.tape.values(std::vector<double>(sizes.back(), 0.5));
    const Value loss = mse(model.mlp(x), t);
    std::vector<Value> inputs = x;
    inputs.insert(inputs.end(), t.begin(), t.end());
    const Graph prepared = function::prepared(function::trace(inputs, model.mlp.parameters().values(), {loss}));
    const Graph graph = function::compiled(prepared, function::Kind::gradient, 7);
    return runtime::schedule(graph).steps.size();
  };
  EXPECT_LT(steps_of(Activation::tanh, {32, 4}), 40u);
  EXPECT_LT(steps_of(Activation::relu, {32, 4}), 40u);
  // As many for more neurons.
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::silu}) {
    EXPECT_LE(steps_of(activation, {64, 4}), steps_of(activation, {32, 4}) + 2) << static_cast<int>(activation);
    EXPECT_LT(steps_of(activation, {32, 32, 4}), 80u) << static_cast<int>(activation);
  }
}

}  // namespace
}  // namespace smolgrad::test

// Derivatives as graphs: reverse and forward mode on products and sums by hand; the operators are tested as Functions.
#include "graph/differentiate.hpp"
#include "graph/passes.hpp"
#include "random_graph.hpp"

namespace smolgrad::test {
namespace {

/// y = W x with W 3 x 2, of which the elements 2 and 0 are used: f = y2² + 5 y0.
Graph product_graph(bool computed_weights) {
  return graph_of(2, 6, [&](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> operands = a;
    if (computed_weights) {
      for (Node& weight : operands) weight = builder.node(Operator::square, {weight});
    }
    operands.insert(operands.end(), x.begin(), x.end());
    const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), 3);
    const Node square = builder.node(Operator::square, {builder.element(product, 2)});
    const Node linear = builder.node(Operator::mul, {builder.constant(5.0), builder.element(product, 0)});
    return std::vector<Node>{builder.node(Operator::add, {square, linear})};
  });
}

TEST(GraphReverse, MatrixProduct) {
  const std::vector<double> x = {2, 3}, a = {1, 2, 3, 4, 5, 6};
  const Graph gradient = graph::gradient(product_graph(false));
  const Meaning meaning = interpret(gradient, x, a);
  const double y0 = 8, y2 = 28;
  EXPECT_EQ(meaning.outputs, (std::vector<double>{y2 * y2 + 5 * y0, 2 * y2 * 5 + 5 * 1, 2 * y2 * 6 + 5 * 2}));
  EXPECT_EQ(meaning.sums, (std::vector<double>{5 * 2, 5 * 3, 0, 0, 2 * y2 * 2, 2 * y2 * 3}));
  EXPECT_EQ(count_of(gradient, Operator::matrix_product), 2u) << "and the transpose";
  EXPECT_EQ(count_of(gradient, Operator::outer_product), 1u);

  const std::vector<double> roots = {1, 2, 3, 4, 5, 6};
  const Meaning computed = interpret(graph::gradient(product_graph(true)), x, roots);
  const double z2 = 25 * 2 + 36 * 3;
  EXPECT_EQ(computed.sums, (std::vector<double>{5 * 2 * 2 * 1, 5 * 3 * 2 * 2, 0, 0, 2 * z2 * 2 * 10, 2 * z2 * 3 * 12}));
}

TEST(GraphForward, MatrixProduct) {
  const Meaning meaning = interpret(graph::jvp(product_graph(false)), {2, 3, 10, 1}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(meaning.outputs[1], 2 * 28.0 * (5 * 10 + 6 * 1) + 5 * (1 * 10 + 2 * 1));
  const Meaning second = interpret(graph::hessian(product_graph(false)), {2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(second.outputs, (std::vector<double>{28 * 28 + 40, 50, 60, 60, 72}));
  const Meaning product = interpret(graph::hessian_vector(product_graph(false)), {2, 3, 1, -1}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(product.outputs[1], -10.0);
  EXPECT_EQ(product.outputs[2], -12.0);
}

/// The adjoint identity, and the Jacobian in both modes, on random graphs.
TEST(GraphDifferentiate, ModesAgree) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const RandomGraph random(seed, 60);
    const std::size_t inputs = 3, outputs = random.graph.outputs.size();
    const Graph grouped = graph::group(random.graph);
    Generator generator(seed + 100);
    const std::vector<double> tangents = generator.numbers(inputs), adjoints = generator.numbers(outputs);
    std::vector<double> forward_inputs = random.inputs, reverse_inputs = random.inputs;
    forward_inputs.insert(forward_inputs.end(), tangents.begin(), tangents.end());
    reverse_inputs.insert(reverse_inputs.end(), adjoints.begin(), adjoints.end());
    const Meaning forward = interpret(graph::jvp(grouped), forward_inputs, random.shared);
    const Meaning reverse = interpret(graph::vjp(grouped), reverse_inputs, random.shared);
    const Meaning jacobian = interpret(graph::jacobian(grouped), random.inputs, random.shared);
    ASSERT_EQ(jacobian.outputs.size(), outputs + outputs * inputs);
    for (std::size_t i = 0; i < outputs; ++i) {
      double moved = 0.0, terms = 1.0;
      for (std::size_t k = 0; k < inputs; ++k) {
        moved += jacobian.outputs[outputs + i * inputs + k] * tangents[k];
        terms += std::abs(jacobian.outputs[outputs + i * inputs + k] * tangents[k]);
      }
      EXPECT_NEAR(forward.outputs[outputs + i], moved, 1e-11 * terms);
    }
    for (std::size_t k = 0; k < inputs; ++k) {
      double pulled = 0.0, terms = 1.0;
      for (std::size_t i = 0; i < outputs; ++i) {
        pulled += jacobian.outputs[outputs + i * inputs + k] * adjoints[i];
        terms += std::abs(jacobian.outputs[outputs + i * inputs + k] * adjoints[i]);
      }
      EXPECT_NEAR(reverse.outputs[outputs + k], pulled, 1e-11 * terms);
    }
  }
}

/// Work is a small multiple of the graph's, for chains and for wide operators.
TEST(GraphDifferentiate, SizesAreLinear) {
  const auto chain = [](std::size_t depth) {
    return graph_of(1, 1, [&](Builder& builder, const auto& x, const auto& a) {
      Node y = x[0];
      for (std::size_t i = 0; i < depth; ++i) {
        y = builder.node(Operator::sin, {builder.node(Operator::mul, {y, a[0]})});
        y = builder.node(Operator::max, {y, x[0]});
      }
      return std::vector<Node>{y};
    });
  };
  const auto wide = [](Operator op) {
    return [op](std::size_t width) {
      return graph_of(1, 0, [&](Builder& builder, const auto& x, const auto&) {
        std::vector<Node> operands;
        for (std::size_t i = 0; i < width; ++i) {
          operands.push_back(builder.node(Operator::mul, {x[0], builder.constant(static_cast<double>(i) + 0.5)}));
        }
        return std::vector<Node>{builder.node(op, operands.data(), operands.size())};
      });
    };
  };
  const auto expect_linear = [](const char* name, const auto& make) {
    Graph (*const passes[])(const Graph&) = {[](const Graph& graph) { return graph::gradient(graph); }, graph::jvp,
                                             graph::hessian};
    for (const auto pass : passes) {
      const auto size = [&](std::size_t n) {
        return static_cast<double>(graph::expand(pass(make(n)), graph::Composites::expand).size());
      };
      EXPECT_LT(size(2000) / size(500), 4.5) << name;
    }
  };
  expect_linear("chain", chain);
  expect_linear("sum", wide(Operator::sum));
  expect_linear("mean", wide(Operator::mean));
  expect_linear("dot", wide(Operator::dot));
  expect_linear("logsumexp", wide(Operator::logsumexp));
  expect_linear("max_of", wide(Operator::max_of));
}

}  // namespace
}  // namespace smolgrad::test

// Builder: no node twice, constants computed, and identities that hold to the bit.
#include <functional>
#include <limits>

#include "interpret.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(GraphBuilder, MakesNothingTwice) {
  Builder builder(2, 1);
  const Node x = builder.input(0), a = builder.shared(0);
  EXPECT_EQ(builder.input(0), x);
  EXPECT_NE(builder.input(1), x);
  EXPECT_EQ(builder.shared(0), a);
  EXPECT_EQ(builder.node(Operator::atan2, {x, a}), builder.node(Operator::atan2, {x, a}));
  EXPECT_NE(builder.node(Operator::atan2, {x, a}), builder.node(Operator::atan2, {a, x}));
  EXPECT_EQ(builder.constant(0.5), builder.constant(0.5));
  EXPECT_NE(builder.constant(0.0), builder.constant(-0.0));
  EXPECT_EQ(builder.constant(nan), builder.constant(nan));
  const Node operands[] = {x, a};
  const Node product = builder.node(Operator::matrix_product, operands, 2, 1);
  EXPECT_EQ(builder.element(product, 0), builder.element(product, 0));
  const Node outer = builder.node(Operator::outer_product, operands, 2, 1);
  EXPECT_NE(builder.element(product, 0), builder.element(outer, 0));
}

TEST(GraphBuilder, FindsAmongMany) {
  Builder builder(1, 0);
  const Node x = builder.input(0);
  std::vector<Node> nodes;
  for (int i = 0; i < 30000; ++i) nodes.push_back(builder.node(Operator::atan2, {x, builder.constant(i)}));
  const std::size_t size = builder.graph().size();
  EXPECT_EQ(size, 60001u);
  EXPECT_EQ(builder.graph().numbers.size(), 30000u);
  for (int i = 0; i < 30000; ++i) {
    EXPECT_EQ(builder.node(Operator::atan2, {x, builder.constant(i)}), nodes[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(builder.graph().size(), size);
}

/// Users of one node are found among many as well, and in a graph that is gone on with.
TEST(GraphBuilder, FindsAmongManyUsers) {
  constexpr int count = 30000;
  Builder first(1, 0);
  for (int i = 0; i < count; ++i) first.constant(i);
  const Node y = first.node(Operator::sin, {first.input(0)});
  std::vector<Node> nodes;
  for (int i = 0; i < count; ++i) nodes.push_back(first.node(Operator::atan2, {y, first.constant(i)}));
  Builder second(first.graph());
  for (Builder* const builder : {&first, &second}) {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(builder->node(Operator::atan2, {y, builder->constant(i)}), nodes[static_cast<std::size_t>(i)]);
    }
    EXPECT_EQ(builder->graph().size(), std::size_t{2} * count + 2);
  }
}

/// Numbers that differ in few bits are found as fast as others: otherwise this would take minutes.
TEST(GraphBuilder, TellsNumbersApart) {
  constexpr int count = sanitized ? 50000 : 300000;
  for (const double scale : {1.0, 0x1p-30, 0x1p40, 0.1}) {
    Builder builder(0, 0);
    for (int i = 0; i < count; ++i) builder.constant(scale * i);
    EXPECT_EQ(builder.graph().size(), static_cast<std::size_t>(count));
  }
}

TEST(GraphBuilder, GoesOnWithAGraph) {
  const Graph graph = graph_of(1, 0, [](Builder& builder, const auto& x, const auto&) {
    return std::vector<Node>{builder.node(Operator::sin, {x[0]}), builder.constant(3.0)};
  });
  Builder builder(graph);
  EXPECT_TRUE(builder.graph().outputs.empty());
  EXPECT_EQ(builder.input(0), 0u);
  EXPECT_EQ(builder.node(Operator::sin, {0}), graph.outputs[0]);
  EXPECT_EQ(builder.constant(3.0), graph.outputs[1]);
  EXPECT_EQ(builder.graph().size(), graph.size());
}

TEST(GraphBuilder, ComputesConstants) {
  Builder builder(0, 0);
  const auto number = [&](Node node) {
    EXPECT_TRUE(builder.graph().is_constant(node));
    return builder.graph().number(node);
  };
  const Node two = builder.constant(2.0), three = builder.constant(3.0);
  EXPECT_EQ(number(builder.node(Operator::hypot, {three, builder.constant(4.0)})), 5.0);
  EXPECT_EQ(number(builder.node(Operator::select, {two, three, two, three})), 2.0);
  EXPECT_EQ(number(builder.node(Operator::dot, {two, three, three, two})), 12.0);
  EXPECT_TRUE(std::isnan(number(builder.node(Operator::log, {builder.constant(-1.0)}))));
  const std::vector<Node> many(100, two);
  EXPECT_EQ(number(builder.node(Operator::sum, many.data(), many.size())), 200.0);
}

/// Every operator with operands of every form that an identity could look for, at every special number: what the
/// builder makes of it computes the same bits as the operator itself.
TEST(GraphIdentities, AreExact) {
  const double numbers[] = {0.0,   -0.0,      1.0,      -1.0,  2.0,      -2.0, 3.0, 0.5,
                            -0.25, 0x1p-1060, 0x1p1000, 1e308, infinite, nan,  0.3};
  struct Form {
    Node node;
    std::function<double(double, double)> value;
  };
  const auto forms = [&](Builder& builder) {
    std::vector<Form> result;
    for (int which = 0; which < 2; ++which) {
      const Node leaf = builder.input(static_cast<std::size_t>(which));
      const auto pick = [which](double x, double y) { return which == 0 ? x : y; };
      const Node negative = builder.node(Operator::neg, {leaf});
      result.push_back({leaf, pick});
      result.push_back({negative, [pick](double x, double y) { return -pick(x, y); }});
      result.push_back(
          {builder.node(Operator::abs, {leaf}), [pick](double x, double y) { return std::abs(pick(x, y)); }});
      result.push_back({builder.node(Operator::sin, {negative}), [pick](double x, double y) {
                          const double angle = -pick(x, y);
                          return graph::evaluate(Operator::sin, &angle, 1);
                        }});
    }
    for (const double number : numbers)
      result.push_back({builder.constant(number), [number](double, double) { return number; }});
    return result;
  };
  const auto check = [&](Operator op, std::size_t arity) {
    SCOPED_TRACE(graph::name_of(op));
    std::size_t combinations = 1;
    Builder counting(2, 0);
    const std::size_t form_count = forms(counting).size();
    for (std::size_t i = 0; i < arity; ++i) combinations *= form_count;
    // All pairs; of more operands, a part.
    const std::size_t step = arity < 3 ? 1 : combinations / 2000 | 1;
    for (std::size_t combination = 0; combination < combinations; combination += step) {
      Builder builder(2, 0);
      const std::vector<Form> all = forms(builder);
      std::vector<Node> operands;
      std::vector<const Form*> chosen;
      for (std::size_t i = 0, rest = combination; i < arity; ++i, rest /= form_count) {
        chosen.push_back(&all[rest % form_count]);
        operands.push_back(chosen.back()->node);
      }
      builder.result().outputs = {builder.node(op, operands.data(), arity)};
      for (const double x : numbers) {
        for (const double y : arity == 1 ? std::vector<double>{1.0} : std::vector<double>{-0.0, 2.5, infinite, nan}) {
          std::vector<double> values;
          for (const Form* form : chosen) values.push_back(form->value(x, y));
          const double expected = graph::evaluate(op, values.data(), arity);
          const double got = interpret(builder.graph(), {x, y}, {}).outputs[0];
          ASSERT_TRUE(same(got, expected)) << got << " is not " << expected << " at " << x << ", " << y << "\n"
                                           << graph::to_text(builder.graph());
        }
      }
    }
  };
#define X(Definition, name) check(Operator::name, 1);
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name) check(Operator::name, 2);
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name) \
  check(Operator::name, 1); \
  check(Operator::name, 2);
  SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  check(Operator::select, 4);
  check(Operator::select_equal, 4);
  check(Operator::dot, 2);
  check(Operator::multiply_add, 3);
  check(Operator::nearest_integer, 1);
}

TEST(GraphIdentities, MakeNodesSuperfluous) {
  Builder builder(2, 0);
  const Node x = builder.input(0), y = builder.input(1);
  const auto node = [&](Operator op, std::initializer_list<Node> operands) { return builder.node(op, operands); };
  const auto number = [&](double value) { return builder.constant(value); };
  const Node minus_x = node(Operator::neg, {x}), minus_y = node(Operator::neg, {y});
  EXPECT_EQ(node(Operator::mul, {x, number(1.0)}), x);
  EXPECT_EQ(node(Operator::mul, {number(-1.0), x}), minus_x);
  EXPECT_EQ(node(Operator::mul, {minus_x, minus_y}), node(Operator::mul, {x, y}));
  EXPECT_EQ(node(Operator::add, {x, number(-0.0)}), x);
  EXPECT_EQ(node(Operator::add, {x, minus_y}), node(Operator::sub, {x, y}));
  EXPECT_EQ(node(Operator::sub, {x, number(0.0)}), x);
  EXPECT_EQ(node(Operator::sub, {x, minus_y}), node(Operator::add, {x, y}));
  EXPECT_EQ(node(Operator::div, {x, number(1.0)}), x);
  EXPECT_EQ(node(Operator::div, {x, number(4.0)}), node(Operator::mul, {x, number(0.25)}));
  EXPECT_EQ(node(Operator::neg, {minus_x}), x);
  EXPECT_EQ(node(Operator::abs, {minus_x}), node(Operator::abs, {x}));
  EXPECT_EQ(node(Operator::pow, {x, number(1.0)}), x);
  EXPECT_EQ(node(Operator::pow, {x, number(2.0)}), node(Operator::square, {x}));
  EXPECT_EQ(node(Operator::select, {x, y, x, x}), x);
  EXPECT_EQ(node(Operator::select, {number(1.0), number(2.0), x, y}), x);
  EXPECT_EQ(node(Operator::sum, {x}), x);
}

TEST(GraphIdentities, ThatAreNone) {
  Builder builder(1, 0);
  const Node x = builder.input(0), zero = builder.constant(0.0);
  EXPECT_NE(builder.node(Operator::add, {x, zero}), x) << "-0 + 0 is 0";
  EXPECT_FALSE(builder.graph().is_constant(builder.node(Operator::mul, {x, zero}))) << "inf 0 is NaN";
  EXPECT_FALSE(builder.graph().is_constant(builder.node(Operator::sub, {x, x}))) << "inf - inf is NaN";
  EXPECT_FALSE(builder.graph().is_constant(builder.node(Operator::div, {x, x})));
}

}  // namespace
}  // namespace smolgrad::test

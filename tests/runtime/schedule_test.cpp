// Slots are reused when what they hold is dead, and side by side where a matrix product needs them.
#include <set>

#include "graph/interpret.hpp"
#include "runtime/slots.hpp"

namespace smolgrad::test {
namespace {

using runtime::Slot;
using runtime::Slots;

TEST(RuntimeSlots, AreReusedSideBySide) {
  Slots slots;
  EXPECT_EQ(slots.take(3), 0u);
  EXPECT_EQ(slots.take(1), 3u);
  slots.free(0);
  slots.free(2);
  EXPECT_EQ(slots.take(2), 4u) << "0 and 2 are not side by side";
  slots.free(1);
  EXPECT_EQ(slots.take(3), 0u) << "0, 1 and 2 are";
  EXPECT_EQ(slots.size(), 6u);
}

TEST(RuntimeSlots, NeverGiveOneTwice) {
  Slots slots;
  std::set<Slot> taken;
  std::uint64_t random = 1;
  const auto below = [&](std::uint64_t bound) { return (random = random * 6364136223846793005 + 1) / 65536 % bound; };
  std::size_t most = 0;
  for (int step = 0; step < 5000; ++step) {
    if (taken.size() < 40 || below(2) == 0) {
      const std::size_t count = 1 + below(6);
      const Slot first = slots.take(count);
      for (Slot slot = first; slot < first + count; ++slot) EXPECT_TRUE(taken.insert(slot).second);
    } else {
      auto slot = taken.begin();
      std::advance(slot, below(taken.size()));
      slots.free(*slot);
      taken.erase(slot);
    }
    most = std::max(most, taken.size());
    EXPECT_TRUE(taken.empty() || *taken.rbegin() < slots.size());
  }
  EXPECT_LE(slots.size(), 2 * most) << "little is lost between";
}

TEST(RuntimeSchedule, AChainNeedsOneSlot) {
  const Graph graph = graph_of(1, 1, [](Builder& builder, const auto& x, const auto& a) {
    Node y = x[0];
    for (int i = 0; i < 1000; ++i) y = builder.node(Operator::mul, {builder.node(Operator::sin, {y}), a[0]});
    return std::vector<Node>{y};
  });
  const runtime::Program program = runtime::schedule(graph);
  EXPECT_EQ(program.slot_count, 1u);
  EXPECT_EQ(program.uniform_slot_count, 1u);
}

TEST(RuntimeSchedule, WhatIsUniformIsDoneOnce) {
  const Graph graph = graph_of(1, 2, [](Builder& builder, const auto& x, const auto& a) {
    const Node uniform = builder.node(Operator::exp, {builder.node(Operator::mul, {a[0], a[1]})});
    return std::vector<Node>{builder.node(Operator::mul, {uniform, x[0]}), uniform};
  });
  const runtime::Program program = runtime::schedule(graph);
  EXPECT_EQ(program.uniform_steps.size(), 2u);
  EXPECT_EQ(program.steps.size(), 1u);
  EXPECT_TRUE(program.outputs[1].uniform);
}

TEST(RuntimeSchedule, RowsOfOneOperatorAreOneStep) {
  const Graph graph = graph_of(50, 0, [](Builder& builder, const auto& x, const auto&) {
    std::vector<Node> y;
    for (const Node input : x) y.push_back(builder.node(Operator::tanh, {input}));
    return y;
  });
  const runtime::Program program = runtime::schedule(graph);
  ASSERT_EQ(program.steps.size(), 1u);
  EXPECT_EQ(program.steps[0].rows, 50u);
}

TEST(RuntimeSchedule, WeightsStayWhereTheyAre) {
  const auto coefficients = [](const std::vector<std::size_t>& positions, std::size_t rows) {
    const Graph graph = graph_of(positions.size() / rows, 12, [&](Builder& builder, const auto& x, const auto& a) {
      std::vector<Node> operands;
      for (const std::size_t position : positions) operands.push_back(a[position]);
      operands.insert(operands.end(), x.begin(), x.end());
      const Node product =
          builder.node(Operator::matrix_product, operands.data(), operands.size(), static_cast<std::uint32_t>(rows));
      return std::vector<Node>{builder.element(product, 0)};
    });
    const runtime::Program program = runtime::schedule(graph);
    EXPECT_EQ(program.packed.size(), program.products[0].coefficients.is_shared ? 0 : positions.size());
    return program.products[0].coefficients;
  };
  const runtime::Coefficients row_by_row = coefficients({2, 3, 4, 7, 8, 9}, 2);
  EXPECT_TRUE(row_by_row.is_shared);
  EXPECT_EQ(row_by_row.first, 2u);
  EXPECT_EQ(row_by_row.row_stride, 5);
  EXPECT_EQ(row_by_row.column_stride, 1);
  const runtime::Coefficients transposed = coefficients({0, 3, 1, 4, 2, 5}, 3);
  EXPECT_TRUE(transposed.is_shared);
  EXPECT_EQ(transposed.row_stride, 1);
  EXPECT_EQ(transposed.column_stride, 3);
  EXPECT_FALSE(coefficients({0, 1, 2, 3, 5, 4}, 2).is_shared);
}

/// A layer of two neurons on three inputs, and what `then` makes of its sums.
template <class Then>
runtime::Program layer(Then then) {
  return runtime::schedule(graph_of(5, 6, [&](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> operands = a;
    operands.insert(operands.end(), x.begin(), x.begin() + 3);
    const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), 2);
    return then(builder, builder.element(product, 0), builder.element(product, 1), x[3], x[4]);
  }));
}

TEST(RuntimeSchedule, ReluIsPartOfTheProduct) {
  const auto relu = [](Builder& builder, Node sum) { return builder.node(Operator::relu, {sum}); };
  const runtime::Program both = layer([&](Builder& builder, Node first, Node second, Node, Node) {
    return std::vector<Node>{relu(builder, first), relu(builder, second)};
  });
  EXPECT_EQ(both.steps.size(), 1u);
  EXPECT_TRUE(both.products[0].epilogue);
  const runtime::Program one = layer([&](Builder& builder, Node first, Node second, Node, Node) {
    return std::vector<Node>{relu(builder, first), second};
  });
  EXPECT_FALSE(one.products[0].epilogue);
  const runtime::Program sums_as_well = layer([&](Builder& builder, Node first, Node second, Node, Node) {
    return std::vector<Node>{relu(builder, first), relu(builder, second), second};
  });
  EXPECT_FALSE(sums_as_well.products[0].epilogue) << "they would be lost";
}

TEST(RuntimeSchedule, AProductKeepsItsSumsUntilTheyAreRead) {
  const auto relus_behind_outer_product = [](bool of_sums) {
    Graph graph = graph_of(3, 6, [&](Builder& builder, const auto& x, const auto& a) {
      std::vector<Node> operands = a;
      operands.insert(operands.end(), x.begin(), x.end());
      const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), 2);
      const std::vector<Node> sums{builder.element(product, 0), builder.element(product, 1)};
      const std::vector<Node> outer_operands{of_sums ? sums[0] : x[0], x[1], x[2]};
      const Node outer = builder.node(Operator::outer_product, outer_operands.data(), outer_operands.size(), 1);
      std::vector<Node> relus;
      for (std::size_t i = 0; i < 2; ++i) builder.result().sums.push_back({builder.element(outer, i), 0});
      for (const Node sum : sums) relus.push_back(builder.node(Operator::relu, {sum}));
      return relus;
    });
    graph.sum_count = 1;
    return runtime::schedule(graph).products[0].epilogue.has_value();
  };
  EXPECT_TRUE(relus_behind_outer_product(false));
  EXPECT_FALSE(relus_behind_outer_product(true));
}

TEST(RuntimeSchedule, TheGateOfReluIsPartOfTheProduct) {
  const auto gated = [](Builder& builder, Node left, Node gate, Node sum, double otherwise) {
    return builder.node(Operator::select, {left, gate, sum, builder.constant(otherwise)});
  };
  const auto has_epilogue = [&](double left, double otherwise) {
    const runtime::Program program =
        layer([&](Builder& builder, Node first, Node second, Node first_gate, Node second_gate) {
          const Node bound = builder.constant(left);
          return std::vector<Node>{gated(builder, bound, first_gate, first, otherwise),
                                   gated(builder, bound, second_gate, second, otherwise)};
        });
    return program.products[0].epilogue.has_value();
  };
  EXPECT_TRUE(has_epilogue(0.0, 0.0));
  EXPECT_FALSE(has_epilogue(1.0, 0.0)) << "gates are compared with 0";
  EXPECT_FALSE(has_epilogue(0.0, 0.01)) << "0 is what a closed gate leaves";
  const runtime::Program by_itself = layer([&](Builder& builder, Node first, Node second, Node, Node) {
    const Node zero = builder.constant(0.0);
    return std::vector<Node>{gated(builder, zero, first, first, 0.0), gated(builder, zero, second, second, 0.0)};
  });
  EXPECT_FALSE(by_itself.products[0].epilogue);
}

}  // namespace
}  // namespace smolgrad::test

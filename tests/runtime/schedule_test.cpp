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

}  // namespace
}  // namespace smolgrad::test

// Programs of all shapes on one row, where slots stand side by side, and on more: graphs of layers drawn at random.
#include <cfloat>

#include "compare.hpp"
#include "function/compile.hpp"
#include "graph/random_graph.hpp"
#include "graph/random_layers.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

using runtime::Target;

/// On `rows` rows, the arrays cut in every way.
void compare_cut(const Graph& graph, const Target& target, std::size_t rows, std::uint64_t seed, double tolerance) {
  SCOPED_TRACE(testing::Message() << target.name << ", " << rows << " rows, seed " << seed);
  Generator generator(seed);
  const std::vector<double> inputs = generator.numbers(rows * graph.input_count);
  const std::vector<double> shared = generator.numbers(graph.shared_count);
  const Expected wanted = expected(graph, rows, inputs, shared);
  const runtime::Program program = runtime::schedule(graph);
  const runtime::Executor<double> executor(program, target.kernels<double>());
  const std::size_t columns = graph.input_count, outputs = graph.outputs.size();
  const bool whole = reads_in_line(program);
  for (std::size_t cut = 0; cut <= std::max(columns, outputs); ++cut) {
    std::size_t in_cut = std::min(cut, columns);
    if (whole && in_cut != 0) in_cut = columns;
    Cut<double> from(inputs, rows, columns, in_cut);
    Cut<double> to(std::vector<double>(rows * outputs, -7.0), rows, outputs, std::min(cut, outputs));
    std::vector<double> sums(graph.sum_count + 1, -77.0);
    runtime::Batch<double> batch;
    batch.rows = rows;
    runtime::Array<double*> arrays[2];
    from.into(arrays);
    for (int i = 0; i < 2; ++i) batch.inputs[i] = {arrays[i].data, arrays[i].width};
    to.into(batch.outputs);
    batch.shared = shared.data();
    batch.sums = sums.data();
    executor.run(batch, {});
    for (std::size_t i = 0; i < rows * outputs; ++i) {
      const double right = wanted.outputs[i];
      ASSERT_NEAR(to.at(i / outputs, i % outputs), right, tolerance * std::max(1.0, std::abs(right)))
          << "output " << i % outputs << " of row " << i / outputs << ", cut at " << cut;
    }
    for (std::size_t i = 0; i < graph.sum_count; ++i) {
      ASSERT_NEAR(sums[i], wanted.sums[i], 4 * tolerance * wanted.sizes[i]) << "sum " << i;
    }
    EXPECT_EQ(sums.back(), -77.0);
    EXPECT_EQ(to.left.back(), -77.0);
    EXPECT_EQ(to.right.back(), -77.0);
  }
}

void compare_on_all(const Graph& graph, const std::vector<std::size_t>& rows, std::uint64_t seed,
                    double tolerance = 1e-11) {
  for (const Target* target : runtime::targets()) {
    for (const std::size_t count : rows) compare_cut(graph, *target, count, seed, tolerance);
  }
}

TEST(RuntimeSample, LayersAtRandom) {
  constexpr std::uint64_t seeds = sanitized ? 60 : 400;
  std::size_t merged = 0, apart = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RandomLayers layers(seed);
    compare_on_all(layers.graph(), {1, 2, 5, 33}, seed);
    if (HasFatalFailure()) return;
    if (seed % 20 == 0) compare_on_all(layers.graph(), {300}, seed);
    for (const runtime::Step& step : runtime::schedule(layers.graph()).steps) {
      if (step.kind != runtime::Step::Kind::elementwise || step.rows == 1) continue;
      ++merged;
      for (std::size_t i = 0; i < step.operand_count; ++i) {
        const std::int64_t back = std::int64_t{step.to} - std::int64_t{step.from[i]};
        if (((step.uniform >> i) & 1) == 0 && back > 0 && back < step.rows) {
          ++apart;
          break;
        }
      }
    }
  }
  EXPECT_GT(merged, seeds) << "rows of steps";
  EXPECT_GT(apart, 0u) << "some of which read what they wrote";
}

/// What Functions run: derivatives of random programs of every operator.
TEST(RuntimeSample, DerivativesOfRandomPrograms) {
  constexpr std::uint64_t seeds = sanitized ? 5 : 40;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RandomGraph random(seed, 20 + 15 * (seed % 5));
    const Graph prepared = function::prepared(random.graph);
    for (const function::Kind kind : {function::Kind::evaluate, function::Kind::vjp, function::Kind::jvp}) {
      const Graph graph = function::compiled(prepared, kind, 7);
      const Target* const best = *runtime::targets().begin();
      compare_cut(graph, *best, 1, seed, 1e-9);
      if (HasFatalFailure()) return;
    }
  }
}

/// The same of layers, whose derivatives are transposed matrix products and sums of outer products.
TEST(RuntimeSample, DerivativesOfRandomLayers) {
  constexpr std::uint64_t seeds = sanitized ? 20 : 150;
  std::size_t transposed = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RandomLayers layers(seed, true);
    for (const function::Kind kind : {function::Kind::vjp, function::Kind::jvp, function::Kind::hessian_vector}) {
      if (kind == function::Kind::hessian_vector && layers.graph().outputs.size() != 1) continue;
      const Graph graph = function::compiled(layers.graph(), kind, 7);
      compare_on_all(graph, {1, 6, 40}, seed, 1e-8);
      if (HasFatalFailure()) return;
      for (const runtime::Product& product : runtime::schedule(graph).products) {
        transposed += product.coefficients.column_stride != 1 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(transposed, seeds / 4);
}

/// Each number is that of the two before: no row of the step may run before the last is done.
TEST(RuntimeSample, RowsThatNeedEachOther) {
  const Graph graph = graph_of(2, 1, [](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> y = {x[0], x[1]};
    for (int i = 0; i < 40; ++i) {
      const Node sum = builder.node(Operator::add, {y[y.size() - 1], y[y.size() - 2]});
      y.push_back(i % 7 == 6 ? builder.node(Operator::mul, {sum, a[0]}) : sum);
    }
    return y;
  });
  compare_on_all(graph, {1, 3}, 5);
}

/// One number for all rows, which one of the rows takes the place of.
TEST(RuntimeSample, ARepeatedOperandThatIsOverwritten) {
  for (std::size_t width = 1; width < 40; ++width) {
    for (const bool last : {true, false}) {
      const Graph graph = graph_of(width + 1, 0, [&](Builder& builder, const auto& x, const auto&) {
        std::vector<Node> y;
        const Node factor = builder.node(Operator::sin, {x[last ? width : 0]});
        for (std::size_t i = 0; i < width; ++i) {
          y.push_back(builder.node(Operator::mul, {factor, builder.node(Operator::sin, {x[last ? i : i + 1]})}));
        }
        return y;
      });
      compare_on_all(graph, {1, 2}, width);
    }
  }
}

}  // namespace
}  // namespace smolgrad::test

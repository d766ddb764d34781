// Programs on every set of vector instructions that this processor has, against the meaning of their graphs.
#include <cfloat>
#include <cmath>

#include "graph/differentiate.hpp"
#include "graph/passes.hpp"
#include "graph/random_graph.hpp"
#include "runtime/executor.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

using runtime::Target;

/// Runs and compares. Tolerances are relative to max(1, |expected|), and to the number of terms for sums.
template <class Float>
void compare(const Graph& graph, const Target& target, std::size_t rows, const std::vector<double>& inputs,
             const std::vector<double>& shared, double tolerance) {
  SCOPED_TRACE(testing::Message() << target.name << ", " << rows << " rows, " << sizeof(Float) << " bytes");
  const runtime::Executor<Float> executor(runtime::schedule(graph), target.kernels<Float>());
  const std::vector<Float> x(inputs.begin(), inputs.end()), a(shared.begin(), shared.end());
  const std::size_t outputs = graph.outputs.size();
  constexpr Float untouched = -77;
  std::vector<Float> got(rows * outputs + 3, untouched), sums(graph.sum_count + 1, untouched);
  // The inputs in the second array or the first. A product's x is not divided between them.
  const std::size_t first = rows % 2 == 0 ? graph.input_count : 0, second = graph.input_count - first;
  std::vector<Float> left, right;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * graph.input_count);
    const auto middle = begin + static_cast<std::ptrdiff_t>(first);
    left.insert(left.end(), begin, middle);
    right.insert(right.end(), middle, middle + static_cast<std::ptrdiff_t>(second));
  }
  runtime::Batch<Float> batch;
  batch.rows = rows;
  batch.inputs[0] = {left.data(), first};
  batch.inputs[1] = {right.data(), second};
  batch.shared = a.data();
  batch.outputs[0] = {got.data(), outputs};
  batch.sums = sums.data();
  for (int again = 0; again < 2; ++again) executor.run(batch, {});
  std::vector<double> expected_sums(graph.sum_count), sizes(graph.sum_count, 1.0);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * graph.input_count);
    const Meaning meaning =
        interpret(graph, {begin, begin + static_cast<std::ptrdiff_t>(graph.input_count)}, {a.begin(), a.end()});
    for (std::size_t i = 0; i < outputs; ++i) {
      const double expected = meaning.outputs[i];
      ASSERT_NEAR(got[row * outputs + i], expected, tolerance * std::max(1.0, std::abs(expected)))
          << "output " << i << " of row " << row;
    }
    for (std::size_t i = 0; i < graph.sum_count; ++i) {
      expected_sums[i] += meaning.sums[i];
      sizes[i] += std::abs(meaning.sums[i]);
    }
  }
  for (std::size_t i = 0; i < graph.sum_count; ++i) {
    EXPECT_NEAR(sums[i], expected_sums[i], 4 * tolerance * sizes[i]) << "sum " << i;
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(got[rows * outputs + i], untouched) << "beyond the end";
  EXPECT_EQ(sums.back(), untouched) << "beyond the end";
}

void compare_everywhere(const Graph& graph, std::size_t rows, std::uint64_t seed = 1, double tolerance = 1e-12) {
  Generator generator(seed);
  const std::vector<double> inputs = generator.numbers(rows * graph.input_count);
  const std::vector<double> shared = generator.numbers(graph.shared_count);
  for (const Target* target : runtime::targets()) {
    compare<double>(graph, *target, rows, inputs, shared, tolerance);
    compare<float>(graph, *target, rows, inputs, shared, tolerance * (FLT_EPSILON / DBL_EPSILON));
  }
}

TEST(RuntimeTargets, TheLastRunsAnywhere) {
  const runtime::Targets targets = runtime::targets();
  ASSERT_GE(targets.count, 1u);
  EXPECT_STREQ(targets.first[targets.count - 1]->name, "baseline");
}

/// Every operator, with each choice of operands that vary.
TEST(RuntimeExecutor, Operators) {
  const auto check = [](Operator op, std::size_t arity) {
    SCOPED_TRACE(graph::name_of(op));
    for (unsigned uniform = 0; uniform < 1U << arity; ++uniform) {
      const Graph graph = graph_of(arity, arity, [&](Builder& builder, const auto& x, const auto& a) {
        std::vector<Node> operands;
        for (std::size_t i = 0; i < arity; ++i) {
          // Within everyone's domain but acosh's.
          const Node any = ((uniform >> i) & 1) != 0 ? a[i] : x[i];
          const Node scaled =
              builder.node(Operator::mul, {builder.node(Operator::sin, {any}), builder.constant(0.375)});
          operands.push_back(
              builder.node(Operator::add, {scaled, builder.constant(op == Operator::acosh ? 1.625 : 0.5)}));
        }
        return std::vector<Node>{builder.node(op, operands.data(), arity), x[0]};
      });
      compare_everywhere(graph, 19, 3, 2e-14);
    }
  };
#define X(Definition, name) check(Operator::name, 1);
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name) check(Operator::name, 2);
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
  check(Operator::nearest_integer, 1);
  check(Operator::multiply_add, 3);
  check(Operator::multiply_subtract, 3);
  check(Operator::negative_multiply_add, 3);
  check(Operator::select, 4);
  check(Operator::select_equal, 4);
}

/// Quotients within a unit in the last place, whatever is divided by whatever.
TEST(RuntimeExecutor, Division) {
  std::vector<double> numbers = {0.0,     -0.0,   0x1p-1074, 0x1.23p-1060, -0x1.8p-1022,    0x1.7p-990, -0x1.1p-600,
                                 0x1p501, -3e300, 1.0,       -0.7,         DBL_MAX,         INFINITY,   -INFINITY,
                                 NAN,     0.1,    -1e-9,     1e9,          0x1.fffffffffp7, 0x1.3p-499, 0x1.7p499};
  std::vector<double> pairs;
  for (const double a : numbers) {
    for (const double b : numbers) pairs.insert(pairs.end(), {a, b});
    // By itself in each lane of a vector: what is beside it may choose another way.
    for (const double b : numbers) {
      for (int i = 0; i < 16; ++i) pairs.insert(pairs.end(), {a, b});
    }
  }
  const std::size_t rows = pairs.size() / 2;
  const Graph graph = graph_of(2, 0, [](Builder& builder, const auto& x, const auto&) {
    return std::vector<Node>{builder.node(Operator::div, {x[0], x[1]})};
  });
  for (const Target* target : runtime::targets()) {
    SCOPED_TRACE(target->name);
    const runtime::Executor<double> executor(runtime::schedule(graph), target->kernels<double>());
    std::vector<double> got(rows);
    runtime::Batch<double> batch;
    batch.rows = rows;
    batch.inputs[0] = {pairs.data(), 2};
    batch.outputs[0] = {got.data(), 1};
    executor.run(batch, {});
    for (std::size_t i = 0; i < rows; ++i) {
      const double expected = pairs[2 * i] / pairs[2 * i + 1];
      const bool beside = got[i] == expected || got[i] == std::nextafter(expected, INFINITY) ||
                          got[i] == std::nextafter(expected, -INFINITY);
      EXPECT_TRUE(std::isnan(expected) ? std::isnan(got[i]) : beside && std::signbit(got[i]) == std::signbit(expected))
          << pairs[2 * i] << " / " << pairs[2 * i + 1] << " is " << got[i] << ", not " << expected;
    }
  }
}

TEST(RuntimeExecutor, NormalCdfByItsBell) {
  const Graph graph = graph_of(1, 0, [](Builder& builder, const auto& x, const auto&) {
    const Node wide = builder.node(Operator::mul, {x[0], builder.constant(3.0)});
    const Node half_square =
        builder.node(Operator::mul, {builder.node(Operator::mul, {wide, wide}), builder.constant(-0.5)});
    const Node bell = builder.node(Operator::exp, {half_square});
    return std::vector<Node>{builder.node(Operator::normal_cdf_by_bell, {wide, bell}),
                             builder.node(Operator::normal_cdf, {wide})};
  });
  compare_everywhere(graph, 101, 3, 1e-15);
}

TEST(RuntimeExecutor, AnyNumberOfRows) {
  const RandomGraph random(12, 60);
  Graph gradient = graph::gradient(graph::prune(graph::group(random.graph), {0}, false));
  gradient = graph::fuse(graph::expand(gradient, graph::Composites::expand));
  for (std::size_t rows = 1; rows <= 70; ++rows) compare_everywhere(gradient, rows, rows, 1e-10);
  for (const std::size_t rows : {127, 128, 129, 255, 256, 257, 1023, 1025, 2500}) {
    compare_everywhere(gradient, rows, rows, 1e-10);
  }
}

TEST(RuntimeExecutor, MatrixProductsOfAnyShape) {
  for (const std::size_t neurons : {1, 2, 5, 6, 7, 11, 12, 13, 24, 25}) {
    for (const std::size_t width : {1, 2, 4, 7, 8, 9, 17}) {
      for (const bool packed : {false, true}) {
        const Graph graph = graph_of(width, neurons * width, [&](Builder& builder, const auto& x, const auto& a) {
          std::vector<Node> operands = a;
          if (packed) std::swap(operands.front(), operands.back());
          operands.insert(operands.end(), x.begin(), x.end());
          const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(),
                                            static_cast<std::uint32_t>(neurons));
          std::vector<Node> y;
          for (std::size_t i = neurons; i-- > 0;) y.push_back(builder.element(product, i));
          return y;
        });
        for (const std::size_t rows : {1, 2, 9, 33}) compare_everywhere(graph, rows);
      }
    }
  }
}

/// Of so many inputs that they are read some at a time.
TEST(RuntimeExecutor, ProductsOfManyInputs) {
  for (const std::size_t width : {256, 257, 700}) {
    const Graph graph = graph_of(width + 1, 3 * width + 3, [&](Builder& builder, const auto& x, const auto& a) {
      std::vector<Node> operands(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(3 * width));
      operands.insert(operands.end(), x.begin(), x.end() - 1);
      const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), 3);
      std::vector<Node> y;
      for (std::size_t i = 0; i < 3; ++i) {
        const Node sum = builder.node(Operator::add, {builder.element(product, i), a[3 * width + i]});
        y.push_back(width % 2 == 0 ? builder.node(Operator::relu, {sum})
                                   : builder.node(Operator::mul, {sum, x.back()}));
      }
      return y;
    });
    for (const std::size_t rows : {1, 4, 5, 31, 33, 70, 300}) compare_everywhere(graph, rows, rows, 1e-11);
  }
}

TEST(RuntimeExecutor, OuterProductsOfAnyShape) {
  for (const std::size_t rows : {1, 2, 6, 13}) {
    for (const std::size_t columns : {1, 3, 8, 17}) {
      const Graph graph = graph_of(rows + columns - 1, 1, [&](Builder& builder, const auto& x, const auto& a) {
        // One operand is uniform, some elements are not wanted, some go to the same place, one to two places.
        std::vector<Node> operands = {a[0]};
        operands.insert(operands.end(), x.begin(), x.end());
        const Node outer =
            builder.node(Operator::outer_product, operands.data(), operands.size(), static_cast<std::uint32_t>(rows));
        Graph& result = builder.result();
        for (std::size_t i = 0; i < rows * columns; ++i) {
          if (i % 5 == 3) continue;
          result.sums.push_back({builder.element(outer, i), static_cast<std::uint32_t>(i % 7)});
        }
        result.sums.push_back({builder.element(outer, 0), 8});
        if (!x.empty()) result.sums.push_back({x[0], 8});
        result.sums.push_back({a[0], 9});
        result.sum_count = 10;
        return std::vector<Node>{a[0]};
      });
      for (const std::size_t samples : {1, 7, 40, 300}) compare_everywhere(graph, samples);
    }
  }
}

TEST(RuntimeExecutor, RandomGradients) {
  constexpr std::uint64_t seeds = sanitized ? 6 : 25;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const RandomGraph random(seed, 30 + 20 * (seed % 4));
    Graph vjp = graph::vjp(graph::group(random.graph));
    vjp = graph::fuse(graph::expand(vjp, graph::Composites::expand));
    Generator generator(seed);
    const std::size_t rows = 1 + generator.below(40);
    const std::vector<double> inputs = generator.numbers(rows * vjp.input_count);
    for (const Target* target : runtime::targets()) {
      compare<double>(vjp, *target, rows, inputs, random.shared, 1e-9);
    }
  }
}

}  // namespace
}  // namespace smolgrad::test

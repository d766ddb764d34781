// What is summed over a batch: in any number of chunks, the same bits on any number of threads.
#include <cmath>
#include <thread>

#include "graph/interpret.hpp"
#include "graph/random_graph.hpp"
#include "runtime/executor.hpp"

namespace smolgrad::test {
namespace {

/// Tasks on threads of its own, the last first.
void run_on_threads(void (*task)(void*, std::size_t), void* context, std::size_t count, void*) {
  std::vector<std::thread> threads;
  for (std::size_t i = count; i-- > 0;) threads.emplace_back(task, context, i);
  for (std::thread& thread : threads) thread.join();
}

/// `sums_of(row, shared, add)` calls add(place, number) for all that a row adds.
template <class T, class SumsOf>
void expect_same_on_threads(const Graph& graph, const std::vector<std::size_t>& counts, double tolerance,
                            const SumsOf& sums_of) {
  Generator generator(3);
  const std::vector<double> shared = generator.numbers(graph.shared_count);
  const std::vector<T> a(shared.begin(), shared.end());
  const runtime::Target* const target = *runtime::targets().begin();
  const runtime::Executor<T> executor(runtime::schedule(graph), target->kernels<T>());
  for (const std::size_t rows : counts) {
    SCOPED_TRACE(testing::Message() << rows << " rows");
    const std::vector<double> numbers = generator.numbers(rows * graph.input_count);
    const std::vector<T> x(numbers.begin(), numbers.end());
    std::vector<double> wanted(graph.sum_count), sizes(graph.sum_count, 1.0);
    for (std::size_t row = 0; row < rows; ++row) {
      sums_of(x.data() + row * graph.input_count, a.data(), [&](std::size_t place, double number) {
        wanted.at(place) += number;
        sizes[place] += std::abs(number);
      });
    }
    // The same rows in another order, and where each is then.
    std::vector<T> backwards;
    std::vector<std::size_t> order;
    for (std::size_t row = rows; row-- > 0;) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * graph.input_count);
      backwards.insert(backwards.end(), begin, begin + static_cast<std::ptrdiff_t>(graph.input_count));
      order.push_back(row);
    }
    std::vector<T> first, first_outputs;
    const runtime::Threads choices[] = {{1, nullptr, nullptr},        {2, nullptr, nullptr},
                                        {3, nullptr, nullptr},        {17, nullptr, nullptr},
                                        {3, run_on_threads, nullptr}, {16, run_on_threads, nullptr}};
    for (const runtime::Threads& threads : choices) {
      std::vector<T> outputs(rows * graph.outputs.size()), sums(graph.sum_count, T(-77));
      runtime::Batch<T> batch;
      batch.rows = rows;
      batch.inputs[0] = {x.data(), graph.input_count};
      batch.shared = a.data();
      batch.outputs[0] = {outputs.data(), graph.outputs.size()};
      batch.sums = sums.data();
      executor.run(batch, threads);
      if (first.empty()) {
        first = sums;
        first_outputs = outputs;
        for (std::size_t i = 0; i < graph.sum_count; ++i) {
          ASSERT_NEAR(sums[i], wanted[i], tolerance * sizes[i]) << "sum " << i;
        }
      }
      EXPECT_EQ(sums, first) << threads.count << " threads";
      EXPECT_EQ(outputs, first_outputs) << threads.count << " threads";
      batch.inputs[0].data = backwards.data();
      batch.order = order.data();
      executor.run(batch, threads);
      EXPECT_EQ(sums, first) << threads.count << " threads, in order";
      EXPECT_EQ(outputs, first_outputs) << threads.count << " threads, in order";
    }
  }
}

constexpr std::size_t width = 280;

/// A network's gradient in small: so much work that 32 rows are a chunk, and weights and operators so many that a
/// team divides them. `shares`: some sums go to one place.
Graph much_work(bool shares) {
  return graph_of(width, width * width + width, [&](Builder& builder, const auto& x, const auto& a) {
    std::vector<Node> operands(a.begin(), a.begin() + width * width);
    operands.insert(operands.end(), x.begin(), x.end());
    const Node product = builder.node(Operator::matrix_product, operands.data(), operands.size(), width);
    Graph& graph = builder.result();
    std::vector<Node> outputs;
    std::uint32_t place = 0;
    for (std::size_t i = 0; i < width; ++i) {
      outputs.push_back(builder.node(Operator::tanh, {builder.element(product, i)}));
      graph.sums.push_back({outputs.back(), i >= 5 && shares ? 3 : place++});
    }
    std::vector<Node> sides(outputs.begin(), outputs.begin() + 5);
    graph.sums.push_back({a[7], place++});
    sides.insert(sides.end(), x.begin(), x.begin() + 7);
    const Node outer = builder.node(Operator::outer_product, sides.data(), sides.size(), 5);
    for (std::size_t i = 0; i < 35; ++i) graph.sums.push_back({builder.element(outer, i), place++});
    graph.sum_count = place + 1;  // nothing goes to the last
    return outputs;
  });
}

/// The same written out.
template <class T, class Add>
void add_much_work(bool shares, const T* x, const T* a, const Add& add) {
  std::vector<double> sides;
  std::size_t place = 0;
  for (std::size_t i = 0; i < width; ++i) {
    double y = 0.0;
    for (std::size_t k = 0; k < width; ++k) y += static_cast<double>(a[i * width + k]) * x[k];
    y = std::tanh(y);
    if (i < 5) sides.push_back(y);
    add(i >= 5 && shares ? 3 : place++, y);
  }
  add(place++, a[7]);
  for (const double left : sides) {
    for (std::size_t k = 0; k < 7; ++k) add(place++, left * x[k]);
  }
}

TEST(RuntimeSumsThread, AnyNumberOfChunks) {
  for (const bool shares : {false, true}) {
    const Graph graph = much_work(shares);
    std::vector<std::size_t> rows = {1, 2, 31, 63};
    for (std::size_t chunks = 1; chunks <= 17; ++chunks) {
      rows.push_back(32 * chunks);
      rows.push_back(32 * chunks + 17);
    }
    const auto sums_of = [shares](const auto* x, const auto* a, const auto& add) { add_much_work(shares, x, a, add); };
    expect_same_on_threads<double>(graph, rows, 1e-12, sums_of);
    expect_same_on_threads<float>(graph, {49, 96, 545}, 1e-4, sums_of);
  }
}

/// Chunks of many blocks.
TEST(RuntimeSumsThread, LittleWork) {
  for (const bool shares : {false, true}) {
    const Graph graph = graph_of(2, 1, [&](Builder& builder, const auto& x, const auto& a) {
      const Node y = builder.node(Operator::mul, {x[0], x[1]});
      builder.result().sums = {{x[0], 0}, {y, 1}, {x[1], shares ? 1u : 2u}, {a[0], 3}};
      builder.result().sum_count = 4;
      return std::vector<Node>{y};
    });
    expect_same_on_threads<double>(graph, {3, 1000, 20000, 70000, 130001}, 1e-11,
                                   [shares](const double* x, const double* a, const auto& add) {
                                     add(0, x[0]);
                                     add(1, x[0] * x[1]);
                                     add(shares ? 1 : 2, x[1]);
                                     add(3, a[0]);
                                   });
  }
}

}  // namespace
}  // namespace smolgrad::test

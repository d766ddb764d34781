// Threads: the same bits for any number of them, whoever lends them; one Function run and compiled by many at once.
#include <atomic>
#include <cstring>
#include <thread>

#include "formula.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t many_rows = sanitized ? 4001 : 20011;

constexpr std::size_t inputs = 4;
constexpr std::size_t shared = 64;

/// A network and some more, with sums over the batch of every kind: of a matrix, of a number, of what is uniform.
Values formula(const Values& x, const Values& a) {
  Values hidden;
  for (std::size_t i = 0; i < 12; ++i) {
    hidden.push_back(tanh(dot({a[4 * i], a[4 * i + 1], a[4 * i + 2], a[4 * i + 3]}, x) + a[48 + i]));
  }
  Value y = sum(hidden) * a[60] + a[61] * a[61];
  for (int i = 0; i < 20; ++i) y = sin(y * a[62]) + x[1];
  return {logsumexp({y, hidden[3], a[63]})};
}

struct Batch {
  std::vector<double> x, a;
  explicit Batch(std::size_t rows) : x(some_numbers(rows * inputs)), a(some_numbers(shared, 2)) {}
};

void expect_same_bits(const Results<double>& got, const Results<double>& expected) {
  const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
  };
  EXPECT_TRUE(same(got.outputs, expected.outputs)) << "outputs";
  EXPECT_TRUE(same(got.d_inputs, expected.d_inputs)) << "inputs";
  EXPECT_TRUE(same(got.d_shared, expected.d_shared)) << "shared";
}

using Task = void (*)(void* context, std::size_t i);

void in_order(Task task, void* context, std::size_t count, void* calls) {
  for (std::size_t i = 0; i < count; ++i) task(context, i);
  if (calls != nullptr) *static_cast<std::size_t*>(calls) += count;
}
void backwards(Task task, void* context, std::size_t count, void*) {
  for (std::size_t i = count; i-- > 0;) task(context, i);
}
void in_parallel(Task task, void* context, std::size_t count, void*) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(task, context, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(FunctionThreads, SameBitsForAnyNumber) {
  const Function function = compile(formula, inputs, shared);
  for (const std::size_t rows : {std::size_t{1}, std::size_t{31}, std::size_t{33}, std::size_t{1009}, many_rows}) {
    SCOPED_TRACE(rows);
    const Batch batch(rows);
    const Results<double> expected = gradient_of(function, rows, batch.x, batch.a);
    for (const std::size_t threads : {0, 2, 3, 8, 300}) {
      SCOPED_TRACE(threads);
      expect_same_bits(gradient_of(function, rows, batch.x, batch.a, {threads, nullptr, nullptr}), expected);
    }
    for (const Runner runner : {in_order, backwards, in_parallel}) {
      expect_same_bits(gradient_of(function, rows, batch.x, batch.a, {7, runner, nullptr}), expected);
    }
    const std::vector<double> outputs = expected.outputs;
    std::vector<double> evaluated(rows), again(rows);
    function.evaluate(rows, batch.x.data(), batch.a.data(), evaluated.data());
    function.evaluate(rows, batch.x.data(), batch.a.data(), again.data(), {3, nullptr, nullptr});
    EXPECT_EQ(std::memcmp(evaluated.data(), again.data(), rows * sizeof(double)), 0);
  }
}

/// Two layers' outer products one after the other, whose sides both have to be transposed, of different widths: the
/// inputs are scaled first.
TEST(FunctionThreads, SameBitsForLayersOfScaledInputs) {
  constexpr std::size_t width = sanitized ? 256 : 512, neurons = 128, rows = 32;
  constexpr std::size_t weights = neurons * width + neurons;
  const Function function = compile(
      [&](const Values& x, const Values& a) {
        Values scaled, hidden;
        for (const Value& input : x) scaled.push_back(input * 0.5);
        const auto product = [&](std::size_t first, const Values& y) {
          return dot(Values(a.begin() + static_cast<std::ptrdiff_t>(first),
                            a.begin() + static_cast<std::ptrdiff_t>(first + y.size())),
                     y);
        };
        for (std::size_t i = 0; i < neurons; ++i) hidden.push_back(relu(product(i * width, scaled)));
        Values squares;
        for (std::size_t i = 0; i < 10; ++i) squares.push_back(pow(product((width + i) * neurons, hidden), 2.0));
        return Values{sum(squares)};
      },
      width, weights + 9 * neurons);
  const std::vector<double> x = some_numbers(rows * width), a = some_numbers(weights + 9 * neurons, 2);
  std::vector<double> outputs(rows), expected(a.size()), got(a.size());
  const auto sums = [&](std::vector<double>& to, const RunOptions& run) {
    function.gradient<double>(rows, x.data(), a.data(), outputs.data(), nullptr, to.data(), run);
  };
  sums(expected, {});
  for (int round = 0; round < (sanitized ? 10 : 300); ++round) {
    sums(got, {2, in_parallel, nullptr});
    ASSERT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(double)), 0) << round;
  }
}

/// Many inputs' product, divided by rows, beside which other inputs are loaded: before it where it needs them.
void expect_same_bits_beside_loading(bool product_needs_them) {
  constexpr std::size_t width = 300, neurons = 64;
  const Function function = compile(
      [&](const Values& x, const Values& a) {
        const Values wide(x.begin(), x.begin() + width);
        Values outputs;
        for (std::size_t i = 0; i < neurons; ++i) {
          const auto row = a.begin() + static_cast<std::ptrdiff_t>(i * width);
          const Value y = dot(Values(row, row + width), wide);
          const Value& other = x[width + i];
          outputs.push_back(product_needs_them ? select(0.0, other, y, 0.0) : relu(y) * other);
        }
        return Values{sum(outputs)};
      },
      width + neurons, neurons * width);
  const std::vector<double> a = some_numbers(neurons * width);
  for (unsigned seed = 1; seed < (sanitized ? 4 : 40); ++seed) {
    // Of 34 the last two are a block that is loaded otherwise.
    for (const std::size_t rows : {std::size_t{40}, std::size_t{34}}) {
      const std::vector<double> x = some_numbers(rows * (width + neurons), seed);
      const auto results = [&](const RunOptions& options) {
        std::pair<std::vector<double>, std::vector<double>> both(rows, neurons * width);  // outputs, sums
        function.gradient<double>(rows, x.data(), a.data(), both.first.data(), nullptr, both.second.data(), options);
        return both;
      };
      const auto expected = results({});
      for (const auto runner : {in_order, backwards, in_parallel}) {
        ASSERT_EQ(results({2, runner, nullptr}), expected) << seed << ", rows " << rows;
      }
    }
  }
}

TEST(FunctionThreads, SameBitsForAProductThatNeedsWhatIsLoaded) { expect_same_bits_beside_loading(true); }
TEST(FunctionThreads, SameBitsForAProductBesideWhatIsLoaded) { expect_same_bits_beside_loading(false); }

TEST(FunctionThreads, ALargeBatchIsDivided) {
  const Function function = compile(formula, inputs, shared);
  const Batch batch(many_rows);
  std::size_t calls = 0;
  gradient_of(function, many_rows, batch.x, batch.a, {4, in_order, &calls});
  EXPECT_GT(calls, 1u);
}

/// Sums against the tape's, sample by sample.
TEST(FunctionThreads, SumsAreRight) {
  const Function function = compile(formula, inputs, shared);
  constexpr std::size_t rows = 777;
  const Batch batch(rows);
  const Results<double> expected = eagerly(formula, rows, batch.x, batch.a);
  const Results<double> got = gradient_of(function, rows, batch.x, batch.a, {3, nullptr, nullptr});
  for (std::size_t i = 0; i < shared; ++i) EXPECT_NEAR(got.d_shared[i], expected.d_shared[i], 1e-10);
}

TEST(FunctionThreads, OneFunctionByManyAtOnce) {
  const Function function = compile(formula, inputs, shared);
  constexpr std::size_t rows = 501;
  const Batch batch(rows);
  const Function reference = compile(formula, inputs, shared);
  const Results<double> expected = gradient_of(reference, rows, batch.x, batch.a);
  std::vector<double> hessian(rows * inputs * inputs);
  reference.hessian<double>(rows, batch.x.data(), batch.a.data(), nullptr, hessian.data());
  // Each begins with first calls.
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      ++ready;
      while (ready < 4) std::this_thread::yield();
      for (int round = 0; round < 5; ++round) {
        const RunOptions run{thread % 2 == 0 ? std::size_t{1} : std::size_t{3}, nullptr, nullptr};
        expect_same_bits(gradient_of(function, rows, batch.x, batch.a, run), expected);
        std::vector<double> second(hessian.size());
        function.hessian<double>(rows, batch.x.data(), batch.a.data(), nullptr, second.data(), run);
        EXPECT_EQ(second, hessian);
        EXPECT_FALSE(function.derivative().to_text().empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FunctionThreads, GuardsAreCheckedByManyAtOnce) {
  Tape tape;
  const Value x = tape.value(1.0);
  GuardScope scope(tape);
  EXPECT_TRUE(x > 0.0);
  const Function function({x}, {}, {x}, {Dtype::float64, scope.guards()});
  std::vector<double> at(3000);
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = i % 3 == 0 ? -1.0 : 1.0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      EXPECT_EQ(function.check<double>(at.size(), at.data(), nullptr, nullptr, {2, nullptr, nullptr}), 1000u);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace smolgrad::test

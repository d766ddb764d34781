// After warm-up a run allocates nothing, whatever the number of rows: with one thread, and with a runner.
#include <atomic>
#include <cstdlib>
#include <new>

#include "formula.hpp"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t to) { return counted(size, static_cast<std::size_t>(to)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace smolgrad::test {
namespace {

void one_after_the_other(void (*task)(void*, std::size_t), void* context, std::size_t count, void*) {
  for (std::size_t i = 0; i < count; ++i) task(context, i);
}

TEST(FunctionAllocation, NoneAfterWarmUp) {
  const Formula formula = [](const Values& x, const Values& a) {
    Values hidden;
    for (std::size_t i = 0; i < 8; ++i) hidden.push_back(tanh(dot(x, {a[3 * i], a[3 * i + 1], a[3 * i + 2]})));
    return Values{logsumexp(hidden) + exp(a[0]) * x[2]};
  };
  Tape tape;
  const TapeScope scope(tape);
  const Values x = tape.values({1, 2, 3}), a = tape.values(std::vector<double>(24, 0.5));
  GuardScope guards(tape);
  EXPECT_TRUE(x[0] < x[1]);
  const Function function(x, a, formula(x, a), {Dtype::float64, guards.guards()});
  constexpr std::size_t most = 100000;
  const std::vector<double> inputs = some_numbers(3 * most), shared = some_numbers(24),
                            vectors = some_numbers(3 * most);
  std::vector<double> y(most), d(3 * most), matrix(9 * most), sums(24);
  std::vector<std::uint8_t> diverged(most);
  const auto everything = [&](std::size_t rows, const RunOptions& run) {
    function.evaluate(rows, inputs.data(), shared.data(), y.data(), run);
    function.gradient(rows, inputs.data(), shared.data(), y.data(), d.data(), sums.data(), run);
    function.gradient<double>(rows, inputs.data(), shared.data(), nullptr, nullptr, sums.data(), run);
    function.vjp(rows, inputs.data(), shared.data(), vectors.data(), y.data(), d.data(), sums.data(), run);
    function.jvp(rows, inputs.data(), shared.data(), vectors.data(), y.data(), d.data(), run);
    function.jacobian(rows, inputs.data(), shared.data(), y.data(), matrix.data(), run);
    function.hessian(rows, inputs.data(), shared.data(), y.data(), matrix.data(), run);
    function.hessian_vector(rows, inputs.data(), shared.data(), vectors.data(), y.data(), d.data(), run);
    function.check(rows, inputs.data(), shared.data(), diverged.data(), run);
  };
  const auto allocated = [&](std::size_t rows, const RunOptions& run) {
    const long before = allocations;
    everything(rows, run);
    return allocations - before;
  };
  EXPECT_GT(allocated(0, {}), 0) << "compiles";
  EXPECT_EQ(allocated(0, {}), 0);
  EXPECT_GT(allocated(1, {}) + allocated(2, {}), 0) << "workspaces of a row and of several";
  for (const std::size_t rows : {std::size_t{1}, std::size_t{1000}, most}) {
    EXPECT_EQ(allocated(rows, {}), 0) << rows << " rows";
  }
  const RunOptions lent{4, one_after_the_other, nullptr};
  EXPECT_GT(allocated(most / 4, lent), 0) << "more workspaces";
  for (const std::size_t rows : {std::size_t{1}, std::size_t{1000}, most / 4}) {
    EXPECT_EQ(allocated(rows, lent), 0) << rows << " rows";
    EXPECT_EQ(allocated(rows, {}), 0) << rows << " rows";
  }
}

}  // namespace
}  // namespace smolgrad::test

// F4: how long it takes to compile a recording with its gradient, and after how many evaluations that is repaid.
#include <fmt/format.h>
#include <smolgrad/function.hpp>
#include <smolgrad/tape.hpp>

#include "workload.hpp"

namespace bench {

namespace {

using smolgrad::Value;

/// So many operations of various kinds on some inputs, none of which can be simplified away.
Value record(const std::vector<Value>& x, std::size_t operations) {
  Value y = x[0];
  for (std::size_t i = 0; i < operations / 6; ++i) {
    const Value& a = x[i % x.size()];
    const Value& b = x[(i / x.size() + 1) % x.size()];
    y = tanh(y * a + b * y) + a * b;
    if (i % 7 == 0) y = y - exp(-y) * a;
  }
  return y;
}

}  // namespace

void print_compilation(bool smoke) {
  fmt::print("\nF4, compiling a recording and its gradient     ms   operations a second\n");
  for (const std::size_t operations : {30, 640, smoke ? 6'000 : 678'000}) {
    smolgrad::Tape tape;
    const std::vector<Value> x = tape.values({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8});
    const Value y = record(x, operations);
    const auto recorded = static_cast<double>(tape.node_count() - x.size());
    const double seconds = least_seconds(operations < 1000 ? 200 : 3, [&] {
      const smolgrad::Function function(x, {}, {y});
      double value = 0.0;
      double gradient[8];
      function.gradient<double>(0, nullptr, nullptr, &value, gradient, nullptr);
    });
    fmt::print("{:>12.0f} operations {:>26.3f} {:>18.1f} million\n", recorded, seconds * 1e3, recorded / seconds / 1e6);
  }
  fmt::print("                must {:>44} million\n", "2.0");
  print_repayment(smoke);
}

}  // namespace bench

// Batches too large for the caches, whose results are written past them: all of them arrive, and nothing beside them.
#include <algorithm>

#include "formula.hpp"

namespace smolgrad::test {
namespace {

/// x y z, whose derivatives vary, and are known to the bit for small integers.
Function product() {
  return compile([](const Values& x, const Values&) { return Values{x[0] * x[1] * x[2]}; }, 3, 0);
}

TEST(FunctionLargeBatch, EveryResultArrives) {
  const Function function = product();
  constexpr double untouched = -7.0;
  for (const std::size_t rows : {100'000u, 131'071u}) {
    std::vector<double> inputs(rows * 3);
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<double>(i % 1013);
    // Wherever arrays begin within a cache line.
    for (std::size_t offset = 0; offset < 8; offset += 3) {
      for (const std::size_t threads : {1u, 2u}) {
        std::vector<double> values(rows + 16, untouched), derivatives(rows * 3 + 16, untouched);
        RunOptions run;
        run.threads = threads;
        function.gradient<double>(rows, inputs.data(), nullptr, values.data() + offset, derivatives.data() + offset,
                                  nullptr, run);
        std::size_t wrong = 0;
        for (std::size_t row = 0; row < rows; ++row) {
          const double* const x = inputs.data() + row * 3;
          const double* const found = derivatives.data() + offset + row * 3;
          wrong += values[offset + row] != x[0] * x[1] * x[2];
          wrong += found[0] != x[1] * x[2] || found[1] != x[0] * x[2] || found[2] != x[0] * x[1];
        }
        EXPECT_EQ(wrong, 0u) << rows << " rows, offset " << offset << ", " << threads << " threads";
        EXPECT_EQ(std::count(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(offset), untouched),
                  static_cast<std::ptrdiff_t>(offset));
        EXPECT_EQ(std::count(values.begin() + static_cast<std::ptrdiff_t>(offset + rows), values.end(), untouched),
                  static_cast<std::ptrdiff_t>(16 - offset));
        EXPECT_EQ(std::count(derivatives.begin() + static_cast<std::ptrdiff_t>(offset + rows * 3), derivatives.end(),
                             untouched),
                  static_cast<std::ptrdiff_t>(16 - offset));
      }
    }
  }
}

}  // namespace
}  // namespace smolgrad::test

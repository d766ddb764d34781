// Random programs of 10 to 10,000 instructions with every operator: values and gradients are the tape's, and forward
// and reverse mode agree.
#include "random_program.hpp"
#include "sanitized.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t largest = sanitized ? 1000 : 10000;
constexpr std::uint64_t small_programs = sanitized ? 40 : 150;

/// Results are compared with the tape's within the estimated rounding error of both (see ErrorEstimate).
void compare(std::uint64_t seed, std::size_t size) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ", size " << size);
  Generator generator(seed);
  const std::size_t inputs = 1 + generator.below(6);
  const std::size_t shared = generator.below(12);
  const std::size_t outputs = 1 + generator.below(5);
  const RandomProgram program = generator.generate(inputs, shared, size, outputs);
  const Function function = compile(program.formula(), inputs, shared);
  const std::size_t rows = 1 + generator.below(size < 1000 ? 40 : 5);
  const std::vector<double> x = generator.numbers(rows * inputs);
  const std::vector<double> a = generator.numbers(shared);
  const std::vector<double> adjoints = generator.numbers(rows * outputs);
  const Results<double> expected = eagerly(program.formula(), rows, x, a, adjoints.data());
  const Results<double> got = vjp_of(function, rows, x, a, adjoints);
  std::vector<double> evaluated(rows * outputs);
  function.evaluate(rows, x.data(), a.data(), evaluated.data());

  std::vector<double> shared_errors(shared);
  bool near_kink = false;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<double> leaves(x.begin() + static_cast<std::ptrdiff_t>(row * inputs),
                               x.begin() + static_cast<std::ptrdiff_t>((row + 1) * inputs));
    leaves.insert(leaves.end(), a.begin(), a.end());
    const ErrorEstimate error(program, leaves, adjoints.data() + row * outputs);
    if (error.near_kink) {
      near_kink = true;
      continue;
    }
    for (std::size_t i = 0; i < outputs; ++i) {
      const std::size_t at = row * outputs + i;
      ASSERT_TRUE(std::isfinite(expected.outputs[at]));
      EXPECT_NEAR(got.outputs[at], expected.outputs[at], error.outputs[i]) << "output " << i << " of row " << row;
      EXPECT_NEAR(evaluated[at], expected.outputs[at], error.outputs[i]) << "output " << i << " of row " << row;
    }
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t at = row * inputs + i;
      EXPECT_NEAR(got.d_inputs[at], expected.d_inputs[at], error.gradient[i]) << "input " << i << " of row " << row;
    }
    for (std::size_t i = 0; i < shared; ++i) shared_errors[i] += error.gradient[inputs + i];
  }
  if (near_kink) return;
  for (std::size_t i = 0; i < shared; ++i) {
    EXPECT_NEAR(got.d_shared[i], expected.d_shared[i],
                shared_errors[i] + 16 * DBL_EPSILON * std::abs(expected.d_shared[i]))
        << "shared " << i;
  }

  // u . (J v) = (uJ) . v, row by row.
  const std::vector<double> tangents = generator.numbers(rows * inputs);
  std::vector<double> moved(rows * outputs);
  function.jvp<double>(rows, x.data(), a.data(), tangents.data(), nullptr, moved.data());
  for (std::size_t row = 0; row < rows; ++row) {
    double forward = 0.0, reverse = 0.0, size_of_terms = 0.0;
    for (std::size_t i = 0; i < outputs; ++i) forward += adjoints[row * outputs + i] * moved[row * outputs + i];
    for (std::size_t i = 0; i < outputs; ++i) {
      size_of_terms += std::abs(adjoints[row * outputs + i] * moved[row * outputs + i]);
    }
    for (std::size_t i = 0; i < inputs; ++i) {
      reverse += got.d_inputs[row * inputs + i] * tangents[row * inputs + i];
      size_of_terms += std::abs(got.d_inputs[row * inputs + i] * tangents[row * inputs + i]);
    }
    EXPECT_NEAR(forward, reverse, 1e-9 * (1.0 + size_of_terms)) << "row " << row;
  }
}

TEST(FunctionRandom, SmallProgramsEqualTheTape) {
  for (std::uint64_t seed = 1; seed <= small_programs; ++seed) compare(seed, 10 + seed % 50);
}

TEST(FunctionRandom, LargeProgramsEqualTheTape) {
  for (std::size_t size = 100; size <= largest; size *= 3) {
    for (std::uint64_t seed = 1; seed <= (size < 200 ? 10 : 2); ++seed) compare(1000 * size + seed, size);
  }
  compare(7, largest);
}

/// Second derivatives: in every mode the same, and the slopes of the tape's gradients, where two differences agree on
/// what these are.
TEST(FunctionRandom, SecondDerivatives) {
  constexpr std::size_t inputs = 3;
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Generator generator(seed);
    const RandomProgram program = generator.generate(inputs, 2, 10 + seed, 1);
    const Function function = compile(program.formula(), inputs, 2), first = function.derivative();
    const std::vector<double> x = generator.numbers(inputs), a = generator.numbers(2), v = generator.numbers(inputs);
    std::vector<double> hessian(inputs * inputs), products(inputs), moved(inputs), jacobian(inputs * inputs);
    function.hessian<double>(1, x.data(), a.data(), nullptr, hessian.data());
    function.hessian_vector<double>(1, x.data(), a.data(), v.data(), nullptr, products.data());
    first.jvp<double>(1, x.data(), a.data(), v.data(), nullptr, moved.data());
    first.jacobian<double>(1, x.data(), a.data(), nullptr, jacobian.data());
    const Results<double> backwards = vjp_of(first, 1, x, a, v);
    const auto slope = [&](std::size_t i, double h) {
      std::vector<double> up = x, down = x;
      for (std::size_t k = 0; k < inputs; ++k) up[k] += h * v[k], down[k] -= h * v[k];
      const auto gradient = [&](const std::vector<double>& at) {
        return eagerly(program.formula(), 1, at, a).d_inputs[i];
      };
      return (gradient(up) - gradient(down)) / (2 * h);
    };
    for (std::size_t i = 0; i < inputs; ++i) {
      double product = 0.0, terms = 1.0;
      for (std::size_t k = 0; k < inputs; ++k) {
        product += hessian[i * inputs + k] * v[k];
        terms += std::abs(hessian[i * inputs + k] * v[k]);
        EXPECT_NEAR(jacobian[i * inputs + k], hessian[i * inputs + k], 1e-9 * (1 + std::abs(hessian[i * inputs + k])));
      }
      EXPECT_NEAR(products[i], product, 1e-9 * terms);
      EXPECT_NEAR(moved[i], product, 1e-9 * terms);
      EXPECT_NEAR(backwards.d_inputs[i], product, 1e-9 * terms);
      const double near = slope(i, 1e-5), far = slope(i, 2e-5);
      if (std::abs(near - far) > 1e-7 * terms) continue;
      ++compared;
      EXPECT_NEAR(product, near, 1e-5 * terms);
    }
  }
  EXPECT_GT(compared, 120u);
}

}  // namespace
}  // namespace smolgrad::test

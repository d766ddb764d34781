// What a Function refuses, and what it takes: counts, types, overlaps, no rows, no inputs, results not wanted, inputs
// that are not numbers.
#include "error_of.hpp"
#include "formula.hpp"

namespace smolgrad::test {
namespace {

constexpr ErrorCode invalid = ErrorCode::invalid_argument;

TEST(FunctionCompile, RefusesWhatIsNoFunction) {
  Tape tape, another;
  const Value x = tape.value(1.0), a = tape.value(2.0), foreign = another.value(3.0);
  const Value y = x * a;
  EXPECT_EQ(error_of([&] { Function({x}, {a}, {}); }), invalid) << "no outputs";
  EXPECT_EQ(error_of([&] { Function({x}, {a}, {Value()}); }), invalid) << "an empty output";
  EXPECT_EQ(error_of([&] { Function({Value()}, {a}, {y}); }), invalid) << "an empty input";
  EXPECT_EQ(error_of([&] { Function({x, x}, {}, {y}); }), invalid) << "an input twice";
  EXPECT_EQ(error_of([&] { Function({x}, {x}, {y}); }), invalid) << "an input that is shared too";
  EXPECT_EQ(error_of([&] { Function({y}, {a}, {y * 2.0}); }), invalid) << "an input that is computed";
  EXPECT_EQ(error_of([&] { Function({x}, {foreign}, {y}); }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { Function({x}, {a}, {y, foreign}); }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { Function({x}, {a}, {y}, {static_cast<Dtype>(7), {}}); }), invalid);
}

TEST(FunctionCompile, KeepsNothingOfTheTape) {
  const Function function = compile([](const Values& x, const Values& a) { return Values{x[0] * a[0]}; }, 1, 1);
  const Function copy = function;  // NOLINT(performance-unnecessary-copy-initialization)
  const double x = 3.0, a = 5.0;
  double y = 0.0;
  copy.evaluate(1, &x, &a, &y);
  EXPECT_EQ(y, 15.0);
}

TEST(FunctionCompile, OtherLeavesAreConstantsOfNow) {
  Tape tape;
  Value x = tape.value(1.0), other = tape.value(2.0), constant = tape.constant(4.0);
  const Value y = x * other + constant;
  other.set_data(10.0);
  const Function function({x}, {}, {y});
  other.set_data(100.0);
  const double at = 3.0;
  double result = 0.0;
  function.evaluate<double>(1, &at, nullptr, &result);
  EXPECT_EQ(result, 34.0);
}

/// Outputs that are leaves, constants, the same Value twice; leaves that nothing depends on.
TEST(FunctionOutputs, OfEveryKind) {
  const Formula formula = [](const Values& x, const Values& a) {
    const Value product = x[1] * a[1];
    return Values{x[1], a[1], Value(7.0), product, product, exp(a[1]), x[1], sin(Value(1.0)), x[1] + a[1]};
  };
  const Function function = compile(formula, 3, 3);
  ASSERT_EQ(function.output_count(), 9u);
  for (const std::size_t rows : {1u, 2u, 5u, 65u, 1000u}) {
    std::vector<double> x, adjoints;
    for (std::size_t i = 0; i < rows * 3; ++i) x.push_back(0.01 * static_cast<double>(i % 311) - 1.0);
    for (std::size_t i = 0; i < rows * 9; ++i) adjoints.push_back(0.5 + static_cast<double>(i % 9));
    const std::vector<double> a = {1.0, -0.75, 2.0};
    const Results<double> expected = eagerly(formula, rows, x, a, adjoints.data());
    const Results<double> got = vjp_of(function, rows, x, a, adjoints);
    for (std::size_t i = 0; i < rows * 9; ++i) EXPECT_LE(ulp_apart(got.outputs[i], expected.outputs[i]), 2.0);
    for (std::size_t i = 0; i < rows * 3; ++i) EXPECT_LE(ulp_apart(got.d_inputs[i], expected.d_inputs[i]), 4.0);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(got.d_shared[i], expected.d_shared[i], 1e-10);
    EXPECT_EQ(got.d_shared[0], 0.0);
    std::vector<double> jacobian(rows * 27), tangents(rows * 3, 1.0), moved(rows * 9);
    function.jacobian<double>(rows, x.data(), a.data(), nullptr, jacobian.data());
    function.jvp<double>(rows, x.data(), a.data(), tangents.data(), nullptr, moved.data());
    const double by_input[] = {1, 0, 0, -0.75, -0.75, 0, 1, 0, 1};
    for (std::size_t i = 0; i < rows * 27; ++i) EXPECT_EQ(jacobian[i], i % 3 == 1 ? by_input[i / 3 % 9] : 0.0);
    for (std::size_t i = 0; i < rows * 9; ++i) EXPECT_EQ(moved[i], by_input[i % 9]);
  }
}

TEST(FunctionOutputs, SumsOfWhatIsUniform) {
  // The derivatives by the shared leaves do not depend on the sample.
  const Formula formula = [](const Values& x, const Values& a) { return Values{a[0] * a[0] * a[1] + a[2] + x[0]}; };
  const Function function = compile(formula, 1, 4);
  for (const std::size_t rows : {1u, 3u, 64u, 999u}) {
    const Results<double> got = gradient_of<double>(function, rows, std::vector<double>(rows, 1.0), {3, 5, 7, 9});
    const auto n = static_cast<double>(rows);
    EXPECT_EQ(got.d_shared, (std::vector<double>{30 * n, 9 * n, n, 0}));
  }
  const Formula alone = [](const Values&, const Values& a) { return Values{a[0]}; };
  EXPECT_EQ(gradient_of<double>(compile(alone, 0, 1), 5, {}, {3.0}).d_shared[0], 5.0);
}

TEST(FunctionOutputs, WithoutInputs) {
  const Formula formula = [](const Values&, const Values& a) { return Values{sin(a[0]), Value(2.0)}; };
  const Function function = compile(formula, 0, 1);
  const double a = 0.5;
  std::vector<double> y(6), nothing(1, -1.0);
  function.evaluate<double>(3, nullptr, &a, y.data());
  EXPECT_EQ(y, (std::vector<double>{std::sin(0.5), 2, std::sin(0.5), 2, std::sin(0.5), 2}));
  function.jacobian<double>(3, nullptr, &a, y.data(), nothing.data());
  EXPECT_EQ(nothing[0], -1.0);
  EXPECT_TRUE(function.jacobian_sparsity().empty());
  EXPECT_EQ(error_of([&] { static_cast<void>(function.derivative()); }), invalid);
  const std::vector<double> adjoints = {1, 10, 2, 20, 3, 30};
  EXPECT_NEAR(vjp_of<double>(function, 3, {}, {a}, adjoints).d_shared[0], 6.0 * std::cos(0.5), 1e-15);
}

class FunctionArrays : public testing::Test {
 protected:
  const Formula formula = [](const Values& x, const Values& a) { return Values{x[0] * x[1] * a[0] + a[1]}; };
  const Function function = compile(formula, 2, 2);
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  const std::vector<double> a = {10, 100};
};

TEST_F(FunctionArrays, ResultsNotWantedMayBeNull) {
  const Results<double> all = gradient_of(function, 3, x, a);
  for (unsigned wanted = 0; wanted < 8; ++wanted) {
    Results<double> some{std::vector<double>(3), std::vector<double>(6), std::vector<double>(2)};
    function.gradient(3, x.data(), a.data(), (wanted & 1) != 0 ? some.outputs.data() : nullptr,
                      (wanted & 2) != 0 ? some.d_inputs.data() : nullptr,
                      (wanted & 4) != 0 ? some.d_shared.data() : nullptr);
    EXPECT_EQ(some.outputs, (wanted & 1) != 0 ? all.outputs : std::vector<double>(3));
    EXPECT_EQ(some.d_inputs, (wanted & 2) != 0 ? all.d_inputs : std::vector<double>(6));
    EXPECT_EQ(some.d_shared, (wanted & 4) != 0 ? all.d_shared : std::vector<double>(2));
  }
}

TEST_F(FunctionArrays, NoRows) {
  double sums[2] = {-1.0, -1.0};
  function.gradient<double>(0, nullptr, nullptr, nullptr, nullptr, sums);
  EXPECT_EQ(sums[0], 0.0);
  EXPECT_EQ(sums[1], 0.0);
  double untouched = -1.0;
  function.evaluate<double>(0, nullptr, nullptr, &untouched);
  function.hessian<double>(0, nullptr, nullptr, &untouched, nullptr);
  function.jvp<double>(0, nullptr, nullptr, nullptr, nullptr, &untouched);
  EXPECT_EQ(untouched, -1.0);
  EXPECT_EQ(function.check<double>(0, nullptr, nullptr, nullptr), 0u);
  function.evaluate<double>(0, x.data(), a.data(), &untouched, {4, nullptr, nullptr});
  EXPECT_EQ(untouched, -1.0);
}

TEST_F(FunctionArrays, MissingAndOfTheWrongType) {
  std::vector<double> y(6, -1.0);
  EXPECT_EQ(error_of([&] { function.evaluate<double>(3, nullptr, a.data(), y.data()); }), invalid);
  EXPECT_EQ(error_of([&] { function.evaluate<double>(3, x.data(), nullptr, y.data()); }), invalid);
  EXPECT_EQ(error_of([&] { function.jvp<double>(3, x.data(), a.data(), nullptr, y.data(), nullptr); }), invalid);
  const float number = 1.0F;
  float result = 0.0F;
  EXPECT_EQ(error_of([&] { function.evaluate(1, &number, &number, &result); }), invalid);
  const Function in_float = compile(formula, 2, 2, {Dtype::float32, {}});
  EXPECT_EQ(in_float.dtype(), Dtype::float32);
  EXPECT_EQ(error_of([&] { in_float.evaluate(1, x.data(), a.data(), y.data()); }), invalid);
  EXPECT_EQ(error_of([&] { function.evaluate(SIZE_MAX / 8, x.data(), a.data(), y.data()); }), invalid);
  EXPECT_EQ(y, std::vector<double>(6, -1.0)) << "nothing is written";
}

TEST_F(FunctionArrays, Overlapping) {
  std::vector<double> memory(32, 1.0);
  double* const m = memory.data();
  EXPECT_EQ(error_of([&] { function.evaluate(3, m, a.data(), m + 5); }), invalid) << "the inputs' last number";
  EXPECT_EQ(error_of([&] { function.evaluate(3, m + 2, a.data(), m); }), invalid) << "the inputs' first number";
  EXPECT_EQ(error_of([&] { function.evaluate(3, x.data(), m + 1, m); }), invalid) << "shared";
  EXPECT_EQ(error_of([&] { function.gradient(3, x.data(), a.data(), m, m + 2, m + 20); }), invalid) << "results";
  EXPECT_EQ(error_of([&] { function.jvp<double>(3, x.data(), a.data(), m, nullptr, m + 5); }), invalid) << "tangents";
  EXPECT_EQ(memory, std::vector<double>(32, 1.0)) << "nothing is written";
  function.evaluate(3, m, m, m + 6);  // what is only read may overlap, and neighbours do not
  EXPECT_EQ(memory[6], 2.0);
}

TEST_F(FunctionArrays, OneOutputWhereOneIsNeeded) {
  const Function two = compile([](const Values& v, const Values&) { return Values{v[0], v[0]}; }, 1, 0);
  const double at = 1.0;
  double out[2];
  EXPECT_EQ(error_of([&] { two.gradient<double>(1, &at, nullptr, out, nullptr, nullptr); }), invalid);
  EXPECT_EQ(error_of([&] { two.hessian<double>(1, &at, nullptr, out, nullptr); }), invalid);
  EXPECT_EQ(error_of([&] { two.hessian_vector<double>(1, &at, nullptr, &at, out, nullptr); }), invalid);
  EXPECT_EQ(error_of([&] { static_cast<void>(two.hessian_sparsity()); }), invalid);
}

/// Every number of rows around the blocks, with what lies behind the arrays left alone.
TEST_F(FunctionArrays, AnyNumberOfRows) {
  for (std::size_t rows = 1; rows <= 70; ++rows) {
    std::vector<double> inputs, y(rows + 8, -1.0), d(2 * rows + 8, -1.0);
    double total = 0.0;
    for (std::size_t i = 0; i < rows; ++i) {
      inputs.insert(inputs.end(), {static_cast<double>(i), 0.5});
      total += 0.5 * static_cast<double>(i);
    }
    double sums[2];
    function.gradient(rows, inputs.data(), a.data(), y.data(), d.data(), sums);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_EQ(y[i], 5.0 * static_cast<double>(i) + 100.0);
      EXPECT_EQ(d[2 * i], 5.0);
      EXPECT_EQ(d[2 * i + 1], 10.0 * static_cast<double>(i));
    }
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(y[rows + i], -1.0);
      EXPECT_EQ(d[2 * rows + i], -1.0);
    }
    EXPECT_EQ(sums[0], total);
    EXPECT_EQ(sums[1], static_cast<double>(rows));
  }
}

/// What is not a number stays with its own sample.
TEST_F(FunctionArrays, SamplesDoNotMix) {
  const Function layer = compile(
      [](const Values& v, const Values& w) {
        Values y;
        for (std::size_t i = 0; i < 4; ++i) y.push_back(tanh(dot(v, {w[2 * i], w[2 * i + 1]})));
        return Values{sum(y)};
      },
      2, 8);
  const std::vector<double> weights = {0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8};
  constexpr std::size_t rows = 67;
  std::vector<double> clean(2 * rows);
  for (std::size_t i = 0; i < clean.size(); ++i) clean[i] = 0.01 * static_cast<double>(i);
  const Results<double> expected = gradient_of(layer, rows, clean, weights);
  const double odd[] = {not_a_number, infinite, -infinite, 1e308};
  for (std::size_t bad = 0; bad < rows; ++bad) {
    std::vector<double> inputs = clean;
    inputs[2 * bad] = odd[bad % 4];
    const Results<double> got = gradient_of(layer, rows, inputs, weights);
    for (std::size_t row = 0; row < rows; ++row) {
      if (row == bad) continue;
      ASSERT_EQ(got.outputs[row], expected.outputs[row]) << row << " beside " << bad;
      ASSERT_EQ(got.d_inputs[2 * row], expected.d_inputs[2 * row]) << row << " beside " << bad;
    }
    EXPECT_EQ(std::isnan(got.outputs[bad]), bad % 4 == 0);
  }
}

}  // namespace
}  // namespace smolgrad::test

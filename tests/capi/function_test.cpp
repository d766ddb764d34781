// Functions through the C interface, compared with closed forms.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "function_fixture.hpp"

namespace smolgrad::test {
namespace {

constexpr std::size_t rows = 37;

template <class T>
class FunctionOf : public FunctionFixture {
 protected:
  static constexpr double tolerance = 64.0 * std::numeric_limits<T>::epsilon();
  static constexpr bool single = sizeof(T) == sizeof(float);

  FunctionOf() {
    EXPECT_EQ(smolgrad_function_options_set_dtype(options_, single ? SMOLGRAD_DTYPE_FLOAT32 : SMOLGRAD_DTYPE_FLOAT64),
              SMOLGRAD_OK);
    for (std::size_t i = 0; i < rows; ++i) {
      xy.push_back(static_cast<T>(0.05 * static_cast<double>(i) - 1.0));
      xy.push_back(static_cast<T>(0.11 * static_cast<double>(i)));
    }
  }
  double x(std::size_t i) const { return static_cast<double>(xy[2 * i]); }
  double y(std::size_t i) const { return static_cast<double>(xy[2 * i + 1]); }
  double sine(std::size_t i) const { return std::exp(0.5 * x(i)) * std::sin(y(i)); }
  double cosine(std::size_t i) const { return std::exp(0.5 * x(i)) * std::cos(y(i)); }

  /// Each row of `found` begins with these.
  static void expect_rows(const std::vector<T>& found,
                          const std::function<std::vector<double>(std::size_t)>& expected) {
    const std::size_t width = expected(0).size();
    ASSERT_EQ(found.size(), rows * width);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::vector<double> row = expected(i);
      for (std::size_t k = 0; k < width; ++k) {
        EXPECT_NEAR(static_cast<double>(found[i * width + k]), row[k], tolerance * (1.0 + std::abs(row[k])))
            << i << ' ' << k;
      }
    }
  }
  void expect_sines(const std::vector<T>& found) const {
    expect_rows(found, [&](std::size_t i) { return std::vector<double>{sine(i)}; });
  }

  std::vector<T> xy;
  const T a = T(0.5);
};

using Numbers = ::testing::Types<double, float>;
TYPED_TEST_SUITE(FunctionOf, Numbers);

TYPED_TEST(FunctionOf, ValuesAndGradient) {
  smolgrad_function* const f = this->wave();
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(smolgrad_function_dtype(f), TestFixture::single ? SMOLGRAD_DTYPE_FLOAT32 : SMOLGRAD_DTYPE_FLOAT64);
  std::vector<TypeParam> z(rows), again(rows), by_xy(2 * rows);
  TypeParam by_a = 0;
  ASSERT_EQ(smolgrad_function_evaluate(f, rows, this->xy.data(), &this->a, z.data(), nullptr), SMOLGRAD_OK);
  this->expect_sines(z);
  ASSERT_EQ(smolgrad_function_gradient(f, rows, this->xy.data(), &this->a, again.data(), by_xy.data(), &by_a, nullptr),
            SMOLGRAD_OK);
  this->expect_sines(again);
  this->expect_rows(by_xy, [&](std::size_t i) { return std::vector<double>{0.5 * this->sine(i), this->cosine(i)}; });
  double expected = 0.0;
  for (std::size_t i = 0; i < rows; ++i) expected += this->x(i) * this->sine(i);
  EXPECT_NEAR(static_cast<double>(by_a), expected, 10.0 * this->tolerance);
}

TYPED_TEST(FunctionOf, SecondDerivatives) {
  smolgrad_function* const f = this->wave();
  std::vector<TypeParam> z(rows), hessian(4 * rows), products(2 * rows), vectors(2 * rows);
  for (std::size_t i = 0; i < rows; ++i) vectors[2 * i] = TypeParam(3), vectors[2 * i + 1] = TypeParam(-2);
  ASSERT_EQ(smolgrad_function_hessian(f, rows, this->xy.data(), &this->a, z.data(), hessian.data(), nullptr),
            SMOLGRAD_OK);
  this->expect_sines(z);
  this->expect_rows(hessian, [&](std::size_t i) {
    const double s = this->sine(i), c = this->cosine(i);
    return std::vector<double>{0.25 * s, 0.5 * c, 0.5 * c, -s};
  });
  ASSERT_EQ(smolgrad_function_hessian_vector(f, rows, this->xy.data(), &this->a, vectors.data(), z.data(),
                                             products.data(), nullptr),
            SMOLGRAD_OK);
  this->expect_rows(products, [&](std::size_t i) {
    const double s = this->sine(i), c = this->cosine(i);
    return std::vector<double>{0.75 * s - c, 1.5 * c + 2.0 * s};
  });
}

TYPED_TEST(FunctionOf, JacobianAndItsProducts) {
  smolgrad_function* const f = this->three();
  std::vector<TypeParam> out(3 * rows), jacobian(6 * rows), d_out(3 * rows), d_in(2 * rows);
  std::vector<TypeParam> tangents(2 * rows), adjoints(3 * rows);
  for (std::size_t i = 0; i < rows; ++i) {
    tangents[2 * i] = TypeParam(2), tangents[2 * i + 1] = TypeParam(-1);
    adjoints[3 * i] = TypeParam(1), adjoints[3 * i + 1] = TypeParam(4), adjoints[3 * i + 2] = TypeParam(0.5);
  }
  const void* const in = this->xy.data();
  ASSERT_EQ(smolgrad_function_jacobian(f, rows, in, nullptr, out.data(), jacobian.data(), nullptr), SMOLGRAD_OK);
  this->expect_rows(out, [&](std::size_t i) {
    const double x = this->x(i), y = this->y(i);
    return std::vector<double>{x * y, x + 3.0, y * y};
  });
  this->expect_rows(jacobian, [&](std::size_t i) {
    const double x = this->x(i), y = this->y(i);
    return std::vector<double>{y, x, 1.0, 0.0, 0.0, 2.0 * y};
  });
  ASSERT_EQ(smolgrad_function_jvp(f, rows, in, nullptr, tangents.data(), nullptr, d_out.data(), nullptr), SMOLGRAD_OK);
  this->expect_rows(d_out, [&](std::size_t i) {
    const double x = this->x(i), y = this->y(i);
    return std::vector<double>{2.0 * y - x, 2.0, -2.0 * y};
  });
  ASSERT_EQ(smolgrad_function_vjp(f, rows, in, nullptr, adjoints.data(), nullptr, d_in.data(), nullptr, nullptr),
            SMOLGRAD_OK);
  this->expect_rows(d_in, [&](std::size_t i) {
    const double x = this->x(i), y = this->y(i);
    return std::vector<double>{y + 4.0, x + y};
  });
}

TYPED_TEST(FunctionOf, ArraysThatAreNotWanted) {
  smolgrad_function* const f = this->wave();
  std::vector<TypeParam> z(rows), by_xy(2 * rows);
  TypeParam by_a = 0;
  ASSERT_EQ(smolgrad_function_gradient(f, rows, this->xy.data(), &this->a, z.data(), by_xy.data(), &by_a, nullptr),
            SMOLGRAD_OK);
  for (int wanted = 0; wanted < 8; ++wanted) {
    SCOPED_TRACE(wanted);
    std::vector<TypeParam> z_alone(rows), by_xy_alone(2 * rows);
    TypeParam by_a_alone = 0;
    ASSERT_EQ(smolgrad_function_gradient(
                  f, rows, this->xy.data(), &this->a, (wanted & 1) != 0 ? z_alone.data() : nullptr,
                  (wanted & 2) != 0 ? by_xy_alone.data() : nullptr, (wanted & 4) != 0 ? &by_a_alone : nullptr, nullptr),
              SMOLGRAD_OK);
    if ((wanted & 1) != 0) this->expect_sines(z_alone);
    for (std::size_t i = 0; i < by_xy.size() && (wanted & 2) != 0; ++i) {
      EXPECT_NEAR(by_xy_alone[i], by_xy[i], this->tolerance * (1.0 + std::abs(by_xy[i])));
    }
    if ((wanted & 4) != 0) {
      EXPECT_NEAR(by_a_alone, by_a, 10.0 * this->tolerance);
    }
  }
}

TYPED_TEST(FunctionOf, GuardsSayWhereSamplesDiverge) {
  const auto add = [&](auto add_guard, smolgrad_value* left, double right) {
    smolgrad_value* const constant = smolgrad_constant(this->tape_, right);
    EXPECT_EQ(add_guard(this->options_, left, constant), SMOLGRAD_OK);
    smolgrad_value_release(constant);
  };
  // Recorded with x = 1 and y = 2: true, true, false, true, false.
  add(smolgrad_function_options_add_guard_less, this->x_, 2.0);
  add(smolgrad_function_options_add_guard_less_equal, this->x_, 1.0);
  add(smolgrad_function_options_add_guard_less, this->y_, 2.0);
  add(smolgrad_function_options_add_guard_equal, smolgrad_mul(this->x_, this->y_), 2.0);
  add(smolgrad_function_options_add_guard_equal, this->y_, 4.0);
  smolgrad_function* const f = this->wave();
  ASSERT_NE(f, nullptr);
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const std::vector<TypeParam> samples = {TypeParam(1),   TypeParam(2), TypeParam(-1),  TypeParam(-2), TypeParam(3),
                                          TypeParam(2),   nan,          TypeParam(2),   TypeParam(1),  TypeParam(3),
                                          TypeParam(0.5), TypeParam(4), TypeParam(0.5), TypeParam(1),  TypeParam(0.25),
                                          TypeParam(8)};
  const std::vector<std::uint8_t> expected = {0, 1, 1, 1, 1, 1, 1, 0};
  std::vector<std::uint8_t> diverged(8, 9);
  std::size_t count = 77;
  ASSERT_EQ(smolgrad_function_check(f, 8, samples.data(), &this->a, diverged.data(), &count, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(diverged, expected);
  EXPECT_EQ(count, 6u);
  ASSERT_EQ(smolgrad_function_check(f, 0, nullptr, nullptr, nullptr, &count, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(count, 0u);
}

class CFunction : public FunctionFixture {
 protected:
  double value_of(const smolgrad_function* f, double x, double y, double a = 0.5) const {
    const double xy[] = {x, y};
    double z = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(smolgrad_function_evaluate(f, 1, xy, &a, &z, nullptr), SMOLGRAD_OK);
    return z;
  }
};

TEST_F(CFunction, WithoutGuardsNothingDiverges) {
  const double xy[] = {1.0, 2.0, -3.0, -4.0};
  std::uint8_t diverged[] = {9, 9};
  std::size_t count = 9;
  const double a = 1.0;
  ASSERT_EQ(smolgrad_function_check(wave(), 2, xy, &a, diverged, &count, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(count, 0u);
  EXPECT_TRUE(diverged[0] == 0 && diverged[1] == 0);
}

TEST_F(CFunction, KeepsNothingOfTheTape) {
  smolgrad_value* const c = leaf(2.0);
  ASSERT_EQ(smolgrad_function_options_add_guard_less(options_, x_, c), SMOLGRAD_OK);
  smolgrad_function* const f = compile({x_, y_}, {a_}, {smolgrad_mul(wave_, c)});
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(smolgrad_value_set_data(c, 100.0), SMOLGRAD_OK);
  for (smolgrad_value* const value : {x_, y_, a_, wave_, c}) smolgrad_value_release(value);
  EXPECT_DOUBLE_EQ(value_of(f, 0.3, 0.7), 2.0 * std::exp(0.15) * std::sin(0.7)) << "constants as they were then";
  smolgrad_function_options_destroy(options_);
  options_ = nullptr;
  smolgrad_tape_destroy(tape_);
  tape_ = nullptr;
  EXPECT_DOUBLE_EQ(value_of(f, 0.3, 0.7), 2.0 * std::exp(0.15) * std::sin(0.7));
  double gradient[2];
  const double xy[] = {0.3, 0.7}, a = 0.5;
  ASSERT_EQ(smolgrad_function_gradient(f, 1, xy, &a, nullptr, gradient, nullptr, nullptr), SMOLGRAD_OK);
  EXPECT_DOUBLE_EQ(gradient[1], 2.0 * std::exp(0.15) * std::cos(0.7));
  std::size_t count = 9;
  ASSERT_EQ(smolgrad_function_check(f, 1, xy, &a, nullptr, &count, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(count, 0u);
}

TEST_F(CFunction, CompilingRecordsNothing) {
  const std::size_t before = nodes();
  smolgrad_function* const f = wave();
  EXPECT_EQ(smolgrad_function_input_count(f), 2u);
  EXPECT_EQ(smolgrad_function_shared_count(f), 1u);
  EXPECT_EQ(smolgrad_function_output_count(f), 1u);
  EXPECT_EQ(smolgrad_function_dtype(f), SMOLGRAD_DTYPE_FLOAT64);
  EXPECT_EQ(nodes(), before);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CFunction, OptionsOutliveTheHandlesCompared) {
  smolgrad_value* const product = smolgrad_mul(x_, y_);
  ASSERT_EQ(smolgrad_function_options_add_guard_less(options_, product, a_), SMOLGRAD_OK);
  smolgrad_value_release(product);
  smolgrad_function* const f = wave();
  ASSERT_NE(f, nullptr);
  const double xy[] = {1.0, 1.0, 0.1, 0.1}, a = 0.5;
  std::uint8_t diverged[2];
  ASSERT_EQ(smolgrad_function_check(f, 2, xy, &a, diverged, nullptr, nullptr), SMOLGRAD_OK);
  EXPECT_TRUE(diverged[0] == 0 && diverged[1] == 1);
}

TEST_F(CFunction, Derivative) {
  smolgrad_function* const gradient = owned(smolgrad_function_derivative(wave()));
  ASSERT_NE(gradient, nullptr);
  EXPECT_EQ(smolgrad_function_input_count(gradient), 2u);
  EXPECT_EQ(smolgrad_function_shared_count(gradient), 1u);
  EXPECT_EQ(smolgrad_function_output_count(gradient), 2u);
  smolgrad_function* const hessian = owned(smolgrad_function_derivative(gradient));
  ASSERT_EQ(smolgrad_function_output_count(hessian), 4u);
  const double xy[] = {0.3, 0.7}, a = 0.5;
  double h[4], third[8];
  ASSERT_EQ(smolgrad_function_jacobian(hessian, 1, xy, &a, h, third, nullptr), SMOLGRAD_OK);
  const double s = std::exp(0.15) * std::sin(0.7), c = std::exp(0.15) * std::cos(0.7);
  const double expected[] = {0.25 * s, 0.5 * c, 0.5 * c, -s};
  const double expected_third[] = {0.125 * s, 0.25 * c, 0.25 * c, -0.5 * s, 0.25 * c, -0.5 * s, -0.5 * s, -c};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(h[i], expected[i], 1e-15) << i;
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(third[i], expected_third[i], 1e-15) << i;
  EXPECT_EQ(smolgrad_function_derivative(compile({}, {a_}, {smolgrad_square(a_)})), nullptr) << "without inputs";
}

TEST_F(CFunction, Sparsity) {
  smolgrad_function* const f = three();
  std::size_t needed = 0;
  ASSERT_EQ(smolgrad_function_jacobian_sparsity(f, nullptr, nullptr, 0, &needed), SMOLGRAD_OK);
  ASSERT_EQ(needed, 4u);
  std::vector<std::size_t> row(4, 77), column(4, 77);
  ASSERT_EQ(smolgrad_function_jacobian_sparsity(f, row.data(), column.data(), 4, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(row, (std::vector<std::size_t>{0, 0, 1, 2}));
  EXPECT_EQ(column, (std::vector<std::size_t>{0, 1, 0, 1}));

  // x² y + 5 y: all but the second derivative by y.
  smolgrad_value* const five = smolgrad_constant(tape_, 5.0);
  smolgrad_function* const g =
      compile({x_, y_}, {}, {smolgrad_add(smolgrad_mul(smolgrad_square(x_), y_), smolgrad_mul(five, y_))});
  std::vector<std::size_t> hessian_row(4, 77), hessian_column(4, 77);
  ASSERT_EQ(smolgrad_function_hessian_sparsity(g, hessian_row.data(), hessian_column.data(), 4, &needed), SMOLGRAD_OK);
  EXPECT_EQ(needed, 3u);
  EXPECT_EQ(hessian_row, (std::vector<std::size_t>{0, 0, 1, 77}));
  EXPECT_EQ(hessian_column, (std::vector<std::size_t>{0, 1, 0, 77}));
}

TEST_F(CFunction, OutputsThatAreLeaves) {
  smolgrad_value* const constant = smolgrad_constant(tape_, 3.0);
  smolgrad_function* const f = compile({x_, y_}, {a_}, {y_, a_, constant, y_});
  const double xy[] = {0.25, 0.5, 0.75, 1.0}, a = 7.0, adjoints[] = {1, 10, 100, 1000, 2, 20, 200, 2000};
  std::vector<double> out(8, -7.0), d_in(4, -7.0), jacobian(16, -7.0);
  double d_shared = -7.0;
  ASSERT_EQ(smolgrad_function_vjp(f, 2, xy, &a, adjoints, out.data(), d_in.data(), &d_shared, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(out, (std::vector<double>{0.5, 7, 3, 0.5, 1, 7, 3, 1}));
  EXPECT_EQ(d_in, (std::vector<double>{0, 1001, 0, 2002}));
  EXPECT_EQ(d_shared, 30.0);
  ASSERT_EQ(smolgrad_function_jacobian(f, 2, xy, &a, nullptr, jacobian.data(), nullptr), SMOLGRAD_OK);
  EXPECT_EQ(jacobian, (std::vector<double>{0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1}));

  smolgrad_function* const shared_alone = compile({}, {a_}, {smolgrad_square(a_)});
  ASSERT_EQ(smolgrad_function_gradient(shared_alone, 3, nullptr, &a, out.data(), nullptr, &d_shared, nullptr),
            SMOLGRAD_OK);
  EXPECT_EQ(out[2], 49.0);
  EXPECT_EQ(d_shared, 42.0) << "summed over three rows";
  ASSERT_EQ(smolgrad_function_gradient(shared_alone, 0, nullptr, &a, nullptr, nullptr, &d_shared, nullptr),
            SMOLGRAD_OK);
  EXPECT_EQ(d_shared, 0.0) << "over none";
}

// A model as a function of its inputs, its parameters shared: what recording and predicting give.
TEST_F(CFunction, OfAModel) {
  const std::size_t layers[] = {5, 4, 1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 3, nullptr);
  Values parameters;
  for (std::size_t i = 0; i < smolgrad_mlp_parameter_count(mlp); ++i) {
    parameters.push_back(smolgrad_mlp_parameter(mlp, i));
  }
  smolgrad_value* const in[] = {x_, y_};
  smolgrad_value* out[] = {nullptr};
  ASSERT_EQ(smolgrad_mlp_forward(mlp, in, 2, out, 1), SMOLGRAD_OK);
  smolgrad_function* const f = compile({x_, y_}, parameters, {out[0]});
  ASSERT_NE(f, nullptr);
  std::vector<double> shared(parameters.size()), d_shared(parameters.size()), d_expected(parameters.size());
  ASSERT_EQ(smolgrad_mlp_get_parameters(mlp, shared.data(), shared.size()), SMOLGRAD_OK);
  const double xy[] = {1.0, 2.0, -0.5, 0.25, 3.0, -1.0};
  double z[3], z_expected[3];
  ASSERT_EQ(smolgrad_function_gradient(f, 3, xy, shared.data(), z, nullptr, d_shared.data(), nullptr), SMOLGRAD_OK);
  ASSERT_EQ(smolgrad_mlp_predict(mlp, xy, 3, z_expected), SMOLGRAD_OK);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(z[i], z_expected[i], 1e-14);
    smolgrad_value* const sample[] = {leaf(xy[2 * i]), leaf(xy[2 * i + 1])};
    ASSERT_EQ(smolgrad_mlp_forward(mlp, sample, 2, out, 1), SMOLGRAD_OK);
    ASSERT_EQ(smolgrad_backward(out[0]), SMOLGRAD_OK);
  }
  ASSERT_EQ(smolgrad_mlp_get_gradients(mlp, d_expected.data(), d_expected.size()), SMOLGRAD_OK);
  for (std::size_t i = 0; i < d_shared.size(); ++i) EXPECT_NEAR(d_shared[i], d_expected[i], 1e-13) << i;
  EXPECT_EQ(take_error(), ok);
}

TEST_F(CFunction, Texts) {
  smolgrad_function* const f = wave();
  const std::string text = text_of(smolgrad_function_to_text, f);
  EXPECT_NE(text.find("sin"), std::string::npos) << text;
  const std::string dot = text_of(smolgrad_function_to_dot, f);
  EXPECT_EQ(dot.rfind("digraph", 0), 0u) << dot;
  char buffer[] = "#";
  std::size_t needed = 0;
  EXPECT_EQ(smolgrad_function_to_text(f, buffer, 1, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(needed, text.size() + 1);
  EXPECT_STREQ(buffer, "#");
}

}  // namespace
}  // namespace smolgrad::test

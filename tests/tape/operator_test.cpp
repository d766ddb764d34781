// Every operator of the table, recorded: value and gradients are those of its definition (which tests/ops compare with
// extended precision), in every combination of Values, numbers and temporaries.
#include <cmath>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad {
namespace {

// Not constants: the compiler would evaluate the definitions itself, correctly rounded, and the library calls libm.
const volatile double points[] = {-2.5, -0.75, 0.0, 0.3, 0.9, 1.0, 4.25};

void expect_same(double got, double expected, const char* what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(got)) << what;
  } else {
    EXPECT_EQ(got, expected) << what;
  }
}

template <class Definition, class Apply>
void check_unary(const char* name, Apply apply) {
  SCOPED_TRACE(name);
  for (const volatile double& at : points) {
    const double point = at;
    const double value = Definition::value(point);
    const double derivative = Definition::derivative(point, value);
    Value x = point;
    Value y = apply(x);
    EXPECT_STREQ(y.operation(), name);
    expect_same(y.data(), value, "value");
    y.backward();
    expect_same(x.grad(), derivative, "derivative");
    Value z = apply(Value(point));
    expect_same(z.data(), value, "value of a temporary");
  }
}

template <class Definition, class Apply>
void check_binary(const char* name, Apply apply) {
  SCOPED_TRACE(name);
  for (const volatile double& at_left : points) {
    for (const volatile double& at_right : points) {
      const double left = at_left;
      const double right = at_right;
      SCOPED_TRACE(testing::Message() << left << ", " << right);
      const double value = Definition::value(left, right);
      const double left_partial = Definition::left_partial(left, right, value);
      const double right_partial = Definition::right_partial(left, right, value);
      Value a = left, b = right;
      Value y = apply(a, b);
      EXPECT_STREQ(y.operation(), name);
      expect_same(y.data(), value, "value");
      y.backward();
      expect_same(a.grad(), left_partial, "left");
      expect_same(b.grad(), right_partial, "right");

      a.zero_grad();
      b.zero_grad();
      Value number_right = apply(a, right);
      expect_same(number_right.data(), value, "value, number on the right");
      number_right.backward();
      expect_same(a.grad(), left_partial, "number on the right");
      Value number_left = apply(left, b);
      expect_same(number_left.data(), value, "value, number on the left");
      number_left.backward();
      expect_same(b.grad(), right_partial, "number on the left");
      expect_same(apply(a + 0, b + 0).data(), value, "temporaries");
    }
  }
}

TEST(Operators, Unary) {
#define X(Definition, name) \
  check_unary<ops::Definition>(#name, [](auto&& x) { return name(static_cast<decltype(x)>(x)); });
  SMOLGRAD_UNARY_OPERATORS(X)
#undef X
}

TEST(Operators, Binary) {
#define X(Definition, name)      \
  check_binary<ops::Definition>( \
      #name, [](auto&& a, auto&& b) { return name(static_cast<decltype(a)>(a), static_cast<decltype(b)>(b)); });
  SMOLGRAD_BINARY_OPERATORS(X)
#undef X
}

TEST(Operators, OneOperandTwice) {
  Value x = 3.0;
  Value y = x * x + x / x - hypot(x, x);
  y.backward();
  EXPECT_NEAR(x.grad(), 6.0 - std::sqrt(2.0), 1e-15);
  x.zero_grad();
  Value tie = max(x, x);
  tie.backward();
  EXPECT_EQ(x.grad(), 1.0) << "two halves";
}

/// What a piecewise operator does not take gets nothing, even where what arrives from above is infinite.
TEST(Operators, NothingLeaksToWhatIsNotTaken) {
  Value x = -1.0, y = 5.0, zero = 0.0;
  const auto blown_up = [&](const Value& v) { return sqrt(v * 0.0) * 1.0; };  // derivative inf by its argument
  Value a = relu(x);
  blown_up(a).backward();
  EXPECT_EQ(x.grad(), 0.0);
  Value b = max(x, y);
  sqrt(b - 5.0).backward();
  EXPECT_EQ(x.grad(), 0.0);
  EXPECT_EQ(y.grad(), std::numeric_limits<double>::infinity());
  y.zero_grad();
  sqrt(min(y, x) + 1.0).backward();
  EXPECT_EQ(y.grad(), 0.0);
  x.zero_grad();
  sqrt(max(x, 2.0) - 2.0).backward();
  EXPECT_EQ(x.grad(), 0.0);
  sqrt(abs(zero)).backward();
  EXPECT_EQ(zero.grad(), 0.0);
}

}  // namespace
}  // namespace smolgrad

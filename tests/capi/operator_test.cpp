// Every operator of the table by its C name: the value, the gradients and the name of the C++ function that is called
// the same, bit for bit.
#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>
#include <smolgrad/smolgrad.hpp>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

/// Equal, or both NaN.
bool same(double a, double b) { return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0; }

/// Within, at the edge of and outside the operators' domains, kinks among them.
const std::vector<double> points = {-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 1.75, 30.0};

class COperator : public TapeFixture {
 protected:
  /// Compares a C result with a C++ one, and the gradients of all they were computed from.
  void expect_same(const char* name, smolgrad_value* c, const std::vector<smolgrad_value*>& c_operands,
                   const Value& cpp, const std::vector<Value>& cpp_operands) {
    ASSERT_NE(c, nullptr) << name;
    EXPECT_STREQ(smolgrad_value_operation(c), cpp.operation()) << name;
    EXPECT_TRUE(same(smolgrad_value_data(c), cpp.data())) << name;
    ASSERT_EQ(smolgrad_tape_zero_grad(tape_), SMOLGRAD_OK);
    cpp_.zero_grad();
    ASSERT_EQ(smolgrad_backward(c), SMOLGRAD_OK);
    cpp.backward();
    for (std::size_t i = 0; i < c_operands.size(); ++i) {
      EXPECT_TRUE(same(smolgrad_value_grad(c_operands[i]), cpp_operands[i].grad()))
          << name << ", operand " << i << ": " << smolgrad_value_grad(c_operands[i]) << " and "
          << cpp_operands[i].grad();
    }
    EXPECT_EQ(take_error(), ok);
  }

  std::vector<smolgrad_value*> c_leaves(const std::vector<double>& data) {
    std::vector<smolgrad_value*> leaves(data.size());
    EXPECT_EQ(smolgrad_value_create_array(tape_, data.data(), data.size(), leaves.data()), SMOLGRAD_OK);
    return leaves;
  }

  /// Calls body(C leaves, C++ leaves, their numbers) with two of each.
  template <class Body>
  void for_each_pair(Body body) {
    for (const double left : points) {
      for (const double right : points) {
        SCOPED_TRACE(::testing::Message() << left << ", " << right);
        body(c_leaves({left, right}), cpp_.values({left, right}), left, right);
      }
    }
  }

  Tape cpp_;
};

TEST_F(COperator, Unary) {
  for (const double point : points) {
    SCOPED_TRACE(point);
    const auto c = c_leaves({point});
    const auto x = cpp_.values({point});
#define X(Definition, name)                                             \
  EXPECT_STREQ(smolgrad_value_operation(smolgrad_##name(c[0])), #name); \
  expect_same(#name, smolgrad_##name(c[0]), c, smolgrad::name(x[0]), x);
    SMOLGRAD_UNARY_OPERATORS(X)
#undef X
  }
}

TEST_F(COperator, Binary) {
  for_each_pair([&](const auto& c, const auto& x, double, double) {
#define X(Definition, name)                                                   \
  EXPECT_STREQ(smolgrad_value_operation(smolgrad_##name(c[0], c[1])), #name); \
  expect_same(#name, smolgrad_##name(c[0], c[1]), c, smolgrad::name(x[0], x[1]), x);
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
  });
}

TEST_F(COperator, BinaryWithANumber) {
  for_each_pair([&](const auto& c, const auto& x, double left, double right) {
#define X(Definition, name)                                                                     \
  expect_same(#name, smolgrad_##name##_number(c[0], right), c, smolgrad::name(x[0], right), x); \
  expect_same(#name, smolgrad_number_##name(left, c[1]), c, smolgrad::name(left, x[1]), x);     \
  EXPECT_TRUE(same(smolgrad_value_data(smolgrad_##name##_number(c[0], right)),                  \
                   smolgrad_value_data(smolgrad_##name(c[0], smolgrad_constant(tape_, right)))));
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
  });
}

TEST_F(COperator, Reductions) {
  for (const std::vector<double>& data : {points, {2.0}, {1.0, 1.0, -1.0}, {3.0, std::nan(""), 4.0}}) {
    const auto c = c_leaves(data);
    const auto x = cpp_.values(data);
#define X(Definition, name)                                                           \
  EXPECT_STREQ(smolgrad_value_operation(smolgrad_##name(c.data(), c.size())), #name); \
  expect_same(#name, smolgrad_##name(c.data(), c.size()), c, smolgrad::name(x), x);
    SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
  }
}

TEST_F(COperator, ReductionsInNumbers) {
  const auto x = c_leaves({1.0, 2.0, 6.0});
  EXPECT_EQ(smolgrad_value_data(smolgrad_sum(x.data(), 3)), 9.0);
  EXPECT_EQ(smolgrad_value_data(smolgrad_mean(x.data(), 3)), 3.0);
  EXPECT_EQ(smolgrad_value_data(smolgrad_max_of(x.data(), 3)), 6.0);
  EXPECT_EQ(smolgrad_value_data(smolgrad_min_of(x.data(), 3)), 1.0);
  EXPECT_DOUBLE_EQ(smolgrad_value_data(smolgrad_logsumexp(x.data(), 3)),
                   std::log(std::exp(1.0) + std::exp(2.0) + std::exp(6.0)));
  const auto y = c_leaves({10.0, 20.0, 30.0});
  EXPECT_EQ(smolgrad_value_data(smolgrad_dot(x.data(), y.data(), 3)), 230.0);
}

TEST_F(COperator, Dot) {
  std::vector<double> reversed(points.rbegin(), points.rend());
  const auto a = c_leaves(points);
  const auto b = c_leaves(reversed);
  const auto x = cpp_.values(points);
  const auto y = cpp_.values(reversed);
  auto c_operands = a;
  c_operands.insert(c_operands.end(), b.begin(), b.end());
  auto cpp_operands = x;
  cpp_operands.insert(cpp_operands.end(), y.begin(), y.end());
  expect_same("dot", smolgrad_dot(a.data(), b.data(), a.size()), c_operands, smolgrad::dot(x, y), cpp_operands);
}

TEST_F(COperator, Select) {
  const double nan = std::nan("");
  for (const std::vector<double>& data :
       {std::vector<double>{1, 2, 3, 4}, {2, 1, 3, 4}, {1, 1, 3, 4}, {nan, 1, 3, 4}}) {
    const auto c = c_leaves(data);
    const auto x = cpp_.values(data);
    smolgrad_value* const chosen = smolgrad_select(c[0], c[1], c[2], c[3]);
    expect_same("select", chosen, c, smolgrad::select(x[0], x[1], x[2], x[3]), x);
    const bool less = data[0] < data[1];
    EXPECT_EQ(smolgrad_value_data(chosen), less ? 3.0 : 4.0);
    EXPECT_EQ(smolgrad_value_grad(c[2]), less ? 1.0 : 0.0);
    EXPECT_EQ(smolgrad_value_grad(c[3]), less ? 0.0 : 1.0);
    EXPECT_EQ(smolgrad_value_grad(c[0]), 0.0);
  }
}

// log(x) where x > 0, else 0: the branch not taken would give 1 / 0.
TEST_F(COperator, SelectKeepsOutWhatIsNotTaken) {
  smolgrad_value* const x = leaf(0.0);
  smolgrad_value* const zero = smolgrad_constant(tape_, 0.0);
  ASSERT_EQ(smolgrad_backward(smolgrad_select(zero, x, smolgrad_log(x), zero)), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(x), 0.0);
}

TEST_F(COperator, Softmax) {
  const std::vector<double> data = {1.0, -2.0, 0.5, 700.0, 699.0};
  const auto c = c_leaves(data);
  const auto x = cpp_.values(data);
  std::vector<smolgrad_value*> probabilities(data.size());
  ASSERT_EQ(smolgrad_softmax(c.data(), c.size(), probabilities.data()), SMOLGRAD_OK);
  const std::vector<Value> expected = smolgrad::softmax(x);
  double total = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    expect_same("softmax", probabilities[i], c, expected[i], x);
    total += smolgrad_value_data(probabilities[i]);
  }
  EXPECT_NEAR(total, 1.0, 1e-12) << "to the precision of numbers near 700";
}

TEST_F(COperator, SoftmaxInPlace) {
  std::vector<smolgrad_value*> values = {leaf(0.0), leaf(0.0)};
  smolgrad_value* const first = values[0];
  ASSERT_EQ(smolgrad_softmax(values.data(), 2, values.data()), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_data(values[0]), 0.5);
  EXPECT_EQ(smolgrad_value_data(values[1]), 0.5);
  EXPECT_EQ(smolgrad_value_data(first), 0.0);
}

}  // namespace
}  // namespace smolgrad::test

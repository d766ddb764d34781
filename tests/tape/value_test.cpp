// Value as a program meets it: the classroom numbers, operators with numbers on either side, text, errors.
#include <sstream>

#include <gmock/gmock.h>
#include <smolgrad/smolgrad.hpp>

#include "error_of.hpp"

namespace smolgrad {
namespace {

using ::testing::HasSubstr;

using test::error_of;

TEST(Value, ClassroomExpression) {
  Value a(2.0, "a"), b(-3.0, "b"), c(10.0, "c");
  Value d = a * b + c;
  EXPECT_EQ(to_string(d), "Value(data=4, grad=0)");
  d.backward();
  EXPECT_EQ(a.grad(), -3.0);
  EXPECT_EQ(b.grad(), 2.0);
  EXPECT_EQ(c.grad(), 1.0);
  EXPECT_EQ(d.grad(), 1.0);
  d.backward();
  EXPECT_EQ(a.grad(), -6.0);
  EXPECT_EQ(b.grad(), 4.0);
  EXPECT_EQ(c.grad(), 2.0);
  EXPECT_EQ(d.grad(), 1.0);
}

TEST(Value, MicrogradExpression) {
  Value a = -4.0;
  Value b = 2.0;
  Value c = a + b;
  Value d = a * b + pow(b, 3);
  c += c + 1;
  c += 1 + c + (-a);
  d += d * 2 + relu(b + a);
  d += 3 * d + relu(b - a);
  Value e = c - d;
  Value f = pow(e, 2);
  Value g = f / 2.0;
  g += 10.0 / f;
  EXPECT_DOUBLE_EQ(g.data(), 24.70408163265306);
  g.backward();
  EXPECT_DOUBLE_EQ(a.grad(), 138.83381924198252);
  EXPECT_DOUBLE_EQ(b.grad(), 645.5772594752186);
}

TEST(Value, NumbersOnEitherSide) {
  Value x = 3.0;
  EXPECT_EQ((x + 2).data(), 5.0);
  EXPECT_EQ((2 + x).data(), 5.0);
  EXPECT_EQ((x - 2).data(), 1.0);
  EXPECT_EQ((2 - x).data(), -1.0);
  EXPECT_EQ((x * 2).data(), 6.0);
  EXPECT_EQ((2 * x).data(), 6.0);
  EXPECT_EQ((x / 2).data(), 1.5);
  EXPECT_EQ((6 / x).data(), 2.0);
  EXPECT_EQ(pow(x, 2).data(), 9.0);
  EXPECT_EQ(pow(2, x).data(), 8.0);
  EXPECT_EQ(max(x, 4).data(), 4.0);
  EXPECT_EQ(min(4.0f, x).data(), 3.0);
  EXPECT_EQ((-x).data(), -3.0);
  EXPECT_EQ((+x).data(), 3.0);
  Value y = (2 - x) / 4 + pow(2, x) * (1 / x) - (x - 1) * 2;
  y.backward();
  EXPECT_NEAR(x.grad(), -0.25 + 8.0 * std::log(2.0) / 3.0 - 8.0 / 9.0 - 2.0, 1e-14);
}

TEST(Value, InPlaceOperatorsRebindTheVariable) {
  Value x = 5.0;
  Value y = x;
  y += 1;
  y -= x;
  y *= 6.0;
  y /= x;
  EXPECT_EQ(x.data(), 5.0) << "a copy keeps its node";
  EXPECT_DOUBLE_EQ(y.data(), 1.2);
  Value z = x;
  z *= z;
  z.backward();
  EXPECT_EQ(x.grad(), 10.0);
}

TEST(Value, OneTemporaryOnBothSides) {
  Value x = 3.0;
  Value h = x * 1.0;
  Value y = std::move(h) * std::move(h);  // NOLINT(bugprone-use-after-move)
  Value z = x + 100.0;
  EXPECT_EQ(y.data(), 9.0);
  Value g = x * 1.0;
  Value copy = g;
  Value w = std::move(g) + std::move(copy);
  Value v = x + 200.0;
  EXPECT_EQ(w.data(), 6.0);
  EXPECT_EQ((Value(w) * Value(w)).data(), 36.0);
  EXPECT_EQ(z.data() + v.data(), 306.0);
  Value k = x * 1.0;
  k += std::move(k);  // NOLINT(bugprone-use-after-move)
  k *= x * 2.0;
  Value last = x + 300.0;
  EXPECT_EQ(k.data(), 36.0);
  EXPECT_EQ(last.data(), 303.0);
}

TEST(Value, ComparisonsLookAtTheData) {
  const Value x = 1.0, y = 2.0;
  EXPECT_TRUE(x < y && x <= y && y > x && y >= x && x != y && !(x == y));
  EXPECT_TRUE(x == 1 && 1.0 == x && x < 2 && 0 < x && x >= 1 && 3 >= x && x != 2);
  const std::size_t before = Tape::current().node_count();
  static_cast<void>(x < y);
  EXPECT_EQ(Tape::current().node_count(), before);
}

TEST(Value, TextIsShortAndExact) {
  Value x = 0.1;
  std::ostringstream out;
  out << x << ' ' << Value(-0.0) << ' ' << Value(1e300) << ' ' << log(Value(-1.0));
  EXPECT_THAT(out.str(),
              HasSubstr("Value(data=0.1, grad=0) Value(data=-0, grad=0) Value(data=1e+300, grad=0) Value(data="));
  EXPECT_THAT(out.str(), HasSubstr("nan, grad=0)"));
}

TEST(Value, LabelsAndOperations) {
  Value x(1.0, "x");
  Value y = tanh(x);
  EXPECT_EQ(x.label(), "x");
  EXPECT_EQ(y.label(), "");
  y.set_label("y");
  EXPECT_EQ(Value(y).label(), "y") << "a copy is the same node";
  EXPECT_STREQ(x.operation(), "leaf");
  EXPECT_STREQ(y.operation(), "tanh");
  EXPECT_STREQ(Tape::current().constant(1.0).operation(), "constant");
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(y.is_leaf());
  y.set_label("renamed");
  EXPECT_EQ(y.label(), "renamed");
}

TEST(Value, LabelsDoNotOutliveTheirNode) {
  {
    Value x(1.0, "leaf");
    Value y = exp(x);
    y.set_label("operation");
  }
  Value x(1.0);
  Value y = exp(x);
  EXPECT_EQ(x.label(), "");
  EXPECT_EQ(y.label(), "");
}

TEST(Value, GradientsAreSetAndZeroed) {
  Value x = 2.0;
  Value y = x * x;
  EXPECT_EQ(y.grad(), 0.0);
  y.set_grad(7.0);
  EXPECT_EQ(y.grad(), 7.0);
  y.backward();
  EXPECT_EQ(y.grad(), 1.0) << "a root's gradient is recomputed";
  EXPECT_EQ(x.grad(), 4.0);
  x.set_grad(1.0);
  y.backward();
  EXPECT_EQ(x.grad(), 5.0) << "a leaf's gradient is added to";
  x.zero_grad();
  EXPECT_EQ(x.grad(), 0.0);
  y.backward();
  Tape::current().zero_grad();
  EXPECT_EQ(x.grad(), 0.0);
}

TEST(Value, GradientsOfOperationsAreThoseOfTheLastRoot) {
  Value x = 2.0;
  Value y = x * 3;
  Value z = y * y;
  Value other = x + 1;
  z.backward();
  EXPECT_EQ(y.grad(), 12.0);
  EXPECT_EQ(other.grad(), 0.0);
  other.backward();
  EXPECT_EQ(other.grad(), 1.0);
  EXPECT_EQ(y.grad(), 0.0);
  EXPECT_EQ(z.grad(), 0.0);
  Value later = y + z;
  EXPECT_EQ(later.grad(), 0.0);
  y.set_grad(5.0);
  later.set_grad(6.0);
  EXPECT_EQ(y.grad(), 5.0);
  EXPECT_EQ(z.grad(), 0.0);
  EXPECT_EQ(later.grad(), 6.0);
}

TEST(Value, BackwardOfALeafIsOne) {
  Value x = 2.0;
  x.backward();
  x.backward();
  EXPECT_EQ(x.grad(), 2.0);
}

TEST(Value, ConstantsTakeNoGradientAndDoNotChange) {
  Value x = 2.0;
  Value k = Tape::current().constant(3.0);
  Value y = x * k;
  y.backward();
  EXPECT_EQ(x.grad(), 3.0);
  EXPECT_EQ(k.grad(), 0.0);
  EXPECT_EQ(error_of([&] { k.set_data(1.0); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { k.set_grad(1.0); }), ErrorCode::invalid_argument);
  EXPECT_EQ(k.data(), 3.0);
}

TEST(Value, AnEmptyValueIsAnError) {
  Value none;
  Value x = 1.0;
  EXPECT_TRUE(none.empty());
  const std::size_t before = Tape::current().node_count();
  EXPECT_EQ(error_of([&] { static_cast<void>(none.data()); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { static_cast<void>(none.grad()); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { none.backward(); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { none + x; }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { x + none; }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { exp(none); }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { none += 1; }), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { x += none; }), ErrorCode::invalid_argument);
  EXPECT_EQ(x.data(), 1.0);
  Value moved = std::move(x);
  EXPECT_EQ(error_of([&] { tanh(x); }), ErrorCode::invalid_argument);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved.data(), 1.0);
  EXPECT_EQ(Tape::current().node_count(), before);
}

TEST(Value, OnlyLeavesAreChanged) {
  Value x = 1.0;
  Value y = x + 1;
  EXPECT_EQ(error_of([&] { y.set_data(3.0); }), ErrorCode::invalid_argument);
  EXPECT_EQ(y.data(), 2.0);
}

TEST(Value, MixingTapesIsAnError) {
  Tape first, second;
  Value x = first.value(1.0), y = second.value(2.0);
  EXPECT_EQ(error_of([&] { x* y; }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { x + 0 * y; }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { sum({x, y}); }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { dot({x}, {y}); }), ErrorCode::wrong_tape);
  EXPECT_EQ(error_of([&] { select(x, x, x, y); }), ErrorCode::wrong_tape);
  EXPECT_EQ(first.node_count(), 1u);
  EXPECT_EQ(second.node_count(), 1u);
}

TEST(Value, SelfAssignment) {
  Value x = 1.0;
  Value& same = x;
  x = same;
  x = std::move(same);
  EXPECT_EQ(x.data(), 1.0);
}

TEST(Tape, ScopesChooseTheTape) {
  Tape tape;
  Value outside = 1.0;
  {
    TapeScope scope(tape);
    Value inside = 2.0;
    EXPECT_EQ(&Tape::current(), &tape);
    EXPECT_EQ(tape.node_count(), 1u);
    EXPECT_EQ(error_of([&] { inside + outside; }), ErrorCode::wrong_tape);
    {
      Tape inner;
      TapeScope inner_scope(inner);
      EXPECT_EQ(&Tape::current(), &inner);
    }
    EXPECT_EQ(&Tape::current(), &tape);
  }
  EXPECT_NE(&Tape::current(), &tape);
}

TEST(Tape, ValuesOutliveTheirTape) {
  Value y;
  {
    Tape tape;
    Value x = tape.value(3.0);
    y = x * x;
  }
  EXPECT_EQ(y.data(), 9.0);
  {
    const Value copy = y;  // NOLINT(performance-unnecessary-copy-initialization): releasing it must not free the tape
    EXPECT_EQ(copy.data(), 9.0);
  }
  EXPECT_EQ(y.data(), 9.0);
  EXPECT_EQ(error_of([&] { y + 1; }), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace smolgrad

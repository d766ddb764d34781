// Value: a number that remembers how it was computed.
//
//   Value a(2.0, "a"), b(-3.0, "b"), c(10.0, "c");
//   Value d = a * b + c;          // Value(data=4, grad=0)
//   d.backward();                 // a.grad() == -3, b.grad() == 2, c.grad() == 1
//
// A Value is a handle to a node on a tape (tape.hpp), as cheap to copy as a pointer. Copies are the same node. A node
// lives as long as a Value leads to it, directly or through the operations computed from it; its memory is then
// reused by itself. Values of one tape belong to one thread at a time.
//
// Errors are exceptions of type smolgrad::Error (error.hpp): using an empty Value (default-constructed or moved
// from) is ErrorCode::invalid_argument, mixing tapes is wrong_tape, running out of memory is out_of_memory. Whatever
// throws leaves everything as it was. Where a standard container or string returned to you does not fit, that is
// std::bad_alloc. Arithmetic itself does not throw: log(-1) is NaN.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "detail/record.hpp"
#include "error.hpp"
#include "export.hpp"

namespace smolgrad {

class Value;
class Tape;
class GuardScope;

namespace detail {
struct ValueAccess;
struct TapeAccess;

template <class A>
constexpr bool is_value = std::is_same_v<std::remove_cv_t<std::remove_reference_t<A>>, Value>;
template <class A>
constexpr bool is_number = std::is_arithmetic_v<std::remove_reference_t<A>>;

// Overloads that take a Value, or a Value and a plain number in either order.
template <class A>
using if_value = std::enable_if_t<is_value<A>, int>;
template <class A, class B>
using if_values =
    std::enable_if_t<(is_value<A> && (is_value<B> || is_number<B>)) || (is_number<A> && is_value<B>), int>;
}  // namespace detail

/// A number that remembers how it was computed: a handle to a node on a tape.
class SMOLGRAD_API Value {
 public:
  /// An empty Value, to be assigned to.
  Value() noexcept = default;

  /// @{
  /// A new leaf (input or parameter) on the thread's current tape.
  Value(double data);  // NOLINT(google-explicit-constructor): `Value loss = 0.0;` is how programs begin
  Value(double data, std::string_view label);
  /// @}

  /// @{
  /// A copy is the same node; one moved from is empty.
  Value(const Value& other) noexcept : cell_(other.cell_) {
    if (cell_ != nullptr) ++cell_->references;
  }
  Value(Value&& other) noexcept : cell_(other.cell_) { other.cell_ = nullptr; }
  Value& operator=(const Value& other) noexcept {
    Value copy(other);
    return *this = static_cast<Value&&>(copy);
  }
  Value& operator=(Value&& other) noexcept {
    detail::Cell* const next = other.cell_;
    other.cell_ = nullptr;
    detail::Cell* const previous = cell_;
    cell_ = next;
    if (previous != nullptr) previous->core->release(previous);
    return *this;
  }
  /// @}
  ~Value() {
    if (cell_ != nullptr) cell_->core->release(cell_);
  }

  /// Whether there is no node behind this Value.
  bool empty() const noexcept { return cell_ == nullptr; }

  /// The number.
  double data() const { return detail::tape_of(cell_).data[cell_->node]; }

  /// Changes a leaf; invalid_argument for anything computed. What was recorded from the old number stays as it was,
  /// but backward() through it is an error from now on (ErrorCode::stale): record again.
  void set_data(double data);

  /// Of a leaf: the sum over all backward() calls since the last zero_grad(). Of an operation: the derivative of the
  /// last root by it, 0 if that root does not depend on it.
  double grad() const { return detail::tape_of(cell_).gradient(cell_->node); }
  /// Changes that; invalid_argument for a constant.
  void set_grad(double grad);
  /// The same as set_grad(0).
  void zero_grad() { set_grad(0.0); }

  /// A name, shown in graphs and printed nowhere else. Empty if none was given.
  const std::string& label() const;
  /// Gives it another name.
  void set_label(std::string_view label);

  /// The operator's public name, such as "mul"; "leaf" or "constant" for what is not computed.
  const char* operation() const;
  /// Whether it is an input or a parameter, neither computed nor a constant.
  bool is_leaf() const;

  /// Adds the derivative of this Value by every leaf to that leaf's grad, and sets the grad of the operations between.
  /// Calling it twice gives exactly twice the leaf gradients. ErrorCode::stale, with no gradient changed, if a leaf
  /// it depends on was changed after the recording. Time and memory are linear in the operations recorded.
  void backward() const;

  /// @{
  /// In place: the variable becomes the result; other copies of it keep the node they have.
  template <class B>
  Value& operator+=(B&& other) {
    return combine<ops::Add>(static_cast<B&&>(other));
  }
  template <class B>
  Value& operator-=(B&& other) {
    return combine<ops::Sub>(static_cast<B&&>(other));
  }
  template <class B>
  Value& operator*=(B&& other) {
    return combine<ops::Mul>(static_cast<B&&>(other));
  }
  template <class B>
  Value& operator/=(B&& other) {
    return combine<ops::Div>(static_cast<B&&>(other));
  }
  /// @}

 private:
  friend struct detail::ValueAccess;

  template <class Definition, class B>
  Value& combine(B&& other);

  detail::Cell* cell_ = nullptr;
};

/// @{
/// `Value(data=4, grad=0)`, the numbers as short as they can be without loss.
SMOLGRAD_API std::string to_string(const Value& value);
SMOLGRAD_API std::ostream& operator<<(std::ostream& out, const Value& value);
/// @}

/// The graph `root` was computed by, in Graphviz's DOT language: for every node its label, operator, data and grad.
SMOLGRAD_API std::string to_dot(const Value& root);

namespace detail {

/// The way in for operators and bindings.
struct ValueAccess {
  static Value adopt(Cell* cell) noexcept {
    Value value;
    SMOLGRAD_ASSUME(cell != nullptr);
    value.cell_ = cell;
    return value;
  }
  static Cell* cell(const Value& value) noexcept { return value.cell_; }
  static void forget(Value& value) noexcept { value.cell_ = nullptr; }
};

/// Operands arrive as references; a temporary's cell is consumed by the recording.
template <class A>
constexpr bool is_owned = !std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>;
template <class A>
void consumed(A&& operand) noexcept {
  if constexpr (is_value<A> && is_owned<A>) ValueAccess::forget(operand);
}

template <class Definition, class A>
Value apply(A&& x) {
  Cell* const result = Recorder<Definition>::unary(ValueAccess::cell(x), is_owned<A>);
  consumed(static_cast<A&&>(x));
  return ValueAccess::adopt(result);
}

template <class Definition, class A, class B>
Value apply(A&& left, B&& right) {
  Cell* result;
  if constexpr (!is_value<B>) {
    result = Recorder<Definition>::number_right(ValueAccess::cell(left), is_owned<A>, static_cast<double>(right));
  } else if constexpr (!is_value<A>) {
    result = Recorder<Definition>::number_left(static_cast<double>(left), ValueAccess::cell(right), is_owned<B>);
  } else {
    result = Recorder<Definition>::binary(ValueAccess::cell(left), is_owned<A>, ValueAccess::cell(right), is_owned<B>);
  }
  consumed(static_cast<A&&>(left));
  consumed(static_cast<B&&>(right));
  return ValueAccess::adopt(result);
}

}  // namespace detail

template <class Definition, class B>
Value& Value::combine(B&& other) {
  static_assert(detail::is_value<B> || detail::is_number<B>, "a Value combines with a Value or a number");
  detail::Cell* result;
  if constexpr (detail::is_value<B>) {
    result = detail::Recorder<Definition>::binary(cell_, true, other.cell_, detail::is_owned<B>);
  } else {
    result = detail::Recorder<Definition>::number_right(cell_, true, static_cast<double>(other));
  }
  detail::consumed(static_cast<B&&>(other));  // which may be *this
  cell_ = result;
  return *this;
}

/// @{
/// The operators, by their public names: `exp(x)`, `tanh(x)`, `pow(x, y)`, ... Binary ones take a Value on both sides
/// or a plain number on either. Formulas, derivatives and the choices made at kinks stand beside each definition in
/// smolgrad/ops (arithmetic, exponential, trigonometric, special, activation, piecewise).
#define SMOLGRAD_UNARY_FUNCTION(Definition, name)               \
  template <class A, detail::if_value<A> = 0>                   \
  Value name(A&& x) {                                           \
    return detail::apply<ops::Definition>(static_cast<A&&>(x)); \
  }
SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_UNARY_FUNCTION)
#undef SMOLGRAD_UNARY_FUNCTION

#define SMOLGRAD_BINARY_FUNCTION(Definition, name)                                          \
  template <class A, class B, detail::if_values<A, B> = 0>                                  \
  Value name(A&& left, B&& right) {                                                         \
    return detail::apply<ops::Definition>(static_cast<A&&>(left), static_cast<B&&>(right)); \
  }
SMOLGRAD_BINARY_OPERATORS(SMOLGRAD_BINARY_FUNCTION)
#undef SMOLGRAD_BINARY_FUNCTION
/// @}

/// @{
/// Arithmetic, with a Value on both sides or a plain number on either.
template <class A, class B, detail::if_values<A, B> = 0>
Value operator+(A&& left, B&& right) {
  return detail::apply<ops::Add>(static_cast<A&&>(left), static_cast<B&&>(right));
}
template <class A, class B, detail::if_values<A, B> = 0>
Value operator-(A&& left, B&& right) {
  return detail::apply<ops::Sub>(static_cast<A&&>(left), static_cast<B&&>(right));
}
template <class A, class B, detail::if_values<A, B> = 0>
Value operator*(A&& left, B&& right) {
  return detail::apply<ops::Mul>(static_cast<A&&>(left), static_cast<B&&>(right));
}
template <class A, class B, detail::if_values<A, B> = 0>
Value operator/(A&& left, B&& right) {
  return detail::apply<ops::Div>(static_cast<A&&>(left), static_cast<B&&>(right));
}
template <class A, detail::if_value<A> = 0>
Value operator-(A&& x) {
  return detail::apply<ops::Neg>(static_cast<A&&>(x));
}
/// @}
/// The same node.
template <class A, detail::if_value<A> = 0>
Value operator+(A&& x) {
  return static_cast<A&&>(x);
}

namespace detail {

enum class Comparison : std::int32_t { less, less_equal, equal };

inline double number(const Value& value) { return value.data(); }
inline double number(double value) { return value; }
inline const Value* node(const Value& value) { return &value; }
inline const Value* node(double) { return nullptr; }
inline GuardScope* guards_of(const Value& value) { return ValueAccess::cell(value)->core->guards; }
inline GuardScope* guards_of(double) { return nullptr; }

/// For a GuardScope; a side that is a plain number is null.
SMOLGRAD_API void keep_comparison(GuardScope& guards, Comparison comparison, const Value* left, double left_number,
                                  const Value* right, double right_number, bool outcome);

template <Comparison comparison, class A, class B>
bool compare(const A& left, const B& right) {
  const double a = number(left);
  const double b = number(right);
  const bool outcome = comparison == Comparison::less ? a < b : comparison == Comparison::less_equal ? a <= b : a == b;
  GuardScope* guards = guards_of(left);
  if (guards == nullptr) guards = guards_of(right);
  if (guards != nullptr) keep_comparison(*guards, comparison, node(left), a, node(right), b, outcome);
  return outcome;
}

}  // namespace detail

/// @{
/// Comparisons look at the data and record nothing, but for a GuardScope (guard.hpp).
template <class A, class B, detail::if_values<A, B> = 0>
bool operator<(const A& left, const B& right) {
  return detail::compare<detail::Comparison::less>(left, right);
}
template <class A, class B, detail::if_values<A, B> = 0>
bool operator<=(const A& left, const B& right) {
  return detail::compare<detail::Comparison::less_equal>(left, right);
}
template <class A, class B, detail::if_values<A, B> = 0>
bool operator>(const A& left, const B& right) {
  return detail::compare<detail::Comparison::less>(right, left);
}
template <class A, class B, detail::if_values<A, B> = 0>
bool operator>=(const A& left, const B& right) {
  return detail::compare<detail::Comparison::less_equal>(right, left);
}
template <class A, class B, detail::if_values<A, B> = 0>
bool operator==(const A& left, const B& right) {
  return detail::compare<detail::Comparison::equal>(left, right);
}
template <class A, class B, detail::if_values<A, B> = 0>
bool operator!=(const A& left, const B& right) {
  return !detail::compare<detail::Comparison::equal>(left, right);
}
/// @}

/// `if_less` where left < right, else `otherwise` (also when either is NaN), as one operation. The gradient goes to the
/// branch taken and nowhere else: what a branch not taken would contribute is exactly 0, never NaN.
SMOLGRAD_API Value select(const Value& left, const Value& right, const Value& if_less, const Value& otherwise);

/// @{
/// Over many operands, each one operation. `count` of 0 is invalid_argument. See smolgrad/ops/reduction.hpp.
SMOLGRAD_API Value sum(const Value* values, std::size_t count);
SMOLGRAD_API Value mean(const Value* values, std::size_t count);
SMOLGRAD_API Value max_of(const Value* values, std::size_t count);
SMOLGRAD_API Value min_of(const Value* values, std::size_t count);
SMOLGRAD_API Value logsumexp(const Value* values, std::size_t count);
/// @}
/// Σ left[i] right[i], over `count` operands a side.
SMOLGRAD_API Value dot(const Value* left, const Value* right, std::size_t count);
/// exp(x[i] - logsumexp(x)) for each i: positive numbers that sum to 1. Recorded as just these operations.
SMOLGRAD_API std::vector<Value> softmax(const Value* values, std::size_t count);

/// @{
/// The same over all of a vector.
inline Value sum(const std::vector<Value>& values) { return sum(values.data(), values.size()); }
inline Value mean(const std::vector<Value>& values) { return mean(values.data(), values.size()); }
inline Value max_of(const std::vector<Value>& values) { return max_of(values.data(), values.size()); }
inline Value min_of(const std::vector<Value>& values) { return min_of(values.data(), values.size()); }
inline Value logsumexp(const std::vector<Value>& values) { return logsumexp(values.data(), values.size()); }
inline std::vector<Value> softmax(const std::vector<Value>& values) { return softmax(values.data(), values.size()); }
/// @}
/// invalid_argument if the sizes differ.
SMOLGRAD_API Value dot(const std::vector<Value>& left, const std::vector<Value>& right);

}  // namespace smolgrad

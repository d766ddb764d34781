// Recording one operation: its value and partial derivatives are computed here and now, from the definitions in
// ops, so that the reverse sweep only multiplies and adds. Not part of the API: the operators on Value are.
//
// `owned` says that the caller hands over its reference to that operand (a temporary), which is then consumed
// unless the function throws.
#pragma once

#include <type_traits>

#include "tape_core.hpp"

namespace smolgrad::detail {

[[noreturn]] SMOLGRAD_API void throw_empty_value();
[[noreturn]] SMOLGRAD_API void throw_wrong_tape();

inline TapeCore& tape_of(const Cell* cell) {
  if (cell == nullptr) throw_empty_value();
  return *cell->core;
}

inline TapeCore& tape_of(const Cell* left, const Cell* right) {
  if (left == nullptr) throw_empty_value();
  if (right == nullptr) throw_empty_value();
  if (left->core != right->core) throw_wrong_tape();
  return *left->core;
}

/// The index of an operand that is not taken, as a harmless number near 1: the sweep multiplies by it.
inline double idle_partial(Index operand) {
  const std::uint64_t bits = (std::uint64_t{0x3FF00000} << 32) | static_cast<std::uint32_t>(operand);
  double partial;
  std::memcpy(&partial, &bits, sizeof partial);
  return partial;
}

/// Where a partial of a piecewise operator is exactly 0, nothing may be added: 0 times an infinite adjoint is NaN.
template <class Definition>
inline Operation idle_if_zero(double& partial, Index& operand, Operation flag) {
  if constexpr (ops::is_piecewise<Definition>) {
    const bool idle = partial == 0.0;
    partial = idle ? idle_partial(operand) : partial;
    operand = idle ? sink : operand;
    return idle ? flag : Operation{0};
  } else {
    return 0;
  }
}

template <class Definition>
constexpr Operation operation_of = static_cast<Operation>(ops::code_of<Definition>);

/// The operation alone, for which there is room.
template <class Definition>
inline Index append_unary(TapeCore& tape, Index x) noexcept {
  const double data = tape.data[x];
  const double value = Definition::value(data);
  Record record{x, none, Definition::derivative(data, value), 0.0};
  const Operation idle = idle_if_zero<Definition>(record.left_partial, record.left, left_idle);
  return tape.append(operation_of<Definition> | idle, value, record);
}

template <class Definition>
inline Cell* record_unary(Cell* x, bool owned) {
  TapeCore& tape = tape_of(x);
  tape.make_room();
  return tape.take_cell_over(x, owned, append_unary<Definition>(tape, x->node));
}

template <class Definition>
inline Cell* record_binary(Cell* left, bool left_owned, Cell* right, bool right_owned) {
  TapeCore& tape = tape_of(left, right);
  tape.make_room();
  const double a = tape.data[left->node];
  const double b = tape.data[right->node];
  const double value = Definition::value(a, b);
  Record record{left->node, right->node, Definition::left_partial(a, b, value), Definition::right_partial(a, b, value)};
  const Operation idle_left = idle_if_zero<Definition>(record.left_partial, record.left, left_idle);
  const Operation idle_right = idle_if_zero<Definition>(record.right_partial, record.right, right_idle);
  const Index node = tape.append(operation_of<Definition> | idle_left | idle_right, value, record);
  if (!left_owned) return tape.take_cell_over(right, right_owned, node);
  Cell* const result = tape.take_cell_over(left, true, node);
  // One object given as both sides, as in `std::move(x) * std::move(x)`, gives up one reference.
  if (right_owned && right != result) tape.release_operand(right);
  return result;
}

/// `left` with a plain number on its right.
template <class Definition>
inline Cell* record_number_right(Cell* left, bool owned, double number) {
  TapeCore& tape = tape_of(left);
  tape.make_room();
  const double a = tape.data[left->node];
  const double value = Definition::value(a, number);
  Record record{left->node, none, Definition::left_partial(a, number, value), number};
  const Operation idle = idle_if_zero<Definition>(record.left_partial, record.left, left_idle);
  const Index node = tape.append(operation_of<Definition> | with_number | idle, value, record);
  return tape.take_cell_over(left, owned, node);
}

/// `right` with a plain number on its left.
template <class Definition>
inline Cell* record_number_left(double number, Cell* right, bool owned) {
  TapeCore& tape = tape_of(right);
  tape.make_room();
  const double b = tape.data[right->node];
  const double value = Definition::value(number, b);
  Record record{right->node, none, Definition::right_partial(number, b, value), number};
  const Operation idle = idle_if_zero<Definition>(record.left_partial, record.left, left_idle);
  const Index node = tape.append(operation_of<Definition> | with_number | number_left | idle, value, record);
  return tape.take_cell_over(right, owned, node);
}

// Plain arithmetic is recorded inline. The other operators are compiled once, in the library: there a call costs
// little beside the function itself, and every caller gets the same bits whatever its own compiler flags.
template <class Definition>
constexpr bool recorded_inline = false;
template <>
inline constexpr bool recorded_inline<ops::Add> = true;
template <>
inline constexpr bool recorded_inline<ops::Sub> = true;
template <>
inline constexpr bool recorded_inline<ops::Mul> = true;
template <>
inline constexpr bool recorded_inline<ops::Div> = true;
template <>
inline constexpr bool recorded_inline<ops::Neg> = true;
template <>
inline constexpr bool recorded_inline<ops::Square> = true;
template <>
inline constexpr bool recorded_inline<ops::Relu> = true;

// By code, since an instantiation over the definitions, which are not exported types, would not be exported either.
template <ops::Code code>
struct SMOLGRAD_API InLibrary {
  static Cell* unary(Cell* x, bool owned);
  static Cell* binary(Cell* left, bool left_owned, Cell* right, bool right_owned);
  static Cell* number_right(Cell* left, bool owned, double number);
  static Cell* number_left(double number, Cell* right, bool owned);
};

template <class Definition>
struct Inline {
  static Cell* unary(Cell* x, bool owned) { return record_unary<Definition>(x, owned); }
  static Cell* binary(Cell* left, bool left_owned, Cell* right, bool right_owned) {
    return record_binary<Definition>(left, left_owned, right, right_owned);
  }
  static Cell* number_right(Cell* left, bool owned, double number) {
    return record_number_right<Definition>(left, owned, number);
  }
  static Cell* number_left(double number, Cell* right, bool owned) {
    return record_number_left<Definition>(number, right, owned);
  }
};

template <class Definition>
using Recorder =
    std::conditional_t<recorded_inline<Definition>, Inline<Definition>, InLibrary<ops::code_of<Definition>>>;

}  // namespace smolgrad::detail

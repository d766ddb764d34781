// The operators, one C function each, from the table.
#include <initializer_list>

#include "boundary.hpp"

using namespace smolgrad;
using capi::first_tape;
using capi::handle;
using capi::tape_of;

namespace {

void report_nulls(std::initializer_list<const smolgrad_value*> operands) {
  for (const smolgrad_value* const operand : operands) capi::report_null(tape_of(operand));
}

/// NULL among the operands gives NULL; it is news only to tapes that had no error before.
template <class... Operands>
bool any_null(const Operands*... operands) {
  if (((operands != nullptr) && ...)) return false;
  report_nulls({operands...});
  return true;
}

/// As capi::value_of, on the tape of `operand`, which is looked for only if an error is to be left there.
template <class Body>
smolgrad_value* recorded_beside(const smolgrad_value* operand, Body body) noexcept {
  try {
    return capi::to_c(to_handle(body()));
  } catch (...) {
    capi::report_exception(tape_of(operand));
    return nullptr;
  }
}

template <class Definition>
smolgrad_value* unary(const smolgrad_value* x) {
  if (x == nullptr) return nullptr;
  return recorded_beside(x, [&] {
    const Borrowed operand(handle(x));
    return detail::apply<Definition>(static_cast<const Value&>(operand));
  });
}

template <class Definition>
smolgrad_value* number_right(const smolgrad_value* a, double b) {
  if (a == nullptr) return nullptr;
  return recorded_beside(a, [&] {
    const Borrowed left(handle(a));
    return detail::apply<Definition>(static_cast<const Value&>(left), b);
  });
}

template <class Definition>
smolgrad_value* number_left(double a, const smolgrad_value* b) {
  if (b == nullptr) return nullptr;
  return recorded_beside(b, [&] {
    const Borrowed right(handle(b));
    return detail::apply<Definition>(a, static_cast<const Value&>(right));
  });
}

template <class Definition>
smolgrad_value* binary(const smolgrad_value* a, const smolgrad_value* b) {
  if (any_null(a, b)) return nullptr;
  return recorded_beside(a, [&] {
    const Borrowed left(handle(a));
    const Borrowed right(handle(b));
    return detail::apply<Definition>(static_cast<const Value&>(left), static_cast<const Value&>(right));
  });
}

}  // namespace

#define X(Definition, name) \
  smolgrad_value* smolgrad_##name(const smolgrad_value* x) { return unary<ops::Definition>(x); }
SMOLGRAD_UNARY_OPERATORS(X)
#undef X

#define X(Definition, name)                                                           \
  smolgrad_value* smolgrad_##name(const smolgrad_value* a, const smolgrad_value* b) { \
    return binary<ops::Definition>(a, b);                                             \
  }                                                                                   \
  smolgrad_value* smolgrad_##name##_number(const smolgrad_value* a, double b) {       \
    return number_right<ops::Definition>(a, b);                                       \
  }                                                                                   \
  smolgrad_value* smolgrad_number_##name(double a, const smolgrad_value* b) {         \
    return number_left<ops::Definition>(a, b);                                        \
  }
SMOLGRAD_BINARY_OPERATORS(X)
#undef X

#define X(Definition, name)                                                                                 \
  smolgrad_value* smolgrad_##name(smolgrad_value* const values[], size_t count) {                           \
    return capi::value_of(first_tape(values, count), [&] { return name(capi::values_of(values, count)); }); \
  }
SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X

smolgrad_value* smolgrad_select(const smolgrad_value* left, const smolgrad_value* right, const smolgrad_value* if_less,
                                const smolgrad_value* otherwise) {
  if (any_null(left, right, if_less, otherwise)) return nullptr;
  return recorded_beside(left, [&] {
    return select(Borrowed(handle(left)), Borrowed(handle(right)), Borrowed(handle(if_less)),
                  Borrowed(handle(otherwise)));
  });
}

smolgrad_value* smolgrad_dot(smolgrad_value* const a[], smolgrad_value* const b[], size_t count) {
  smolgrad_tape* const tape = first_tape(a, count);
  return capi::value_of(tape == nullptr ? first_tape(b, count) : tape,
                        [&] { return dot(capi::values_of(a, count), capi::values_of(b, count)); });
}

int32_t smolgrad_softmax(smolgrad_value* const values[], size_t count, smolgrad_value* out[]) {
  smolgrad_tape* const tape = first_tape(values, count);
  if (out == nullptr) return capi::report_null(tape);
  return capi::status_of(tape, [&] { capi::hand_out(softmax(capi::values_of(values, count)), out); });
}

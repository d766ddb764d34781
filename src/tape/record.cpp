// The operators that are recorded in the library rather than inline in the caller (see detail/record.hpp).
#include <smolgrad/detail/record.hpp>
#include <smolgrad/error.hpp>

namespace smolgrad::detail {

void throw_empty_value() {
  throw Error(ErrorCode::invalid_argument, "the Value is empty: default-constructed or moved from");
}

void throw_wrong_tape() { throw Error(ErrorCode::wrong_tape, "the operands were recorded on different tapes"); }

template <ops::Code code>
using Definition = typename ops::DefinitionOf<code>::type;

template <ops::Code code>
Cell* InLibrary<code>::unary(Cell* x, bool owned) {
  return record_unary<Definition<code>>(x, owned);
}

template <ops::Code code>
Cell* InLibrary<code>::binary(Cell* left, bool left_owned, Cell* right, bool right_owned) {
  return record_binary<Definition<code>>(left, left_owned, right, right_owned);
}

template <ops::Code code>
Cell* InLibrary<code>::number_right(Cell* left, bool owned, double number) {
  return record_number_right<Definition<code>>(left, owned, number);
}

template <ops::Code code>
Cell* InLibrary<code>::number_left(double number, Cell* right, bool owned) {
  return record_number_left<Definition<code>>(number, right, owned);
}

#define X(Definition, name) template Cell* InLibrary<ops::Code::name>::unary(Cell*, bool);
SMOLGRAD_UNARY_OPERATORS(X)
#undef X

#define X(Definition, name)                                                     \
  template Cell* InLibrary<ops::Code::name>::binary(Cell*, bool, Cell*, bool);  \
  template Cell* InLibrary<ops::Code::name>::number_right(Cell*, bool, double); \
  template Cell* InLibrary<ops::Code::name>::number_left(double, Cell*, bool);
SMOLGRAD_BINARY_OPERATORS(X)
#undef X

}  // namespace smolgrad::detail

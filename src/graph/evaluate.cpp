// One node's value, computed with the operators' own definitions.
#include <stdexcept>

#include "builder.hpp"

namespace smolgrad::graph {

double evaluate(Operator op, const double* x, std::size_t count) {
  switch (op) {
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return ops::Definition::value(x[0]);
    SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return ops::Definition::value(x[0], x[1]);
    SMOLGRAD_BINARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name) \
  case Operator::name:                   \
    return ops::Definition::value(x, count);
    SMOLGRAD_REDUCTION_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
    case Operator::dot:
      return ops::Dot::value<double>([&](std::size_t i) { return x[i]; },
                                     [&](std::size_t i) { return x[count / 2 + i]; }, count / 2);
    case Operator::select:
      return ops::Select::value(x[0], x[1], x[2], x[3]);
    case Operator::select_equal:
      return ops::select_equal(x[0], x[1], x[2], x[3]);
    case Operator::nearest_integer:
      return ops::nearest_integer(x[0]);
    case Operator::normal_cdf_by_bell:
      return ops::NormalCdfByBell::value(x[0], x[1]);
    case Operator::multiply_add:
      return x[0] * x[1] + x[2];
    case Operator::multiply_subtract:
      return x[0] * x[1] - x[2];
    case Operator::negative_multiply_add:
      return x[2] - x[0] * x[1];
    case Operator::input:
    case Operator::constant:
    case Operator::shared:
    case Operator::matrix_product:
    case Operator::outer_product:
    case Operator::element:
      break;
  }
  throw std::logic_error("a node without a value of its own");
}

}  // namespace smolgrad::graph

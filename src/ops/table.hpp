// The table of operators. Everything that has one entry an operator (codes, names, the C++ and C functions,
// the tests) is generated from these lists: X(definition, public name).
// `softmax` is not here: it is exp(x[i] - logsumexp(x)), recorded as just that.
#pragma once

#include <cstdint>

#include "activation.hpp"
#include "arithmetic.hpp"
#include "exponential.hpp"
#include "piecewise.hpp"
#include "reduction.hpp"
#include "special.hpp"
#include "trigonometric.hpp"

#define SMOLGRAD_UNARY_OPERATORS(X) \
  X(Neg, neg)                       \
  X(Square, square)                 \
  X(Sqrt, sqrt)                     \
  X(Cbrt, cbrt)                     \
  X(Abs, abs)                       \
  X(Exp, exp)                       \
  X(Exp2, exp2)                     \
  X(Expm1, expm1)                   \
  X(Log, log)                       \
  X(Log2, log2)                     \
  X(Log10, log10)                   \
  X(Log1p, log1p)                   \
  X(Sin, sin)                       \
  X(Cos, cos)                       \
  X(Tan, tan)                       \
  X(Asin, asin)                     \
  X(Acos, acos)                     \
  X(Atan, atan)                     \
  X(Sinh, sinh)                     \
  X(Cosh, cosh)                     \
  X(Tanh, tanh)                     \
  X(Asinh, asinh)                   \
  X(Acosh, acosh)                   \
  X(Atanh, atanh)                   \
  X(Erf, erf)                       \
  X(Erfc, erfc)                     \
  X(Lgamma, lgamma)                 \
  X(NormalCdf, normal_cdf)          \
  X(Relu, relu)                     \
  X(LeakyRelu, leaky_relu)          \
  X(Elu, elu)                       \
  X(Sigmoid, sigmoid)               \
  X(Softplus, softplus)             \
  X(Silu, silu)                     \
  X(Gelu, gelu)

#define SMOLGRAD_BINARY_OPERATORS(X) \
  X(Add, add)                        \
  X(Sub, sub)                        \
  X(Mul, mul)                        \
  X(Div, div)                        \
  X(Pow, pow)                        \
  X(Hypot, hypot)                    \
  X(Atan2, atan2)                    \
  X(Min, min)                        \
  X(Max, max)

/// Over many operands, one partial each.
#define SMOLGRAD_REDUCTION_OPERATORS(X) \
  X(Sum, sum)                           \
  X(Mean, mean)                         \
  X(MaxOf, max_of)                      \
  X(MinOf, min_of)                      \
  X(Logsumexp, logsumexp)

/// Recorded in their own way.
#define SMOLGRAD_OTHER_OPERATORS(X) \
  X(Select, select)                 \
  X(Dot, dot)

#define SMOLGRAD_OPERATORS(X)     \
  SMOLGRAD_UNARY_OPERATORS(X)     \
  SMOLGRAD_BINARY_OPERATORS(X)    \
  SMOLGRAD_REDUCTION_OPERATORS(X) \
  SMOLGRAD_OTHER_OPERATORS(X)

namespace smolgrad::ops {

enum class Code : std::uint8_t {
  leaf,
  constant,
#define SMOLGRAD_ENTRY(Definition, name) name,
  SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
};

/// The code of a definition: `code_of<Tanh>` is `Code::tanh`.
template <class Definition>
constexpr Code code_of = Code::leaf;
#define SMOLGRAD_ENTRY(Definition, name) \
  template <>                            \
  inline constexpr Code code_of<Definition> = Code::name;
SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

/// The definition of a code: `DefinitionOf<Code::tanh>::type` is `Tanh`.
template <Code code>
struct DefinitionOf;
#define SMOLGRAD_ENTRY(Definition, name) \
  template <>                            \
  struct DefinitionOf<Code::name> {      \
    using type = Definition;             \
  };
SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY

/// The public name of an operator; "leaf" and "constant" for what is not computed.
constexpr const char* name_of(Code code) {
  constexpr const char* names[] = {"leaf", "constant",
#define SMOLGRAD_ENTRY(Definition, name) #name,
                                   SMOLGRAD_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
  };
  return names[static_cast<std::size_t>(code)];
}

template <class Definition, class = void>
constexpr bool is_piecewise = false;
template <class Definition>
constexpr bool is_piecewise<Definition, decltype(void(Definition::piecewise))> = Definition::piecewise;

}  // namespace smolgrad::ops

// One loop for each operator and each choice of uniform operands, all from the operators' definitions.
#pragma once

#include <utility>

#include "../ops/table.hpp"
#include "kernels.hpp"
#include "lanes_mathematics.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

template <class Definition>
struct ValueOf {
  template <class... Operand>
  static HWY_INLINE auto apply(Operand... operands) {
    return Definition::value(operands...);
  }
};

#define SMOLGRAD_FUNCTION(Name, function)               \
  struct Name {                                         \
    template <class... Operand>                         \
    static HWY_INLINE auto apply(Operand... operands) { \
      return function(operands...);                     \
    }                                                   \
  };
SMOLGRAD_FUNCTION(SelectEqual, select_equal)
SMOLGRAD_FUNCTION(NearestInteger, nearest_integer)
SMOLGRAD_FUNCTION(MultiplyAdd, multiply_add)
SMOLGRAD_FUNCTION(MultiplySubtract, multiply_subtract)
SMOLGRAD_FUNCTION(NegativeMultiplyAdd, negative_multiply_add)
#undef SMOLGRAD_FUNCTION

/// A quotient within one unit in the last place, by the reciprocal's first 14 bits, a Newton step for 28 and another on
/// the quotient: on AVX-512 a fifth of the division's time. Whatever is not an ordinary number is left to the division.
template <class Float>
HWY_INLINE Lanes<Float> divide(Lanes<Float> a, Lanes<Float> b) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (sizeof(Float) == sizeof(double)) {
    using L = Lanes<double>;
    const L small(0x1p-500);
    const L large(0x1p500);
    // The remainder of a small dividend would be rounded away; that of 0 is 0.
    const auto dividend = hn::And(hn::Or(small < abs(a), a == L(0.0)), abs(a) < large);
    const auto ordinary = hn::And(hn::And(small < abs(b), abs(b) < large), dividend);
    if (HWY_LIKELY(all_of<double>(ordinary))) {
      L reciprocal(typename L::Vector{_mm512_rcp14_pd(b.raw.raw)});
      const L one(1.0);
      reciprocal = multiply_add(reciprocal, negative_multiply_add(b, reciprocal, one), reciprocal);
      const L quotient = a * reciprocal;
      const L corrected = multiply_add(negative_multiply_add(b, quotient, a), reciprocal, quotient);
      return select_equal(a, L(0.0), quotient, corrected);  // for the sign of 0
    }
  }
#endif
  return a / b;
}

/// A square root within one unit in the last place, by Goldschmidt's iteration from the first digits of 1 / sqrt(x): on
/// AVX-512 a quarter of the instruction's time.
template <class Float>
HWY_INLINE Lanes<Float> root(Lanes<Float> x) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (sizeof(Float) == sizeof(double)) {
    using L = Lanes<double>;
    const auto ordinary = hn::And(L(0x1p-500) < x, x < L(0x1p500));
    if (HWY_LIKELY(all_of<double>(ordinary))) {
      const L half(0.5);
      const L inverse(typename L::Vector{_mm512_rsqrt14_pd(x.raw.raw)});
      L root = x * inverse;
      L half_inverse = half * inverse;
      for (int step = 0; step < 2; ++step) {
        const L error = negative_multiply_add(root, half_inverse, half);
        root = multiply_add(root, error, root);
        half_inverse = multiply_add(half_inverse, error, half_inverse);
      }
      return multiply_add(negative_multiply_add(root, root, x), half_inverse, root);
    }
  }
#endif
  return sqrt(x);
}

struct Root {
  template <class L>
  static HWY_INLINE L apply(L x) {
    return root(x);
  }
};

struct Quotient {
  template <class L>
  static HWY_INLINE L apply(L a, L b) {
    return divide(a, b);
  }
};

struct Copy {
  template <class L>
  static HWY_INLINE L apply(L x) {
    return x;
  }
};

template <class Float, class Function, unsigned uniform, std::size_t... operand>
HWY_INLINE void run_elementwise(const Elementwise<Float>& work, std::index_sequence<operand...>) {
  using L = Lanes<Float>;
  Float* to = work.to;
  const Float* from[] = {work.from[operand]...};
  for (std::size_t row = 0; row < work.rows; ++row) {
    const L fixed[] = {L::load_unaligned(from[operand])...};
    for (std::size_t i = 0; i < work.samples; i += L::size()) {
      Function::apply((((uniform >> operand) & 1U) != 0 ? fixed[operand] : L::load_unaligned(from[operand] + i))...)
          .store_unaligned(to + i);
    }
    to += work.to_step;
    ((from[operand] += work.from_step[operand]), ...);
  }
}

template <class Float, class Function, std::size_t count, unsigned uniform>
HWY_FLATTEN void elementwise(const Elementwise<Float>& work) {
  run_elementwise<Float, Function, uniform>(work, std::make_index_sequence<count>());
}

/// For any choice: slower by an instruction an operand, but there is only one of it.
template <class Float, class Function, std::size_t... operand>
HWY_INLINE void run_any(const Elementwise<Float>& work, std::index_sequence<operand...>) {
  using L = Lanes<Float>;
  Float* to = work.to;
  const Float* from[] = {work.from[operand]...};
  const std::size_t moves[] = {(work.uniform >> operand & 1U) != 0 ? std::size_t{0} : std::size_t{1}...};
  for (std::size_t row = 0; row < work.rows; ++row) {
    for (std::size_t i = 0; i < work.samples; i += L::size()) {
      Function::apply(L::load_unaligned(from[operand] + i * moves[operand])...).store_unaligned(to + i);
    }
    to += work.to_step;
    ((from[operand] += work.from_step[operand]), ...);
  }
}

template <class Float, class Function, std::size_t count>
HWY_FLATTEN void any_elementwise(const Elementwise<Float>& work) {
  run_any<Float, Function>(work, std::make_index_sequence<count>());
}

/// For large functions, and for those with many operands.
template <class Function, std::size_t count, class Float>
constexpr void add_at_once(Kernels<Float>& kernels, graph::Operator op) {
  kernels.elementwise.add(op, &any_elementwise<Float, Function, count>);
}

/// What is left of an adjoint by relu: compared with a constant, and a constant where it is less.
constexpr unsigned first_and_last = 1U | 1U << 3U;

/// The same for four operands, but for one choice that is worth a kernel.
template <class Function, unsigned choice, class Float, unsigned... uniform>
constexpr void add_at_once_but(Kernels<Float>& kernels, graph::Operator op,
                               std::integer_sequence<unsigned, uniform...>) {
  kernels.elementwise.add(
      op, (uniform == choice ? &elementwise<Float, Function, 4, choice> : &any_elementwise<Float, Function, 4>)...);
}

template <class Function, std::size_t count, class Float, unsigned... uniform>
constexpr void add_variants(Kernels<Float>& kernels, graph::Operator op, std::integer_sequence<unsigned, uniform...>) {
  kernels.elementwise.add(op, &elementwise<Float, Function, count, uniform>...);
}

/// For all choices but that every operand is uniform.
template <class Function, std::size_t count, class Float>
constexpr void add_operator(Kernels<Float>& kernels, graph::Operator op) {
  add_variants<Function, count>(kernels, op, std::make_integer_sequence<unsigned, (1U << count) - 1U>());
}

template <class Float>
constexpr void add_elementwise(Kernels<Float>& kernels) {
  add_operator<ValueOf<ops::Add>, 2>(kernels, graph::Operator::add);
  add_operator<ValueOf<ops::Sub>, 2>(kernels, graph::Operator::sub);
  add_operator<ValueOf<ops::Mul>, 2>(kernels, graph::Operator::mul);
  add_operator<Root, 1>(kernels, graph::Operator::sqrt);
  add_operator<Quotient, 2>(kernels, graph::Operator::div);
  add_at_once_but<ValueOf<ops::Select>, first_and_last>(kernels, graph::Operator::select,
                                                        std::make_integer_sequence<unsigned, 15>());
  add_at_once<SelectEqual, 4>(kernels, graph::Operator::select_equal);
  add_operator<NearestInteger, 1>(kernels, graph::Operator::nearest_integer);
  add_at_once<ValueOf<ops::NormalCdfByBell>, 2>(kernels, graph::Operator::normal_cdf_by_bell);
  add_operator<MultiplyAdd, 3>(kernels, graph::Operator::multiply_add);
  add_operator<MultiplySubtract, 3>(kernels, graph::Operator::multiply_subtract);
  add_operator<NegativeMultiplyAdd, 3>(kernels, graph::Operator::negative_multiply_add);
  add_variants<Copy, 1>(kernels, graph::Operator::input, std::integer_sequence<unsigned, 0, 1>());
  // What has none of its own yet.
#define SMOLGRAD_ENTRY(Definition, name)               \
  if (!kernels.elementwise.has(graph::Operator::name)) \
    add_operator<ValueOf<ops::Definition>, 1>(kernels, graph::Operator::name);
  SMOLGRAD_UNARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
#define SMOLGRAD_ENTRY(Definition, name)               \
  if (!kernels.elementwise.has(graph::Operator::name)) \
    add_at_once<ValueOf<ops::Definition>, 2>(kernels, graph::Operator::name);
  SMOLGRAD_BINARY_OPERATORS(SMOLGRAD_ENTRY)
#undef SMOLGRAD_ENTRY
}

template <class Float>
HWY_FLATTEN void add(const Float* from, std::size_t count, Float* to) {
  using L = Lanes<Float>;
  std::size_t i = 0;
  for (; i + L::size() <= count; i += L::size()) {
    (L::load_unaligned(to + i) + L::load_unaligned(from + i)).store_unaligned(to + i);
  }
  for (; i < count; ++i) to[i] += from[i];
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

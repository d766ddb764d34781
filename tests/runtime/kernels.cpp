// Compiled once for each target: every operator with Lanes as its number type.
#include "kernels.hpp"

#include "ops/table.hpp"
#include "runtime/lanes_mathematics.hpp"

namespace smolgrad::test {
namespace HWY_NAMESPACE {
namespace {

using runtime::HWY_NAMESPACE::Lanes;

template <class Float, class Function>
HWY_INLINE void for_each(const Float* x, Float* y, std::size_t count, Function function) {
  constexpr std::size_t size = Lanes<Float>::size();
  std::size_t i = 0;
  for (; i + size <= count; i += size) function(Lanes<Float>::load_unaligned(x + i)).store_unaligned(y + i);
  if (i < count) function(Lanes<Float>::load_first(x + i, count - i)).store_first(y + i, count - i);
}

template <class Float, class Function>
HWY_INLINE void for_each(const Float* a, const Float* b, Float* y, std::size_t count, Function function) {
  constexpr std::size_t size = Lanes<Float>::size();
  std::size_t i = 0;
  for (; i + size <= count; i += size) {
    function(Lanes<Float>::load_unaligned(a + i), Lanes<Float>::load_unaligned(b + i)).store_unaligned(y + i);
  }
  if (i < count) {
    const std::size_t rest = count - i;
    function(Lanes<Float>::load_first(a + i, rest), Lanes<Float>::load_first(b + i, rest)).store_first(y + i, rest);
  }
}

template <class Definition, class Float>
HWY_FLATTEN void value(const Float* x, Float* y, std::size_t count) {
  for_each(x, y, count, [](Lanes<Float> of) { return Definition::value(of); });
}

template <class Definition, class Float>
HWY_FLATTEN void derivative(const Float* x, Float* y, std::size_t count) {
  for_each(x, y, count, [](Lanes<Float> of) { return Definition::derivative(of, Definition::value(of)); });
}

template <class Definition, class Float>
HWY_FLATTEN void value(const Float* a, const Float* b, Float* y, std::size_t count) {
  for_each(a, b, y, count, [](Lanes<Float> left, Lanes<Float> right) { return Definition::value(left, right); });
}

template <class Definition, class Float>
HWY_FLATTEN void left_partial(const Float* a, const Float* b, Float* y, std::size_t count) {
  for_each(a, b, y, count, [](Lanes<Float> left, Lanes<Float> right) {
    return Definition::left_partial(left, right, Definition::value(left, right));
  });
}

template <class Definition, class Float>
HWY_FLATTEN void right_partial(const Float* a, const Float* b, Float* y, std::size_t count) {
  for_each(a, b, y, count, [](Lanes<Float> left, Lanes<Float> right) {
    return Definition::right_partial(left, right, Definition::value(left, right));
  });
}

template <class Float>
Kernels<Float> kernels() {
  static const UnaryKernel<Float> unary[] = {
#define X(Definition, public_name) {#public_name, &value<ops::Definition, Float>, &derivative<ops::Definition, Float>},
      SMOLGRAD_UNARY_OPERATORS(X)
#undef X
          {}};
  static const BinaryKernel<Float> binary[] = {
#define X(Definition, public_name)                                                      \
  {#public_name, &value<ops::Definition, Float>, &left_partial<ops::Definition, Float>, \
   &right_partial<ops::Definition, Float>},
      SMOLGRAD_BINARY_OPERATORS(X)
#undef X
          {}};
  return {Lanes<Float>::size(), unary, binary};
}

}  // namespace
}  // namespace HWY_NAMESPACE

#define SMOLGRAD_TARGET_FUNCTION HWY_CONCAT(target_, SMOLGRAD_VECTOR_TARGET)
Target SMOLGRAD_TARGET_FUNCTION();
Target SMOLGRAD_TARGET_FUNCTION() { return {HWY_NAMESPACE::kernels<double>(), HWY_NAMESPACE::kernels<float>()}; }

}  // namespace smolgrad::test

// Activations by name: which operator each one is. Mathematics stays in ops.
#pragma once

#include <utility>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

/// Records it on each of `count` operations from `first` on, for which there is room. The results, or without an
/// activation those operations, go to `out`.
using RecordActivation = void (*)(detail::TapeCore& tape, detail::Index first, std::size_t count, Value* out);

/// `append` makes the i-th result.
template <class Append>
void hand_out(detail::TapeCore& tape, std::size_t count, Value* out, Append append) {
  for (std::size_t i = 0; i < count; ++i) {
    // One at a time, as there mostly are some: what was recorded goes with `out` if memory is out.
    if (tape.free_cells == nullptr) tape.reserve_cells(1);
    out[i] = detail::ValueAccess::adopt(tape.take_cell(append(static_cast<detail::Index>(i))));
  }
}

template <class Definition>
void record_activation(detail::TapeCore& tape, detail::Index first, std::size_t count, Value* out) {
  hand_out(tape, count, out, [&](detail::Index i) { return detail::append_unary<Definition>(tape, first + i); });
}

inline void record_none(detail::TapeCore& tape, detail::Index first, std::size_t count, Value* out) {
  hand_out(tape, count, out, [&](detail::Index i) {
    tape.operations[first + i] |= detail::held;
    return first + i;
  });
}

/// In the order of the enumeration.
inline RecordActivation recorder_of(Activation activation) {
  static constexpr RecordActivation table[] = {
      record_none,
      record_activation<ops::Relu>,
      record_activation<ops::LeakyRelu>,
      record_activation<ops::Elu>,
      record_activation<ops::Tanh>,
      record_activation<ops::Sigmoid>,
      record_activation<ops::Softplus>,
      record_activation<ops::Silu>,
      record_activation<ops::Gelu>,
  };
  return table[static_cast<std::size_t>(activation)];
}

/// Records it on a Value, in its place.
inline void activate(Activation activation, Value& sum) {
  if (activation == Activation::linear) return;
  detail::Cell* const cell = detail::ValueAccess::cell(sum);
  cell->core->make_room();
  recorder_of(activation)(*cell->core, cell->node, 1, &sum);
}

}  // namespace smolgrad::nn

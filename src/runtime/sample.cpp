#include "sample.hpp"

#include <algorithm>

#include "independent_rows.hpp"

namespace smolgrad::runtime {

namespace {

/// Where column `column` of arrays side by side stands.
template <class Pointer>
Pointer place(const Array<Pointer> (&arrays)[2], std::size_t column) {
  return column < arrays[0].width ? arrays[0].data + column : arrays[1].data + (column - arrays[0].width);
}

}  // namespace

template <class Float>
Sample<Float>::Sample(const Program& program, const Kernels<Float>& kernels) : program_(program), kernels_(kernels) {
  // Kernels read whole vectors.
  numbers_ = make_aligned<Float>(program.slot_count + program.uniform_slot_count + kernels.lanes);
  packed_ = make_aligned<Float>(program.packed.size());
  vectors_ = make_aligned<Float>((most_operands + 1) * kernels.lanes);
  constants_ = make_aligned<Float>(program.fills.size() * kernels.lanes);
  for (const Program::Fill& fill : program.fills) {
    if (fill.shared == not_shared) {
      *number(true, fill.slot) = static_cast<Float>(fill.number);
    } else {
      shared_.push_back(fill);
    }
  }
  for (const Product& product : program.products) product_x_.push_back(numbers_of(product.x, product.uniform));
  for (const Outer& outer : program.outers) {
    left_.push_back(numbers_of(outer.left, false));
    right_.push_back(numbers_of(outer.right, false));
  }
  room_ = make_aligned<Float>(2 * longest_);
  for (const Column& input : program.inputs) {
    if (!input.only_products) add_moves(inputs_, input);
  }
  for (const Column& output : program.outputs) add_moves(outputs_, output);
  for (const Step& step : program.uniform_steps) lay_out(step, true);
  for (const Step& step : program.steps) lay_out(step, false);
}

template <class Float>
auto Sample<Float>::numbers_of(const std::vector<Slot>& slots, bool is_uniform) -> Numbers {
  Numbers numbers;
  numbers.first = slots.empty() ? nullptr : number(is_uniform, slots.front());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i] == slots.front() + i) continue;
    for (const Slot slot : slots) {
      numbers.scattered.push_back(static_cast<std::uint32_t>(number(is_uniform, slot) - numbers_.get()));
    }
    longest_ = std::max(longest_, slots.size());
    break;
  }
  return numbers;
}

template <class Float>
void Sample<Float>::add_moves(std::vector<Move>& moves, const Column& column) {
  const auto slot = static_cast<std::uint32_t>(number(column.uniform, column.slot) - numbers_.get());
  if (!moves.empty()) {
    Move& last = moves.back();
    // The two arrays of a batch need not be side by side: how wide the first is, a run says.
    if (last.column + last.count == column.column && last.slot + last.count == slot) {
      ++last.count;
      return;
    }
  }
  moves.push_back({column.column, slot, 1});
}

template <class Float>
void Sample<Float>::lay_out(const Step& step, bool in_uniform) {
  if (step.kind == Step::Kind::elementwise) return lay_out_elementwise(step, in_uniform);
  Call call;
  call.kind = step.kind;
  call.which = step.to;
  calls_.push_back(call);
  if (step.kind != Step::Kind::product) return;
  const std::optional<Step>& epilogue = program_.products[step.to].epilogue;
  if (epilogue) lay_out_elementwise(*epilogue, false);
}

template <class Float>
void Sample<Float>::lay_out_elementwise(const Step& step, bool in_uniform) {
  const auto is_uniform = [&](std::size_t i) { return in_uniform || ((step.uniform >> i) & 1) != 0; };
  std::size_t from[most_operands] = {};
  unsigned repeated = 0;
  for (std::size_t i = 0; i < step.operand_count; ++i) {
    from[i] = static_cast<std::size_t>(number(is_uniform(i), step.from[i]) - numbers_.get());
    if (step.rows > 1 && step.from_stride[i] == 0) repeated |= 1U << i;
  }
  const auto to = static_cast<std::size_t>(number(in_uniform, step.to) - numbers_.get());
  const auto variants = kernels_.elementwise[static_cast<std::size_t>(step.op)];
  const bool at_once = rows_are_independent(step) && repeated + 1 < (1U << step.operand_count);
  const std::size_t count = at_once ? step.rows : 1;
  const std::size_t lanes = kernels_.lanes;
  const std::size_t whole = count / lanes * lanes;
  for (std::size_t row = 0; row < step.rows; row += count) {
    Call call;
    call.kind = step.kind;
    call.kernel = variants[at_once ? repeated : 0];
    call.whole.rows = 1;
    call.whole.uniform = at_once ? repeated : 0;
    call.whole.samples = whole;
    call.whole.to = numbers_.get() + to + row * static_cast<std::size_t>(step.to_stride);
    for (std::size_t i = 0; i < step.operand_count; ++i) {
      const Float* const number = numbers_.get() + from[i] + row * static_cast<std::size_t>(step.from_stride[i]);
      call.whole.from[i] = number;
      if (((call.whole.uniform >> i) & 1) == 0) continue;
      const Float* vector = constant_vector(number);
      if (vector == nullptr) {
        call.to_repeat = static_cast<std::uint8_t>(call.to_repeat | (1U << i));
        call.repeated[i] = number;
        vector = vectors_.get() + i * lanes;
      }
      call.whole.from[i] = vector;
    }
    // What follows the last number is not to be written to.
    call.rest = call.whole;
    call.rest.samples = lanes;
    for (std::size_t i = 0; i < step.operand_count; ++i) {
      if (((call.whole.uniform >> i) & 1) == 0) call.rest.from[i] += whole;
    }
    call.rest.to = vectors_.get() + most_operands * lanes;
    call.rest_to = call.whole.to + whole;
    call.rest_count = static_cast<std::uint32_t>(count - whole);
    calls_.push_back(call);
  }
}

/// A vector of a constant, whose number is at `number`.
template <class Float>
const Float* Sample<Float>::constant_vector(const Float* number) {
  for (std::size_t i = 0; i < program_.fills.size(); ++i) {
    const Program::Fill& fill = program_.fills[i];
    if (fill.shared != not_shared || number != this->number(true, fill.slot)) continue;
    Float* const vector = constants_.get() + i * kernels_.lanes;
    std::fill_n(vector, kernels_.lanes, *number);
    return vector;
  }
  return nullptr;
}

template <class Float>
void Sample<Float>::run(const Batch<Float>& batch) {
  Float* const numbers = numbers_.get();
  for (const Program::Fill& fill : shared_) *number(true, fill.slot) = batch.shared[fill.shared];
  for (const Move& move : inputs_) {
    const std::size_t in_first = move.column < batch.inputs[0].width ? batch.inputs[0].width - move.column : 0;
    const std::size_t count = in_first == 0 ? move.count : std::min<std::size_t>(move.count, in_first);
    std::copy_n(place(batch.inputs, move.column), count, numbers + move.slot);
    if (count < move.count) std::copy_n(batch.inputs[1].data, move.count - count, numbers + move.slot + count);
  }
  if (batch.sums != nullptr) {
    for (const Range& zeros : program_.zeros) std::fill_n(batch.sums + zeros.first, zeros.count, Float(0));
  }
  for (const Call& call : calls_) {
    switch (call.kind) {
      case Step::Kind::elementwise:
        elementwise(call);
        break;
      case Step::Kind::product:
        product(call.which, batch);
        break;
      case Step::Kind::outer_product:
        outer_product(program_.outers[call.which], call.which, batch);
        break;
      case Step::Kind::sum:
        sum(program_.sums[call.which], batch.sums);
        break;
    }
  }
  for (const Move& move : outputs_) {
    const std::size_t in_first = move.column < batch.outputs[0].width ? batch.outputs[0].width - move.column : 0;
    const std::size_t count = in_first == 0 ? move.count : std::min<std::size_t>(move.count, in_first);
    std::copy_n(numbers + move.slot, count, place(batch.outputs, move.column));
    if (count < move.count) std::copy_n(numbers + move.slot + count, move.count - count, batch.outputs[1].data);
  }
}

template <class Float>
void Sample<Float>::elementwise(const Call& call) {
  if (call.to_repeat != 0) {
    for (std::size_t i = 0; i < most_operands; ++i) {
      if (((call.to_repeat >> i) & 1) != 0) {
        std::fill_n(vectors_.get() + i * kernels_.lanes, kernels_.lanes, *call.repeated[i]);
      }
    }
  }
  if (call.whole.samples > 0) call.kernel(call.whole);
  if (call.rest_count == 0) return;
  call.kernel(call.rest);
  for (std::size_t i = 0; i < call.rest_count; ++i) call.rest_to[i] = call.rest.to[i];
}

template <class Float>
const Float* Sample<Float>::gathered(const Numbers& numbers, Float* room) const {
  if (numbers.scattered.empty()) return numbers.first;
  Float* to = room;
  for (const std::uint32_t at : numbers.scattered) *to++ = numbers_[at];
  return room;
}

template <class Float>
void Sample<Float>::product(std::uint32_t which, const Batch<Float>& batch) {
  const Product& product = program_.products[which];
  const Coefficients& coefficients = product.coefficients;
  VectorProduct<Float> work{};
  work.rows = product.rows;
  work.columns = product.columns;
  work.c_row_step = coefficients.row_stride;
  work.c_step = coefficients.column_stride;
  if (coefficients.is_shared) {
    work.c = batch.shared + coefficients.first;
  } else {
    Float* const packed = packed_.get() + coefficients.first;
    const Slot* const slots = program_.packed.data() + coefficients.first;
    for (std::size_t i = 0; i < product.rows * product.columns; ++i) packed[i] = *number(true, slots[i]);
    work.c = packed;
  }
  work.x = product.input ? place(batch.inputs, *product.input) : gathered(product_x_[which], room_.get());
  work.y = number(product.uniform, product.y);
  if (product.biases) {
    work.biases = batch.shared + product.biases->first;
    work.bias_step = product.biases->stride;
  }
  kernels_.multiply_vector(work);
}

template <class Float>
void Sample<Float>::outer_product(const Outer& outer, std::uint32_t which, const Batch<Float>& batch) {
  const Float* const left = gathered(left_[which], room_.get());
  const Float* const right =
      outer.input ? place(batch.inputs, *outer.input) : gathered(right_[which], room_.get() + longest_);
  const std::size_t columns = outer.right.size();
  if (outer.matrix) {
    kernels_.multiply_outer({outer.left.size(), columns, left, right, batch.sums + outer.matrix->first,
                             outer.matrix->stride, !outer.alone});
    return;
  }
  for (std::size_t i = 0; i < outer.to.size(); ++i) {
    if (outer.to[i] != no_sum) batch.sums[outer.to[i]] += left[i / columns] * right[i % columns];
  }
}

template <class Float>
void Sample<Float>::sum(const Sum& sum, Float* sums) {
  const Float* const from = number(sum.uniform, sum.slot);
  if (sum.alone) {
    std::copy_n(from, sum.rows, sums + sum.to);
  } else {
    for (std::size_t i = 0; i < sum.rows; ++i) sums[sum.to + i] += from[i];
  }
}

template class Sample<double>;
template class Sample<float>;

}  // namespace smolgrad::runtime

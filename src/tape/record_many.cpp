// Recording operators over many operands: select, dot, sum and the other reductions.
#include <algorithm>
#include <new>
#include <vector>

#include <smolgrad/detail/dot_rows.hpp>

#include "operands.hpp"

namespace smolgrad {

namespace {

using detail::Arguments;
using detail::Cell;
using detail::Index;
using detail::TapeCore;
using detail::ValueAccess;

/// Writes the list of these operands, which are on `tape`; returns its end. It is at most max(2, count) long.
Index* write_list(const TapeCore& tape, const Value* values, std::size_t count, Index* to) {
  Index first = 0;
  Index gaps = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Cell* const cell = ValueAccess::cell(values[i]);
    if (cell == nullptr) detail::throw_empty_value();
    if (cell->core != &tape) detail::throw_wrong_tape();
    if (i == 0) first = cell->node;
    to[i] = cell->node;
    gaps |= (cell->node - first) ^ static_cast<Index>(i);
  }
  if (gaps != 0 || count == 1) return to + count;
  to[0] = detail::none;
  to[1] = first;
  return to + 2;
}

/// The operands' numbers, as a function of i.
auto numbers_of(const double* data, detail::Consecutive operands) {
  return [first = data + operands.first](std::size_t i) { return first[i]; };
}
auto numbers_of(const double* data, detail::Listed operands) {
  return [data, operands](std::size_t i) { return data[operands(i)]; };
}

/// The dot product of two lists, of which `at` is the first.
double dot_of_lists(const double* data, const Index* at, std::size_t count) {
  double value = 0.0;
  detail::with_list(at, count, [&](auto a) {
    detail::with_list(
        at, count, [&](auto b) { value = ops::Dot::value<double>(numbers_of(data, a), numbers_of(data, b), count); });
  });
  return value;
}

/// One operation over many operands being recorded: its arguments are written behind those of the others, and become
/// part of the tape only when `record` is called.
class Recording {
 public:
  /// Finds the tape, and makes room on it for `lists` lists of `count` operands and as many partials.
  Recording(const Value* first_list, std::size_t count, std::size_t lists, std::size_t partials)
      : tape_(tape_of(first_list, count)) {
    tape_.make_room();
    const std::size_t length = 1 + lists * std::max(count, std::size_t{2});
    if (count > INT32_MAX || tape_.arguments.size + length > INT32_MAX || tape_.partials.size + partials > INT32_MAX ||
        !tape_.arguments.reserve(length) || !tape_.partials.reserve(partials)) {
      throw Error(ErrorCode::out_of_memory, "out of memory for the operands");
    }
    begin_ = tape_.arguments.items + tape_.arguments.size;
    *begin_ = static_cast<Index>(count);
    end_ = begin_ + 1;
  }

  /// Writes a list of as many operands as the count says.
  void list(const Value* values) { end_ = write_list(tape_, values, static_cast<std::size_t>(*begin_), end_); }

  TapeCore& tape() { return tape_; }
  const Index* lists() const { return begin_ + 1; }
  double* partials() { return tape_.partials.items + tape_.partials.size; }

  Value record(detail::Operation operation, double value, Index left, double left_partial, Index right,
               std::size_t partials) {
    const Arguments arguments{static_cast<std::uint32_t>(tape_.arguments.size),
                              static_cast<std::uint32_t>(tape_.partials.size)};
    tape_.arguments.size = static_cast<std::size_t>(end_ - tape_.arguments.items);
    tape_.partials.size += partials;
    const Index node = tape_.append(operation | detail::with_arguments, value,
                                    {left, right, left_partial, detail::to_partial(arguments)});
    return ValueAccess::adopt(tape_.take_cell(node));
  }

 private:
  static TapeCore& tape_of(const Value* values, std::size_t count) {
    if (values == nullptr || count == 0) {
      throw Error(ErrorCode::invalid_argument, "an operator over many operands needs one");
    }
    return detail::tape_of(ValueAccess::cell(values[0]));
  }

  TapeCore& tape_;
  Index* begin_;
  Index* end_;
};

/// The operands' numbers, on the stack where they are few.
class Numbers {
 public:
  Numbers(const Value* values, std::size_t count) {
    if (count > few) {
      try {
        many_.resize(count);
      } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::out_of_memory, "out of memory for the operands");
      }
    }
    double* const numbers = count > few ? many_.data() : few_;
    for (std::size_t i = 0; i < count; ++i) numbers[i] = values[i].data();
  }
  const double* get() const { return many_.empty() ? few_ : many_.data(); }

 private:
  static constexpr std::size_t few = 64;
  double few_[few];
  std::vector<double> many_;
};

template <class Definition>
Value reduce(const Value* values, std::size_t count) {
  Recording recording(values, count, 1, count);
  recording.list(values);
  const Numbers numbers(values, count);
  const double value = Definition::value(numbers.get(), count);
  Definition::partials(numbers.get(), count, value, recording.partials());
  return recording.record(detail::operation_of<Definition>, value, detail::sink, 0.0, detail::many, count);
}

}  // namespace

#define X(Definition, name) \
  Value name(const Value* values, std::size_t count) { return reduce<ops::Definition>(values, count); }
SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X

Value dot(const Value* left, const Value* right, std::size_t count) {
  if (right == nullptr) throw Error(ErrorCode::invalid_argument, "dot: the right side is missing");
  Recording recording(left, count, 2, 0);
  recording.list(left);
  recording.list(right);
  const double value = dot_of_lists(recording.tape().data.origin, recording.lists(), count);
  return recording.record(detail::operation_of<ops::Dot>, value, detail::sink, 0.0, detail::many, 0);
}

detail::Index detail::dot_rows(const Value& first_weight, const Value& first_bias, std::size_t rows, const Value* x,
                               std::size_t count) {
  TapeCore& tape = tape_of(ValueAccess::cell(first_weight));
  tape.make_room_for(2 * rows);
  const std::size_t longest = 3 + std::max(count, std::size_t{2});
  if (tape.arguments.size + rows * longest > INT32_MAX || !tape.arguments.reserve(rows * longest)) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the operands");
  }
  const Index weights = ValueAccess::cell(first_weight)->node;
  const Index biases = first_bias.empty() ? none : ValueAccess::cell(first_bias)->node;
  Index* const begin = tape.arguments.items + tape.arguments.size;
  const Index* const end = write_list(tape, x, count, begin + 3);
  const auto length = static_cast<std::size_t>(end - begin);
  const Index first = tape.size;
  const Index* list = begin + 3;
  with_list(list, count, [&](auto operands) {
    const auto inputs = numbers_of(tape.data.origin, operands);
    for (std::size_t row = 0; row < rows; ++row) {
      const Consecutive row_weights{weights + static_cast<Index>(row * count)};
      Index* const arguments = begin + row * length;
      for (std::size_t i = 3; i < length; ++i) arguments[i] = begin[i];
      arguments[0] = static_cast<Index>(count);
      arguments[1] = none;
      arguments[2] = row_weights.first;
      const Arguments position{static_cast<std::uint32_t>(tape.arguments.size + row * length),
                               static_cast<std::uint32_t>(tape.partials.size)};
      const double product = ops::Dot::value<double>(numbers_of(tape.data.origin, row_weights), inputs, count);
      const Index bias = biases == none ? sink : biases + static_cast<Index>(row);
      const double value = biases == none ? product : ops::Add::value(product, tape.data[bias]);
      const Index node =
          tape.append(operation_of<ops::Dot> | with_arguments, value, {bias, many, 1.0, to_partial(position)});
      tape.operations[node] &= static_cast<Operation>(~held);
    }
  });
  tape.arguments.size += rows * length;
  return first;
}

Value dot(const std::vector<Value>& left, const std::vector<Value>& right) {
  if (left.size() != right.size()) {
    throw Error(ErrorCode::invalid_argument, "dot: the two sides have different lengths");
  }
  return dot(left.data(), right.data(), left.size());
}

Value select(const Value& left, const Value& right, const Value& if_less, const Value& otherwise) {
  const Value operands[] = {left, right, if_less, otherwise};
  Recording recording(operands, 4, 1, 0);
  recording.list(operands);
  const double value = ops::Select::value(left.data(), right.data(), if_less.data(), otherwise.data());
  const Value& taken = left.data() < right.data() ? if_less : otherwise;
  return recording.record(detail::operation_of<ops::Select>, value, ValueAccess::cell(taken)->node, 1.0, detail::none,
                          0);
}

std::vector<Value> softmax(const Value* values, std::size_t count) {
  const Value total = logsumexp(values, count);
  std::vector<Value> probabilities;
  try {
    probabilities.reserve(count);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the results");
  }
  for (std::size_t i = 0; i < count; ++i) probabilities.push_back(exp(values[i] - total));
  return probabilities;
}

}  // namespace smolgrad

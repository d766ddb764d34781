// Recording operators over many operands: select, dot, sum and the other reductions.
#include <algorithm>
#include <new>
#include <vector>

#include <smolgrad/tape.hpp>
#include <smolgrad/value.hpp>

#include "operands.hpp"

namespace smolgrad {

namespace {

using detail::Arguments;
using detail::Cell;
using detail::Index;
using detail::TapeCore;
using detail::ValueAccess;

/// The one tape of all operands.
TapeCore& common_tape(const Value* values, std::size_t count, TapeCore* tape = nullptr) {
  if (values == nullptr || count == 0)
    throw Error(ErrorCode::invalid_argument, "an operator over many needs an operand");
  for (std::size_t i = 0; i < count; ++i) {
    TapeCore& other = detail::tape_of(ValueAccess::cell(values[i]));
    if (tape != nullptr && tape != &other) detail::throw_wrong_tape();
    tape = &other;
  }
  return *tape;
}

/// Arguments being written; taken back unless recorded.
class Writer {
 public:
  explicit Writer(TapeCore& tape)
      : tape_(tape),
        begin_{static_cast<std::uint32_t>(tape.arguments.size()), static_cast<std::uint32_t>(tape.partials.size())} {
    if (tape.arguments.size() > INT32_MAX || tape.partials.size() > INT32_MAX) {
      throw Error(ErrorCode::out_of_memory, "too many operands on one tape");
    }
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    if (recorded_) return;
    tape_.arguments.resize(begin_.first_index);
    tape_.partials.resize(begin_.first_partial);
  }

  void count(std::size_t operands) {
    if (operands > INT32_MAX) throw Error(ErrorCode::out_of_memory, "too many operands");
    tape_.arguments.push_back(static_cast<Index>(operands));
  }

  void list(const Value* values, std::size_t count) {
    std::vector<Index>& arguments = tape_.arguments;
    const std::size_t begin = arguments.size();
    arguments.resize(begin + std::max(count, std::size_t{2}));
    Index* const indices = arguments.data() + begin;
    const Index first = ValueAccess::cell(values[0])->node;
    bool consecutive = count > 1;
    for (std::size_t i = 0; i < count; ++i) {
      indices[i] = ValueAccess::cell(values[i])->node;
      consecutive &= indices[i] == first + static_cast<Index>(i);
    }
    if (consecutive) {
      indices[0] = detail::none;
      indices[1] = first;
      arguments.resize(begin + 2);
    } else {
      arguments.resize(begin + count);
    }
  }

  Value record(detail::Operation operation, double value, Index left, double left_partial, Index right) {
    const Index node = tape_.append(operation | detail::with_arguments, value,
                                    {left, right, left_partial, detail::to_partial(begin_)});
    recorded_ = true;
    return ValueAccess::adopt(tape_.take_cell(node));
  }

  const Index* begin() const { return tape_.arguments.data() + begin_.first_index; }

 private:
  TapeCore& tape_;
  Arguments begin_;
  bool recorded_ = false;
};

/// Turns running out of memory inside a standard container into our error.
template <class Body>
auto with_memory(Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the operands");
  }
}

template <class Definition>
Value reduce(const Value* values, std::size_t count) {
  TapeCore& tape = common_tape(values, count);
  tape.make_room();
  return with_memory([&] {
    Writer writer(tape);
    writer.count(count);
    writer.list(values, count);
    std::vector<double> data(count);
    for (std::size_t i = 0; i < count; ++i) data[i] = tape.data[ValueAccess::cell(values[i])->node];
    const double value = Definition::value(data.data(), count);
    const std::size_t first = tape.partials.size();
    tape.partials.resize(first + count);
    Definition::partials(data.data(), count, value, tape.partials.data() + first);
    return writer.record(detail::operation_of<Definition>, value, detail::sink, 0.0, detail::many);
  });
}

}  // namespace

#define X(Definition, name) \
  Value name(const Value* values, std::size_t count) { return reduce<ops::Definition>(values, count); }
SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X

Value dot(const Value* left, const Value* right, std::size_t count) {
  TapeCore& tape = common_tape(right, count, &common_tape(left, count));
  tape.make_room();
  return with_memory([&] {
    Writer writer(tape);
    writer.count(count);
    writer.list(left, count);
    writer.list(right, count);
    const double* const data = tape.data.origin;
    const Index* at = writer.begin() + 1;
    double value = 0.0;
    detail::with_list(at, count, [&](auto a) {
      detail::with_list(at, count, [&](auto b) {
        value = ops::Dot::value<double>([&](std::size_t i) { return data[a(i)]; },
                                        [&](std::size_t i) { return data[b(i)]; }, count);
      });
    });
    return writer.record(detail::operation_of<ops::Dot>, value, detail::sink, 0.0, detail::many);
  });
}

Value dot(const std::vector<Value>& left, const std::vector<Value>& right) {
  if (left.size() != right.size()) {
    throw Error(ErrorCode::invalid_argument, "dot: the two sides have different lengths");
  }
  return dot(left.data(), right.data(), left.size());
}

Value select(const Value& left, const Value& right, const Value& if_less, const Value& otherwise) {
  const Value operands[] = {left, right, if_less, otherwise};
  TapeCore& tape = common_tape(operands, 4);
  tape.make_room();
  return with_memory([&] {
    Writer writer(tape);
    writer.count(4);
    writer.list(operands, 4);
    const double value = ops::Select::value(left.data(), right.data(), if_less.data(), otherwise.data());
    const Value& taken = left.data() < right.data() ? if_less : otherwise;
    return writer.record(detail::operation_of<ops::Select>, value, ValueAccess::cell(taken)->node, 1.0, detail::none);
  });
}

std::vector<Value> softmax(const Value* values, std::size_t count) {
  const Value total = logsumexp(values, count);
  std::vector<Value> probabilities;
  with_memory([&] {
    probabilities.reserve(count);
    return 0;
  });
  for (std::size_t i = 0; i < count; ++i) probabilities.push_back(exp(values[i] - total));
  return probabilities;
}

}  // namespace smolgrad

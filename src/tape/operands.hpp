// Reading an operation's operands back from its record. Everything that walks a recording does so through here.
//
// Operands over many stand in `arguments` as a count followed by one list (dot: two lists), each either the indices
// one by one or, when they are consecutive, `none` and the first of them. A dot product may have a term more, a
// neuron's bias, in the record's left field.
#pragma once

#include <smolgrad/detail/record.hpp>

namespace smolgrad::detail {

inline Arguments arguments_of(const Record& record) {
  Arguments arguments;
  std::memcpy(&arguments, &record.right_partial, sizeof arguments);
  return arguments;
}

inline double to_partial(Arguments arguments) {
  double partial;
  std::memcpy(&partial, &arguments, sizeof partial);
  return partial;
}

inline Index idle_operand(double partial) {
  std::uint64_t bits;
  std::memcpy(&bits, &partial, sizeof bits);
  return static_cast<Index>(static_cast<std::uint32_t>(bits));
}

/// Consecutive nodes: index first + i.
struct Consecutive {
  Index first;
  Index operator()(std::size_t i) const { return first + static_cast<Index>(i); }
};

/// Nodes listed one by one.
struct Listed {
  const Index* indices;
  Index operator()(std::size_t i) const { return indices[i]; }
};

/// Calls `use` with the Consecutive or Listed operands at `at`, and steps over them.
template <class Use>
void with_list(const Index*& at, std::size_t count, Use use) {
  if (*at == none) {
    const Consecutive operands{at[1]};
    at += 2;
    use(operands);
  } else {
    const Listed operands{at};
    at += count;
    use(operands);
  }
}

inline std::size_t list_count(ops::Code code) { return code == ops::Code::dot ? 2 : 1; }

/// Whether an operation over many keeps its partials. Dot's are its operands, and select's are 0 and 1.
inline bool has_partials(ops::Code code) { return code != ops::Code::dot && code != ops::Code::select; }

/// Length of what `arguments` holds for one operation.
inline std::size_t arguments_length(const Index* begin, ops::Code code) {
  const Index* at = begin + 1;
  for (std::size_t list = 0; list < list_count(code); ++list) {
    with_list(at, static_cast<std::size_t>(*begin), [](auto) {});
  }
  return static_cast<std::size_t>(at - begin);
}

inline bool has_bias(const Record& record, Operation flags) {
  return code_of(flags) == ops::Code::dot && record.left != sink;
}

/// Calls visit(index) for each operand in order, left to right.
template <class Visit>
void for_each_operand(const TapeCore& tape, Index operation, Visit visit) {
  const Record& record = tape.records[operation];
  const Operation flags = tape.operations[operation];
  if ((flags & with_arguments) != 0) {
    const Index* at = tape.arguments.items + arguments_of(record).first_index;
    const auto count = static_cast<std::size_t>(*at++);
    for (std::size_t list = 0; list < list_count(code_of(flags)); ++list) {
      with_list(at, count, [&](auto operands) {
        for (std::size_t i = 0; i < count; ++i) visit(operands(i));
      });
    }
    if (has_bias(record, flags)) visit(record.left);
    return;
  }
  visit((flags & left_idle) != 0 ? idle_operand(record.left_partial) : record.left);
  if (record.right != none) visit((flags & right_idle) != 0 ? idle_operand(record.right_partial) : record.right);
}

}  // namespace smolgrad::detail

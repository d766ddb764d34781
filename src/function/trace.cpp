#include "trace.hpp"

#include <algorithm>

#include "../graph/builder.hpp"
#include "../tape/operands.hpp"

namespace smolgrad::function {

namespace {

using detail::Index;
using graph::Node;
using graph::Operator;

class Trace {
 public:
  Trace(const std::vector<Value>& inputs, const std::vector<Value>& shared, const detail::TapeCore& tape)
      : tape_(tape),
        builder_(inputs.size(), shared.size()),
        leaves_(static_cast<std::size_t>(detail::sink - tape.leaf_end), graph::no_node) {
    for (std::size_t i = 0; i < inputs.size(); ++i) choose(inputs[i], builder_.input(i));
    for (std::size_t i = 0; i < shared.size(); ++i) choose(shared[i], builder_.shared(i));
  }

  /// Makes nodes of everything these depend on.
  void follow(const std::vector<Value>& values) {
    Index last = -1;
    for (const Value& value : values) last = std::max(last, index_of(value));
    const std::size_t count = last < 0 ? 0 : static_cast<std::size_t>(last) + 1;
    operations_.assign(count, graph::no_node);
    graph::Marks reached(count);
    for (const Value& value : values) {
      if (index_of(value) >= 0) reached[static_cast<std::size_t>(index_of(value))] = true;
    }
    std::size_t nodes = 0;
    std::size_t operands = 0;
    std::size_t numbers = 0;
    for (Index i = last; i >= 0; --i) {
      if (!reached[static_cast<std::size_t>(i)]) continue;
      ++nodes;
      if ((tape_.operations[i] & detail::with_number) != 0) ++numbers;
      detail::for_each_operand(tape_, i, [&](Index operand) {
        ++operands;
        if (operand >= 0) reached[static_cast<std::size_t>(operand)] = true;
      });
    }
    builder_.reserve(nodes + numbers, operands + numbers);
    for (Index i = 0; i <= last; ++i) {
      if (reached[static_cast<std::size_t>(i)]) operations_[static_cast<std::size_t>(i)] = operation(i);
    }
  }

  Node node_of(const Value& value) { return node_of(index_of(value)); }
  graph::Builder& builder() { return builder_; }

 private:
  Index index_of(const Value& value) const {
    const detail::Cell* const cell = detail::ValueAccess::cell(value);
    if (cell == nullptr) detail::throw_empty_value();
    if (cell->core != &tape_) detail::throw_wrong_tape();
    return cell->node;
  }

  /// Leaves go down from the sink.
  Node& leaf(Index index) { return leaves_[static_cast<std::size_t>(detail::sink - 1 - index)]; }

  void choose(const Value& value, Node node) {
    const Index index = index_of(value);
    if (!value.is_leaf()) {
      throw Error(ErrorCode::invalid_argument, "a Function's inputs and shared Values are leaves; one is computed");
    }
    if (leaf(index) != graph::no_node) {
      throw Error(ErrorCode::invalid_argument, "a leaf is given twice among a Function's inputs and shared Values");
    }
    leaf(index) = node;
  }

  Node node_of(Index index) {
    if (index >= 0) return operations_[static_cast<std::size_t>(index)];
    if (leaf(index) == graph::no_node) leaf(index) = builder_.constant(tape_.data[index]);
    return leaf(index);
  }

  Node operation(Index index) {
    const detail::Operation flags = tape_.operations[index];
    operands_.clear();
    detail::for_each_operand(tape_, index, [&](Index operand) { operands_.push_back(node_of(operand)); });
    if ((flags & detail::with_number) != 0) {
      const Node number = builder_.constant(tape_.records[index].right_partial);
      operands_.insert((flags & detail::number_left) != 0 ? operands_.begin() : operands_.end(), number);
    }
    const graph::Operator code = graph::operator_of(detail::code_of(flags));
    if (detail::has_bias(tape_.records[index], flags)) {
      const Node bias = operands_.back();
      const Node product = builder_.node(code, operands_.data(), operands_.size() - 1);
      return builder_.node(Operator::add, {product, bias});
    }
    return builder_.node(code, operands_.data(), operands_.size());
  }

  const detail::TapeCore& tape_;
  graph::Builder builder_;
  std::vector<Node> leaves_;
  std::vector<Node> operations_;
  std::vector<Node> operands_;  // of the operation at hand
};

/// What other threads have released goes now, and not while the tape is read.
const detail::TapeCore& tape_of(const Value& value) {
  detail::TapeCore& tape = detail::tape_of(detail::ValueAccess::cell(value));
  tape.release_pending();
  return tape;
}

/// 1 where the comparison comes out otherwise.
Node mismatch(graph::Builder& builder, const Guard& guard, Node left, Node right) {
  const Node if_true = builder.constant(guard.outcome ? 0.0 : 1.0);
  const Node if_false = builder.constant(guard.outcome ? 1.0 : 0.0);
  const Node equal = builder.node(Operator::select_equal, {left, right, if_true, if_false});
  switch (guard.comparison) {
    case Guard::Comparison::less:
      return builder.node(Operator::select, {left, right, if_true, if_false});
    case Guard::Comparison::less_equal:
      return builder.node(Operator::select, {left, right, if_true, equal});
    case Guard::Comparison::equal:
      break;
  }
  return equal;
}

}  // namespace

graph::Graph trace(const std::vector<Value>& inputs, const std::vector<Value>& shared,
                   const std::vector<Value>& outputs) {
  if (outputs.empty()) throw Error(ErrorCode::invalid_argument, "a Function has at least one output");
  Trace trace(inputs, shared, tape_of(outputs.front()));
  trace.follow(outputs);
  graph::Graph& result = trace.builder().result();
  for (const Value& output : outputs) {
    const Node node = trace.node_of(output);
    result.outputs.push_back(node);
  }
  return std::move(result);
}

graph::Graph trace_guards(const std::vector<Value>& inputs, const std::vector<Value>& shared,
                          const std::vector<Guard>& guards) {
  std::vector<Value> compared;
  for (const Guard& guard : guards) {
    for (const Value* side : {&guard.left, &guard.right}) {
      if (!side->empty()) compared.push_back(*side);
    }
  }
  if (compared.empty()) throw Error(ErrorCode::invalid_argument, "a guard compares at least one Value");
  Trace trace(inputs, shared, tape_of(compared.front()));
  trace.follow(compared);
  graph::Builder& builder = trace.builder();
  const auto side = [&](const Value& value, double number) {
    return value.empty() ? builder.constant(number) : trace.node_of(value);
  };
  Node count = builder.constant(0.0);
  for (const Guard& guard : guards) {
    const Node left = side(guard.left, guard.left_number);
    const Node mismatched = mismatch(builder, guard, left, side(guard.right, guard.right_number));
    count = builder.node(Operator::add, {count, mismatched});
  }
  builder.result().outputs = {count};
  return std::move(builder.result());
}

}  // namespace smolgrad::function

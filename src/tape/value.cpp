// What a Value says and is told, beyond arithmetic.
#include <smolgrad/value.hpp>

#include <new>
#include <ostream>

#include <fmt/compile.h>
#include <smolgrad/detail/shown.hpp>
#include <smolgrad/tape.hpp>

namespace smolgrad {

void Value::set_data(double data) {
  detail::TapeCore& tape = detail::tape_of(cell_);
  if (!is_leaf()) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format(FMT_COMPILE("set_data: this Value is computed by '{}'; only a leaf can be changed"), operation()));
  }
  tape.set_leaf(cell_->node, data);
}

void Value::set_grad(double grad) {
  detail::TapeCore& tape = detail::tape_of(cell_);
  const detail::Index node = cell_->node;
  if (detail::code_of(tape.operations[node]) == ops::Code::constant) {
    throw Error(ErrorCode::invalid_argument, "set_grad: a constant has no gradient");
  }
  tape.set_gradient(node, grad);
}

const std::string& Value::label() const {
  static const std::string unnamed;
  detail::TapeCore& tape = detail::tape_of(cell_);
  const auto found = tape.labels.find(cell_->node);
  return found == tape.labels.end() ? unnamed : found->second;
}

void Value::set_label(std::string_view label) {
  detail::TapeCore& tape = detail::tape_of(cell_);
  try {
    tape.labels[cell_->node] = label;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a label");
  }
  tape.operations[cell_->node] |= detail::labelled;
}

const char* Value::operation() const {
  const detail::TapeCore& tape = detail::tape_of(cell_);
  return ops::name_of(detail::code_of(tape.operations[cell_->node]));
}

bool Value::is_leaf() const {
  const detail::TapeCore& tape = detail::tape_of(cell_);
  return detail::code_of(tape.operations[cell_->node]) == ops::Code::leaf;
}

void Value::backward() const {
  detail::TapeCore& tape = detail::tape_of(cell_);
  tape.release_pending();
  tape.backward(cell_->node);
}

std::string to_string(const Value& value) {
  return fmt::format(FMT_COMPILE("Value(data={}, grad={})"), detail::shown(value.data()), detail::shown(value.grad()));
}

std::ostream& operator<<(std::ostream& out, const Value& value) { return out << to_string(value); }

}  // namespace smolgrad

// Tape and TapeScope: owning a tape, and choosing the one that a thread records on.
#include <smolgrad/tape.hpp>

#include <new>

#include <smolgrad/detail/constant.hpp>

namespace smolgrad {

namespace {

thread_local Tape* scoped_tape = nullptr;

detail::Cell* add_leaf(detail::TapeCore& tape, double data, ops::Code code) {
  if (tape.free_cells == nullptr) tape.reserve_cells(1);
  return tape.take_cell(tape.add_leaf(data, code));
}

}  // namespace

/// In one piece, since programs make leaves as often as they evaluate.
Value::Value(double data) : cell_(add_leaf(*detail::TapeAccess::core(Tape::current()), data, ops::Code::leaf)) {}

Value::Value(double data, std::string_view label) : Value(Tape::current().value(data, label)) {}

Tape::Tape() try : core_(new detail::TapeCore) {
} catch (const std::bad_alloc&) {
  throw Error(ErrorCode::out_of_memory, "out of memory for a tape");
}

Tape::~Tape() {
  if (core_ != nullptr) core_->close(nullptr, nullptr);
}

Tape& Tape::current() {
  if (scoped_tape != nullptr) return *scoped_tape;
  // Values may outlive the thread: a tape goes with the last of its Values.
  thread_local Tape own;
  return own;
}

Value Tape::value(double data, std::string_view label) {
  Value value = detail::ValueAccess::adopt(add_leaf(*core_, data, ops::Code::leaf));
  if (!label.empty()) value.set_label(label);
  return value;
}

Value Tape::constant(double data) { return detail::ValueAccess::adopt(add_leaf(*core_, data, ops::Code::constant)); }

Value detail::constant_beside(const Value& value, double data) {
  return ValueAccess::adopt(add_leaf(tape_of(ValueAccess::cell(value)), data, ops::Code::constant));
}

std::vector<Value> Tape::values(const std::vector<double>& data) {
  const std::size_t count = data.size();
  std::vector<Value> values;
  if (count == 0) return values;
  try {
    values.reserve(count);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the leaves");
  }
  core_->reserve_cells(count);
  const detail::Index first = core_->add_leaves(count, ops::Code::leaf);
  for (std::size_t i = 0; i < count; ++i) {
    const detail::Index leaf = first + static_cast<detail::Index>(i);
    core_->data[leaf] = data[i];
    values.push_back(detail::ValueAccess::adopt(core_->take_cell(leaf)));
  }
  return values;
}

void Tape::zero_grad() noexcept { core_->zero_grad(); }

std::size_t Tape::node_count() const noexcept {
  core_->release_pending();
  return static_cast<std::size_t>(core_->size) + static_cast<std::size_t>(detail::sink - core_->leaf_end);
}

std::size_t Tape::memory_bytes() const noexcept {
  core_->release_pending();
  return core_->memory_bytes();
}

TapeScope::TapeScope(Tape& tape) noexcept : previous_(scoped_tape) { scoped_tape = &tape; }

TapeScope::~TapeScope() { scoped_tape = previous_; }

}  // namespace smolgrad

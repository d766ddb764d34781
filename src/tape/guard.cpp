// Keeping comparisons: see smolgrad/guard.hpp.
#include <smolgrad/guard.hpp>

#include <new>

#include <smolgrad/tape.hpp>

namespace smolgrad {

void detail::keep_comparison(GuardScope& guards, Comparison comparison, const Value* left, double left_number,
                             const Value* right, double right_number, bool outcome) {
  const auto side = [](const Value* value) { return value == nullptr ? Value() : *value; };
  try {
    guards.guards_.push_back({comparison, side(left), left_number, side(right), right_number, outcome});
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a guard");
  }
}

GuardScope::GuardScope(Tape& tape) noexcept : core_(tape.core_), previous_(core_->guards) { core_->guards = this; }

GuardScope::~GuardScope() { core_->guards = previous_; }

}  // namespace smolgrad

// Tape: where Values record. A program with one thread needs none of this: every thread has a tape of its own, on which
// `Value(2.0)` records. Make tapes to keep recordings apart, to free a large one at once, or to count what is held.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "export.hpp"
#include "value.hpp"

namespace smolgrad {

/// Tapes are independent of each other; one thread at a time may use a tape and its Values.
class SMOLGRAD_API Tape {
 public:
  Tape();  ///< one with nothing on it
  /// Values that still refer to the tape stay readable, and the memory goes with the last of them; recording
  /// on them is an error.
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// The tape on which the calling thread's `Value(double)` records: that of the innermost TapeScope, or its own.
  static Tape& current();

  /// A new leaf on this tape.
  Value value(double data, std::string_view label = {});
  /// A number that takes no gradient and cannot be changed.
  Value constant(double data);
  /// Leaves side by side in memory, as parameters are (parameters.hpp); `data` holds their numbers.
  std::vector<Value> values(const std::vector<double>& data);

  /// Sets the grad of every leaf to 0.
  void zero_grad() noexcept;

  /// Leaves, constants and operations in memory, the dead among them that are not reclaimed yet included.
  std::size_t node_count() const noexcept;
  /// Bytes allocated for them, spare room included.
  std::size_t memory_bytes() const noexcept;

 private:
  friend class TapeScope;
  friend class GuardScope;
  friend struct detail::TapeAccess;
  detail::TapeCore* core_;
};

namespace detail {

struct TapeAccess {
  static TapeCore*& core(Tape& tape) noexcept { return tape.core_; }
};

}  // namespace detail

/// While it exists, `Value(double)` on this thread records on `tape`. Scopes nest.
class SMOLGRAD_API TapeScope {
 public:
  explicit TapeScope(Tape& tape) noexcept;  ///< makes it the current one
  ~TapeScope();
  TapeScope(const TapeScope&) = delete;
  TapeScope& operator=(const TapeScope&) = delete;

 private:
  Tape* previous_;
};

}  // namespace smolgrad

// Handles: Values held outside C++, one pointer-sized word each. What the C ABI and other bindings are made of; a C++
// program has Value.
//
// A handle owns one reference until it is released. It carries a small generation number, so that a handle used after
// its release is reported as stale as long as its cell was not issued again a multiple of 32 times.
#pragma once

#include <cstddef>
#include <cstdint>

#include "export.hpp"
#include "tape.hpp"
#include "value.hpp"

namespace smolgrad {

/// 0 is no handle.
using Handle = std::uintptr_t;

/// A Value for the length of one call: it does not count. Throws Error: invalid_argument for 0, stale once released.
class Borrowed {
 public:
  /// Looks at the handle.
  explicit Borrowed(Handle handle);
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { detail::ValueAccess::forget(value_); }

  /// @{
  /// The Value.
  operator const Value&() const noexcept { return value_; }  // NOLINT(google-explicit-constructor): it is one
  const Value* operator->() const noexcept { return &value_; }
  Value* operator->() noexcept { return &value_; }
  /// @}

 private:
  Value value_;
};

/// Turns a Value into a handle, which belongs to the innermost open scope of its tape if there is one.
SMOLGRAD_API Handle to_handle(Value value);
/// The handle of a Value that goes on holding it: owns nothing, is not to be released, and goes with the Value.
SMOLGRAD_API Handle borrowed_handle(const Value& value);
/// One more reference: the handle must be released once more. It belongs to no scope.
SMOLGRAD_API void retain(Handle handle);
/// Gives the handle back.
SMOLGRAD_API void release(Handle handle);
/// From any thread. Takes effect with the next use of a handle of the tape on its own thread.
SMOLGRAD_API void release_later(Handle handle);

/// Handles made from now on are released by close_scope. Returns the scope, to be closed in reverse order.
SMOLGRAD_API std::size_t open_scope(Tape& tape);
/// Releases what was made in the scope and in those opened inside it once, unless it is gone by then.
SMOLGRAD_API void close_scope(Tape& tape, std::size_t scope);

/// @{
/// A pointer of the host's, found again from any handle of the tape.
SMOLGRAD_API void set_host(Tape& tape, void* host) noexcept;
SMOLGRAD_API void* host(Handle handle) noexcept;
/// @}

/// Frees the tape although handles exist, which must not be used any more.
SMOLGRAD_API void destroy_now(Tape& tape) noexcept;
/// Frees the tape with its last handle, then calls free_host(host). Until then only releasing is allowed.
SMOLGRAD_API void destroy_with_last_handle(Tape& tape, void (*free_host)(void* host)) noexcept;

namespace detail {

constexpr Handle generation_mask = alignof(Cell) - 1;

inline Cell* cell_of(Handle handle) noexcept { return reinterpret_cast<Cell*>(handle & ~generation_mask); }

[[noreturn]] SMOLGRAD_API void throw_stale_handle();

inline Cell* live_cell(Handle handle) {
  Cell* const cell = cell_of(handle);
  if (cell == nullptr) throw_empty_value();
  cell->core->release_pending();  // it may be among them
  if ((cell->generation & generation_mask) != (handle & generation_mask)) throw_stale_handle();
  return cell;
}

}  // namespace detail

inline Borrowed::Borrowed(Handle handle) : value_(detail::ValueAccess::adopt(detail::live_cell(handle))) {}

}  // namespace smolgrad

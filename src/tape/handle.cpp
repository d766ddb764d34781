// Issuing, scoping and releasing handles.
#include <smolgrad/handle.hpp>

#include <algorithm>
#include <new>

namespace smolgrad {

namespace detail {

void throw_stale_handle() { throw Error(ErrorCode::stale, "the handle was already released"); }

namespace {

bool is_live(const IssuedCell& issued) noexcept { return issued.cell->generation == issued.generation; }

/// A program that releases by itself inside a scope must not make the scope's list grow for ever: before it grows, what
/// was released is taken out.
void remember_in_scope(TapeCore& tape, Cell* cell) {
  std::vector<IssuedCell>& scoped = tape.scoped;
  if (scoped.size() == scoped.capacity()) {
    const auto innermost = scoped.begin() + static_cast<std::ptrdiff_t>(tape.scopes.back());
    scoped.erase(std::remove_if(innermost, scoped.end(), [](const IssuedCell& issued) { return !is_live(issued); }),
                 scoped.end());
    if (scoped.size() > scoped.capacity() / 2) scoped.reserve(2 * scoped.capacity() + 16);
  }
  scoped.push_back({cell, cell->generation});
}

/// Ends scopes down to the one that began with `first` handles.
void release_scoped(TapeCore& tape, std::size_t first) noexcept {
  while (tape.scoped.size() > first) {
    const IssuedCell issued = tape.scoped.back();
    tape.scoped.pop_back();
    if (is_live(issued)) tape.release(issued.cell);
  }
}

}  // namespace

}  // namespace detail

using detail::TapeAccess;
using detail::TapeCore;

Handle to_handle(Value value) {
  detail::Cell* const cell = detail::ValueAccess::cell(value);
  TapeCore& tape = detail::tape_of(cell);
  if (!tape.scopes.empty()) {
    try {
      detail::remember_in_scope(tape, cell);
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::out_of_memory, "out of memory for a handle");
    }
  }
  const Handle handle = borrowed_handle(value);
  detail::ValueAccess::forget(value);
  return handle;
}

Handle borrowed_handle(const Value& value) {
  detail::Cell* const cell = detail::ValueAccess::cell(value);
  if (cell == nullptr) detail::throw_empty_value();
  cell->references |= detail::watched;
  return reinterpret_cast<Handle>(cell) | (cell->generation & detail::generation_mask);
}

void retain(Handle handle) { ++detail::live_cell(handle)->references; }

void release(Handle handle) {
  const detail::Cell* const cell = detail::cell_of(handle);
  // Of a closed tape other threads may be releasing the same cell: nothing but its generation may be looked at.
  if (cell != nullptr && cell->core->closed) return release_later(handle);
  detail::Cell* const live = detail::live_cell(handle);
  live->core->release(live);
}

void release_later(Handle handle) {
  detail::Cell* const cell = detail::cell_of(handle);
  if (cell == nullptr) return;
  if ((cell->generation & detail::generation_mask) != (handle & detail::generation_mask)) detail::throw_stale_handle();
  cell->core->release_later(cell);
}

std::size_t open_scope(Tape& tape) {
  TapeCore& core = *TapeAccess::core(tape);
  try {
    core.scopes.push_back(core.scoped.size());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a scope");
  }
  return core.scopes.size();
}

void close_scope(Tape& tape, std::size_t scope) {
  TapeCore& core = *TapeAccess::core(tape);
  if (scope == 0 || scope > core.scopes.size()) {
    throw Error(ErrorCode::invalid_argument, "close_scope: no such scope is open");
  }
  core.release_pending();
  const std::size_t first = core.scopes[scope - 1];
  core.scopes.resize(scope - 1);
  detail::release_scoped(core, first);
}

void set_host(Tape& tape, void* host) noexcept { TapeAccess::core(tape)->owner = host; }

void* host(Handle handle) noexcept { return detail::cell_of(handle)->core->owner; }

void destroy_now(Tape& tape) noexcept {
  delete TapeAccess::core(tape);
  TapeAccess::core(tape) = nullptr;
}

void destroy_with_last_handle(Tape& tape, void (*free_host)(void* host)) noexcept {
  TapeCore* const core = TapeAccess::core(tape);
  TapeAccess::core(tape) = nullptr;
  core->release_pending();
  core->scopes.clear();
  detail::release_scoped(*core, 0);
  core->close(core->owner, free_host);
}

}  // namespace smolgrad

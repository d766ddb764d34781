// Cells that outlive C++ scopes: released from other threads, or after their tape was closed.
#include <algorithm>

#include <smolgrad/detail/tape_core.hpp>

namespace smolgrad::detail {

namespace {

std::uint32_t count_of(const Cell& cell) { return cell.references & ~watched; }

}  // namespace

/// A handle of a cell that is free, or holds another Value by now, is known by its generation.
void TapeCore::release_watched(Cell* cell) noexcept {
  if (closed) return release_closed(cell);
  if (count_of(*cell) > 1) {
    --cell->references;
    return;
  }
  ++cell->generation;
  cell->references = 1;
  free_cell(cell);
}

void TapeCore::release_later(Cell* cell) noexcept {
  {
    const std::lock_guard<std::mutex> lock(later_mutex);
    if (!closed) {
      if (cell->released_later++ == 0) {
        cell->next = later;
        later = cell;
      }
      has_later.store(true, std::memory_order_release);
      return;
    }
  }
  release_closed(cell);
}

void TapeCore::release_all_pending() noexcept {
  const std::lock_guard<std::mutex> lock(later_mutex);
  has_later.store(false, std::memory_order_relaxed);
  while (later != nullptr) {
    Cell* const cell = later;
    later = cell->next;
    const std::uint32_t count = cell->released_later;
    cell->released_later = 0;
    for (std::uint32_t i = std::min(count, count_of(*cell)); i > 0; --i) release_watched(cell);
  }
}

void TapeCore::close(void* new_owner, void (*free_owner)(void*)) noexcept {
  {
    const std::lock_guard<std::mutex> lock(later_mutex);
    closed = true;
    limit = 0;
    leaf_limit = leaf_end;
    owner = new_owner;
    when_gone = free_owner;
    live_cells = 1;  // this call
    for_each_live_cell([&](Cell& cell) {
      // From here on releasing does not change `references`, so that any thread may look at it.
      cell.references = watched | (count_of(cell) - std::min(cell.released_later, count_of(cell)));
      cell.released_later = 0;
      if (count_of(cell) > 0) ++live_cells;
    });
    has_later.store(false, std::memory_order_relaxed);  // just now
  }
  release_closed(nullptr);
}

void TapeCore::release_closed(Cell* cell) noexcept {
  {
    const std::lock_guard<std::mutex> lock(later_mutex);
    if (cell != nullptr) {
      if (++cell->released_later < count_of(*cell)) return;
      ++cell->generation;
    }
    if (--live_cells > 0) return;
  }
  const auto free_owner = when_gone;
  void* const to_free = owner;
  delete this;
  if (free_owner != nullptr) free_owner(to_free);
}

}  // namespace smolgrad::detail

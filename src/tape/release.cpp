// Cells that outlive C++ scopes: released from other threads, or after their tape was closed.
#include <smolgrad/detail/tape_core.hpp>

namespace smolgrad::detail {

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
    cell->references -= count < cell->references ? count : cell->references;
    if (cell->references == 0) free_cell(cell);
  }
}

void TapeCore::close(void* new_owner, void (*free_owner)(void*)) noexcept {
  {
    const std::lock_guard<std::mutex> lock(later_mutex);
    closed = true;
    limit = 0;
    owner = new_owner;
    when_gone = free_owner;
    live_cells = 1;  // this call
    for (const auto& slab : slabs) {
      for (Cell* cell = slab.get(); cell != slab.get() + cells_in_slab; ++cell) {
        if (cell->references == 0) continue;
        cell->references -= cell->released_later < cell->references ? cell->released_later : cell->references;
        if (cell->references > 0) ++live_cells;
      }
    }
    has_later.store(false, std::memory_order_relaxed);  // just now
  }
  release_closed(nullptr);
}

void TapeCore::release_closed(Cell* cell) noexcept {
  {
    const std::lock_guard<std::mutex> lock(later_mutex);
    if (cell != nullptr) {
      if (--cell->references > 0) return;
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

// Where a recording lives: room for operations, cells and leaves, and giving it back.
#include <algorithm>
#include <new>

#include <smolgrad/detail/tape_core.hpp>
#include <smolgrad/error.hpp>

#include "operands.hpp"

namespace smolgrad::detail {

namespace {

constexpr std::size_t first_room = 512;
constexpr std::size_t most_operations = INT32_MAX - 1;

[[noreturn]] void throw_out_of_memory() { throw Error(ErrorCode::out_of_memory, "out of memory"); }

template <class T>
bool reallocate(T*& array, std::size_t count) {
  T* moved = static_cast<T*>(std::realloc(array, count * sizeof(T)));
  if (moved == nullptr) return false;
  array = moved;
  return true;
}

}  // namespace

TapeCore::TapeCore() {
  leaf_times.reserve(first_room / 8);
  if (!data.reserve_left(first_room / 8) || !grad.reserve_left(first_room / 8) ||
      !operations.reserve_left(first_room / 8)) {
    throw_out_of_memory();
  }
  grad[sink] = 0.0;
  data[sink] = 0.0;
  operations[sink] = held;
  plan_collection(0);
}

TapeCore::~TapeCore() { std::free(records); }

void TapeCore::make_room_slowly() {
  if (closed) throw Error(ErrorCode::invalid_argument, "the tape was closed: nothing more can be recorded on it");
  release_pending();
  try {
    if (free_cells == nullptr) add_cells();
    if (size >= collect_at) collect();
    if (static_cast<std::size_t>(size) == capacity) {
      // Doubling while small; later in smaller steps, which large blocks take without copying.
      grow(capacity + std::max(first_room, capacity < (std::size_t{1} << 20) ? capacity : capacity / 8));
    }
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
  limit = std::min(static_cast<Index>(capacity), collect_at);
}

void TapeCore::grow(std::size_t wanted) {
  wanted = std::min(wanted, most_operations);
  if (wanted <= static_cast<std::size_t>(size)) {
    throw Error(ErrorCode::out_of_memory, "a tape holds at most 2147483646 operations");
  }
  // Each array may end up larger than `capacity` says if a later one fails; none is ever smaller.
  if ((data.right < wanted && !data.reserve_right(wanted)) || !reallocate(records, wanted) ||
      (operations.right < wanted && !operations.reserve_right(wanted))) {
    throw_out_of_memory();
  }
  capacity = wanted;
}

void TapeCore::add_cells() {
  slabs.reserve(slabs.size() + 1);
  slabs.push_back(std::unique_ptr<Cell[]>(new Cell[cells_in_slab]()));
  Cell* const slab = slabs.back().get();
  for (std::size_t i = cells_in_slab; i-- > 0;) {
    slab[i].core = this;
    slab[i].next = free_cells;
    free_cells = &slab[i];
  }
}

void TapeCore::reserve_cells(std::size_t count) {
  std::size_t free = 0;
  for (const Cell* cell = free_cells; cell != nullptr && free < count; cell = cell->next) ++free;
  for (; free < count; free += cells_in_slab) add_cells();
}

Index TapeCore::add_leaves(std::size_t count, ops::Code code) {
  if (closed) throw Error(ErrorCode::invalid_argument, "the tape was closed: no leaf can be added to it");
  try {
    auto used = static_cast<std::size_t>(sink - leaf_end);
    if (used >= static_cast<std::size_t>(collect_leaves_at)) {
      collect();
      used = static_cast<std::size_t>(sink - leaf_end);
    }
    if (count > most_operations - used) throw Error(ErrorCode::out_of_memory, "too many leaves for one tape");
    const std::size_t wanted = used + count + 1;  // the sink
    if (wanted > data.left || wanted > grad.left || wanted > operations.left) {
      const std::size_t room = std::max(wanted, data.left + data.left / 2);
      if (!data.reserve_left(room) || !grad.reserve_left(room) || !operations.reserve_left(room)) throw_out_of_memory();
    }
    leaf_times.resize(used + count, LeafTime{clock, size});
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
  leaf_end -= static_cast<Index>(count);
  for (Index leaf = leaf_end; leaf < leaf_end + static_cast<Index>(count); ++leaf) {
    grad[leaf] = 0.0;
    operations[leaf] = static_cast<Operation>(static_cast<Operation>(code) | held);
  }
  return leaf_end;
}

void TapeCore::set_leaf(Index leaf, double value) {
  leaf_changed(leaf);
  data[leaf] = value;
}

void TapeCore::leaf_changed(Index leaf) {
  LeafTime& time = leaf_times[static_cast<std::size_t>(-2 - leaf)];
  if (size <= time.born) return;  // nothing refers to it
  if (eras.back().first < size) {
    eras.push_back({size, clock + 1});
    ++clock;
  }
  time.clock = clock;
}

void TapeCore::reclaim_end() noexcept {
  pop_operations();
  pop_leaves();
}

void TapeCore::pop_operations() noexcept {
  Index end = size;
  while (end > 0) {
    const Operation operation = operations[end - 1];
    if ((operation & held) != 0) break;
    --end;
    if ((operation & special) == 0) continue;
    if ((operation & labelled) != 0) labels.erase(end);
    if ((operation & with_arguments) != 0) {
      const Arguments begin = arguments_of(records[end]);
      arguments.resize(begin.first_index);
      partials.resize(begin.first_partial);
    }
  }
  if (end == size) return;
  size = end;
  adjoint_end = std::min(adjoint_end, end);
  if (eras.back().first > end) {
    while (eras.back().first > end) eras.pop_back();
    // What is recorded next is recorded now, not when the popped operations' predecessors were.
    if (eras.back().first == end) {
      eras.back().clock = clock;
    } else if (eras.back().clock != clock) {
      eras.push_back({end, clock});
    }
  }
}

void TapeCore::pop_leaves() noexcept {
  while (leaf_end < sink && (operations[leaf_end] & held) == 0 && leaf_times.back().born >= size) {
    if ((operations[leaf_end] & labelled) != 0) labels.erase(leaf_end);
    leaf_times.pop_back();
    ++leaf_end;
  }
}

void TapeCore::zero_grad() noexcept { std::fill(&grad[leaf_end], &grad[sink], 0.0); }

std::size_t TapeCore::memory_bytes() const noexcept {
  return data.bytes() + grad.bytes() + operations.bytes() + capacity * sizeof(Record) +
         leaf_times.capacity() * sizeof(LeafTime) + arguments.capacity() * sizeof(Index) +
         partials.capacity() * sizeof(double) + slabs.size() * cells_in_slab * sizeof(Cell);
}

}  // namespace smolgrad::detail

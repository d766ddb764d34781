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
  reserve_leaves(first_room / 8);
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
    if (free_cells == nullptr || free_cells->next == nullptr) add_cells();
    if (size >= collect_at) collect();
    if (static_cast<std::size_t>(size) == capacity) grow(larger_capacity());
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
  set_limit();
}

void TapeCore::set_limit() noexcept {
  limit = free_cells == nullptr ? 0 : std::min(static_cast<Index>(capacity), collect_at);
}

void TapeCore::make_room_for(std::size_t count) {
  make_room();
  const std::size_t wanted = static_cast<std::size_t>(size) + count;
  if (wanted <= capacity) return;
  grow(std::max(wanted, larger_capacity()));
  if (wanted > capacity) throw_out_of_memory();
  set_limit();
}

/// Doubling while small; later in smaller steps, which large blocks take without copying.
std::size_t TapeCore::larger_capacity() const noexcept {
  return capacity + std::max(first_room, capacity < (std::size_t{1} << 20) ? capacity : capacity / 16);
}

void TapeCore::grow(std::size_t wanted) {
  wanted = std::min(wanted, most_operations);
  if (wanted <= capacity) {
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
    slab[i].references = 1;
    slab[i].next = free_cells;
    free_cells = &slab[i];
  }
}

void TapeCore::reserve_cells(std::size_t count) {
  std::size_t free = 0;
  for (const Cell* cell = free_cells; cell != nullptr && free < count; cell = cell->next) ++free;
  try {
    for (; free < count; free += cells_in_slab) add_cells();
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
}

/// Room for the sink and what lies left of it.
void TapeCore::reserve_leaves(std::size_t room) {
  if (!data.reserve_left(room) || !grad.reserve_left(room) || !operations.reserve_left(room) ||
      !leaf_clocks.reserve_left(room)) {
    throw_out_of_memory();
  }
}

void TapeCore::make_room_for_leaves(std::size_t count) {
  if (closed) throw Error(ErrorCode::invalid_argument, "the tape was closed: no leaf can be added to it");
  release_pending();
  try {
    if (leaf_end <= collect_leaves_at) collect();
    if (births.size() == births.capacity()) births.reserve(2 * births.capacity() + 16);
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
  const auto used = static_cast<std::size_t>(sink - leaf_end);
  if (count > most_operations - used) throw Error(ErrorCode::out_of_memory, "too many leaves for one tape");
  const std::size_t wanted = used + count + 1;
  const std::size_t room = std::min({data.left, grad.left, operations.left, leaf_clocks.left});
  if (wanted > room) reserve_leaves(std::max(wanted, room + room / 2));
  set_leaf_limit();
}

/// At least one leaf more, whatever is due.
void TapeCore::set_leaf_limit() noexcept {
  const auto room = std::min({data.left, grad.left, operations.left, leaf_clocks.left});
  const Index last = -static_cast<Index>(std::min(room, most_operations));
  leaf_limit = std::max(last, std::min(collect_leaves_at, leaf_end - 1));
}

Index TapeCore::add_leaves(std::size_t count, ops::Code code) {
  make_room_for_leaves(count);
  const Index first = leaf_end - static_cast<Index>(count);
  while (leaf_end > first) {
    const Index leaf = --leaf_end;
    grad[leaf] = 0.0;
    operations[leaf] = static_cast<Operation>(static_cast<Operation>(code) | held);
    leaf_clocks[leaf] = clock;
  }
  if (births.back().born != size) births.push_back({first + static_cast<Index>(count) - 1, size});
  set_leaf_limit();
  return first;
}

void TapeCore::set_leaf(Index leaf, double value) {
  leaves_changed(leaf, 1);
  data[leaf] = value;
}

void TapeCore::leaves_changed(Index first, std::size_t count) {
  if (eras.back().first < size) {
    try {
      eras.push_back({size, clock + 1});
    } catch (const std::bad_alloc&) {
      throw_out_of_memory();
    }
    ++clock;
  }
  for (std::size_t i = 0; i < count; ++i) leaf_clocks[first + static_cast<Index>(i)] = clock;
  ++changes;
}

void TapeCore::reclaim_end() noexcept {
  if (size > 0 && (operations[size - 1] & held) == 0) pop_operations();
  while (leaf_end < sink && (operations[leaf_end] & held) == 0 && births.back().born >= size) {
    if ((operations[leaf_end] & labelled) != 0) labels.erase(leaf_end);
    ++leaf_end;
    if (births.back().first < leaf_end && births.size() > 1) births.pop_back();
  }
}

void TapeCore::pop_operations() noexcept {
  Index end = size;
  while (end > 0) {
    // Four plain ones at a time.
    constexpr Operation obstacle = held | labelled;
    constexpr std::uint64_t obstacles = obstacle * std::uint64_t{0x0001'0001'0001'0001};
    std::uint64_t four = obstacles;
    if (end >= 4) std::memcpy(&four, &operations[end - 4], sizeof four);
    if ((four & obstacles) == 0) {
      end -= 4;
      continue;
    }
    const Operation operation = operations[end - 1];
    if ((operation & held) != 0) break;
    --end;
    if ((operation & labelled) != 0) labels.erase(end);
  }
  if (arguments.size > 0) pop_arguments(end);
  size = end;
  adjoint_end = std::min(adjoint_end, end);
  while (births.back().born > end) {
    if (births.size() > 1 && births[births.size() - 2].born >= end) {
      births.pop_back();
    } else {
      births.back().born = end;
    }
  }
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

/// Those of the operations from `end` on begin where the first of them has its own.
void TapeCore::pop_arguments(Index end) noexcept {
  const Operation* const first = std::find_if(&operations[end], &operations[size],
                                              [](Operation operation) { return (operation & with_arguments) != 0; });
  if (first == &operations[size]) return;
  const Arguments begin = arguments_of(records[first - operations.origin]);
  arguments.size = begin.first_index;
  partials.size = begin.first_partial;
}

void TapeCore::zero_grad() noexcept { std::fill(&grad[leaf_end], &grad[sink], 0.0); }

std::size_t TapeCore::memory_bytes() const noexcept {
  return data.bytes() + grad.bytes() + operations.bytes() + capacity * sizeof(Record) + leaf_clocks.bytes() +
         arguments.capacity * sizeof(Index) + partials.capacity * sizeof(double) +
         slabs.size() * cells_in_slab * sizeof(Cell);
}

}  // namespace smolgrad::detail

// The tape itself: the arrays a recording lives in and the few lines that append to them, inline because
// recording an operation is a handful of stores. Not part of the API: Value and Tape are.
//
//   index   ... -4  -3  -2 | -1 |  0   1   2 ...
//           leaves <-------| sink |------> operations
//
// Leaves and operations share one index, leaves growing to the left and operations to the right, so that the
// reverse sweep adds into either through one base pointer. An operation's operands always have been
// recorded before it. The sink takes what must go nowhere.
//
// A Value does not hold an index but a Cell that holds it, so that operations can move when the dead among
// them are collected. A cell is counted, and its references keep its node alive.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <smolgrad/ops/table.hpp>

#include "../export.hpp"

namespace smolgrad {
class GuardScope;
}

namespace smolgrad::detail {

using Index = std::int32_t;

constexpr Index sink = -1;
constexpr Index many = INT32_MIN + 1;  // Record::right of an operation over many operands
constexpr Index none = INT32_MIN;      // Record::right of an operation with one operand

/// Whether a Record's field is the index of a node.
constexpr bool is_node(Index index) { return index > many; }

/// What the reverse sweep reads: where to add, and how much of the adjoint.
struct Record {
  Index left;
  Index right;
  double left_partial;
  double right_partial;  // or, with one operand: the constant on the other side, or Arguments
};

/// Where the operands of an operation over many begin; kept in the bits of Record::right_partial.
struct Arguments {
  std::uint32_t first_index;
  std::uint32_t first_partial;
};

/// A node's operator code in the low byte, and these flags above it.
using Operation = std::uint16_t;
constexpr Operation held = 1 << 8;             // a cell refers to it
constexpr Operation labelled = 1 << 9;         // it has an entry in `labels`
constexpr Operation with_arguments = 1 << 10;  // its operands stand in `arguments`
constexpr Operation left_idle = 1 << 11;       // a piecewise operator did not take this side: the record leads
constexpr Operation right_idle = 1 << 12;      // to the sink, and the partial's bits hold the operand's index
constexpr Operation number_left = 1 << 13;     // the constant stands left of the operator, not right
constexpr Operation with_number = 1 << 14;     // one operand is a plain number
constexpr Operation marked = 1 << 15;          // reached, while collecting

constexpr ops::Code code_of(Operation operation) { return static_cast<ops::Code>(operation & 0xFF); }

struct TapeCore;

/// In a cell's references: releasing it takes more than counting, since it was handed out, or its tape is closed.
constexpr std::uint32_t watched = std::uint32_t{1} << 31;

/// Aligned to its size so that a C handle can carry `generation` in its low bits.
struct alignas(32) Cell {
  TapeCore* core;
  Cell* next;  // in the list of free cells, or in that of cells released later
  Index node;
  std::uint32_t references;  // with `watched`; a free one has 1 for who takes it
  std::uint32_t generation;
  std::uint32_t released_later;  // of these; of a closed tape: since then
};

/// A cell as it was when handed out; freed since then if the generation differs.
struct IssuedCell {
  Cell* cell;
  std::uint32_t generation;
};

constexpr std::size_t cells_in_slab = 256;

// What compilers may rely on, so that they leave out checks.
#if defined(__GNUC__)
#define SMOLGRAD_ASSUME(condition) \
  if (!(condition)) __builtin_unreachable()
#else
#define SMOLGRAD_ASSUME(condition) static_cast<void>(0)
#endif

/// Long recordings leave the caches, and the processor's own prefetching does not keep up with this many streams:
/// asking `ahead` elements early for what is about to be written or read takes a quarter off the time of a chain of
/// 10^7.
template <class T>
inline void prefetch(const T* position, std::ptrdiff_t ahead) {
#if defined(__GNUC__)
  // As an integer, since the address may lie outside the array.
  __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(position) +
                                                   static_cast<std::uintptr_t>(ahead) * sizeof(T)),
                     1);
#else
  (void)position, (void)ahead;
#endif
}

/// An array with elements on either side of `origin`.
template <class T>
struct TwoSided {
  T* origin = nullptr;
  std::size_t left = 0;
  std::size_t right = 0;

  TwoSided() = default;
  TwoSided(const TwoSided&) = delete;
  TwoSided& operator=(const TwoSided&) = delete;
  ~TwoSided() { std::free(buffer()); }

  T* buffer() const { return origin == nullptr ? nullptr : origin - left; }
  T& operator[](Index index) const { return origin[index]; }

  /// Room for this many on each side; false, and nothing changed, when memory is out.
  bool reserve_right(std::size_t count) {
    T* moved = static_cast<T*>(std::realloc(buffer(), (left + count) * sizeof(T)));
    if (moved == nullptr) return false;
    origin = moved + left;
    right = count;
    return true;
  }
  bool reserve_left(std::size_t count) {
    T* moved = static_cast<T*>(std::malloc((count + right) * sizeof(T)));
    if (moved == nullptr) return false;
    if (origin != nullptr) std::memcpy(moved + count - left, buffer(), (left + right) * sizeof(T));
    std::free(buffer());
    origin = moved + count;
    left = count;
    return true;
  }
  std::size_t bytes() const { return (left + right) * sizeof(T); }
};

/// An array that grows at its end.
template <class T>
struct Pile {
  T* items = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;

  Pile() = default;
  Pile(const Pile&) = delete;
  Pile& operator=(const Pile&) = delete;
  ~Pile() { std::free(items); }

  /// Room for this many behind `size`; false, and nothing changed, when memory is out.
  bool reserve(std::size_t count) {
    if (count <= capacity - size) return true;
    const std::size_t room = size + count > 2 * capacity ? size + count : 2 * capacity;
    T* moved = static_cast<T*>(std::realloc(items, room * sizeof(T)));
    if (moved == nullptr) return false;
    items = moved;
    capacity = room;
    return true;
  }
};

/// Leaves from `first` on (to the left, up to the next entry) are referred to by no operation before `born`.
struct Birth {
  Index first;
  Index born;
};

/// Operations from `first` on were recorded at `clock`.
struct Era {
  Index first;
  std::uint64_t clock;
};

struct SMOLGRAD_API TapeCore {
  // The fast path reads and writes these.
  TwoSided<double> data;
  Record* records = nullptr;
  TwoSided<Operation> operations;
  Index size = 0;   // operations recorded
  Index limit = 0;  // room for operations, or sooner: where it is time to collect; 0 without a free cell
  Cell* free_cells = nullptr;
  bool closed = false;

  // The reverse sweep. Gradients of leaves are always valid; adjoints of operations in [adjoint_first,
  // adjoint_end) are those of the last sweep, and 0 elsewhere.
  TwoSided<double> grad;
  Index adjoint_first = 0;
  Index adjoint_end = 0;

  // Leaves: indices in [leaf_end, sink) are in use.
  Index leaf_end = sink;
  Index leaf_limit = sink;                   // room for leaves, or sooner: where it is time to collect
  TwoSided<std::uint64_t> leaf_clocks;       // when each leaf got its present value
  std::vector<Birth> births{{sink - 1, 0}};  // by `first` downwards, and so by `born` upwards
  std::uint64_t clock = 0;                   // how often a leaf was changed, as far as a recording can tell
  std::uint64_t changes = 0;                 // how often one was, or some together
  std::vector<Era> eras{{0, 0}};             // by `first`; the last one's clock is `clock`

  // Operations over many operands.
  Pile<Index> arguments;
  Pile<double> partials;

  std::map<Index, std::string> labels;
  GuardScope* guards = nullptr;  // the innermost, which keeps comparisons
  std::size_t capacity = 0;
  Index collect_at = 0;
  Index collect_leaves_at = 0;  // the index of the leaf that has it done
  std::vector<std::unique_ptr<Cell[]>> slabs;

  // Handles of C callers: those created in open scopes, and those released by other threads.
  std::vector<IssuedCell> scoped;
  std::vector<std::size_t> scopes;
  std::mutex later_mutex;
  Cell* later = nullptr;  // guarded by later_mutex
  std::atomic<bool> has_later{false};
  std::size_t live_cells = 0;  // counted once closed
  void* owner = nullptr;       // what `when_gone` frees: the C handle of a closed tape
  void (*when_gone)(void* owner) = nullptr;

  TapeCore();
  ~TapeCore();
  TapeCore(const TapeCore&) = delete;
  TapeCore& operator=(const TapeCore&) = delete;

  // Recording. After make_room, one operation and one cell can be appended without failing, and indices
  // read before are no longer valid.
  void make_room_slowly();
  void make_room() {
    if (size >= limit) make_room_slowly();
  }
  /// The same for as many operations, but for their cells.
  void make_room_for(std::size_t count);
  Index append(Operation operation, double value, const Record& record) noexcept {
    const Index node = size;
    const auto index = static_cast<std::uint32_t>(node);  // which needs no sign extended
    data.origin[index] = value;
    // Field by field: a whole Record would be put together on the stack and read back before it is there. Volatile lest
    // compilers put the indices together in a vector register, which takes longer than storing both.
    Record& to = records[index];
    static_cast<volatile Index&>(to.left) = record.left;
    to.right = record.right;
    to.left_partial = record.left_partial;
    to.right_partial = record.right_partial;
    operations.origin[index] = static_cast<Operation>(operation | held);
    size = node + 1;
    if (index % 8 == 0) prefetch_behind(index);
    return node;
  }
  /// Eight operations more: a cache line of numbers, and three of records.
  void prefetch_behind(std::size_t index) const noexcept {
    prefetch(data.origin + index, 200);
    prefetch(records + index, 80);
    prefetch(records + index, 83);
    prefetch(records + index, 86);
  }
  Cell* take_cell(Index node) noexcept {
    Cell* const cell = free_cells;
    SMOLGRAD_ASSUME(cell->core == this);
    free_cells = cell->next;
    if (free_cells == nullptr) limit = 0;
    cell->node = node;
    return cell;
  }

  /// The cell of a new node. An operand that nobody else holds gives its own cell up for it.
  Cell* take_cell_over(Cell* operand, bool owned, Index node) noexcept {
    if (!owned) return take_cell(node);
    if (operand->references != 1) {
      Cell* const cell = take_cell(node);
      release_operand(operand);
      return cell;
    }
    operations[operand->node] &= static_cast<Operation>(~held);
    operand->node = node;
    return operand;
  }

  /// Makes room for `count` cells beside what make_room promises.
  void reserve_cells(std::size_t count);

  // Cells.
  void release(Cell* cell) noexcept {
    if (cell->references == 1) {
      free_cell(cell);
    } else {
      release_shared(cell);
    }
  }
  /// The same for an operand of the operation just recorded, which keeps its node from being the last.
  void release_operand(Cell* cell) noexcept {
    if (cell->references == 1) {
      recycle(cell);
    } else {
      release_shared(cell);
    }
  }
  void release_shared(Cell* cell) noexcept {
    if (cell->references < watched) {
      --cell->references;
    } else {
      release_watched(cell);
    }
  }
  void release_watched(Cell* cell) noexcept;
  void recycle(Cell* cell) noexcept {
    operations[cell->node] &= static_cast<Operation>(~held);
    cell->next = free_cells;
    free_cells = cell;
  }
  void free_cell(Cell* cell) noexcept {
    const Index node = cell->node;
    recycle(cell);
    // The unsigned comparison is true for the last operation and for every leaf.
    if (static_cast<std::uint32_t>(node) + 1 >= static_cast<std::uint32_t>(size)) reclaim_end();
  }
  /// Those in the list of free cells are not.
  template <class Visit>
  void for_each_live_cell(Visit visit) {
    for (Cell* cell = free_cells; cell != nullptr; cell = cell->next) cell->references = 0;
    for (const auto& slab : slabs) {
      for (Cell* cell = slab.get(); cell != slab.get() + cells_in_slab; ++cell) {
        if (cell->references > 0) visit(*cell);
      }
    }
    for (Cell* cell = free_cells; cell != nullptr; cell = cell->next) cell->references = 1;
  }
  /// Pops the nodes at the ends that nothing refers to.
  void reclaim_end() noexcept;

  // A tape is closed when nothing more will be recorded: it stays until its last cell is released, by whichever thread.
  void close(void* new_owner, void (*free_owner)(void*)) noexcept;
  void release_closed(Cell* cell) noexcept;
  /// From any thread; takes effect when the tape's own thread next needs room, or at once if the tape is closed.
  void release_later(Cell* cell) noexcept;
  void release_pending() noexcept {
    if (has_later.load(std::memory_order_acquire)) release_all_pending();
  }
  void release_all_pending() noexcept;

  // Leaves: `count` side by side, the first at the returned index. Data and cells are the caller's to set.
  Index add_leaves(std::size_t count, ops::Code code);
  Index add_leaf(double value, ops::Code code) {
    const bool later_born = births.back().born != size;
    if (leaf_end == leaf_limit || (later_born && births.size() == births.capacity())) make_room_for_leaves(1);
    const Index leaf = --leaf_end;
    data[leaf] = value;
    grad[leaf] = 0.0;
    operations[leaf] = static_cast<Operation>(static_cast<Operation>(code) | held);
    leaf_clocks[leaf] = clock;
    if (births.back().born != size) births.push_back({leaf, size});
    return leaf;
  }
  void set_leaf(Index leaf, double value);
  /// `count` leaves from `first` on.
  void leaves_changed(Index first, std::size_t count);

  // Derivatives.
  void backward(Index root);
  void zero_grad() noexcept;
  void set_gradient(Index node, double value);
  double gradient(Index node) const noexcept {
    const bool has_one =
        node < 0 ? code_of(operations[node]) != ops::Code::constant : node >= adjoint_first && node < adjoint_end;
    return has_one ? grad[node] : 0.0;
  }

  /// Frees the nodes that no cell leads to, and closes the gaps they leave.
  void collect();

  std::size_t memory_bytes() const noexcept;
  bool is_stale(Index root) const;

 private:
  void add_cells();
  void make_room_for_leaves(std::size_t count);
  void reserve_leaves(std::size_t room);
  void reserve_gradients(Index last);
  template <class Reach>
  void sweep(Index root, Reach& reached);
  void set_leaf_limit() noexcept;
  void set_limit() noexcept;
  void grow(std::size_t wanted);
  std::size_t larger_capacity() const noexcept;
  void pop_operations() noexcept;
  void pop_arguments(Index end) noexcept;
  void mark() noexcept;
  void unmark() noexcept;
  void plan_collection(Index freed) noexcept;
};

}  // namespace smolgrad::detail

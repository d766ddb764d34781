// Collecting dead operations and leaves: mark what the cells lead to, then slide it together. Operands precede their
// results, so one pass backwards marks and one pass forwards moves; nothing recurses. Order is kept, so that leaves
// side by side stay side by side.
//
// Mostly there is nothing to do here: a program whose Values go out of scope in order has its nodes popped off the end.
// This is for the others, such as a loop that still holds the last loss while it records the next.
#include <algorithm>
#include <new>

#include "operands.hpp"

namespace smolgrad::detail {

namespace {

/// Where nodes go. Dead nodes map to where the next living one goes.
class Moves {
 public:
  Moves(Index operations, Index leaves)
      : operations_(static_cast<std::size_t>(operations) + 1), leaves_(static_cast<std::size_t>(leaves)) {}

  Index& operator[](Index node) {
    return node < 0 ? leaves_[static_cast<std::size_t>(-2 - node)] : operations_[static_cast<std::size_t>(node)];
  }

 private:
  std::vector<Index> operations_;
  std::vector<Index> leaves_;
};

void move_operands(TapeCore& tape, Index operation, Moves& moves) {
  Record& record = tape.records[operation];
  const Operation flags = tape.operations[operation];
  if ((flags & left_idle) != 0) {
    record.left_partial = idle_partial(moves[idle_operand(record.left_partial)]);
  } else if (record.left != sink) {
    record.left = moves[record.left];
  }
  if ((flags & right_idle) != 0) {
    record.right_partial = idle_partial(moves[idle_operand(record.right_partial)]);
  } else if (is_node(record.right)) {
    record.right = moves[record.right];
  }
}

/// Moves what `arguments` and `partials` hold for an operation down to `to`, which then points behind it.
void move_arguments(TapeCore& tape, Index operation, Moves& moves, Arguments& to) {
  Record& record = tape.records[operation];
  const ops::Code code = code_of(tape.operations[operation]);
  const Arguments from = arguments_of(record);
  Index* const begin = tape.arguments.items + from.first_index;
  const std::size_t length = arguments_length(begin, code);
  const auto count = static_cast<std::size_t>(*begin);
  Index* at = begin + 1;
  for (std::size_t list = 0; list < list_count(code); ++list) {
    const std::size_t listed = *at == none ? 1 : count;
    if (*at == none) ++at;
    for (std::size_t i = 0; i < listed; ++i, ++at) *at = moves[*at];
  }
  std::copy(begin, begin + length, tape.arguments.items + to.first_index);
  const std::size_t partial_count = has_partials(code) ? count : 0;
  const double* const partials = tape.partials.items + from.first_partial;
  std::copy(partials, partials + partial_count, tape.partials.items + to.first_partial);
  record.right_partial = to_partial(to);
  to.first_index += static_cast<std::uint32_t>(length);
  to.first_partial += static_cast<std::uint32_t>(partial_count);
}

bool is_live(Operation operation) { return (operation & (held | marked)) != 0; }

}  // namespace

void TapeCore::mark() noexcept {
  for (Index i = size; i-- > 0;) {
    if (!is_live(operations[i])) continue;
    operations[i] |= marked;
    for_each_operand(*this, i, [&](Index operand) { operations[operand] |= marked; });
  }
}

void TapeCore::unmark() noexcept {
  std::for_each(&operations[leaf_end], &operations[size],
                [](Operation& operation) { operation &= static_cast<Operation>(~marked); });
}

/// The next collection is due when it is worth its work, which is linear in everything held: after as many operations
/// again, or three times as many if this one freed little.
void TapeCore::plan_collection(Index freed) noexcept {
  constexpr std::int64_t least = 4096;
  constexpr std::int64_t most = INT32_MAX;
  const std::int64_t leaves = sink - leaf_end;
  const auto cells = static_cast<std::int64_t>(slabs.size() * cells_in_slab);
  const std::int64_t again = freed > size ? std::int64_t{size} : std::int64_t{size} * 3;
  const std::int64_t operations_more = std::max({least, again, leaves + cells});
  const std::int64_t leaves_more = std::max({least, leaves, std::int64_t{size}});
  collect_at = static_cast<Index>(std::min(most, size + operations_more));
  collect_leaves_at = static_cast<Index>(-std::min(most, leaves + leaves_more));
  set_leaf_limit();
  set_limit();
}

void TapeCore::collect() {
  mark();
  const auto dead = [](Operation operation) { return !is_live(operation); };
  if (std::none_of(&operations[leaf_end], &operations[size], dead)) {
    unmark();
    plan_collection(0);
    return;
  }
  const Index old_size = size;
  const Index old_leaf_end = leaf_end;
  Moves moves = [&] {
    try {
      return Moves(size, sink - leaf_end);
    } catch (const std::bad_alloc&) {
      unmark();
      throw;
    }
  }();

  Index leaf_to = sink;
  for (Index leaf = sink - 1; leaf >= old_leaf_end; --leaf) {
    moves[leaf] = leaf_to - 1;
    if (dead(operations[leaf])) {
      if ((operations[leaf] & labelled) != 0) labels.erase(leaf);
      continue;
    }
    --leaf_to;
    data[leaf_to] = data[leaf];
    grad[leaf_to] = grad[leaf];
    operations[leaf_to] = operations[leaf] & static_cast<Operation>(~marked);
    leaf_clocks[leaf_to] = leaf_clocks[leaf];
  }
  leaf_end = leaf_to;

  Index to = 0;
  Arguments arguments_to{0, 0};
  for (Index i = 0; i < old_size; ++i) {
    moves[i] = to;
    const Operation operation = operations[i];
    if (dead(operation)) {
      if ((operation & labelled) != 0) labels.erase(i);
      continue;
    }
    move_operands(*this, i, moves);
    if ((operation & with_arguments) != 0) move_arguments(*this, i, moves, arguments_to);
    data[to] = data[i];
    records[to] = records[i];
    if (i >= adjoint_first && i < adjoint_end) grad[to] = grad[i];
    operations[to] = operation & static_cast<Operation>(~marked);
    ++to;
  }
  moves[old_size] = to;
  size = to;
  arguments.size = arguments_to.first_index;
  partials.size = arguments_to.first_partial;

  // Whatever else holds an index.
  adjoint_first = moves[std::min(adjoint_first, old_size)];
  adjoint_end = moves[std::min(adjoint_end, old_size)];
  std::size_t born = 0;
  for (const Birth& birth : births) {
    const Index first = birth.first < old_leaf_end ? leaf_end - 1 : moves[birth.first];
    if (born > 0 && births[born - 1].first == first) --born;
    births[born++] = {first, moves[std::min(birth.born, old_size)]};
  }
  if (born > 1 && births[born - 1].first < leaf_end) --born;
  births.resize(born);
  std::size_t kept = 0;
  for (const Era& era : eras) {
    const Index first = moves[std::min(era.first, old_size)];
    if (kept > 0 && eras[kept - 1].first == first) --kept;
    eras[kept++] = {first, era.clock};
  }
  eras.resize(kept);
  std::map<Index, std::string> moved_labels;
  while (!labels.empty()) {
    auto label = labels.extract(labels.begin());
    label.key() = moves[label.key()];
    moved_labels.insert(std::move(label));
  }
  labels = std::move(moved_labels);
  for_each_live_cell([&](Cell& cell) { cell.node = moves[cell.node]; });
  plan_collection(old_size - size);
}

}  // namespace smolgrad::detail

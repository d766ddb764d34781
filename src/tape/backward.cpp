// The reverse sweep: from the root down, each operation adds its adjoint times its partial derivatives to its operands.
// The partials were computed when it was recorded, so there is nothing to dispatch on.
#include <algorithm>

#include <smolgrad/error.hpp>

#include "operands.hpp"

namespace smolgrad::detail {

namespace {

/// By its bits, which takes one branch: comparing as a number takes another for NaN.
bool is_zero(double number) {
  std::uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits << 1 == 0;
}

/// Adjoints are set to 0 in blocks as the sweep first reaches them; below that, nothing depends on the root.
class Reached {
 public:
  static constexpr bool is_long = true;
  Reached(double* grad, Index end) : grad_(grad), first_(end) {}

  Index first() const { return first_; }

  /// Leaves are always there: as unsigned numbers they lie above every operation.
  void reach(Index node) {
    if (static_cast<std::uint32_t>(node) < static_cast<std::uint32_t>(first_)) extend(node);
  }

 private:
  void extend(Index node) {
    constexpr Index block = 512;
    const Index from = node / block * block;
    std::fill(grad_ + from, grad_ + first_, 0.0);
    first_ = from;
  }

  double* grad_;
  Index first_;
};

/// For short recordings: all adjoints are there from the start.
class ReachedAll {
 public:
  static constexpr bool is_long = false;
  static constexpr Index piece = 8;
  ReachedAll(double* grad, Index end) {
    // In pieces of a known size, beside which a call or a string instruction takes long to start.
    for (Index i = 0; i < end; i += piece) std::memset(grad + i, 0, piece * sizeof(double));
  }
  static constexpr Index first() { return 0; }
  void reach(Index) {}
};

/// Of consecutive operands the first is the lowest.
template <class Reach>
void reach_all(Reach& reached, Consecutive operands, std::size_t) {
  reached.reach(operands(0));
}

template <class Reach>
void reach_all(Reach& reached, Listed operands, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) reached.reach(operands(i));
}

/// Not restricting `grad` costs the vector instructions: gradients and data are different arrays.
void add_products(double* __restrict grad, const double* __restrict factors, std::size_t count, double adjoint) {
  for (std::size_t i = 0; i < count; ++i) grad[i] += adjoint * factors[i];
}

void sweep_dot(const double* data, double* grad, Consecutive left, Consecutive right, std::size_t count,
               double adjoint) {
  add_products(grad + left.first, data + right.first, count, adjoint);
  add_products(grad + right.first, data + left.first, count, adjoint);
}

template <class Left, class Right>
void sweep_dot(const double* data, double* grad, Left left, Right right, std::size_t count, double adjoint) {
  for (std::size_t i = 0; i < count; ++i) {
    const Index a = left(i);
    const Index b = right(i);
    grad[a] += adjoint * data[b];
    grad[b] += adjoint * data[a];
  }
}

template <class Reach>
void sweep_many(const TapeCore& tape, double* grad, Index operation, double adjoint, Reach& reached) {
  const Arguments begin = arguments_of(tape.records[operation]);
  const Index* at = tape.arguments.items + begin.first_index;
  const auto count = static_cast<std::size_t>(*at++);
  if (code_of(tape.operations[operation]) == ops::Code::dot) {
    with_list(at, count, [&](auto left) {
      with_list(at, count, [&](auto right) {
        reach_all(reached, left, count);
        reach_all(reached, right, count);
        sweep_dot(tape.data.origin, grad, left, right, count, adjoint);
      });
    });
    return;
  }
  const double* const partials = tape.partials.items + begin.first_partial;
  with_list(at, count, [&](auto operands) {
    reach_all(reached, operands, count);
    for (std::size_t i = 0; i < count; ++i) {
      if (partials[i] != 0.0) grad[operands(i)] += adjoint * partials[i];
    }
  });
}

}  // namespace

void TapeCore::reserve_gradients(Index last) {
  const std::size_t wanted = static_cast<std::size_t>(last) + ReachedAll::piece;
  if (grad.right < wanted && !grad.reserve_right(wanted + wanted / 64 + 512)) {
    throw Error(ErrorCode::out_of_memory, "out of memory for the gradients");
  }
}

template <class Reach>
void TapeCore::sweep(Index root, Reach& reached) {
  double* const grads = grad.origin;
  const Record* r = records + root + 1;
  for (const double* at = grads + root + 1; at != grads + reached.first();) {
    --at;
    --r;
    if constexpr (Reach::is_long) {
      prefetch(r, -80);
      prefetch(at, -700);
    }
    const double adjoint = *at;
    if (is_zero(adjoint)) continue;
    reached.reach(r->left);
    grads[r->left] += adjoint * r->left_partial;
    if (is_node(r->right)) {
      reached.reach(r->right);
      grads[r->right] += adjoint * r->right_partial;
    } else if (r->right == many) {
      sweep_many(*this, grads, static_cast<Index>(r - records), adjoint, reached);
    }
  }
}

void TapeCore::backward(Index root) {
  if (root < 0) {
    if (code_of(operations[root]) == ops::Code::leaf) grad[root] += 1.0;
    adjoint_first = adjoint_end = 0;
    return;
  }
  if (eras.size() > 1 && is_stale(root)) {
    throw Error(ErrorCode::stale, "backward: a leaf was changed after this was recorded; record it again");
  }
  reserve_gradients(root);
  adjoint_end = root + 1;
  if (root < 1024) {
    ReachedAll reached(grad.origin, root + 1);
    grad[root] = 1.0;
    sweep(root, reached);
    adjoint_first = 0;
  } else {
    Reached reached(grad.origin, root + 1);
    reached.reach(root);
    grad[root] = 1.0;
    sweep(root, reached);
    adjoint_first = reached.first();
  }
}

void TapeCore::set_gradient(Index node, double value) {
  if (node >= 0 && (node < adjoint_first || node >= adjoint_end)) {
    reserve_gradients(node);
    // What lies between has a gradient of 0.
    if (adjoint_first == adjoint_end) adjoint_first = adjoint_end = node;
    std::fill(grad.origin + std::min(node, adjoint_first), grad.origin + adjoint_first, 0.0);
    std::fill(grad.origin + adjoint_end, grad.origin + std::max(node + 1, adjoint_end), 0.0);
    adjoint_first = std::min(node, adjoint_first);
    adjoint_end = std::max(node + 1, adjoint_end);
  }
  grad[node] = value;
}

/// Whether a leaf that `root` depends on was changed after an operation that read it: a walk over what the root depends
/// on, down to the first operation that nothing above refers to.
bool TapeCore::is_stale(Index root) const {
  bool stale = false;
  Index lowest = root;
  std::size_t era = eras.size() - 1;
  operations[root] |= marked;
  for (Index i = root; i >= lowest; --i) {
    if ((operations[i] & marked) == 0) continue;
    operations[i] &= static_cast<Operation>(~marked);
    while (eras[era].first > i) --era;
    const std::uint64_t recorded = eras[era].clock;
    for_each_operand(*this, i, [&](Index operand) {
      if (operand < 0) {
        stale |= leaf_clocks[operand] > recorded;
      } else {
        operations[operand] |= marked;
        lowest = std::min(lowest, operand);
      }
    });
  }
  return stale;
}

}  // namespace smolgrad::detail

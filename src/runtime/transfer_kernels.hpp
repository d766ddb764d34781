// Between the caller's row-major arrays and slots: transposing, in squares of 16 bytes a side, as many at once as stand
// one above the other in a vector.
#pragma once

#include "kernels.hpp"
#include "lanes.hpp"
#include "prefetch.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
template <class Float>
constexpr std::size_t square = 1;
#else
template <class Float>
constexpr std::size_t square = 16 / sizeof(Float);

/// The numbers at from(first), then those at from(first + side), and so on: `blocks` times as many as a square has.
template <class Float, std::size_t blocks, class From>
HWY_INLINE auto load_blocks(const From& from, std::size_t first) {
  constexpr std::size_t side = square<Float>;
  const hn::FixedTag<Float, side * blocks> tag;
  if constexpr (blocks == 1) {
    return hn::LoadU(tag, from(first));
  } else {
    constexpr std::size_t half = blocks / 2;
    return hn::Combine(tag, load_blocks<Float, half>(from, first + half * side), load_blocks<Float, half>(from, first));
  }
}
#endif

/// What stands at from(0), from(1), ... a square's side each, becomes the columns of what begins at to(0), to(1), ...
template <class Float, std::size_t blocks, class From, class To>
HWY_INLINE void transpose(const From& from, const To& to) {
#if HWY_TARGET == HWY_SCALAR
  *to(0) = *from(0);
#else
  const hn::FixedTag<Float, square<Float> * blocks> tag;
  const auto a = load_blocks<Float, blocks>(from, 0);
  const auto b = load_blocks<Float, blocks>(from, 1);
  if constexpr (square<Float> == 2) {
    hn::StoreU(hn::InterleaveLower(tag, a, b), tag, to(0));
    hn::StoreU(hn::InterleaveUpper(tag, a, b), tag, to(1));
  } else {
    const auto c = load_blocks<Float, blocks>(from, 2);
    const auto d = load_blocks<Float, blocks>(from, 3);
    const auto ac_lower = hn::InterleaveLower(tag, a, c);
    const auto ac_upper = hn::InterleaveUpper(tag, a, c);
    const auto bd_lower = hn::InterleaveLower(tag, b, d);
    const auto bd_upper = hn::InterleaveUpper(tag, b, d);
    hn::StoreU(hn::InterleaveLower(tag, ac_lower, bd_lower), tag, to(0));
    hn::StoreU(hn::InterleaveUpper(tag, ac_lower, bd_lower), tag, to(1));
    hn::StoreU(hn::InterleaveLower(tag, ac_upper, bd_upper), tag, to(2));
    hn::StoreU(hn::InterleaveUpper(tag, ac_upper, bd_upper), tag, to(3));
  }
#endif
}

/// Whether so many columns are side by side from the k-th on.
template <class Slot>
HWY_INLINE bool are_side_by_side(const Transfer<Slot>& transfer, std::size_t k, std::size_t count) {
  return k + count <= transfer.count && transfer.columns[k + count - 1] - transfer.columns[k] == count - 1;
}

template <class Float>
HWY_INLINE void copy(const Float* from, Float* to, std::size_t count) {
  using L = Lanes<Float>;
  std::size_t i = 0;
  for (; i + L::size() <= count; i += L::size()) L::load_unaligned(from + i).store_unaligned(to + i);
  for (; i < count; ++i) to[i] = from[i];
}

template <class Float>
HWY_FLATTEN void load_columns(const Float* from, const Transfer<Float*>& transfer) {
  constexpr std::size_t side = square<Float>;
  constexpr std::size_t lanes = Lanes<Float>::size();
  const std::size_t width = transfer.width;
  for (std::size_t k = 0; k < transfer.count;) {
    const Float* const column = from + transfer.columns[k];
    const std::size_t columns = are_side_by_side(transfer, k, side) ? side : 1;
    std::size_t s = 0;
    if (columns == side) {
      const auto row = [&](std::size_t i) HWY_ATTR { return column + (s + i) * width; };
      const auto slot = [&](std::size_t i) HWY_ATTR { return transfer.slots[k + i] + s; };
      for (; s + lanes <= transfer.samples; s += lanes) transpose<Float, lanes / side>(row, slot);
      for (; s + side <= transfer.samples; s += side) transpose<Float, 1>(row, slot);
    }
    if (width == 1) {
      copy<Float>(column, transfer.slots[0], transfer.samples);
      s = transfer.samples;
    }
    for (std::size_t i = 0; i < columns; ++i) {
      Float* const slot = transfer.slots[k + i];
      for (std::size_t t = s; t < transfer.samples; ++t) slot[t] = column[t * width + i];
      if (transfer.samples == 1) {
        Lanes<Float>(hn::Set(typename Lanes<Float>::Tag(), *slot)).store(slot);
      } else {
        for (std::size_t t = transfer.samples; t < transfer.padded; ++t) slot[t] = slot[transfer.samples - 1];
      }
    }
    k += columns;
  }
}

/// Columns side by side from the k-th on; `to` is the first one's place in the first row.
template <class Float, std::size_t columns>
HWY_INLINE void store_strip(Float* to, const Transfer<const Float*>& transfer, std::size_t k) {
  constexpr std::size_t side = square<Float>;
  const Float* slots[columns];  // which the compiler knows that no store changes
  for (std::size_t i = 0; i < columns; ++i) slots[i] = transfer.slots[k + i];
  std::size_t s = 0;
  if constexpr (columns >= side) {
    const auto slot = [&](std::size_t i) HWY_ATTR { return slots[i] + s; };
    const auto row = [&](std::size_t i) HWY_ATTR { return to + (s + i) * transfer.width; };
    for (; s + side <= transfer.samples; s += side) transpose<Float, columns / side>(slot, row);
  }
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t t = s; t < transfer.samples; ++t) to[t * transfer.width + i] = slots[i][t];
  }
}

template <class Float>
HWY_FLATTEN void store_columns(Float* to, const Transfer<const Float*>& transfer) {
  constexpr std::size_t side = square<Float>;
  constexpr std::size_t lanes = Lanes<Float>::size();
  if (transfer.width == 1) return copy<Float>(transfer.slots[0], to + transfer.columns[0], transfer.samples);
  for (std::size_t k = 0; k < transfer.count;) {
    Float* const column = to + transfer.columns[k];
    if (lanes > side && are_side_by_side(transfer, k, lanes)) {
      store_strip<Float, lanes>(column, transfer, k);
      k += lanes;
    } else if (side > 1 && are_side_by_side(transfer, k, side)) {
      store_strip<Float, side>(column, transfer, k);
      k += side;
    } else {
      store_strip<Float, 1>(column, transfer, k);
      ++k;
    }
  }
}

/// Past the caches: what is written will not be read soon, and need not be read before it is written.
template <class Float>
HWY_FLATTEN void stream(const Float* from, Float* to, std::size_t count) {
  using L = Lanes<Float>;
  constexpr std::size_t vector_bytes = L::size() * sizeof(Float);
  std::size_t i = 0;
  for (; i < count && reinterpret_cast<std::uintptr_t>(to + i) % vector_bytes != 0; ++i) to[i] = from[i];
  for (; i + L::size() <= count; i += L::size()) {
    hn::Stream(L::load_unaligned(from + i).raw, typename L::Tag(), to + i);
  }
  for (; i < count; ++i) to[i] = from[i];
}

/// What was streamed is visible to other threads that are told of it afterwards.
inline void finish_streaming() { hwy::FlushStream(); }

}  // namespace smolgrad::runtime::HWY_NAMESPACE

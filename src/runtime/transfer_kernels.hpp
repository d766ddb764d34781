// Between the caller's row-major arrays and slots: transposing, in squares of 16 bytes a side.
#pragma once

#include <hwy/cache_control.h>

#include "kernels.hpp"
#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
template <class Float>
constexpr std::size_t square = 1;
#else
template <class Float>
constexpr std::size_t square = 16 / sizeof(Float);
#endif

/// The rows `from` become the columns of the rows `to`.
HWY_INLINE void transpose_square(const double* const* from, double* const* to) {
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<double, 2> tag;
  const auto a = hn::LoadU(tag, from[0]);
  const auto b = hn::LoadU(tag, from[1]);
  hn::StoreU(hn::InterleaveLower(tag, a, b), tag, to[0]);
  hn::StoreU(hn::InterleaveUpper(tag, a, b), tag, to[1]);
#else
  *to[0] = *from[0];
#endif
}

HWY_INLINE void transpose_square(const float* const* from, float* const* to) {
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> tag;
  const auto a = hn::LoadU(tag, from[0]);
  const auto b = hn::LoadU(tag, from[1]);
  const auto c = hn::LoadU(tag, from[2]);
  const auto d = hn::LoadU(tag, from[3]);
  const auto ac_lower = hn::InterleaveLower(tag, a, c);
  const auto ac_upper = hn::InterleaveUpper(tag, a, c);
  const auto bd_lower = hn::InterleaveLower(tag, b, d);
  const auto bd_upper = hn::InterleaveUpper(tag, b, d);
  hn::StoreU(hn::InterleaveLower(tag, ac_lower, bd_lower), tag, to[0]);
  hn::StoreU(hn::InterleaveUpper(tag, ac_lower, bd_lower), tag, to[1]);
  hn::StoreU(hn::InterleaveLower(tag, ac_upper, bd_upper), tag, to[2]);
  hn::StoreU(hn::InterleaveUpper(tag, ac_upper, bd_upper), tag, to[3]);
#else
  *to[0] = *from[0];
#endif
}

/// Whether as many columns as a square has are side by side from the k-th on.
template <class Float, class Slot>
HWY_INLINE bool starts_square(const Transfer<Slot>& transfer, std::size_t k) {
  constexpr std::size_t side = square<Float>;
  return k + side <= transfer.count && transfer.columns[k + side - 1] - transfer.columns[k] == side - 1;
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
  const std::size_t width = transfer.width;
  for (std::size_t k = 0; k < transfer.count;) {
    const Float* const column = from + transfer.columns[k];
    const std::size_t columns = starts_square<Float>(transfer, k) ? side : 1;
    std::size_t s = 0;
    if (columns == side) {
      for (; s + side <= transfer.samples; s += side) {
        const Float* rows[side];
        Float* slots[side];
        for (std::size_t i = 0; i < side; ++i) {
          rows[i] = column + (s + i) * width;
          slots[i] = transfer.slots[k + i] + s;
        }
        transpose_square(rows, slots);
      }
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

template <class Float>
HWY_FLATTEN void store_columns(Float* to, const Transfer<const Float*>& transfer) {
  constexpr std::size_t side = square<Float>;
  const std::size_t width = transfer.width;
  if (width == 1) return copy<Float>(transfer.slots[0], to + transfer.columns[0], transfer.samples);
  for (std::size_t k = 0; k < transfer.count;) {
    Float* const column = to + transfer.columns[k];
    const std::size_t columns = starts_square<Float>(transfer, k) ? side : 1;
    std::size_t s = 0;
    if (columns == side) {
      for (; s + side <= transfer.samples; s += side) {
        Float* rows[side];
        const Float* slots[side];
        for (std::size_t i = 0; i < side; ++i) {
          rows[i] = column + (s + i) * width;
          slots[i] = transfer.slots[k + i] + s;
        }
        transpose_square(slots, rows);
      }
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const Float* const slot = transfer.slots[k + i];
      for (std::size_t t = s; t < transfer.samples; ++t) column[t * width + i] = slot[t];
    }
    k += columns;
  }
}

/// So that the next block is there when this one is done.
template <class Float>
void prefetch(const Float* from, std::size_t count) {
  constexpr std::size_t line = 64 / sizeof(Float);
  for (std::size_t i = 0; i < count; i += line) {
#if defined(__GNUC__)
    __builtin_prefetch(from + i, 0, 2);  // into the second level, where it is not in the way
#else
    hwy::Prefetch(from + i);
#endif
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

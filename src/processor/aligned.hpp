// Arrays that begin on a cache line, and so on a vector.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "cache_line.hpp"

namespace smolgrad::processor {

struct FreeAligned {
  void operator()(void* memory) const noexcept { ::operator delete (memory, std::align_val_t{cache_line}); }
};

template <class T>
using Aligned = std::unique_ptr<T[], FreeAligned>;

/// Zeros.
template <class T>
Aligned<T> make_aligned(std::size_t count) {
  T* const memory = static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{cache_line}));
  std::uninitialized_fill_n(memory, count, T());
  return Aligned<T>(memory);
}

}  // namespace smolgrad::processor

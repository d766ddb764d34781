// Fetching what is wanted next: into the second level, where it is not in the way.
#pragma once

#include <cstddef>

#include <hwy/cache_control.h>

#include "kernels.hpp"
#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

template <class Float>
HWY_INLINE void prefetch_line(const Float* from) {
#if defined(__GNUC__)
  __builtin_prefetch(from, 0, 2);
#else
  hwy::Prefetch(from);
#endif
}

template <class Float>
void prefetch(const Float* from, std::size_t count) {
  for (std::size_t i = 0; i < count; i += cache_line / sizeof(Float)) prefetch_line(from + i);
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

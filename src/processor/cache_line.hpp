// What processors move between memory and caches at once.
#pragma once

#include <cstddef>

namespace smolgrad::processor {

constexpr std::size_t cache_line = 64;  // bytes

}  // namespace smolgrad::processor

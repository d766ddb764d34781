#include "slots.hpp"

#include <iterator>
#include <new>

namespace smolgrad::runtime {

Slot Slots::take(std::size_t count) {
  for (auto interval = free_.begin(); interval != free_.end(); ++interval) {
    const auto [first, end] = *interval;
    if (end - first < count) continue;
    free_.erase(interval);
    if (end - first > count) free_.emplace(first + static_cast<Slot>(count), end);
    return first;
  }
  if (count >= UINT32_MAX - size_) throw std::bad_alloc();
  const auto first = static_cast<Slot>(size_);
  size_ += count;
  return first;
}

void Slots::free(Slot slot) {
  Slot first = slot;
  Slot end = slot + 1;
  const auto next = free_.find(end);
  if (next != free_.end()) {
    end = next->second;
    free_.erase(next);
  }
  const auto behind = free_.lower_bound(first);
  if (behind != free_.begin() && std::prev(behind)->second == first) {
    std::prev(behind)->second = end;
  } else {
    free_.emplace(first, end);
  }
}

}  // namespace smolgrad::runtime

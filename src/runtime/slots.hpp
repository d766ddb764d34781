// Which slots are free: the lowest is found at once, and several side by side for a matrix product.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "program.hpp"

namespace smolgrad::runtime {

class Slots {
 public:
  /// `count` slots side by side, the lowest there are; the first of them.
  Slot take(std::size_t count);
  void free(Slot slot);
  /// One more than the largest slot ever taken.
  std::size_t size() const { return size_; }

 private:
  /// The first free slot from this one on, or no_slot.
  Slot next(std::size_t from) const;
  void occupy(std::size_t slot);

  /// A bit for each slot, set where it is free; on each level above, a bit for each word below, set where that is not
  /// 0.
  std::array<std::vector<std::uint64_t>, 6> levels_;
  std::size_t size_ = 0;
  std::size_t free_count_ = 0;
};

}  // namespace smolgrad::runtime

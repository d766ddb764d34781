// Which slots are free: intervals, so that a matrix product finds slots side by side.
#pragma once

#include <cstdint>
#include <map>

#include "program.hpp"

namespace smolgrad::runtime {

class Slots {
 public:
  /// `count` slots side by side; the first of them.
  Slot take(std::size_t count);
  void free(Slot slot);
  /// One more than the largest slot ever taken.
  std::size_t size() const { return size_; }

 private:
  std::map<Slot, Slot> free_;  // from the first of an interval to one behind its last
  std::size_t size_ = 0;
};

}  // namespace smolgrad::runtime

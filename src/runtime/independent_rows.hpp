// Whether the rows of an elementwise step may be done in any order.
#pragma once

#include "program.hpp"

namespace smolgrad::runtime {

/// Slots are taken over from row to row, so a row may read what one before it wrote.
inline bool rows_are_independent(const Step& step) {
  if (step.rows == 1) return true;
  if (step.to_stride != 1) return false;
  for (std::size_t i = 0; i < step.operand_count; ++i) {
    const bool moves = step.from_stride[i] == 1;
    if (!moves && step.from_stride[i] != 0) return false;
    if (((step.uniform >> i) & 1) != 0) continue;  // it stands elsewhere
    const Slot from = step.from[i];
    const Slot to = step.to;
    const bool is_written_before = moves ? from < to && to < from + step.rows : to <= from && from + 1 < to + step.rows;
    if (is_written_before) return false;
  }
  return true;
}

}  // namespace smolgrad::runtime

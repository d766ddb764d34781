// What a program sums over the batch, and where it goes.
#pragma once

#include <vector>

#include "program.hpp"

namespace smolgrad::runtime {

/// A step that sums a slot; or makes it one more row of the last step where that goes on the same way.
void append_sum(Program& program, bool is_uniform, Slot slot, std::uint32_t to);

/// Which sums are the only ones to their places, and which places have none such.
void find_places_set(Program& program, const std::vector<graph::Graph::Sum>& sums);

}  // namespace smolgrad::runtime

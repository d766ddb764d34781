// What is done to each element of a matrix product right after it, while the sums are still in registers.
#pragma once

#include "program.hpp"

namespace smolgrad::runtime {

/// Makes steps that follow a product in place part of it, where the kernel knows them.
void take_epilogues(Program& program);

}  // namespace smolgrad::runtime

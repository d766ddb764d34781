// Between the caller's row-major arrays and slots.
#pragma once

#include "kernels.hpp"
#include "lanes.hpp"

namespace smolgrad::runtime::HWY_NAMESPACE {

template <class Float>
HWY_FLATTEN void load_columns(const Float* from, const Transfer<Float>& transfer) {
  for (std::size_t k = 0; k < transfer.count; ++k) {
    const Float* const column = from + transfer.columns[k];
    Float* const slot = transfer.slots[k];
    for (std::size_t s = 0; s < transfer.samples; ++s) slot[s] = column[s * transfer.width];
    for (std::size_t s = transfer.samples; s < transfer.padded; ++s) slot[s] = slot[transfer.samples - 1];
  }
}

template <class Float>
HWY_FLATTEN void store_columns(Float* to, const Transfer<Float>& transfer) {
  for (std::size_t k = 0; k < transfer.count; ++k) {
    Float* const column = to + transfer.columns[k];
    const Float* const slot = transfer.slots[k];
    for (std::size_t s = 0; s < transfer.samples; ++s) column[s * transfer.width] = slot[s];
  }
}

}  // namespace smolgrad::runtime::HWY_NAMESPACE

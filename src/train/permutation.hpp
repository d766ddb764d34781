// Random order, the same on every platform: the C++ standard fixes what its generators give, not what its shuffle does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace smolgrad::train {

/// Moves the elements of `order` to random places. Which goes where depends on how many they are, seed and stream
/// alone; each of the permutations is as likely as any other, and streams of one seed have nothing to do with each
/// other. A trainer's stream is the epoch; that of smolgrad::split is `split_stream`.
void permute(std::vector<std::size_t>& order, std::uint64_t seed, std::uint64_t stream);

constexpr std::uint64_t split_stream = UINT64_MAX;

}  // namespace smolgrad::train

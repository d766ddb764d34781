#include "permutation.hpp"

#include <random>
#include <utility>

namespace smolgrad::train {

namespace {

/// Uniform below `bound`: numbers that would make the first remainders likelier are drawn again.
std::uint64_t draw(std::mt19937_64& random, std::uint64_t bound) {
  const std::uint64_t excess = (0 - bound) % bound;  // 2^64 modulo bound
  std::uint64_t number = random();
  while (number < excess) number = random();
  return number % bound;
}

}  // namespace

void permute(std::vector<std::size_t>& order, std::uint64_t seed, std::uint64_t stream) {
  std::seed_seq seeds{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  std::mt19937_64 random(seeds);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw(random, i)]);
}

}  // namespace smolgrad::train

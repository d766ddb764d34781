#include "slots.hpp"

#include <new>

namespace smolgrad::runtime {

namespace {

constexpr std::size_t word_bits = 64;

std::size_t lowest_bit(std::uint64_t word) { return static_cast<std::size_t>(__builtin_ctzll(word)); }

std::uint64_t bit_of(std::size_t at) { return std::uint64_t{1} << (at % word_bits); }

}  // namespace

Slot Slots::take(std::size_t count) {
  for (Slot first = free_count_ < count ? no_slot : next(0); first != no_slot;) {
    std::size_t end = first + std::size_t{1};
    while (end - first < count && next(end) == end) ++end;
    if (end - first == count) {
      for (std::size_t slot = first; slot < end; ++slot) occupy(slot);
      free_count_ -= count;
      return first;
    }
    first = next(end);
  }
  if (count >= no_slot - size_) throw std::bad_alloc();
  const auto first = static_cast<Slot>(size_);
  size_ += count;
  return first;
}

void Slots::free(Slot slot) {
  ++free_count_;
  std::size_t at = slot;
  for (std::vector<std::uint64_t>& words : levels_) {
    const std::size_t word = at / word_bits;
    if (word >= words.size()) words.resize(word + 1);
    const bool is_known = words[word] != 0;
    words[word] |= bit_of(at);
    if (is_known) return;
    at = word;
  }
}

void Slots::occupy(std::size_t slot) {
  std::size_t at = slot;
  for (std::vector<std::uint64_t>& words : levels_) {
    std::uint64_t& word = words[at / word_bits];
    word &= ~bit_of(at);
    if (word != 0) return;
    at /= word_bits;
  }
}

Slot Slots::next(std::size_t from) const {
  std::size_t at = from;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const std::size_t word = at / word_bits;
    const std::uint64_t later = word < levels_[level].size() ? levels_[level][word] >> (at % word_bits) : 0;
    if (later != 0) {
      at += lowest_bit(later);
      while (level-- > 0) at = at * word_bits + lowest_bit(levels_[level][at]);
      return static_cast<Slot>(at);
    }
    at = word + 1;
  }
  return no_slot;
}

}  // namespace smolgrad::runtime

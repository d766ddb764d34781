#include "team.hpp"

#include <thread>

#include "../processor/relax.hpp"

namespace smolgrad::runtime {

void Team::Member::share(bool is_worth, void (*work)(const void*, std::size_t, std::size_t), const void* context) {
  const std::size_t parts = is_worth ? team_->size_ : 1;
  all_parts_ += parts;
  for (std::size_t i = 0; i < parts; ++i) {
    // Mostly the others have begun theirs: to ask them would take from their caches what tells that.
    constexpr int patience = 16;
    if (i == 1 && is_done_within(patience)) break;
    const std::size_t part = (index_ + i) % parts;
    std::size_t expected = part == 0 ? steps_ : divided_steps_;
    if (!team_->parts_[part].taken.compare_exchange_strong(expected, expected + 1, std::memory_order_acquire)) {
      continue;
    }
    work(context, part, parts);
    team_->done_.fetch_add(1, std::memory_order_release);
  }
  ++steps_;
  divided_steps_ += is_worth ? 1 : 0;
  constexpr int patience = 1000;
  while (!is_done_within(patience)) std::this_thread::yield();
}

bool Team::Member::is_done_within(int patience) const {
  for (int i = 0; i < patience; ++i) {
    if (team_->done_.load(std::memory_order_acquire) >= all_parts_) return true;
    processor::relax();
  }
  return false;
}

}  // namespace smolgrad::runtime

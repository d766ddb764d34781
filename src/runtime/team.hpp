// Several tasks on one block, where there are too few blocks or too many sums to have one each: the samples or rows of
// steps are divided among them. What is computed, and in which order it is added up, is the same for any number of
// tasks.
//
// Nobody waits for a part that was not begun, since a runner may call one task after the other: whoever is there takes
// what is left, each its own part first, so that it finds in its cache what it left there.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "../processor/relax.hpp"

namespace smolgrad::runtime {

class Team {
 public:
  static constexpr std::size_t most = 16;

  explicit Team(std::size_t size) : size_(size < most ? size : most) {}

  /// One task's way through the steps: all members take the same way.
  class Member {
   public:
    Member(Team& team, std::size_t index) : team_(&team), index_(index % team.size_) {}

    /// work(part, parts) for each part, by whomever, or work(0, 1) if it is not worth being divided; returns when all
    /// is done.
    template <class Work>
    void share(bool is_worth, Work work) {
      const std::size_t parts = is_worth ? team_->size_ : 1;
      for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t part = (index_ + i) % parts;
        std::size_t expected = part == 0 ? steps_ : divided_steps_;
        if (!team_->parts_[part].taken.compare_exchange_strong(expected, expected + 1, std::memory_order_acquire)) {
          continue;
        }
        work(part, parts);
        team_->done_.fetch_add(1, std::memory_order_release);
      }
      ++steps_;
      divided_steps_ += is_worth ? 1 : 0;
      all_parts_ += parts;
      constexpr int patience = 1000;
      for (int i = 0; team_->done_.load(std::memory_order_acquire) < all_parts_; ++i) {
        if (i < patience) {
          processor::relax();
        } else {
          std::this_thread::yield();
        }
      }
    }

   private:
    Team* team_;
    std::size_t index_;
    std::size_t steps_ = 0;
    std::size_t divided_steps_ = 0;
    std::size_t all_parts_ = 0;
  };

 private:
  struct alignas(64) Part {
    std::atomic<std::size_t> taken{0};  // in how many steps
  };

  std::size_t size_;
  Part parts_[most];
  alignas(64) std::atomic<std::size_t> done_{0};  // parts, of all steps
};

}  // namespace smolgrad::runtime

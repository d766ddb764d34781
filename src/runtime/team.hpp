// Several tasks on one block, where there are too few blocks or too many sums to have one each: the samples or rows of
// steps are divided among them. What is computed, and in which order it is added up, is the same for any number of
// tasks.
//
// Nobody waits for a part that was not begun, since a runner may call one task after the other: whoever is there takes
// what is left, each its own part first, so that it finds in its cache what it left there.
#pragma once

#include <atomic>
#include <cstddef>

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
    void share(bool is_worth, const Work& work) {
      share(
          is_worth,
          [](const void* context, std::size_t part, std::size_t parts) {
            (*static_cast<const Work*>(context))(part, parts);
          },
          &work);
    }

   private:
    void share(bool is_worth, void (*work)(const void* context, std::size_t part, std::size_t parts),
               const void* context);
    /// Whether all parts so far are done, looked at so many times.
    bool is_done_within(int patience) const;

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

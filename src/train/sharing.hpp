// Work on many numbers, divided among the threads of a run.
#pragma once

#include <algorithm>
#include <cstddef>

#include <smolgrad/function.hpp>

namespace smolgrad::train {

/// As many as a Function takes.
constexpr std::size_t most_threads = 256;
/// Below so many numbers, one thread is done sooner than two.
constexpr std::size_t worth_sharing = 32768;

/// action(share, shares) for each share of so many numbers, on the runner's threads.
template <class Action>
void share_out(const RunOptions& run, std::size_t numbers, const Action& action) {
  if (run.runner == nullptr || numbers < worth_sharing) return action(std::size_t{0}, std::size_t{1});
  struct Context {
    const Action& action;
    std::size_t shares;
  } context{action, std::clamp(run.threads, std::size_t{1}, most_threads)};
  run.runner(
      [](void* data, std::size_t share) {
        const auto* const all = static_cast<const Context*>(data);
        all->action(share, all->shares);
      },
      &context, context.shares, run.user_data);
}

/// action(first, last) for each share of them.
template <class Action>
void share_out_evenly(const RunOptions& run, std::size_t numbers, const Action& action) {
  share_out(run, numbers, [&](std::size_t share, std::size_t shares) {
    action(numbers * share / shares, numbers * (share + 1) / shares);
  });
}

}  // namespace smolgrad::train

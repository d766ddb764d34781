// Threads that stay: every task of every round is done once before the round is over.
#include "train/thread_pool.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace smolgrad::train {
namespace {

struct Round {
  std::vector<int> done;  // by task; no two threads have the same one
  std::atomic<int> total{0};
};

void mark(void* context, std::size_t i) {
  auto& round = *static_cast<Round*>(context);
  ++round.done[i];
  ++round.total;
}

TEST(ThreadPool, ManyShortRounds) {
  for (const std::size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    const RunOptions run = pool.options();
    EXPECT_EQ(run.threads, threads);
    for (std::size_t i = 0; i < 1000; ++i) {
      const std::size_t count = i % 11;  // none, fewer than threads, and more
      Round round;
      round.done.resize(count);
      run.runner(mark, &round, count, run.user_data);
      ASSERT_EQ(round.done, std::vector<int>(count, 1)) << threads << " threads, round " << i;
      ASSERT_EQ(round.total, static_cast<int>(count));
    }
  }
}

TEST(ThreadPool, ThreadsEndWhetherTheyWorkedOrNot) {
  for (int i = 0; i < 30; ++i) {
    ThreadPool pool(1 + static_cast<std::size_t>(i % 5));
    if (i % 3 == 0) continue;
    Round round;
    round.done.resize(50);
    const RunOptions run = pool.options();
    run.runner(mark, &round, 50, run.user_data);
    EXPECT_EQ(round.total, 50);
    if (i % 3 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // they sleep too
  }
}

/// A task that waits for another needs a second thread.
TEST(ThreadPool, ThreadsWorkAtOnce) {
  ThreadPool pool(2);
  std::atomic<int> arrived{0};
  const RunOptions run = pool.options();
  run.runner(
      [](void* context, std::size_t) {
        auto& here = *static_cast<std::atomic<int>*>(context);
        ++here;
        while (here < 2) std::this_thread::yield();
      },
      &arrived, 2, run.user_data);
  EXPECT_EQ(arrived, 2);
}

}  // namespace
}  // namespace smolgrad::train

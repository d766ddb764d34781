#include "thread_pool.hpp"

#include <exception>

#include "../processor/relax.hpp"

namespace smolgrad::train {

namespace {

/// Looks whether something has happened, often enough that the next step mostly comes meanwhile: waking takes long.
template <class Happened>
bool happens_soon(const Happened& happened) {
  constexpr int patience = 2000;
  for (int i = 0; i < patience; ++i) {
    if (happened()) return true;
    processor::relax();
  }
  for (int i = 0; i < patience; ++i) {
    if (happened()) return true;
    std::this_thread::yield();
  }
  return false;
}

/// Returns when it has. Whoever makes it happen looks for sleepers afterwards.
template <class Happened>
void wait_until(const Happened& happened, std::mutex& mutex, std::condition_variable& wake_up,
                std::atomic<std::size_t>& asleep) {
  if (happens_soon(happened)) return;
  std::unique_lock<std::mutex> lock(mutex);
  ++asleep;
  wake_up.wait(lock, happened);
  --asleep;
}

}  // namespace

ThreadPool::ThreadPool(std::size_t threads) {
  try {
    while (helpers_.size() + 1 < threads) helpers_.emplace_back([this] { help(); });
  } catch (const std::exception&) {
    // Those there are do the work.
  }
}

ThreadPool::~ThreadPool() {
  is_over_ = true;
  wake(begun_);
  for (std::thread& helper : helpers_) helper.join();
}

/// Who falls asleep has said so before looking a last time, and this looks after what there is to see has changed.
void ThreadPool::wake(std::condition_variable& sleepers) {
  if (asleep_ == 0) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  sleepers.notify_all();
}

bool ThreadPool::has_work() const {
  const Round round = round_;
  return round.next < round.count;
}

void ThreadPool::run(Task task, void* context, std::size_t count, void* pool) {
  if (count == 0) return;
  auto& self = *static_cast<ThreadPool*>(pool);
  self.task_ = task;
  self.context_ = context;
  self.unfinished_ = count;
  // The first is always this thread's: what it left in its cache the last time is wanted again.
  self.round_ = Round{self.round_.load().number + 1, 1, static_cast<std::uint16_t>(count)};
  self.wake(self.begun_);
  task(context, 0);
  --self.unfinished_;
  self.work();
  wait_until([&] { return self.is_finished(); }, self.mutex_, self.ended_, self.asleep_);
}

/// The round does not end, nor its task change, before those who have taken part of it are done.
void ThreadPool::work() {
  Round round = round_;
  while (round.next < round.count) {
    Round taken = round;
    ++taken.next;
    if (!round_.compare_exchange_weak(round, taken)) continue;
    task_(context_, round.next);
    if (--unfinished_ == 0) wake(ended_);
    round = round_;
  }
}

void ThreadPool::help() {
  while (!is_over_) {
    work();
    wait_until([&] { return has_work() || is_over_; }, mutex_, begun_, asleep_);
  }
}

}  // namespace smolgrad::train

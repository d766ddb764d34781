#include "thread_pool.hpp"

#include <exception>

#include "../processor/relax.hpp"

namespace smolgrad::train {

namespace {

/// Looks whether something has happened, often enough that the next step mostly comes meanwhile: waking takes long.
template <class Happened>
void look_for(Happened happened) {
  constexpr int patience = 2000;
  for (int i = 0; i < patience && !happened(); ++i) processor::relax();
  for (int i = 0; i < patience && !happened(); ++i) std::this_thread::yield();
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
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
    ++rounds_;
  }
  begun_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadPool::run(Task task, void* context, std::size_t count, void* pool) {
  auto& self = *static_cast<ThreadPool*>(pool);
  std::unique_lock<std::mutex> lock(self.mutex_);
  self.task_ = task;
  self.context_ = context;
  self.next_ = 0;
  self.count_ = count;
  self.unfinished_ = count;
  ++self.rounds_;
  self.begun_.notify_all();
  self.work(lock);
  lock.unlock();
  const auto is_finished = [&] { return self.unfinished_.load(std::memory_order_acquire) == 0; };
  look_for(is_finished);
  if (is_finished()) return;
  lock.lock();
  self.ended_.wait(lock, is_finished);
}

void ThreadPool::work(std::unique_lock<std::mutex>& lock) {
  while (next_ < count_) {
    const std::size_t i = next_++;
    const Task task = task_;
    void* const context = context_;
    lock.unlock();
    task(context, i);
    lock.lock();
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) ended_.notify_all();
  }
}

void ThreadPool::help() {
  std::size_t seen = 0;
  for (;;) {
    look_for([&] { return rounds_.load(std::memory_order_relaxed) != seen; });
    std::unique_lock<std::mutex> lock(mutex_);
    begun_.wait(lock, [&] { return rounds_.load(std::memory_order_relaxed) != seen; });
    seen = rounds_.load(std::memory_order_relaxed);
    if (is_over_) return;
    work(lock);
  }
}

}  // namespace smolgrad::train

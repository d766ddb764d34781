// Threads that stay for the length of a fit: starting one takes longer than most steps do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include <smolgrad/function.hpp>

namespace smolgrad::train {

class ThreadPool {
 public:
  /// With the calling thread; fewer if the system starts no more.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// How a Function is to run on them.
  RunOptions options() { return {helpers_.size() + 1, &ThreadPool::run, this}; }

 private:
  using Task = void (*)(void* context, std::size_t i);
  /// A Runner (function.hpp).
  static void run(Task task, void* context, std::size_t count, void* pool);
  void help();
  void work(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  // What there is to do: tasks from next_ on are not taken yet.
  Task task_ = nullptr;
  void* context_ = nullptr;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  bool is_over_ = false;
  std::atomic<std::size_t> unfinished_{0};
  std::atomic<std::size_t> rounds_{0};  // for those who look before they sleep
  std::vector<std::thread> helpers_;
};

}  // namespace smolgrad::train

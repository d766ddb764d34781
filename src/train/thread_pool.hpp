// Threads that stay for the length of a fit: starting one takes longer than most steps do. Tasks are handed out by one
// number, which all look at; the mutex is for those who sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
  /// Which round it is, which task is the next to be taken, and how many there are, in one number.
  struct Round {
    std::uint32_t number = 0;
    std::uint16_t next = 0;
    std::uint16_t count = 0;
  };

  /// A Runner (function.hpp).
  static void run(Task task, void* context, std::size_t count, void* pool);
  void help();
  void work();
  bool has_work() const;
  bool is_finished() const { return unfinished_ == 0; }
  void wake(std::condition_variable& sleepers);

  // On one cache line: whoever sees a new round has its task too.
  alignas(64) std::atomic<Round> round_{Round()};
  Task task_ = nullptr;
  void* context_ = nullptr;
  alignas(64) std::atomic<std::size_t> unfinished_{0};
  alignas(64) std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  std::atomic<std::size_t> asleep_{0};
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> helpers_;
};

}  // namespace smolgrad::train

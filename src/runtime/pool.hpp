// What runs need and leave behind: each takes one, a spare or a new one, and gives it back. No more are made than runs
// are under way at once.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace smolgrad::runtime {

template <class T>
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { delete handy_.load(); }

  /// make() returns a std::unique_ptr<T>; throws what that throws.
  template <class Make>
  std::unique_ptr<T> take(Make make) {
    // Mostly there is one run at a time, which meets nobody here.
    if (T* const handy = handy_.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<T>(handy);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!spare_.empty()) {
      std::unique_ptr<T> spare = std::move(spare_.back());
      spare_.pop_back();
      return spare;
    }
    spare_.reserve(made_ + 1);  // room to give it back
    std::unique_ptr<T> made = make();
    ++made_;
    return made;
  }

  void give_back(std::unique_ptr<T> item) noexcept {
    T* nobody = nullptr;
    if (handy_.compare_exchange_strong(nobody, item.get(), std::memory_order_release, std::memory_order_relaxed)) {
      static_cast<void>(item.release());
      return;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    spare_.push_back(std::move(item));
  }

 private:
  std::atomic<T*> handy_{nullptr};
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> spare_;
  std::size_t made_ = 0;
};

}  // namespace smolgrad::runtime

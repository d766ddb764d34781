// What a garbage-collected host does: handles dropped by finalizers, on threads of its own and in any order, while the
// tape records. ThreadSanitizer is the judge of most of it.
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

/// Threads that take batches of garbage, whichever comes first, and run its finalizers.
template <class Handle>
class Collector {
 public:
  explicit Collector(void (*finalize)(Handle*)) : finalize_(finalize) {
    for (std::thread& thread : threads_) {
      thread = std::thread([this] { run(); });
    }
  }
  ~Collector() { join(); }

  void drop(std::vector<Handle*> garbage) {
    const std::lock_guard<std::mutex> lock(mutex_);
    batches_.push_back(std::move(garbage));
    changed_.notify_one();
  }

  /// Returns when everything is finalized.
  void join() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || !batches_.empty(); });
      if (batches_.empty()) return;
      const std::vector<Handle*> garbage = std::move(batches_.back());
      batches_.pop_back();
      lock.unlock();
      for (auto handle = garbage.rbegin(); handle != garbage.rend(); ++handle) finalize_(*handle);
      lock.lock();
    }
  }

  void (*finalize_)(Handle*);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<Handle*>> batches_;
  bool ending_ = false;
  std::array<std::thread, 3> threads_;
};

class FinalizerThreads : public TapeFixture {};

TEST_F(FinalizerThreads, MillionValuesReleasedLater) {
  constexpr int batches = 1000;
  constexpr int batch = 1000;
  smolgrad_value* const x = leaf(0.5);
  {
    Collector<smolgrad_value> collector(smolgrad_value_release_later);
    for (int i = 0; i < batches; ++i) {
      std::vector<smolgrad_value*> garbage;
      smolgrad_value* last = x;
      for (int k = 0; k < batch; ++k) {
        last = k % 7 == 0 ? leaf(k) : smolgrad_mul(last, x);
        ASSERT_NE(last, nullptr);
        garbage.push_back(last);
      }
      ASSERT_EQ(smolgrad_backward(last), SMOLGRAD_OK);
      collector.drop(std::move(garbage));
    }
  }
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(smolgrad_value_data(x), 0.5);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(FinalizerThreads, ValuesOutliveTheirClosedTape) {
  for (int round = 0; round < 100; ++round) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    Collector<smolgrad_value> collector(smolgrad_value_release_later);
    smolgrad_value* last = smolgrad_value_create(tape, 0.5);
    std::vector<smolgrad_value*> garbage;
    for (int k = 0; k < 300; ++k) {
      garbage.push_back(std::exchange(last, smolgrad_tanh(last)));
      if (k % 50 == 49) collector.drop(std::exchange(garbage, {}));
    }
    collector.drop({last});
    smolgrad_tape_close(tape);
  }
}

TEST_F(FinalizerThreads, ModelsDestroyedLater) {
  const std::size_t layers[] = {3, 1};
  Collector<smolgrad_mlp> collector(smolgrad_mlp_destroy_later);
  const std::size_t parameters = 2 * 3 + 3 + 3 + 1;
  for (int i = 0; i < 1000; ++i) {
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 2, nullptr);
    ASSERT_EQ(smolgrad_mlp_parameter_count(mlp), parameters);
    smolgrad_value* const x[] = {leaf(i), leaf(1.0)};
    smolgrad_value* out[] = {nullptr};
    ASSERT_EQ(smolgrad_mlp_forward(mlp, x, 2, out, 1), SMOLGRAD_OK);
    for (smolgrad_value* const value : {x[0], x[1], out[0]}) smolgrad_value_release(value);
    collector.drop({mlp});
  }
  collector.join();
  EXPECT_EQ(nodes(), 0u);
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape_, 2, layers, 2, nullptr);
  EXPECT_EQ(nodes(), parameters);
  smolgrad_mlp_destroy_later(mlp);
  EXPECT_EQ(nodes(), 0u);
  smolgrad_mlp_destroy_later(nullptr);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(FinalizerThreads, ModelsDestroyedLaterWhileTheTapeIsClosed) {
  const std::size_t layers[] = {3, 1};
  for (int round = 0; round < 300; ++round) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    Collector<smolgrad_mlp> collector(smolgrad_mlp_destroy_later);
    for (int i = 0; i < 12; ++i) collector.drop({smolgrad_mlp_create(tape, 2, layers, 2, nullptr)});
    smolgrad_tape_close(tape);
  }
}

TEST_F(FinalizerThreads, DestroyedTapesTakePendingModelsAlong) {
  const std::size_t layers[] = {3, 1};
  smolgrad_tape* const tape = smolgrad_tape_create();
  smolgrad_mlp* const kept = smolgrad_mlp_create(tape, 2, layers, 2, nullptr);
  smolgrad_mlp_destroy_later(smolgrad_mlp_create(tape, 2, layers, 2, nullptr));
  EXPECT_EQ(smolgrad_mlp_parameter_count(kept), 13u);
  smolgrad_tape_destroy(tape);
}

}  // namespace
}  // namespace smolgrad::test

// What may be done from several threads. ThreadSanitizer is the judge of most of it.
#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "tape_fixture.hpp"

namespace smolgrad::test {
namespace {

constexpr int rounds = 100;
constexpr int many = 20'000;
constexpr int thread_count = 4;

/// Runs body(number) on several threads at once.
template <class Body>
void on_threads(Body body, int count = thread_count) {
  std::atomic<int> waiting{count};
  std::vector<std::thread> threads;
  for (int number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      body(number);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Hands pointers to one other thread, and orders nothing in the other direction, so that it hides no race.
class Channel {
 public:
  Channel() : slots_(many) {}
  void send(int at, smolgrad_value* value) { slots_[at].store(value, std::memory_order_release); }
  smolgrad_value* receive(int at) {
    smolgrad_value* value;
    while ((value = slots_[at].load(std::memory_order_acquire)) == nullptr) std::this_thread::yield();
    return value;
  }

 private:
  std::vector<std::atomic<smolgrad_value*>> slots_;
};

class Threads : public TapeFixture {};

TEST_F(Threads, ReleaseWhileTheTapeRecords) {
  std::vector<Channel> channels(thread_count);
  std::vector<std::thread> finalizers;
  for (Channel& channel : channels) {
    finalizers.emplace_back([&channel] {
      for (int i = 0; i < many; ++i) smolgrad_value_release_later(channel.receive(i));
    });
  }
  smolgrad_value* const x = leaf(0.5);
  double expected_gradient = 0.0;
  for (int i = 0; i < many; ++i) {
    smolgrad_value* const sine = smolgrad_sin(x);
    smolgrad_value* const product = smolgrad_mul(sine, x);
    smolgrad_value* const leaf_of_this_round = leaf(i);
    smolgrad_value* const root = smolgrad_add(product, leaf_of_this_round);
    ASSERT_EQ(smolgrad_value_data(root), smolgrad_value_data(product) + i);
    if (i % 16 == 0) {
      ASSERT_EQ(smolgrad_value_set_grad(x, 0.0), SMOLGRAD_OK);
      ASSERT_EQ(smolgrad_backward(root), SMOLGRAD_OK);
      if (i == 0) expected_gradient = smolgrad_value_grad(x);
      ASSERT_EQ(smolgrad_value_grad(x), expected_gradient);
    }
    channels[0].send(i, sine);
    channels[1].send(i, leaf_of_this_round);
    channels[2].send(i, root);
    channels[3].send(i, i % 2 == 0 ? product : smolgrad_value_retain(product));
    if (i % 2 != 0) smolgrad_value_release(product);
    if (i % 64 == 0) nodes();
  }
  for (std::thread& finalizer : finalizers) finalizer.join();
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(smolgrad_value_data(x), 0.5);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Threads, ReleaseReferencesOfOneValue) {
  std::vector<Channel> channels(thread_count);
  std::vector<std::thread> finalizers;
  for (Channel& channel : channels) {
    finalizers.emplace_back([&channel] {
      for (int i = 0; i < many; ++i) smolgrad_value_release_later(channel.receive(i));
    });
  }
  for (int i = 0; i < many; ++i) {
    smolgrad_value* const value = leaf(i);
    for (int reference = 1; reference < thread_count; ++reference) smolgrad_value_retain(value);
    for (Channel& channel : channels) channel.send(i, value);
  }
  for (std::thread& finalizer : finalizers) finalizer.join();
  EXPECT_EQ(nodes(), 0u);
  EXPECT_EQ(take_error(), ok);
}

TEST_F(Threads, ReleaseInsideAScope) {
  Channel channel;
  std::thread finalizer([&] {
    for (int i = 0; i < many; ++i) smolgrad_value_release_later(channel.receive(i));
  });
  smolgrad_value* const x = leaf(2.0);
  for (int i = 0; i < many; ++i) {
    const std::size_t scope = smolgrad_tape_scope_open(tape_);
    smolgrad_value* const square = smolgrad_square(x);
    channel.send(i, smolgrad_value_retain(smolgrad_exp(square)));
    ASSERT_EQ(smolgrad_tape_scope_close(tape_, scope), SMOLGRAD_OK);
  }
  finalizer.join();
  EXPECT_EQ(nodes(), 1u);
  EXPECT_EQ(take_error(), ok);
}

/// A tape with 50 values for each thread, and twice as many references.
struct Outstanding {
  Outstanding() {
    smolgrad_value* x = smolgrad_value_create(tape, 0.5);
    for (int i = 0; i < 50 * thread_count; ++i) {
      shares[i % thread_count].push_back(x);
      shares[(i + 1) % thread_count].push_back(smolgrad_value_retain(x));
      x = i % 3 == 0 ? smolgrad_value_create(tape, 0.25) : smolgrad_tanh(x);
    }
    smolgrad_value_release(x);
    const std::size_t layers[] = {3, 1};
    for (smolgrad_mlp*& model : models) model = smolgrad_mlp_create(tape, 2, layers, 2, nullptr);
  }

  smolgrad_tape* tape = smolgrad_tape_create();
  std::vector<smolgrad_value*> shares[thread_count];
  smolgrad_mlp* models[thread_count];
};

void release_on_threads(const Outstanding& outstanding, const std::function<void(smolgrad_value*, int)>& release) {
  on_threads([&](int number) {
    const std::vector<smolgrad_value*>& share = outstanding.shares[number];
    for (std::size_t i = 0; i < share.size(); ++i) {
      if (i == share.size() / 2) smolgrad_mlp_destroy(outstanding.models[number]);
      release(share[i], static_cast<int>(i) + number);
    }
  });
}

TEST(ThreadsOfAClosedTape, Release) {
  for (int round = 0; round < rounds; ++round) {
    const Outstanding outstanding;
    smolgrad_tape_close(outstanding.tape);
    release_on_threads(outstanding, [](smolgrad_value* value, int) { smolgrad_value_release(value); });
  }
}

TEST(ThreadsOfAClosedTape, ReleaseLater) {
  for (int round = 0; round < rounds; ++round) {
    const Outstanding outstanding;
    smolgrad_tape_close(outstanding.tape);
    release_on_threads(outstanding, [](smolgrad_value* value, int) { smolgrad_value_release_later(value); });
  }
}

TEST(ThreadsOfAClosedTape, ReleaseEitherWay) {
  for (int round = 0; round < rounds; ++round) {
    const Outstanding outstanding;
    smolgrad_tape_close(outstanding.tape);
    release_on_threads(outstanding, [](smolgrad_value* value, int number) {
      (number % 2 == 0 ? smolgrad_value_release : smolgrad_value_release_later)(value);
    });
  }
}

TEST(ThreadsOfAClosedTape, ReleaseLaterWhileItIsClosed) {
  for (int round = 0; round < rounds; ++round) {
    Outstanding outstanding;
    for (smolgrad_mlp* const model : outstanding.models) smolgrad_mlp_destroy(model);
    on_threads([&](int number) {
      // The first thread is the tape's: it alone knows when the tape was closed.
      bool closed = false;
      const std::vector<smolgrad_value*>& share = outstanding.shares[number];
      for (std::size_t i = 0; i < share.size(); ++i) {
        if (number == 0 && i == share.size() / 2) {
          smolgrad_tape_close(outstanding.tape);
          closed = true;
        }
        (closed ? smolgrad_value_release : smolgrad_value_release_later)(share[i]);
      }
    });
  }
}

TEST(ThreadsOfTheirOwn, TapesAreIndependent) {
  on_threads([](int number) {
    smolgrad_tape* const tape = smolgrad_tape_create();
    const std::size_t layers[] = {4, 1};
    smolgrad_mlp* const mlp = smolgrad_mlp_create(tape, 2, layers, 2, nullptr);
    for (int i = 0; i < many / 10; ++i) {
      const std::size_t scope = smolgrad_tape_scope_open(tape);
      smolgrad_value* const x[] = {smolgrad_value_create(tape, number), smolgrad_value_create(tape, i)};
      smolgrad_value* out[] = {nullptr};
      ASSERT_EQ(smolgrad_mlp_forward(mlp, x, 2, out, 1), SMOLGRAD_OK);
      ASSERT_EQ(smolgrad_backward(out[0]), SMOLGRAD_OK);
      ASSERT_EQ(smolgrad_sqrt(nullptr), nullptr);
      ASSERT_EQ(smolgrad_add(x[0], nullptr), nullptr);
      ASSERT_EQ(smolgrad_tape_scope_close(tape, scope), SMOLGRAD_OK);
    }
    EXPECT_EQ(smolgrad_tape_node_count(tape), smolgrad_mlp_parameter_count(mlp));
    smolgrad_tape_destroy(tape);
  });
}

/// A function and a model, compiled, run and trained on a tape; the numbers depend on `number` alone.
std::vector<double> results_of(smolgrad_tape* tape, int number) {
  constexpr std::size_t rows = 200;
  std::vector<double> x, results(2 * rows + 1);
  for (std::size_t i = 0; i < rows; ++i) x.push_back(static_cast<double>(i + 1) / rows);

  const std::size_t scope = smolgrad_tape_scope_open(tape);
  smolgrad_value* const at = smolgrad_value_create(tape, 0.5);
  smolgrad_value* const factor = smolgrad_value_create(tape, 1.0 + number);
  smolgrad_value* const wave = smolgrad_sin(smolgrad_mul(at, factor));
  EXPECT_EQ(smolgrad_backward(wave), SMOLGRAD_OK);
  results.back() = smolgrad_value_grad(factor);
  smolgrad_run_options* const threads = smolgrad_run_options_create();
  EXPECT_EQ(smolgrad_run_options_set_threads(threads, number % 2 + 1), SMOLGRAD_OK);
  smolgrad_function* const f = smolgrad_function_compile(tape, &at, 1, nullptr, 0, &wave, 1, nullptr);
  EXPECT_EQ(smolgrad_function_gradient(f, rows, x.data(), nullptr, results.data(), nullptr, nullptr, threads),
            SMOLGRAD_OK);

  const std::size_t layers[] = {4, 1};
  smolgrad_mlp* const mlp = smolgrad_mlp_create(tape, 1, layers, 2, nullptr);
  smolgrad_fit_options* const options = smolgrad_fit_options_create();
  smolgrad_fit_options_set_epochs(options, 3);
  EXPECT_EQ(smolgrad_mlp_fit(mlp, x.data(), results.data(), rows, options, nullptr), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_mlp_predict(mlp, x.data(), rows, results.data() + rows), SMOLGRAD_OK);

  smolgrad_fit_options_destroy(options);
  smolgrad_mlp_destroy(mlp);
  smolgrad_function_destroy(f);
  smolgrad_run_options_destroy(threads);
  EXPECT_EQ(smolgrad_tape_scope_close(tape, scope), SMOLGRAD_OK);
  return results;
}

TEST(ThreadsOfTheirOwn, ManyCompileAndTrain) {
  constexpr int many_threads = 32;
  std::vector<std::vector<double>> expected(many_threads);
  smolgrad_tape* const tape = smolgrad_tape_create();
  for (int number = 0; number < many_threads; ++number) expected[number] = results_of(tape, number);
  EXPECT_EQ(smolgrad_tape_node_count(tape), 0u);
  smolgrad_tape_destroy(tape);
  on_threads(
      [&](int number) {
        smolgrad_tape* const own = smolgrad_tape_create();
        for (int round = 0; round < 3; ++round) EXPECT_EQ(results_of(own, number), expected[number]);
        EXPECT_EQ(smolgrad_tape_error_code(own), SMOLGRAD_OK);
        smolgrad_tape_destroy(own);
      },
      many_threads);
}

/// Nothing stays behind on the thread that made a tape, not even its errors.
TEST(ThreadsOfTheirOwn, TapeOutlivesItsThread) {
  smolgrad_tape* tape = nullptr;
  smolgrad_mlp* mlp = nullptr;
  smolgrad_value* square = nullptr;
  smolgrad_value* x = nullptr;
  std::size_t scope = 0;
  std::thread([&] {
    tape = smolgrad_tape_create();
    const std::size_t layers[] = {1};
    mlp = smolgrad_mlp_create(tape, 1, layers, 1, nullptr);
    scope = smolgrad_tape_scope_open(tape);
    x = smolgrad_value_create(tape, 3.0);
    square = smolgrad_square(x);
    EXPECT_EQ(smolgrad_value_set_data(square, 1.0), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  }).join();
  std::thread([&] {
    EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    smolgrad_tape_clear_error(tape);
    smolgrad_value* const cube = smolgrad_mul(square, x);
    EXPECT_EQ(smolgrad_backward(cube), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_value_grad(x), 27.0);
    smolgrad_value* out = nullptr;
    EXPECT_EQ(smolgrad_mlp_forward(mlp, &cube, 1, &out, 1), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_backward(out), SMOLGRAD_OK);
    EXPECT_FALSE(results_of(tape, 1).empty());
    EXPECT_EQ(smolgrad_tape_scope_close(tape, scope), SMOLGRAD_OK);
    EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
  }).join();
  EXPECT_EQ(smolgrad_tape_node_count(tape), smolgrad_mlp_parameter_count(mlp));
  smolgrad_mlp_destroy(mlp);
  smolgrad_tape_destroy(tape);
}

TEST(ThreadsOfTheirOwn, TapeIsHandedBackAndForth) {
  smolgrad_tape* const tape = smolgrad_tape_create();
  smolgrad_value* const x = smolgrad_value_create(tape, 1.0);
  smolgrad_value* sum = smolgrad_value_retain(x);
  std::atomic<int> turn{0};
  on_threads([&](int number) {
    for (int round = 0; round < many / 100; ++round) {
      while (turn.load(std::memory_order_acquire) != number) std::this_thread::yield();
      smolgrad_value* const next = smolgrad_add(sum, x);
      smolgrad_value_release(sum);
      sum = next;
      turn.store((number + 1) % thread_count, std::memory_order_release);
    }
  });
  EXPECT_EQ(smolgrad_backward(sum), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_value_grad(x), 1.0 + thread_count * (many / 100));
  EXPECT_EQ(smolgrad_tape_error_code(tape), SMOLGRAD_OK);
  smolgrad_tape_destroy(tape);
}

}  // namespace
}  // namespace smolgrad::test

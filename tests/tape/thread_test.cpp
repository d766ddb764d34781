// Threads: each has its own tape, tapes are independent, and Values may outlive the thread that made them.
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad {
namespace {

TEST(Threads, EachRecordsOnItsOwnTape) {
  std::vector<double> results(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&results, i] {
      for (int round = 0; round < 200; ++round) {
        Value x = static_cast<double>(i);
        Value y = lgamma(x + 1) + exp(-x);
        for (int k = 0; k < 50; ++k) y = tanh(y * 0.5) + x;
        y.backward();
        results[i] = x.grad();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double result : results) EXPECT_TRUE(std::isfinite(result));
  EXPECT_NE(results[0], results[1]);
}

TEST(Threads, ValuesOutliveTheirThread) {
  Value y;
  std::thread([&] {
    Value x = 3.0;
    y = x * x;
    y.backward();
  }).join();
  EXPECT_EQ(y.data(), 9.0);
  EXPECT_EQ(y.grad(), 1.0);
}

TEST(Threads, ATapeMovesBetweenThreads) {
  Tape tape;
  Value x = tape.value(1.0);
  Value y = x;
  for (int i = 0; i < 10; ++i) {
    std::thread([&] { y = y * 2.0 + x; }).join();
  }
  std::thread([&] { y.backward(); }).join();
  EXPECT_EQ(x.grad(), 2047.0);
}

}  // namespace
}  // namespace smolgrad

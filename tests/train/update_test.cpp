// The kernels of every set of instructions that the processor has: the same bits, and nothing touched beyond the end.
#include "train/update_kernels.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace smolgrad::train {
namespace {

template <class T>
struct Arrays {
  explicit Arrays(std::size_t count) : count(count) {
    std::mt19937_64 random(count);
    for (std::vector<T>* const array : all()) {
      for (std::size_t i = 0; i < count + 16; ++i) {
        const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
        array->push_back(static_cast<T>(array == &second ? unit : 2 * unit - 1));
      }
    }
  }
  std::vector<std::vector<T>*> all() { return {&parameters, &gradients, &direction, &first, &second, &velocity}; }
  Stretch<T> stretch() {
    return {count, parameters.data(), gradients.data(), direction.data(), first.data(), second.data(), velocity.data()};
  }

  std::size_t count;
  std::vector<T> parameters, gradients, direction, first, second, velocity;
};

constexpr Normalisation normalisation{0.7, 0.1, 0.9, 0.1, 0.99, 0.01, 0.3, 0.7, 0.5, 1.5, 1e-6};
constexpr Descent descent{0.99, 0.01, 0.7, 0.1, 0.9, 0.5, 0.02};

template <class T, class Run>
void expect_the_same(const char* what, const Run& run) {
  const UpdateTargets targets = update_targets();
  const UpdateTarget* const baseline = targets.first[targets.count - 1];
  EXPECT_STREQ(baseline->name, "baseline");
  for (std::size_t count = 0; count < 70; ++count) {
    Arrays<T> expected(count);
    const double sum = run(baseline->kernels<T>(), expected);
    Arrays<T> untouched(count);
    for (const UpdateTarget* const target : targets) {
      Arrays<T> got(count);
      EXPECT_EQ(run(target->kernels<T>(), got), sum) << what << " on " << target->name;
      for (std::size_t k = 0; k < got.all().size(); ++k) {
        const std::vector<T>&found = *got.all()[k], &wanted = *expected.all()[k], &before = *untouched.all()[k];
        EXPECT_EQ(std::memcmp(found.data(), wanted.data(), count * sizeof(T)), 0)
            << what << " on " << target->name << ", " << count << " parameters, array " << k;
        EXPECT_EQ(std::memcmp(found.data() + count, before.data() + count, 16 * sizeof(T)), 0)
            << what << " on " << target->name << " writes behind " << count << " of array " << k;
      }
    }
  }
}

template <class T>
class UpdateKernelsTest : public testing::Test {};
using Numbers = testing::Types<double, float>;
TYPED_TEST_SUITE(UpdateKernelsTest, Numbers, );

TYPED_TEST(UpdateKernelsTest, TheSameBitsOnEveryTarget) {
  using T = TypeParam;
  expect_the_same<T>("clip", [](const UpdateKernels<T>& kernels, Arrays<T>& arrays) {
    kernels.clip(arrays.gradients.data(), arrays.count, T(3), T(0.5), arrays.direction.data());
    return 0.0;
  });
  expect_the_same<T>("sum_of_squares", [](const UpdateKernels<T>& kernels, Arrays<T>& arrays) {
    return kernels.sum_of_squares(arrays.gradients.data(), arrays.count, T(3), T(0.5));
  });
  expect_the_same<T>("normalise", [](const UpdateKernels<T>& kernels, Arrays<T>& arrays) {
    kernels.normalise(arrays.stretch(), normalisation);
    return 0.0;
  });
  using Descend = void (*UpdateKernels<T>::*)(const Stretch<T>&, const Descent&);
  for (const Descend kernel : {&UpdateKernels<T>::descend, &UpdateKernels<T>::descend_with_momentum}) {
    expect_the_same<T>("descend", [kernel](const UpdateKernels<T>& kernels, Arrays<T>& arrays) {
      (kernels.*kernel)(arrays.stretch(), descent);
      return 0.0;
    });
  }
}

TYPED_TEST(UpdateKernelsTest, SumsSquares) {
  using T = TypeParam;
  for (const UpdateTarget* const target : update_targets()) {
    const UpdateKernels<T>& kernels = target->kernels<T>();
    std::vector<T> integers(1000);
    for (std::size_t i = 0; i < integers.size(); ++i) integers[i] = static_cast<T>(i % 7) - 3;
    for (const std::size_t count : {0u, 1u, 7u, 16u, 100u, 994u, 1000u}) {
      double exact = 0, held = 0;
      for (std::size_t i = 0; i < count; ++i) {
        exact += 4 * integers[i] * integers[i];
        held += std::min(T(16), 4 * integers[i] * integers[i]);
      }
      EXPECT_EQ(kernels.sum_of_squares(integers.data(), count, T(2), std::numeric_limits<T>::infinity()), exact);
      EXPECT_EQ(kernels.sum_of_squares(integers.data(), count, T(2), T(4)), held);
    }
    integers[500] = std::numeric_limits<T>::quiet_NaN();
    EXPECT_TRUE(std::isnan(kernels.sum_of_squares(integers.data(), 1000, T(1), T(1))));
  }
}

}  // namespace
}  // namespace smolgrad::train

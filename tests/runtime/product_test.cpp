// The kernels of products on their own, in all small shapes, against plain loops; and what they must not touch.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/kernels.hpp"

namespace smolgrad::runtime {
namespace {

template <class T>
std::vector<T> numbers(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> result(count);
  for (T& number : result) number = static_cast<T>(static_cast<double>(random() >> 11) * 0x1p-52 - 1.0);
  return result;
}

template <class T>
class RuntimeProducts : public testing::Test {};
using Numbers = testing::Types<double, float>;
TYPED_TEST_SUITE(RuntimeProducts, Numbers, );

template <class T>
constexpr double unit = sizeof(T) == 8 ? 1e-16 : 6e-8;

/// Sides begin anywhere, and what follows the last sample is not to count.
TYPED_TEST(RuntimeProducts, Transposed) {
  using T = TypeParam;
  for (const Target* const target : targets()) {
    for (std::size_t rows = 1; rows <= 9; ++rows) {
      for (std::size_t columns = 1; columns <= 9; ++columns) {
        for (std::size_t samples = 1; samples <= 40; ++samples) {
          const std::size_t length = samples + 17;
          const std::vector<T> left = numbers<T>(rows * length, samples),
                               right_numbers = numbers<T>(columns * length, 99);
          std::vector<T> right = right_numbers;
          std::vector<const T*> lefts;
          std::vector<T*> rights;
          for (std::size_t i = 0; i < rows; ++i) lefts.push_back(left.data() + i * length);
          for (std::size_t k = 0; k < columns; ++k) rights.push_back(right.data() + k * length);
          for (const bool accumulate : {false, true}) {
            const std::ptrdiff_t step =
                static_cast<std::ptrdiff_t>(columns + samples % 3) * (samples % 5 == 4 ? -1 : 1);
            const std::size_t gap = static_cast<std::size_t>(std::abs(step));
            std::vector<T> to = numbers<T>(rows * gap + 8, 5);
            const std::vector<T> before = to;
            const std::size_t first = step < 0 ? (rows - 1) * gap : 0;
            target->kernels<T>().multiply_transposed(
                {rows, columns, samples, lefts.data(), rights.data(), to.data() + first, step, accumulate});
            std::vector<bool> written(to.size());
            for (std::size_t i = 0; i < rows; ++i) {
              for (std::size_t k = 0; k < columns; ++k) {
                const std::size_t at = step < 0 ? first - i * gap + k : i * gap + k;
                double sum = accumulate ? before[at] : 0.0;
                for (std::size_t s = 0; s < samples; ++s) {
                  sum += static_cast<double>(left[i * length + s]) * right_numbers[k * length + s];
                }
                ASSERT_NEAR(to[at], sum, 4 * unit<T> * static_cast<double>(samples + 1))
                    << target->name << ": " << rows << " x " << columns << ", " << samples << " samples";
                written[at] = true;
              }
            }
            for (std::size_t at = 0; at < to.size(); ++at) {
              ASSERT_TRUE(written[at] || to[at] == before[at]) << "beside the result";
            }
          }
          ASSERT_EQ(right, right_numbers);
        }
      }
    }
  }
}

/// Every number of samples, rows and columns; what the epilogue makes of the sums is compared to the bit.
TYPED_TEST(RuntimeProducts, OfManySamples) {
  using T = TypeParam;
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  for (const Target* const target : targets()) {
    for (const std::size_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 25}) {
      for (const std::size_t columns : {1, 2, 7, 65}) {
        for (std::size_t samples = 1; samples <= 70; samples += samples < 36 ? 1 : 17) {
          const std::size_t length = samples + 5;
          const std::vector<T> c = numbers<T>(rows * columns, 1), biases = numbers<T>(2 * rows, 2);
          std::vector<T> x = numbers<T>(columns * length, samples), gate = numbers<T>(rows * length, 3);
          x[0] = nan;  // makes all sums of the first sample NaN
          for (std::size_t i = 0; i < gate.size(); i += 7) gate[i] = i % 2 == 0 ? T(-0.0) : nan;
          const std::vector<T> before = numbers<T>(rows * length, 4);
          const auto multiplied = [&](Epilogue epilogue, bool accumulate, bool has_biases) {
            std::vector<T> y = before;
            std::vector<const T*> of_c, of_x;
            std::vector<T*> of_y;
            for (std::size_t k = 0; k < columns; ++k) of_x.push_back(x.data() + k * length);
            for (std::size_t i = 0; i < rows; ++i) {
              of_c.push_back(c.data() + i);
              of_y.push_back(y.data() + i * length);
            }
            target->kernels<T>().multiply({rows, columns, 0, samples, of_c.data(), static_cast<std::ptrdiff_t>(rows), 0,
                                           of_x.data(), of_y.data(), has_biases ? biases.data() : nullptr, 2,
                                           accumulate, epilogue, gate.data(), length});
            return y;
          };
          for (const bool accumulate : {false, true}) {
            const bool has_biases = (rows + columns) % 2 == 0;
            const std::vector<T> sums = multiplied(Epilogue::none, accumulate, has_biases);
            const std::vector<T> relus = multiplied(Epilogue::relu, accumulate, has_biases);
            const std::vector<T> gated = multiplied(Epilogue::gate, accumulate, has_biases);
            for (std::size_t at = 0; at < sums.size(); ++at) {
              const std::size_t i = at / length, s = at % length;
              if (s >= samples) {
                ASSERT_TRUE(sums[at] == before[at] && relus[at] == before[at] && gated[at] == before[at]);
                continue;
              }
              if (s == 0) {
                ASSERT_TRUE(std::isnan(sums[at]) && std::isnan(relus[at]));
                ASSERT_TRUE(gate[at] > 0 ? std::isnan(gated[at]) : gated[at] == 0);
                continue;
              }
              ASSERT_EQ(gated[at], gate[at] > 0 ? sums[at] : T(0));
              ASSERT_EQ(relus[at], sums[at] > 0 ? sums[at] : T(0));
              double sum = (accumulate ? static_cast<double>(before[at]) : 0.0) +
                           (has_biases ? static_cast<double>(biases[2 * i]) : 0.0);
              for (std::size_t k = 0; k < columns; ++k) {
                sum += static_cast<double>(c[k * rows + i]) * x[k * length + s];
              }
              ASSERT_NEAR(sums[at], sum, 4 * unit<T> * static_cast<double>(columns + 2))
                  << target->name << ": " << rows << " x " << columns << ", " << samples << " samples";
            }
          }
        }
      }
    }
  }
}

/// Coefficients row by row, column by column, and with gaps in both.
TYPED_TEST(RuntimeProducts, OfOneSample) {
  using T = TypeParam;
  for (const Target* const target : targets()) {
    for (std::size_t rows = 1; rows <= 19; ++rows) {
      for (const std::size_t columns : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 129, 300}) {
        const std::vector<T> x = numbers<T>(columns, 3), biases = numbers<T>(3 * rows, 4);
        struct Strides {
          std::size_t row, column;
        };
        for (const Strides strides : {Strides{columns, 1}, Strides{columns + 3, 1}, Strides{1, rows},
                                      Strides{1, rows + 2}, Strides{2 * columns + 1, 2}}) {
          const std::vector<T> c = numbers<T>(rows * strides.row + columns * strides.column + 16, 5);
          for (const std::size_t bias_step : {0, 1, 3}) {
            std::vector<T> y(rows + 16, T(-77));
            target->kernels<T>().multiply_vector({rows, columns, c.data(), static_cast<std::ptrdiff_t>(strides.row),
                                                  static_cast<std::ptrdiff_t>(strides.column), x.data(), y.data(),
                                                  bias_step == 0 ? nullptr : biases.data(),
                                                  static_cast<std::ptrdiff_t>(bias_step)});
            for (std::size_t i = 0; i < rows; ++i) {
              double sum = bias_step == 0 ? 0.0 : biases[i * bias_step];
              for (std::size_t k = 0; k < columns; ++k) {
                sum += static_cast<double>(c[i * strides.row + k * strides.column]) * x[k];
              }
              ASSERT_NEAR(y[i], sum, 2 * unit<T> * static_cast<double>(columns + 2))
                  << target->name << ": " << rows << " x " << columns << ", strides " << strides.row << " and "
                  << strides.column;
            }
            for (std::size_t i = rows; i < y.size(); ++i) ASSERT_EQ(y[i], T(-77)) << "behind the result";
          }
        }
      }
    }
  }
}

TYPED_TEST(RuntimeProducts, OuterOfOneSample) {
  using T = TypeParam;
  for (const Target* const target : targets()) {
    for (std::size_t rows = 1; rows <= 5; ++rows) {
      for (std::size_t columns = 1; columns <= 40; ++columns) {
        const std::vector<T> left = numbers<T>(rows, 1), right = numbers<T>(columns, 2);
        for (const std::size_t gap : {0, 3}) {
          for (const bool accumulate : {false, true}) {
            std::vector<T> to = numbers<T>(rows * (columns + gap) + 16, 3);
            const std::vector<T> before = to;
            target->kernels<T>().multiply_outer({rows, columns, left.data(), right.data(), to.data(),
                                                 static_cast<std::ptrdiff_t>(columns + gap), accumulate});
            for (std::size_t at = 0; at < to.size(); ++at) {
              const std::size_t i = at / (columns + gap), k = at % (columns + gap);
              if (i >= rows || k >= columns) {
                ASSERT_EQ(to[at], before[at]) << "beside the result";
                continue;
              }
              const double product = static_cast<double>(left[i]) * right[k];
              ASSERT_NEAR(to[at], product + (accumulate ? before[at] : 0.0), 4 * unit<T>) << target->name;
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace smolgrad::runtime

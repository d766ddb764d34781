// Functions that are refused, and runs that are: each with its status, and nothing else changes.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "function_fixture.hpp"

namespace smolgrad::test {
namespace {

class FunctionError : public FunctionFixture {
 protected:
  std::string refusal(const Values& inputs, const Values& shared, const Values& outputs) {
    const std::size_t before = nodes();
    EXPECT_EQ(compile(inputs, shared, outputs), nullptr);
    EXPECT_EQ(nodes(), before);
    return take_error();
  }
};

TEST_F(FunctionError, WhatIsNoLeafOrTwice) {
  EXPECT_EQ(refusal({x_, wave_}, {}, {wave_}), invalid_argument);
  EXPECT_EQ(refusal({x_}, {wave_}, {wave_}), invalid_argument);
  EXPECT_EQ(refusal({x_, x_}, {}, {wave_}), invalid_argument);
  EXPECT_EQ(refusal({x_}, {x_}, {wave_}), invalid_argument);
  EXPECT_EQ(refusal({}, {a_, a_}, {wave_}), invalid_argument);
  EXPECT_EQ(refusal({x_, y_}, {a_}, {}), invalid_argument) << "no outputs";
  EXPECT_NE(wave(), nullptr) << "work goes on";
}

TEST_F(FunctionError, ReleasedHandles) {
  smolgrad_value* const gone = leaf(1.0);
  smolgrad_value_release(gone);
  EXPECT_EQ(refusal({x_, gone}, {}, {wave_}), stale);
  EXPECT_EQ(refusal({x_}, {gone}, {wave_}), stale);
  EXPECT_EQ(refusal({x_}, {}, {gone}), stale);
  EXPECT_EQ(smolgrad_function_options_add_guard_less(options_, x_, gone), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
  EXPECT_EQ(smolgrad_function_options_add_guard_equal(options_, gone, x_), SMOLGRAD_ERROR_STALE);
  EXPECT_EQ(take_error(), stale);
}

TEST_F(FunctionError, ValuesOfAnotherTape) {
  OtherTape other;
  EXPECT_EQ(refusal({x_, other.value}, {}, {wave_}), wrong_tape);
  EXPECT_EQ(refusal({x_}, {other.value}, {wave_}), wrong_tape);
  EXPECT_EQ(refusal({x_}, {}, {wave_, other.value}), wrong_tape);
  EXPECT_EQ(refusal({}, {}, {other.value}), wrong_tape);
  smolgrad_value* const both[] = {x_, wave_};
  EXPECT_EQ(smolgrad_function_compile(other.tape, both, 1, nullptr, 0, both + 1, 1, nullptr), nullptr);
  EXPECT_EQ(take_error(other.tape), wrong_tape);
  EXPECT_EQ(take_error(), ok) << "the error is the business of the tape compiled on";
}

TEST_F(FunctionError, GuardsOfAnotherTape) {
  OtherTape other;
  EXPECT_EQ(smolgrad_function_options_add_guard_less(options_, x_, other.value), SMOLGRAD_ERROR_WRONG_TAPE);
  EXPECT_EQ(take_error(), wrong_tape);
  EXPECT_EQ(smolgrad_function_options_add_guard_less(options_, other.value, other.value), SMOLGRAD_OK);
  EXPECT_EQ(smolgrad_function_options_add_guard_less_equal(options_, x_, y_), SMOLGRAD_ERROR_WRONG_TAPE);
  EXPECT_EQ(take_error(), wrong_tape);
  EXPECT_EQ(refusal({x_, y_}, {a_}, {wave_}), wrong_tape);
  EXPECT_EQ(refusal({}, {}, {wave_}), wrong_tape);
  smolgrad_function_options_destroy(options_);
  options_ = smolgrad_function_options_create();
  EXPECT_EQ(smolgrad_function_options_add_guard_equal(options_, x_, y_), SMOLGRAD_OK);
  EXPECT_NE(wave(), nullptr);
}

TEST_F(FunctionError, CountsAndOptionsOutOfRange) {
  smolgrad_value* const values[] = {x_};
  for (const std::size_t count : {std::size_t{1} << 32, SIZE_MAX}) {
    EXPECT_EQ(smolgrad_function_compile(tape_, values, count, nullptr, 0, &wave_, 1, nullptr), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    EXPECT_EQ(smolgrad_function_compile(tape_, nullptr, 0, values, count, &wave_, 1, nullptr), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
    EXPECT_EQ(smolgrad_function_compile(tape_, nullptr, 0, nullptr, 0, values, count, nullptr), nullptr);
    EXPECT_EQ(take_error(), out_of_memory);
  }
  for (const int32_t dtype : {-1, 2, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(smolgrad_function_options_set_dtype(options_, dtype), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  }
  EXPECT_EQ(smolgrad_function_dtype(wave()), SMOLGRAD_DTYPE_FLOAT64);
}

TEST_F(FunctionError, WhatTakesOneOutput) {
  const smolgrad_function* const f = three();
  const double xy[] = {1.0, 2.0};
  std::vector<double> out(16, -7.0);
  const std::vector<double> untouched = out;
  double* const o = out.data();
  EXPECT_EQ(smolgrad_function_gradient(f, 1, xy, nullptr, o, o + 4, nullptr, nullptr), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(smolgrad_function_hessian(f, 1, xy, nullptr, o, o + 4, nullptr), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(smolgrad_function_hessian_vector(f, 1, xy, nullptr, xy, o, o + 4, nullptr),
            SMOLGRAD_ERROR_INVALID_ARGUMENT);
  std::size_t needed = 77;
  EXPECT_EQ(smolgrad_function_hessian_sparsity(f, nullptr, nullptr, 0, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(needed, 77u);
  EXPECT_EQ(out, untouched);
}

TEST_F(FunctionError, ArraysThatOverlap) {
  const smolgrad_function* const f = wave();
  std::vector<double> all = {0.1, 0.2, 0.3, 0.4, 0.5, -7.0, -7.0, -7.0, -7.0, -7.0, -7.0, -7.0};
  const std::vector<double> untouched = all;
  double* const xy = all.data();
  double* const a = xy + 4;
  double* const z = xy + 5;
  double* const by_xy = xy + 7;
  const auto refused = [&](double* outputs, double* d_inputs, double* d_shared) {
    return smolgrad_function_gradient(f, 2, xy, a, outputs, d_inputs, d_shared, nullptr) ==
               SMOLGRAD_ERROR_INVALID_ARGUMENT &&
           all == untouched;
  };
  EXPECT_TRUE(refused(xy + 3, by_xy, nullptr));
  EXPECT_TRUE(refused(a, by_xy, nullptr));
  EXPECT_TRUE(refused(z, xy, nullptr));
  EXPECT_TRUE(refused(z, z + 1, nullptr));
  EXPECT_TRUE(refused(z, by_xy, by_xy + 3));
  EXPECT_TRUE(refused(z, by_xy, a));
  EXPECT_EQ(smolgrad_function_gradient(f, 2, xy, a, z, by_xy, by_xy + 4, nullptr), SMOLGRAD_OK);
}

TEST_F(FunctionError, FlagsThatOverlapWhatIsRead) {
  const smolgrad_function* const f = wave();
  double xy[] = {0.1, 0.2, 0.3, 0.4}, a = 0.5;
  const auto refused = [&](void* diverged) {
    return smolgrad_function_check(f, 2, xy, &a, static_cast<std::uint8_t*>(diverged), nullptr, nullptr) ==
               SMOLGRAD_ERROR_INVALID_ARGUMENT &&
           xy[0] == 0.1 && xy[3] == 0.4 && a == 0.5;
  };
  EXPECT_TRUE(refused(xy));
  EXPECT_TRUE(refused(reinterpret_cast<std::uint8_t*>(xy + 4) - 1));
  EXPECT_TRUE(refused(&a));
}

TEST_F(FunctionError, MoreRowsThanMemoryHas) {
  const smolgrad_function* const f = wave();
  const double xy[] = {1.0, 2.0}, a = 0.5;
  double z = -7.0;
  for (const std::size_t rows : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 16 + 1}) {
    EXPECT_EQ(smolgrad_function_evaluate(f, rows, xy, &a, &z, nullptr), SMOLGRAD_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(smolgrad_function_check(f, rows, xy, &a, nullptr, nullptr, nullptr), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  }
  EXPECT_EQ(z, -7.0);
}

TEST_F(FunctionError, SparsityIntoTooLittleRoom) {
  const smolgrad_function* const f = three();
  std::size_t rows[] = {77, 77, 77, 77}, columns[] = {77, 77, 77, 77}, needed = 77;
  EXPECT_EQ(smolgrad_function_jacobian_sparsity(f, rows, columns, 3, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(needed, 4u);
  needed = 77;
  EXPECT_EQ(smolgrad_function_jacobian_sparsity(f, nullptr, columns, 4, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(smolgrad_function_jacobian_sparsity(f, rows, nullptr, 4, &needed), SMOLGRAD_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(needed, 77u);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(rows[i] == 77 && columns[i] == 77);
}

}  // namespace
}  // namespace smolgrad::test

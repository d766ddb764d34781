// Functions without memory: every allocation of every call is failed in turn. Each failure is OUT_OF_MEMORY or NULL and
// changes nothing, and once there is memory again the call succeeds.
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <smolgrad.h>

#include "failing_allocations.hpp"
#include "function_fixture.hpp"

namespace smolgrad::test {
namespace {

class FunctionAllocation : public FunctionFixture {
 protected:
  int fail_each_allocation(const std::function<int32_t()>& call) {
    return test::fail_each_allocation(call, [&] { return untouched(); });
  }
  /// The same for what returns an object, to be destroyed by `destroy`.
  template <class Object>
  int fail_each_creation(const std::function<Object*()>& create, void (*destroy)(Object*)) {
    return fail_each_allocation([&] {
      Object* const object = create();
      destroy(object);
      return object == nullptr ? SMOLGRAD_ERROR_OUT_OF_MEMORY : SMOLGRAD_OK;
    });
  }

  bool untouched() const {
    return std::all_of(results_.begin(), results_.end(), [](double x) { return x == -7.0; });
  }
  /// A run on a Function compiled anew, so that it has everything to allocate.
  template <class Run>
  int of_first_run(Run run) {
    const smolgrad_function* const f = wave();
    const int failures = fail_each_allocation([&] {
      const int32_t status = run(f);
      if (status == SMOLGRAD_OK) std::fill(results_.begin(), results_.end(), -7.0);
      return status;
    });
    EXPECT_EQ(run(f), SMOLGRAD_OK);
    EXPECT_FALSE(untouched());
    std::fill(results_.begin(), results_.end(), -7.0);
    EXPECT_EQ(fail_each_allocation([&] {
                const int32_t status = run(f);
                std::fill(results_.begin(), results_.end(), -7.0);
                return status;
              }),
              0)
        << "once warm it allocates nothing";
    return failures;
  }

  static constexpr std::size_t rows = 2000;
  std::vector<double> xy_ = std::vector<double>(2 * rows, 0.5);
  std::vector<double> results_ = std::vector<double>(8 * rows, -7.0);
  double* const z_ = results_.data();
  double* const more_ = z_ + rows;
  double* const last_ = z_ + 7 * rows;
  const double a = 0.5;
};

TEST_F(FunctionAllocation, CreatingAndCompiling) {
  EXPECT_EQ(fail_each_creation<smolgrad_function_options>(smolgrad_function_options_create,
                                                          smolgrad_function_options_destroy),
            1);
  EXPECT_EQ(fail_each_creation<smolgrad_run_options>(smolgrad_run_options_create, smolgrad_run_options_destroy), 1);
  EXPECT_GT(fail_each_allocation([&] {
              const int32_t status = smolgrad_function_options_add_guard_less(options_, x_, y_);
              EXPECT_EQ(smolgrad_tape_error_code(tape_), status);
              smolgrad_tape_clear_error(tape_);
              return status;
            }),
            0);
  smolgrad_value* const inputs[] = {x_, y_};
  const std::size_t before = nodes();
  const auto compile = [&] {
    smolgrad_function* const f = smolgrad_function_compile(tape_, inputs, 2, &a_, 1, &wave_, 1, options_);
    EXPECT_EQ(smolgrad_tape_error_code(tape_), f == nullptr ? SMOLGRAD_ERROR_OUT_OF_MEMORY : SMOLGRAD_OK);
    smolgrad_tape_clear_error(tape_);
    return f;
  };
  EXPECT_GT(fail_each_creation<smolgrad_function>(compile, smolgrad_function_destroy), 10);
  EXPECT_EQ(nodes(), before);
}

TEST_F(FunctionAllocation, Runs) {
  EXPECT_GT(of_first_run([&](const smolgrad_function* f) {
              return smolgrad_function_evaluate(f, rows, xy_.data(), &a, z_, nullptr);
            }),
            5);
  EXPECT_GT(of_first_run([&](const smolgrad_function* f) {
              return smolgrad_function_gradient(f, rows, xy_.data(), &a, z_, more_, last_, nullptr);
            }),
            10);
  EXPECT_GT(of_first_run([&](const smolgrad_function* f) {
              return smolgrad_function_hessian(f, rows, xy_.data(), &a, z_, more_, nullptr);
            }),
            10);
  EXPECT_GT(of_first_run([&](const smolgrad_function* f) {
              return smolgrad_function_vjp(f, rows, xy_.data(), &a, xy_.data(), z_, more_, last_, nullptr);
            }),
            10);
  EXPECT_GT(of_first_run([&](const smolgrad_function* f) {
              return smolgrad_function_jvp(f, rows, xy_.data(), &a, xy_.data(), z_, more_, nullptr);
            }),
            10);
}

TEST_F(FunctionAllocation, Checks) {
  ASSERT_EQ(smolgrad_function_options_add_guard_less(options_, y_, x_), SMOLGRAD_OK);
  xy_[3] = 0.25;
  const smolgrad_function* const f = wave();
  std::vector<std::uint8_t> diverged(rows, 9);
  std::size_t count = 77;
  EXPECT_GT(fail_each_allocation([&] {
              const int32_t status = smolgrad_function_check(f, rows, xy_.data(), &a, diverged.data(), &count, nullptr);
              if (status != SMOLGRAD_OK) {
                EXPECT_EQ(count, 77u);
                EXPECT_EQ(diverged, std::vector<std::uint8_t>(rows, 9));
              }
              return status;
            }),
            5);
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(diverged[1], 1);
}

TEST_F(FunctionAllocation, WhatDescribes) {
  const smolgrad_function* const f = wave();
  std::size_t rows[4], columns[4], needed = 77;
  char text[4096];
  EXPECT_GT(fail_each_allocation([&] { return smolgrad_function_jacobian_sparsity(f, rows, columns, 4, &needed); }), 5);
  EXPECT_EQ(needed, 2u);
  EXPECT_GT(fail_each_allocation([&] { return smolgrad_function_hessian_sparsity(f, rows, columns, 4, &needed); }), 5);
  EXPECT_EQ(needed, 4u);
  EXPECT_GT(fail_each_allocation([&] { return smolgrad_function_to_text(f, text, sizeof text, nullptr); }), 0);
  EXPECT_GT(fail_each_allocation([&] { return smolgrad_function_to_dot(f, text, sizeof text, nullptr); }), 0);
  EXPECT_GT(
      fail_each_creation<smolgrad_function>([&] { return smolgrad_function_derivative(f); }, smolgrad_function_destroy),
      10);
}

}  // namespace
}  // namespace smolgrad::test

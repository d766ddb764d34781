// Functions compiled through the C interface for the length of a test.
#pragma once

#include <vector>

#include "tape_fixture.hpp"

namespace smolgrad::test {

class FunctionFixture : public TapeFixture {
 protected:
  using Values = std::vector<smolgrad_value*>;

  ~FunctionFixture() override {
    for (smolgrad_function* const f : functions_) smolgrad_function_destroy(f);
    smolgrad_function_options_destroy(options_);
    smolgrad_run_options_destroy(run_options_);
  }

  smolgrad_function* compile(const Values& inputs, const Values& shared, const Values& outputs) {
    return owned(smolgrad_function_compile(tape_, inputs.data(), inputs.size(), shared.data(), shared.size(),
                                           outputs.data(), outputs.size(), options_));
  }
  smolgrad_function* owned(smolgrad_function* f) {
    functions_.push_back(f);
    return f;
  }

  /// exp(a x) sin y.
  smolgrad_function* wave() { return compile({x_, y_}, {a_}, {wave_}); }
  /// (x y, x + 3, y²).
  smolgrad_function* three() {
    smolgrad_value* const constant = smolgrad_constant(tape_, 3.0);
    return compile({x_, y_}, {}, {smolgrad_mul(x_, y_), smolgrad_add(x_, constant), smolgrad_square(y_)});
  }

  smolgrad_value* x_ = leaf(1.0);
  smolgrad_value* y_ = leaf(2.0);
  smolgrad_value* a_ = leaf(0.5);
  smolgrad_value* wave_ = smolgrad_mul(smolgrad_exp(smolgrad_mul(a_, x_)), smolgrad_sin(y_));
  smolgrad_function_options* options_ = smolgrad_function_options_create();
  smolgrad_run_options* run_options_ = smolgrad_run_options_create();

 private:
  std::vector<smolgrad_function*> functions_;
};

}  // namespace smolgrad::test

// Guards: comparisons that a recording relied on. A recording holds the branch that was taken; whether other samples
// would take it too is what guards are for.
//
//   GuardScope guards(Tape::current());
//   Value y = x > 0.0 ? log(x) : Value(0.0);        // recorded with x = 2
//   Function f({x}, {}, {y}, {Dtype::float64, guards.guards()});
//   f.check(rows, inputs, nullptr, diverged);       // 1 for the samples with x <= 0
//
// select(), min() and the like choose for each sample, and need none.
#pragma once

#include <cstdint>
#include <vector>

#include "export.hpp"
#include "tape.hpp"
#include "value.hpp"

namespace smolgrad {

/// One comparison and how it came out. a > b is kept as b < a, a >= b as b <= a, and a != b as a == b that came out the
/// other way. A side that is a plain number is an empty Value with that number.
struct Guard {
  using Comparison = detail::Comparison;  ///< less, less_equal or equal
  Comparison comparison;                  ///< of left with right
  Value left;                             ///< empty: a plain number
  double left_number;                     ///< which is this then
  Value right;                            ///< empty: a plain number
  double right_number;                    ///< which is this then
  bool outcome;                           ///< when it was recorded
};

/// While it exists, comparisons with Values of `tape` are kept, and may throw ErrorCode::out_of_memory. Scopes nest:
/// the innermost keeps them, and is the first to be destroyed. It holds the Values compared, and must not outlive the
/// tape.
class SMOLGRAD_API GuardScope {
 public:
  explicit GuardScope(Tape& tape) noexcept;  ///< keeps them from now on
  ~GuardScope();
  GuardScope(const GuardScope&) = delete;
  GuardScope& operator=(const GuardScope&) = delete;

  const std::vector<Guard>& guards() const noexcept { return guards_; }  ///< kept so far, in order

 private:
  friend void detail::keep_comparison(GuardScope&, detail::Comparison, const Value*, double, const Value*, double,
                                      bool);
  detail::TapeCore* core_;
  GuardScope* previous_;
  std::vector<Guard> guards_;
};

}  // namespace smolgrad

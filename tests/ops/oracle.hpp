// The independent oracle's arithmetic: MPFR numbers, and derivatives by differences with error control.
#pragma once

#include <mpreal.h>

// What src/ops/number.hpp asks of a number type and mpreal.h lacks; found by argument-dependent lookup.
namespace mpfr {

inline mpreal select_less(const mpreal& left, const mpreal& right, const mpreal& if_less, const mpreal& otherwise) {
  return left < right ? if_less : otherwise;
}

inline mpreal select_equal(const mpreal& left, const mpreal& right, const mpreal& if_equal, const mpreal& otherwise) {
  return left == right ? if_equal : otherwise;
}

inline mpreal nearest_integer(const mpreal& x) { return rint(x); }

}  // namespace mpfr

namespace smolgrad::test {

using mpfr::mpreal;

/// Numbers made while it lives have this many bits.
class Precision {
 public:
  explicit Precision(int bits) : before_(mpreal::get_default_prec()) { mpreal::set_default_prec(bits); }
  ~Precision() { mpreal::set_default_prec(before_); }
  Precision(const Precision&) = delete;
  Precision& operator=(const Precision&) = delete;

 private:
  mp_prec_t before_;
};

/// The oracle's formulas do not cancel, so this is far more than a double needs.
constexpr int value_bits = 320;

inline mpreal power_of_two(long exponent) { return mpfr::ldexp(mpreal(1), exponent); }

/// The five-point stencils of steps h and h / 2, which share two points. `kept` is how much of f's values is left in
/// their difference.
struct Stencils {
  mpreal coarse, fine, kept;
};

template <class Function>
Stencils stencils(const Function& f, const mpreal& x, const mpreal& h) {
  const mpreal above = f(x + h);
  const mpreal middle = above - f(x - h);
  const mpreal wide = f(x + 2 * h) - f(x - 2 * h);
  const mpreal narrow = f(x + h / 2) - f(x - h / 2);
  return {(8 * middle - wide) / (12 * h), (8 * narrow - middle) / (6 * h), abs(narrow / above)};
}

/// f'(x), accepted when steps h and h / 2 agree to `agreement` bits. Which step suits depends on whether f varies on
/// the scale of x (log near 0) or of 1 (cos near 0), and a derivative that is tiny beside the value needs bits beyond
/// those it cancels (which few bits left agree by chance), so both scales are tried at rising precision. A zero is
/// believed only at the last, except of `kinked` functions: these are linear, and a step on the scale of 1 could
/// straddle the kink.
template <class Function>
mpreal difference(const Function& f, double at, bool kinked, int agreement = 70) {
  struct Attempt {
    int bits, step;
  };
  bool zero = false;
  for (const Attempt attempt : {Attempt{value_bits, 60}, Attempt{1408, 120}, Attempt{4096, 200}}) {
    const Precision precision(attempt.bits);
    const mpreal x(at);
    const long scale = x.get_exp();
    for (const long exponent : {scale, 0L}) {
      if (kinked && exponent != scale) continue;
      const Stencils found = stencils(f, x, power_of_two(exponent - attempt.step));
      zero = found.coarse == 0 && found.fine == 0;
      if (kinked && zero) return 0;
      if (found.kept > power_of_two(agreement + 10 - attempt.bits) &&
          abs(found.coarse - found.fine) <= abs(found.fine) * power_of_two(-agreement)) {
        return found.fine;
      }
    }
  }
  mpreal result = 0;
  if (!zero) result.setNan();
  return result;
}

}  // namespace smolgrad::test

// A line search for the strong Wolfe conditions.
#pragma once

#include <cstddef>

namespace smolgrad::train {

/// Of f along a line: f(x + step d), and its derivative by the step.
struct LinePoint {
  double step;
  double value;
  double slope;
};

class Line {
 public:
  virtual LinePoint at(double step) = 0;

 protected:
  ~Line() = default;
};

struct Wolfe {
  double c1;
  double c2;

  bool decreases(const LinePoint& origin, const LinePoint& point) const {
    return point.value <= origin.value + c1 * point.step * origin.slope;
  }
  /// Enough: the strong condition, |slope| <= c2 |slope at the origin|.
  bool flattens(const LinePoint& origin, const LinePoint& point) const {
    return (point.slope < 0.0 ? -point.slope : point.slope) <= -c2 * origin.slope;
  }
};

/// From `origin`, with step 0 and a slope below 0, a point that has both conditions (Nocedal and Wright 2006,
/// algorithms 3.5 and 3.6). If `evaluations` do not suffice the lowest found that decreases; the origin if there is
/// none.
LinePoint search(Line& line, const LinePoint& origin, double first_step, const Wolfe& wolfe, std::size_t evaluations);

}  // namespace smolgrad::train

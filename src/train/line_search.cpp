#include "line_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace smolgrad::train {

namespace {

bool is_finite(const LinePoint& point) { return std::isfinite(point.value) && std::isfinite(point.slope); }

/// Where the cubic with these values and slopes has its minimum (Nocedal and Wright, equation 3.59); NaN if nowhere.
double cubic_minimum(const LinePoint& a, const LinePoint& b) {
  const double d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
  const double d2 = std::copysign(std::sqrt(d1 * d1 - a.slope * b.slope), b.step - a.step);
  return b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
}

/// Between the two, the minimum of the cubic if that is not too near either; of points that are not finite, and where
/// the last two steps narrowed too little, the middle.
double between(const LinePoint& low, const LinePoint& high, bool narrows) {
  const double left = std::min(low.step, high.step), right = std::max(low.step, high.step);
  const double margin = 0.1 * (right - left);
  const double step = cubic_minimum(low, high);
  if (!narrows || !std::isfinite(step)) return left + (right - left) / 2.0;
  return std::clamp(step, left + margin, right - margin);
}

/// Beyond the second, as Moré and Thuente (1994) bound it.
double beyond(const LinePoint& previous, const LinePoint& point) {
  const double advance = point.step - previous.step;
  const double nearest = point.step + 1.1 * advance, farthest = point.step + 4.0 * advance;
  const double step = cubic_minimum(previous, point);
  return step > point.step ? std::clamp(step, nearest, farthest) : farthest;
}

/// `low` decreases and is the lowest yet; between it and `high` there is a point that has both conditions.
LinePoint zoom(Line& line, const LinePoint& origin, LinePoint low, LinePoint high, const Wolfe& wolfe,
               std::size_t evaluations) {
  double before_last = std::numeric_limits<double>::infinity(), last = before_last;
  while (evaluations-- > 0) {
    const double width = std::abs(high.step - low.step);
    const LinePoint point = [&] {
      const double step = between(low, high, width <= 0.66 * before_last);
      return step == low.step || step == high.step ? low : line.at(step);
    }();
    if (point.step == low.step) break;
    before_last = last;
    last = width;
    if (!is_finite(point) || !wolfe.decreases(origin, point) || point.value >= low.value) {
      high = point;
      continue;
    }
    if (wolfe.flattens(origin, point)) return point;
    if (point.slope * (high.step - low.step) >= 0.0) high = low;
    low = point;
  }
  return low;
}

}  // namespace

LinePoint search(Line& line, const LinePoint& origin, double first_step, const Wolfe& wolfe, std::size_t evaluations) {
  LinePoint previous = origin;
  double too_far = std::numeric_limits<double>::infinity();
  double step = first_step;
  while (evaluations-- > 0 && step > previous.step) {
    const LinePoint point = line.at(step);
    if (!is_finite(point)) {
      too_far = step;
      step = previous.step + 0.1 * (step - previous.step);
      continue;
    }
    if (!wolfe.decreases(origin, point) || (previous.step > 0.0 && point.value >= previous.value)) {
      return zoom(line, origin, previous, point, wolfe, evaluations);
    }
    if (wolfe.flattens(origin, point)) return point;
    if (point.slope >= 0.0) return zoom(line, origin, point, previous, wolfe, evaluations);
    step = std::min(beyond(previous, point), step + (too_far - step) / 2.0);
    previous = point;
  }
  return previous;
}

}  // namespace smolgrad::train

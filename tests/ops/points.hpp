// The arguments at which operators are measured: seeded, and the same on every platform.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace smolgrad::test {

/// Where an operator is defined (an open interval: its ends are edge cases), and where most happens within.
struct Domain {
  double low, high;
  double from, to;
  bool contains(double x) const { return low < x && x < high; }
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Domain reals(double from, double to) { return {-infinity, infinity, from, to}; }
constexpr Domain above(double low, double to) { return {low, infinity, low, to}; }

class Sampler {
 public:
  /// A third uniform, a third log-uniform in magnitude, a third log-uniform in distance from a small integer, which is
  /// where these functions have their zeros, poles and edges.
  double draw(const Domain& domain) {
    for (;;) {
      const double x = candidate(domain);
      if (domain.contains(x)) return x;
    }
  }

  /// Two independent arguments, or two of like magnitude.
  std::pair<double, double> draw(const Domain& left, const Domain& right) {
    for (;;) {
      const double a = draw(left);
      const double b = below(4) == 0 ? sign() * a * std::exp2(uniform(-30.0, 30.0)) : draw(right);
      if (right.contains(b)) return {a, b};
    }
  }

  std::size_t below(std::size_t count) { return static_cast<std::size_t>(generator_() % count); }

  double uniform(double from, double to) {
    return from + (to - from) * (static_cast<double>(generator_() >> 11) * 0x1p-53);
  }

 private:
  double candidate(const Domain& domain) {
    switch (below(3)) {
      case 0:
        return uniform(domain.from, domain.to);
      case 1:
        return sign() * std::pow(10.0, uniform(-300.0, 300.0));
      default: {
        const double centre = static_cast<double>(below(7)) - 3.0;
        const double x = centre + sign() * std::pow(10.0, uniform(-17.0, 0.0));
        return x == centre ? domain.high : x;  // not in the domain: drawn again
      }
    }
  }

  double sign() { return below(2) == 0 ? 1.0 : -1.0; }

  // The standard's distributions differ between platforms, its generators do not.
  std::mt19937_64 generator_{20240229};
};

/// Extremes that sampling would miss: subnormal, smallest normal, tiny, huge and largest.
inline std::vector<double> extreme_points(const Domain& domain) {
  std::vector<double> points;
  for (const double magnitude : {0x1p-1074, 0x1.8p-1070, 1e-310, DBL_MIN, 1e-300, 0x1p-53, 1e15, 1e300, DBL_MAX}) {
    for (const double x : {magnitude, -magnitude}) {
      if (domain.contains(x)) points.push_back(x);
    }
  }
  return points;
}

inline std::vector<double> unary_points(const Domain& domain, std::size_t count) {
  std::vector<double> points = extreme_points(domain);
  Sampler sampler;
  while (points.size() < count) points.push_back(sampler.draw(domain));
  return points;
}

inline std::vector<std::pair<double, double>> binary_points(const Domain& left, const Domain& right,
                                                            std::size_t count) {
  std::vector<std::pair<double, double>> points;
  Sampler sampler;
  while (points.size() < count) points.push_back(sampler.draw(left, right));
  return points;
}

inline std::vector<std::vector<double>> lists(const Domain& domain, std::size_t count) {
  std::vector<std::vector<double>> all;
  Sampler sampler;
  while (all.size() < count) {
    std::vector<double> list(1 + sampler.below(12));
    for (double& x : list) x = sampler.draw(domain);
    all.push_back(std::move(list));
  }
  return all;
}

}  // namespace smolgrad::test

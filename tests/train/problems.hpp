// Smooth functions whose minima are known.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <smolgrad/lbfgs.hpp>

namespace smolgrad::test {

struct Problem {
  std::string name;
  Objective objective;
  std::vector<double> start, minimum;
  double least;
};

/// Σ 100 (x[i + 1] - x[i]²)² + (1 - x[i])² (Rosenbrock 1960), least at ones.
inline Problem rosenbrock(std::vector<double> start) {
  const std::size_t n = start.size();
  const Objective objective = [n](const double* x, double* g) {
    double f = 0.0;
    for (std::size_t i = 0; i < n; ++i) g[i] = 0.0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
      f += 100.0 * a * a + b * b;
      g[i] += -400.0 * a * x[i] - 2.0 * b;
      g[i + 1] += 200.0 * a;
    }
    return f;
  };
  return {"Rosenbrock in " + std::to_string(n), objective, start, std::vector<double>(n, 1.0), 0.0};
}

/// Σ 10^(6 i / (n - 1)) (x[i] - i / n)² / 2.
inline Problem quadratic(std::size_t n) {
  const auto size = static_cast<double>(n);
  std::vector<double> minimum;
  for (std::size_t i = 0; i < n; ++i) minimum.push_back(static_cast<double>(i) / size);
  const Objective objective = [n, size, minimum](const double* x, double* g) {
    double f = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double weight = std::pow(10.0, 6.0 * static_cast<double>(i) / (size - 1.0)), d = x[i] - minimum[i];
      f += weight * d * d / 2.0;
      g[i] = weight * d;
    }
    return f;
  };
  return {"quadratic", objective, std::vector<double>(n, 1.0), minimum, 0.0};
}

/// log Σ 2 cosh(u[i]) with u[i] = Σ_k cos(1 + 3 i + 7 k + i k) (x[k] - 1 / (k + 1)), which is least where all u are 0.
inline Problem log_sum_exp(std::size_t n, std::size_t terms) {
  std::vector<double> minimum;
  for (std::size_t k = 0; k < n; ++k) minimum.push_back(1.0 / static_cast<double>(k + 1));
  const Objective objective = [n, terms, minimum](const double* x, double* g) {
    const auto factor = [](std::size_t i, std::size_t k) {
      return std::cos(static_cast<double>(1 + 3 * i + 7 * k + i * k));
    };
    double total = 0.0;
    for (std::size_t k = 0; k < n; ++k) g[k] = 0.0;
    for (std::size_t i = 0; i < terms; ++i) {
      double u = 0.0;
      for (std::size_t k = 0; k < n; ++k) u += factor(i, k) * (x[k] - minimum[k]);
      total += 2.0 * std::cosh(u);
      for (std::size_t k = 0; k < n; ++k) g[k] += 2.0 * std::sinh(u) * factor(i, k);
    }
    for (std::size_t k = 0; k < n; ++k) g[k] /= total;
    return std::log(total);
  };
  return {"log-sum-exp", objective, std::vector<double>(n, 0.0), minimum, std::log(2.0 * static_cast<double>(terms))};
}

inline std::vector<Problem> problems() {
  return {rosenbrock({-1.2, 1.0}), rosenbrock(std::vector<double>(100, 0.0)), quadratic(50), log_sum_exp(20, 40)};
}

}  // namespace smolgrad::test

// E5: the price of a European call by Black and Scholes, with its five sensitivities, one option a tape: few
// operations, and most of them functions that cost more than recording them.
#include "program.hpp"

namespace bench {

namespace {

struct BlackScholes {
  static constexpr std::size_t inputs = 5;
  std::array<double, inputs> input{};
  std::vector<double> parameters;

  void move_to(double shift) { input = {100.0 + shift, 105.0 - shift, 0.03, 0.25, 1.5 + shift}; }

  template <class T>
  T operator()(const T*, const T* x) const {
    const T& spot = x[0];
    const T& strike = x[1];
    const T& rate = x[2];
    const T& volatility = x[3];
    const T& maturity = x[4];
    const T deviation = volatility * sqrt(maturity);
    const T d1 = (log(spot / strike) + (rate + volatility * volatility * 0.5) * maturity) / deviation;
    const T d2 = d1 - deviation;
    return spot * normal_cdf(d1) - strike * exp(-rate * maturity) * normal_cdf(d2);
  }

  /// The formula's own adjoint, statement by statement: the closed form of the sensitivities, where one density serves
  /// both terms, is another computation.
  double by_hand(double*, double* gradient) const {
    constexpr double sqrt_half = 0.7071067811865476;
    constexpr double one_over_sqrt_two_pi = 0.3989422804014327;
    const double spot = input[0];
    const double strike = input[1];
    const double rate = input[2];
    const double volatility = input[3];
    const double maturity = input[4];
    const double root = std::sqrt(maturity);
    const double deviation = volatility * root;
    const double ratio = spot / strike;
    const double drift = rate + volatility * volatility * 0.5;
    const double d1 = (std::log(ratio) + drift * maturity) / deviation;
    const double d2 = d1 - deviation;
    const double cdf1 = 0.5 * std::erfc(-d1 * sqrt_half);
    const double cdf2 = 0.5 * std::erfc(-d2 * sqrt_half);
    const double discount = std::exp(-rate * maturity);
    const double present_strike = strike * discount;

    const double by_cdf1 = spot;
    const double by_cdf2 = -present_strike;
    const double by_present_strike = -cdf2;
    const double by_discount = by_present_strike * strike;
    const double by_exponent = by_discount * discount;
    const double by_d2 = by_cdf2 * one_over_sqrt_two_pi * std::exp(-0.5 * d2 * d2);
    const double by_d1 = by_cdf1 * one_over_sqrt_two_pi * std::exp(-0.5 * d1 * d1) + by_d2;
    const double by_numerator = by_d1 / deviation;
    const double by_deviation = -by_d2 - by_numerator * d1;
    const double by_drift = by_numerator * maturity;
    const double by_ratio = by_numerator / ratio;
    const double by_root = by_deviation * volatility;
    gradient[0] = cdf1 + by_ratio / strike;
    gradient[1] = by_present_strike * discount - by_ratio * ratio / strike;
    gradient[2] = by_drift - by_exponent * maturity;
    gradient[3] = by_deviation * root + by_drift * volatility;
    gradient[4] = by_numerator * drift - by_exponent * rate + by_root * 0.5 / root;
    return spot * cdf1 - present_strike * cdf2;
  }
};

}  // namespace

std::vector<Workload> black_scholes(bool) {
  constexpr std::size_t operations = 20;
  const BlackScholes problem;
  std::vector<Workload> rows;
  rows.push_back({"E5",
                  "Black-Scholes, 5 sensitivities",
                  4.0,
                  3.0,
                  1,
                  by_hand(problem),
                  on_smolgrad(problem),
                  on_peers<true>(problem, operations),
                  {}});
  return rows;
}

}  // namespace bench

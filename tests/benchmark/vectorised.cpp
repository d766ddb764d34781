#include "vectorised.hpp"

#include <cmath>

namespace bench {

void expression_vectorised(std::size_t points, const double* const x[8], double* __restrict value,
                           double* const gradient[8]) {
  const double* __restrict const a0 = x[0];
  const double* __restrict const a1 = x[1];
  const double* __restrict const a2 = x[2];
  const double* __restrict const a3 = x[3];
  const double* __restrict const a4 = x[4];
  const double* __restrict const a5 = x[5];
  const double* __restrict const a6 = x[6];
  const double* __restrict const a7 = x[7];
  double* __restrict const g0 = gradient[0];
  double* __restrict const g1 = gradient[1];
  double* __restrict const g2 = gradient[2];
  double* __restrict const g3 = gradient[3];
  double* __restrict const g4 = gradient[4];
  double* __restrict const g5 = gradient[5];
  double* __restrict const g6 = gradient[6];
  double* __restrict const g7 = gradient[7];
#pragma omp simd
  for (std::size_t i = 0; i < points; ++i) {
    const double x0 = a0[i], x1 = a1[i], x2 = a2[i], x3 = a3[i];
    const double x4 = a4[i], x5 = a5[i], x6 = a6[i], x7 = a7[i];
    const double t = std::tanh(x0 * x1 + x2 * x3);
    const double u = std::exp(-0.5 * (x4 * x4));
    const double v = std::log(1.0 + x5 * x5);
    const double w = std::sqrt(x6 * x6 + x7 * x7 + 1.0);
    const double inverse_w = 1.0 / w;
    const double v_over_w = v * inverse_w;
    const double p = t * u + v_over_w;
    const double q = std::tanh(p * x0 + w);
    const double e = std::exp(0.1 * q * x1);
    const double r = e * v;
    const double m_argument = u + r * r + 1.0;
    const double m = std::log(m_argument);
    const double n = std::sqrt(m + t * t);
    const double inverse_divisor = 1.0 / (1.0 + m * m);
    const double o = (x2 * n - x3 * q) * inverse_divisor;
    const double k = std::tanh(o + 0.3 * x4 * x5);
    const double d = std::exp(-(k * k));
    const double l = d * (x6 + x7);
    const double o_over_w = o * inverse_w;
    value[i] = p * k + q * l + r * n - o * o_over_w + 0.5 * (m - t) * (l + x0);

    double by_p = k;
    double by_q = l;
    double by_r = n;
    double by_n = r;
    double by_o = -2.0 * o_over_w;
    double by_w = o_over_w * o_over_w;
    double by_m = 0.5 * (l + x0);
    double by_t = -by_m;
    const double by_l = q + 0.5 * (m - t);
    double by_0 = 0.5 * (m - t);
    const double by_d_argument = by_l * l;
    const double by_k_argument = (p - 2.0 * k * by_d_argument) * (1.0 - k * k);
    by_o += by_k_argument;
    const double by_numerator = by_o * inverse_divisor;
    by_m -= 2.0 * m * o * by_numerator;
    by_n += by_numerator * x2;
    by_q -= by_numerator * x3;
    const double by_n_argument = 0.5 * by_n / n;
    by_m += by_n_argument;
    by_t += 2.0 * t * by_n_argument;
    const double by_m_argument = by_m / m_argument;
    by_r += 2.0 * r * by_m_argument;
    const double by_e_argument = by_r * r;
    double by_v = by_r * e;
    by_q += 0.1 * x1 * by_e_argument;
    const double by_q_argument = by_q * (1.0 - q * q);
    by_p += by_q_argument * x0;
    by_0 += by_q_argument * p;
    by_w += by_q_argument;
    by_t += by_p * u;
    const double by_u = by_m_argument + by_p * t;
    by_v += by_p * inverse_w;
    by_w -= by_p * v_over_w * inverse_w;
    const double by_w_argument = by_w * inverse_w;
    const double by_t_argument = by_t * (1.0 - t * t);
    g0[i] = by_0 + by_t_argument * x1;
    g1[i] = by_t_argument * x0 + 0.1 * q * by_e_argument;
    g2[i] = by_t_argument * x3 + by_numerator * n;
    g3[i] = by_t_argument * x2 - by_numerator * q;
    g4[i] = 0.3 * x5 * by_k_argument - x4 * u * by_u;
    g5[i] = 0.3 * x4 * by_k_argument + 2.0 * x5 * by_v / (1.0 + x5 * x5);
    g6[i] = by_l * d + x6 * by_w_argument;
    g7[i] = by_l * d + x7 * by_w_argument;
  }
}

void options_vectorised(std::size_t options, const double* const x[5], double* __restrict price,
                        double* const gradient[5]) {
  constexpr double sqrt_half = 0.7071067811865476;
  constexpr double one_over_sqrt_two_pi = 0.3989422804014327;
  const double* __restrict const spots = x[0];
  const double* __restrict const strikes = x[1];
  const double* __restrict const rates = x[2];
  const double* __restrict const volatilities = x[3];
  const double* __restrict const maturities = x[4];
  double* __restrict const by_spot = gradient[0];
  double* __restrict const by_strike = gradient[1];
  double* __restrict const by_rate = gradient[2];
  double* __restrict const by_volatility = gradient[3];
  double* __restrict const by_maturity = gradient[4];
#pragma omp simd
  for (std::size_t i = 0; i < options; ++i) {
    const double spot = spots[i], strike = strikes[i], rate = rates[i], volatility = volatilities[i];
    const double maturity = maturities[i];
    const double root = std::sqrt(maturity);
    const double deviation = volatility * root;
    const double d1 = (std::log(spot / strike) + (rate + volatility * volatility * 0.5) * maturity) / deviation;
    const double d2 = d1 - deviation;
    const double cdf1 = 0.5 * std::erfc(-d1 * sqrt_half);
    const double cdf2 = 0.5 * std::erfc(-d2 * sqrt_half);
    const double discount = std::exp(-rate * maturity);
    const double present_strike = strike * discount;
    const double density = spot * one_over_sqrt_two_pi * std::exp(-0.5 * d1 * d1);
    by_spot[i] = cdf1;
    by_strike[i] = -discount * cdf2;
    by_rate[i] = present_strike * maturity * cdf2;
    by_volatility[i] = density * root;
    by_maturity[i] = density * volatility / (2.0 * root) + rate * present_strike * cdf2;
    price[i] = spot * cdf1 - present_strike * cdf2;
  }
}

}  // namespace bench

// A book of 100,000 call options: their prices by Black and Scholes (1973) with all five sensitivities, in one call on
// all processors. The formula is written once, recorded once, and compared with the sensitivities of the textbook.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

using smolgrad::Function;
using smolgrad::Value;

namespace {

constexpr std::size_t options = 100'000;
constexpr std::size_t columns = 5;  // spot, strike, rate, volatility, maturity

using Row = std::array<double, columns>;

Function compile_price() {
  const Value spot(100.0), strike(100.0), rate(0.02), volatility(0.2), maturity(1.0);
  const Value deviation = volatility * sqrt(maturity);
  const Value d1 = (log(spot / strike) + (rate + 0.5 * square(volatility)) * maturity) / deviation;
  const Value d2 = d1 - deviation;
  const Value price = spot * normal_cdf(d1) - strike * exp(-rate * maturity) * normal_cdf(d2);
  return Function({spot, strike, rate, volatility, maturity}, {}, {price});
}

/// Spread evenly over what the market has, the same everywhere.
std::vector<Row> make_book() {
  constexpr std::array<std::uint32_t, columns> strides = {0xe19b01ab, 0xc6d1d6c9, 0xaf36d01f, 0x9a69443f, 0x881403b9};
  constexpr Row lowest = {80.0, 80.0, 0.0, 0.125, 0.25};
  constexpr Row width = {40.0, 40.0, 0.0625, 0.5, 2.0};
  std::vector<Row> book(options);
  for (std::size_t i = 0; i < options; ++i) {
    for (std::size_t k = 0; k < columns; ++k) {
      const std::uint32_t position = static_cast<std::uint32_t>(i + 1) * strides[k];
      book[i][k] = lowest[k] + width[k] * position * 0x1p-32;
    }
  }
  return book;
}

/// The textbook's price and sensitivities.
double closed_form(const Row& option, Row& greeks) {
  const auto [spot, strike, rate, volatility, maturity] = option;
  const double root = std::sqrt(maturity);
  const double deviation = volatility * root;
  const double d1 = (std::log(spot / strike) + (rate + 0.5 * volatility * volatility) * maturity) / deviation;
  const double cdf1 = 0.5 * std::erfc(-d1 / std::sqrt(2.0));
  const double cdf2 = 0.5 * std::erfc((deviation - d1) / std::sqrt(2.0));
  const double discount = std::exp(-rate * maturity);
  const double density = std::exp(-0.5 * d1 * d1) / std::sqrt(2.0 * std::acos(-1.0));
  greeks = {cdf1, -discount * cdf2, strike * maturity * discount * cdf2, spot * density * root,
            spot * density * volatility / (2.0 * root) + rate * strike * discount * cdf2};
  return spot * cdf1 - strike * discount * cdf2;
}

}  // namespace

int main() {
  const Function price = compile_price();
  const std::vector<Row> book = make_book();
  std::vector<double> values(options);
  std::vector<Row> greeks(options);
  smolgrad::RunOptions run;
  run.threads = std::thread::hardware_concurrency();
  const auto value_book = [&](std::size_t rows) {
    price.gradient<double>(rows, book[0].data(), nullptr, values.data(), greeks[0].data(), nullptr, run);
  };
  value_book(0);  // compiles the gradient
  const auto start = std::chrono::steady_clock::now();
  value_book(options);
  const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;

  double total = 0.0;
  double difference = 0.0;
  Row totals = {};
  for (std::size_t i = 0; i < options; ++i) {
    Row expected;
    difference = std::max(difference, std::abs(values[i] - closed_form(book[i], expected)));
    total += values[i];
    for (std::size_t k = 0; k < columns; ++k) {
      difference = std::max(difference, std::abs(greeks[i][k] - expected[k]));
      totals[k] += greeks[i][k];
    }
  }
  fmt::print("{} options are worth {:.2f}\n", options, total);
  constexpr const char* names[columns] = {"spot", "strike", "rate", "volatility", "maturity"};
  for (std::size_t k = 0; k < columns; ++k) fmt::print("by {:<10} {:14.2f}\n", names[k], totals[k]);
  fmt::print("largest difference from the textbook {:.1e}\n", difference);
  fmt::print("{:.1f} ns an option\n", time.count() / options);
  return difference < 1e-11 ? 0 : 1;
}

// F1 to F3: Functions over a batch, beside programs vectorised by hand. Arrays of a Function are row-major; the
// hand-written programs have one array for each input, as such programs do.
#include <fmt/format.h>
#include <smolgrad/function.hpp>
#include <smolgrad/tape.hpp>

#include <array>

#include "vectorised.hpp"
#include "workload.hpp"

namespace bench {

namespace {

using smolgrad::Value;

/// About sixty operations, of which eleven are more than arithmetic.
struct Expression {
  static constexpr std::size_t inputs = 8;

  static double at(std::size_t input, double unit) { return (input % 2 == 0 ? 0.3 : -0.4) + unit; }

  static Value record(const std::vector<Value>& x) {
    const Value t = tanh(x[0] * x[1] + x[2] * x[3]);
    const Value u = exp(-0.5 * (x[4] * x[4]));
    const Value v = log(1.0 + x[5] * x[5]);
    const Value w = sqrt(x[6] * x[6] + x[7] * x[7] + 1.0);
    const Value p = t * u + v / w;
    const Value q = tanh(p * x[0] + w);
    const Value r = exp(0.1 * q * x[1]) * v;
    const Value m = log(u + r * r + 1.0);
    const Value n = sqrt(m + t * t);
    const Value o = (x[2] * n - x[3] * q) / (1.0 + m * m);
    const Value k = tanh(o + 0.3 * x[4] * x[5]);
    const Value l = exp(-(k * k)) * (x[6] + x[7]);
    return p * k + q * l + r * n - o * o / w + 0.5 * (m - t) * (l + x[0]);
  }

  static void by_hand(std::size_t points, const double* const* x, double* value, double* const* gradient) {
    expression_vectorised(points, x, value, gradient);
  }
};

struct Option {
  static constexpr std::size_t inputs = 5;

  static double at(std::size_t input, double unit) {
    constexpr std::array<double, inputs> least{80.0, 80.0, 0.01, 0.1, 0.25};
    constexpr std::array<double, inputs> range{40.0, 40.0, 0.05, 0.4, 2.0};
    return least[input] + range[input] * unit;
  }

  static Value record(const std::vector<Value>& x) {
    const Value deviation = x[3] * sqrt(x[4]);
    const Value d1 = (log(x[0] / x[1]) + (x[2] + x[3] * x[3] * 0.5) * x[4]) / deviation;
    const Value d2 = d1 - deviation;
    return x[0] * normal_cdf(d1) - x[1] * exp(-x[2] * x[4]) * normal_cdf(d2);
  }

  static void by_hand(std::size_t options, const double* const* x, double* price, double* const* gradient) {
    options_vectorised(options, x, price, gradient);
  }
};

/// The points, by input, and a program's results by input.
template <class Formula>
struct Columns {
  static constexpr std::size_t inputs = Formula::inputs;
  explicit Columns(std::size_t points) : value(points) {
    Random random(7);
    for (std::size_t k = 0; k < inputs; ++k) {
      x[k].resize(points);
      gradient[k].resize(points);
      for (double& number : x[k]) number = Formula::at(k, random.uniform());
    }
  }

  std::array<std::vector<double>, inputs> x;
  std::vector<double> value;
  std::array<std::vector<double>, inputs> gradient;
};

/// What is compared: the results of some points.
constexpr std::size_t compared_step = 97;

template <class Formula>
class BatchByHand : public Program {
 public:
  explicit BatchByHand(std::size_t points) : columns_(points) {}

  std::vector<double> gradient() override {
    run(1);
    std::vector<double> result;
    for (std::size_t i = 0; i < columns_.value.size(); i += compared_step) {
      result.push_back(columns_.value[i]);
      for (const auto& column : columns_.gradient) result.push_back(column[i]);
    }
    return result;
  }

  double run(std::size_t iterations) override {
    const double* x[Formula::inputs];
    double* gradient[Formula::inputs];
    for (std::size_t k = 0; k < Formula::inputs; ++k) {
      x[k] = columns_.x[k].data();
      gradient[k] = columns_.gradient[k].data();
    }
    for (std::size_t i = 0; i < iterations; ++i) {
      Formula::by_hand(columns_.value.size(), x, columns_.value.data(), gradient);
      escape(columns_.value.data());
    }
    return columns_.value.front();
  }

 private:
  Columns<Formula> columns_;
};

template <class Formula>
smolgrad::Function compile() {
  std::vector<Value> x;
  for (std::size_t k = 0; k < Formula::inputs; ++k) x.emplace_back(Formula::at(k, 0.5));
  return smolgrad::Function(x, {}, {Formula::record(x)});
}

template <class Formula>
class BatchByFunction : public Program {
 public:
  BatchByFunction(std::size_t points, std::size_t threads)
      : function_(compile<Formula>()), x_(points * Formula::inputs), value_(points), gradient_(x_.size()) {
    const Columns<Formula> columns(points);
    for (std::size_t k = 0; k < Formula::inputs; ++k) {
      for (std::size_t i = 0; i < points; ++i) x_[i * Formula::inputs + k] = columns.x[k][i];
    }
    options_.threads = threads;
  }

  std::vector<double> gradient() override {
    run(1);
    std::vector<double> result;
    for (std::size_t i = 0; i < value_.size(); i += compared_step) {
      result.push_back(value_[i]);
      const auto row = gradient_.begin() + static_cast<std::ptrdiff_t>(i * Formula::inputs);
      result.insert(result.end(), row, row + Formula::inputs);
    }
    return result;
  }

  double run(std::size_t iterations) override {
    for (std::size_t i = 0; i < iterations; ++i) {
      function_.gradient<double>(value_.size(), x_.data(), nullptr, value_.data(), gradient_.data(), nullptr, options_);
      escape(value_.data());
    }
    return value_.front();
  }

 private:
  smolgrad::Function function_;
  smolgrad::RunOptions options_;
  std::vector<double> x_;
  std::vector<double> value_;
  std::vector<double> gradient_;
};

template <class Formula>
void add_rows(std::vector<Workload>& rows, const char* name, const char* what, std::size_t points) {
  rows.push_back({name,
                  what,
                  1.3,
                  0.9,
                  points,
                  std::make_unique<BatchByHand<Formula>>(points),
                  std::make_unique<BatchByFunction<Formula>>(points, 1),
                  {},
                  {}});
  // Here the unit is one thread of smolgrad's.
  constexpr double speedup = 1.8;
  rows.push_back({std::string("F3-") + name,
                  "two threads beside one",
                  1.0 / speedup,
                  unbounded,
                  points,
                  std::make_unique<BatchByFunction<Formula>>(points, 1),
                  std::make_unique<BatchByFunction<Formula>>(points, 2),
                  {},
                  {}});
}

}  // namespace

std::vector<Workload> batch(bool smoke) {
  std::vector<Workload> rows;
  add_rows<Expression>(rows, "F1", "8 inputs, 60 operations, a point", smoke ? 1'000 : 100'000);
  add_rows<Option>(rows, "F2", "Black-Scholes, an option", smoke ? 1'000 : 1'000'000);
  return rows;
}

void print_repayment(bool smoke) {
  const std::size_t repetitions = smoke ? 1 : 1000;
  smolgrad::Tape tape;
  const smolgrad::TapeScope scope(tape);
  const auto leaves = [] {
    std::vector<Value> x;
    for (std::size_t k = 0; k < Expression::inputs; ++k) x.emplace_back(Expression::at(k, 0.5));
    return x;
  };
  const double eager = least_seconds(repetitions, [&] {
    const std::vector<Value> x = leaves();
    Expression::record(x).backward();
    escape(const_cast<Value*>(x.data()));
  });
  const std::vector<Value> x = leaves();
  const Value y = Expression::record(x);
  double value = 0.0;
  double gradient[Expression::inputs];
  const auto run = [&](const smolgrad::Function& function, std::size_t rows) {
    double inputs[Expression::inputs];
    for (std::size_t k = 0; k < Expression::inputs; ++k) inputs[k] = Expression::at(k, 0.5);
    function.gradient<double>(rows, inputs, nullptr, &value, gradient, nullptr);
    escape(gradient);
  };
  const double compiling = least_seconds(repetitions, [&] { run(smolgrad::Function(x, {}, {y}), 0); });
  const smolgrad::Function function(x, {}, {y});
  const double alone = least_seconds(repetitions, [&] { run(function, 1); });
  fmt::print("\nF4, 60 operations: eager {:.2f} us, compiling {:.2f} us, the Function on one row {:.2f} us\n",
             eager * 1e6, compiling * 1e6, alone * 1e6);
  fmt::print("  repaid after {:.1f} evaluations in batches (one by one {:.1f}); must 20\n", compiling / eager,
             alone < eager ? compiling / (eager - alone) : std::numeric_limits<double>::infinity());
}

}  // namespace bench

// T4: a network 784-128-64-10 with relu in single precision, beside the same by OpenBLAS where it is installed, or else
// by plain loops.
#include <smolgrad/function.hpp>
#include <smolgrad/mlp.hpp>

#include <algorithm>

#include "workload.hpp"

#ifdef SMOLGRAD_BENCHMARK_OPENBLAS
#include <cblas.h>
#endif

namespace bench {

namespace {

constexpr std::size_t sizes[] = {784, 128, 64, 10};
constexpr std::size_t layers = 3;

struct Network {
  explicit Network(std::size_t row_count) : rows(row_count), x(rows * sizes[0]), y(rows * sizes[layers]) {
    Random random(11);
    for (std::size_t l = 0; l < layers; ++l) {
      const double bound = 1.0 / std::sqrt(static_cast<double>(sizes[l]));
      for (std::size_t i = 0; i < (sizes[l] + 1) * sizes[l + 1]; ++i) {
        parameters.push_back(static_cast<float>(random.uniform(-bound, bound)));
      }
    }
    for (float& number : x) number = static_cast<float>(random.uniform());
  }

  std::size_t rows;
  std::vector<float> parameters;  // a layer's weights, then its biases
  std::vector<float> x;
  std::vector<float> y;
};

/// out = W in + out.
void add_product(const float* weights, const float* in, std::size_t rows, std::size_t n, std::size_t m, float* out) {
#ifdef SMOLGRAD_BENCHMARK_OPENBLAS
  const auto order = [](std::size_t count) { return static_cast<int>(count); };
  if (rows == 1) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, order(m), order(n), 1.0F, weights, order(n), in, 1, 1.0F, out, 1);
  } else {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, order(rows), order(m), order(n), 1.0F, in, order(n), weights,
                order(n), 1.0F, out, order(m));
  }
#else
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t k = 0; k < n; ++k) out[row * m + i] += weights[i * n + k] * in[row * n + k];
    }
  }
#endif
}

class ByBlas : public Program {
 public:
  explicit ByBlas(std::size_t rows) : network_(rows), hidden_{std::vector<float>(rows * sizes[1]), {}} {
    hidden_[1].resize(rows * sizes[2]);
  }

  std::vector<double> gradient() override {
    run(1);
    return {network_.y.begin(), network_.y.end()};
  }

  double run(std::size_t iterations) override {
    for (std::size_t i = 0; i < iterations; ++i) {
      forward();
      escape(network_.y.data());
    }
    return network_.y.front();
  }

 private:
  void forward() {
    const float* parameters = network_.parameters.data();
    const float* in = network_.x.data();
    for (std::size_t l = 0; l < layers; ++l) {
      const std::size_t n = sizes[l];
      const std::size_t m = sizes[l + 1];
      float* const out = l + 1 == layers ? network_.y.data() : hidden_[l].data();
      const float* const biases = parameters + n * m;
      for (std::size_t row = 0; row < network_.rows; ++row) std::copy(biases, biases + m, out + row * m);
      add_product(parameters, in, network_.rows, n, m, out);
      if (l + 1 < layers) {
        for (std::size_t i = 0; i < network_.rows * m; ++i) out[i] = out[i] > 0.0F ? out[i] : 0.0F;
      }
      parameters = biases + m;
      in = out;
    }
  }

  Network network_;
  std::vector<float> hidden_[2];
};

class ByNetworkFunction : public Program {
 public:
  explicit ByNetworkFunction(std::size_t rows) : network_(rows), function_(compile()) {}

  std::vector<double> gradient() override {
    run(1);
    return {network_.y.begin(), network_.y.end()};
  }

  double run(std::size_t iterations) override {
    for (std::size_t i = 0; i < iterations; ++i) {
      function_.evaluate(network_.rows, network_.x.data(), network_.parameters.data(), network_.y.data());
      escape(network_.y.data());
    }
    return network_.y.front();
  }

 private:
  static smolgrad::Function compile() {
    smolgrad::Tape tape;
    const smolgrad::MLP mlp(tape, sizes[0], {sizes[1], sizes[2], sizes[3]});
    const std::vector<smolgrad::Value> x = tape.values(std::vector<double>(sizes[0]));
    return smolgrad::Function(x, mlp.parameters().values(), mlp(x), {smolgrad::Dtype::float32, {}});
  }

  Network network_;
  smolgrad::Function function_;
};

}  // namespace

std::vector<Workload> inference(bool smoke) {
  constexpr double single_precision = 1e-3;
  std::vector<Workload> rows;
  for (const std::size_t count : {std::size_t{1}, std::size_t{smoke ? 3U : 1024U}}) {
    rows.push_back({count == 1 ? "T4-1" : "T4-1024",
                    count == 1 ? "784-128-64-10 float32, one row" : "the same, 1024 rows",
                    1.25,
                    1.0,
                    1,
                    std::make_unique<ByBlas>(count),
                    std::make_unique<ByNetworkFunction>(count),
                    {},
                    {},
                    single_precision});
  }
  return rows;
}

}  // namespace bench

// Compiled with what lets the compiler use the C library's vector mathematics.
#include "dense_by_hand.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#ifdef SMOLGRAD_BENCHMARK_OPENBLAS
#include <cblas.h>
#endif

namespace bench {

namespace {

/// A matrix, row by row, or its transpose.
struct Matrix {
  const float* data;
  std::size_t stride;
  bool transposed;
};

/// c (m x n) = scale * a b + keep * c, where a is m x k.
void multiply(std::size_t m, std::size_t n, std::size_t k, float scale, const Matrix& a, const Matrix& b, float keep,
              float* c, std::size_t c_stride) {
#ifdef SMOLGRAD_BENCHMARK_OPENBLAS
  const auto order = [](std::size_t count) { return static_cast<int>(count); };
  const auto side = [](const Matrix& matrix) { return matrix.transposed ? CblasTrans : CblasNoTrans; };
  cblas_sgemm(CblasRowMajor, side(a), side(b), order(m), order(n), order(k), scale, a.data, order(a.stride), b.data,
              order(b.stride), keep, c, order(c_stride));
#else
  const auto at = [](const Matrix& matrix, std::size_t row, std::size_t column) {
    return matrix.transposed ? matrix.data[column * matrix.stride + row] : matrix.data[row * matrix.stride + column];
  };
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      float sum = 0.0F;
      for (std::size_t l = 0; l < k; ++l) sum += at(a, i, l) * at(b, l, j);
      c[i * c_stride + j] = scale * sum + (keep == 0.0F ? 0.0F : keep * c[i * c_stride + j]);
    }
  }
#endif
}

}  // namespace

std::size_t parameter_count(const std::vector<std::size_t>& sizes) {
  std::size_t count = 0;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) count += (sizes[l] + 1) * sizes[l + 1];
  return count;
}

DenseByHand::DenseByHand(std::vector<std::size_t> sizes, std::size_t most_rows) : sizes_(std::move(sizes)) {
#ifdef SMOLGRAD_BENCHMARK_OPENBLAS
  openblas_set_num_threads(1);
#endif
  std::size_t place = 0;
  for (std::size_t l = 0; l + 1 < sizes_.size(); ++l) {
    places_.push_back(place);
    place += (sizes_[l] + 1) * sizes_[l + 1];
    out_.emplace_back(most_rows * sizes_[l + 1]);
    if (l + 2 < sizes_.size()) by_sums_.emplace_back(most_rows * sizes_[l + 1]);
  }
}

void DenseByHand::forward_layer(std::size_t layer, const float* parameters, const float* x, Range rows, Range neurons) {
  const std::size_t n = sizes_[layer];
  const std::size_t m = sizes_[layer + 1];
  const float* const weights = parameters + places_[layer];
  const float* const biases = weights + n * m;
  const float* const in = layer == 0 ? x : out_[layer - 1].data();
  float* const out = out_[layer].data();
  multiply(rows.size(), neurons.size(), n, 1.0F, {in + rows.begin * n, n, false},
           {weights + neurons.begin * n, n, true}, 0.0F, out + rows.begin * m + neurons.begin, m);
  const float least = layer + 1 < layers() ? 0.0F : -std::numeric_limits<float>::max();
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    for (std::size_t i = neurons.begin; i < neurons.end; ++i) {
      out[row * m + i] = std::max(out[row * m + i] + biases[i], least);
    }
  }
}

double DenseByHand::by_scores(const float* classes, Range rows) {
  const std::size_t count = sizes_.back();
  float* const scores = out_.back().data();
  double loss = 0.0;
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    float* const score = scores + row * count;
    const float largest = *std::max_element(score, score + count);
    for (std::size_t i = 0; i < count; ++i) score[i] -= largest;
    loss -= score[static_cast<std::size_t>(classes[row])];
  }
#pragma omp simd
  for (std::size_t i = rows.begin * count; i < rows.end * count; ++i) scores[i] = std::exp(scores[i]);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    float* const score = scores + row * count;
    float total = 0.0F;
    for (std::size_t i = 0; i < count; ++i) total += score[i];
    loss += std::log(total);
    const float inverse = 1.0F / total;
    for (std::size_t i = 0; i < count; ++i) score[i] *= inverse;
    score[static_cast<std::size_t>(classes[row])] -= 1.0F;
  }
  return loss;
}

void DenseByHand::by_sums(std::size_t layer, const float* parameters, Range rows) {
  const std::size_t n = sizes_[layer + 1];
  const std::size_t m = sizes_[layer + 2];
  const std::vector<float>& next = layer + 2 < layers() ? by_sums_[layer + 1] : out_[layer + 1];
  const float* const out = out_[layer].data();
  float* const result = by_sums_[layer].data();
  multiply(rows.size(), n, m, 1.0F, {next.data() + rows.begin * m, m, false},
           {parameters + places_[layer + 1], n, false}, 0.0F, result + rows.begin * n, n);
  for (std::size_t i = rows.begin * n; i < rows.end * n; ++i) result[i] = out[i] > 0.0F ? result[i] : 0.0F;
}

void DenseByHand::by_parameters(std::size_t layer, const float* x, std::size_t rows, Range neurons, float scale,
                                float keep, float* result) const {
  const std::size_t n = sizes_[layer];
  const std::size_t m = sizes_[layer + 1];
  const float* const in = layer == 0 ? x : out_[layer - 1].data();
  const float* const by_sums = layer + 1 < layers() ? by_sums_[layer].data() : out_[layer].data();
  float* const by_weights = result + places_[layer];
  float* const by_biases = by_weights + n * m;
  multiply(neurons.size(), n, rows, scale, {by_sums + neurons.begin, m, true}, {in, n, false}, keep,
           by_weights + neurons.begin * n, n);
  for (std::size_t i = neurons.begin; i < neurons.end; ++i) by_biases[i] = keep == 0.0F ? 0.0F : keep * by_biases[i];
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = neurons.begin; i < neurons.end; ++i) by_biases[i] += scale * by_sums[row * m + i];
  }
}

const float* DenseByHand::forward(const float* parameters, const float* x, std::size_t rows) {
  for (std::size_t l = 0; l < layers(); ++l) forward_layer(l, parameters, x, {0, rows}, all_neurons(l));
  return out_.back().data();
}

double DenseByHand::gradient(const float* parameters, const float* x, const float* classes, std::size_t rows,
                             float scale, float keep, float* result) {
  forward(parameters, x, rows);
  const double loss = by_scores(classes, {0, rows});
  for (std::size_t l = layers(); l-- > 0;) {
    // Before the weights change, if they do.
    if (l > 0) by_sums(l - 1, parameters, {0, rows});
    by_parameters(l, x, rows, all_neurons(l), scale, keep, result);
  }
  return loss;
}

void adam_by_hand(std::size_t count, float rate, std::size_t step, const float* gradient, float* first_moment,
                  float* second_moment, float* parameters) {
  constexpr double beta1 = 0.9;
  constexpr double beta2 = 0.999;
  constexpr float epsilon = 1e-8F;
  const auto steps = static_cast<double>(step);
  const auto scale = static_cast<float>(rate / (1.0 - std::pow(beta1, steps)));
  const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, steps)));
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    first_moment[i] += static_cast<float>(1.0 - beta1) * (g - first_moment[i]);
    second_moment[i] += static_cast<float>(1.0 - beta2) * (g * g - second_moment[i]);
    parameters[i] -= scale * first_moment[i] / (std::sqrt(second_moment[i]) * correction + epsilon);
  }
}

}  // namespace bench

// Compiled with what lets the compiler use the C library's vector mathematics.
#include "online_by_hand.hpp"

#include <cmath>

#include "vectors.hpp"

namespace bench {

namespace {

constexpr std::size_t lanes = lane_count<float>;
constexpr std::size_t parts = OnlineByHand::hidden / lanes;

}  // namespace

void OnlineByHand::set_parameters(const std::vector<double>& parameters) {
  const double* next = parameters.data();
  const auto take = [&next](float& number) { number = static_cast<float>(*next++); };
  for (std::size_t j = 0; j < hidden; ++j) {
    for (auto& row : first_) take(row[j]);
  }
  for (float& bias : first_bias_) take(bias);
  for (auto& row : last_) {
    for (float& weight : row) take(weight);
  }
  for (float& bias : last_bias_) take(bias);
}

std::vector<double> OnlineByHand::parameters() const {
  std::vector<double> result;
  for (std::size_t j = 0; j < hidden; ++j) {
    for (const auto& row : first_) result.push_back(row[j]);
  }
  result.insert(result.end(), first_bias_, first_bias_ + hidden);
  result.insert(result.end(), last_[0], last_[0] + outputs * hidden);
  result.insert(result.end(), last_bias_, last_bias_ + outputs);
  return result;
}

double OnlineByHand::train(std::size_t count, const float* x, const float* y, float rate) {
  double loss = 0.0;
  for (std::size_t i = 0; i < count; ++i) loss += step(x + i * inputs, y + i * outputs, rate);
  return loss;
}

inline float OnlineByHand::step(const float* x, const float* y, float rate) {
  // Two sums for each vector: one alone would wait for itself.
  Vector<float> even[parts];
  Vector<float> odd[parts];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < parts; ++v) {
    even[v] = load(first_bias_ + v * lanes) + x[0] * load(first_[0] + v * lanes);
    odd[v] = x[1] * load(first_[1] + v * lanes);
  }
#pragma GCC unroll 8
  for (std::size_t i = 2; i < inputs; i += 2) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < parts; ++v) {
      even[v] += x[i] * load(first_[i] + v * lanes);
      odd[v] += x[i + 1] * load(first_[i + 1] + v * lanes);
    }
  }
  alignas(64) float h[hidden];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < parts; ++v) store(even[v] + odd[v], h + v * lanes);
#pragma omp simd
  for (std::size_t j = 0; j < hidden; ++j) h[j] = std::tanh(h[j]);

  Vector<float> by_h[parts]{};
  float loss = 0.0F;
#pragma GCC unroll 4
  for (std::size_t k = 0; k < outputs; ++k) {
    Vector<float> sums{};
#pragma GCC unroll 4
    for (std::size_t v = 0; v < parts; ++v) sums += load(last_[k] + v * lanes) * load(h + v * lanes);
    float out = last_bias_[k];
    for (std::size_t i = 0; i < lanes; ++i) out += sums[i];
    const float error = out - y[k];
    loss += error * error;
    const float by_out = error * (2.0F / outputs);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < parts; ++v) {
      const Vector<float> weight = load(last_[k] + v * lanes);
      by_h[v] += by_out * weight;
      store(weight - rate * by_out * load(h + v * lanes), last_[k] + v * lanes);
    }
    last_bias_[k] -= rate * by_out;
  }
#pragma GCC unroll 4
  for (std::size_t v = 0; v < parts; ++v) {
    const Vector<float> out = load(h + v * lanes);
    const Vector<float> change = -rate * (by_h[v] - by_h[v] * out * out);
    store(load(first_bias_ + v * lanes) + change, first_bias_ + v * lanes);
    for (std::size_t i = 0; i < inputs; ++i) {
      store(load(first_[i] + v * lanes) + x[i] * change, first_[i] + v * lanes);
    }
  }
  return loss / outputs;
}

}  // namespace bench

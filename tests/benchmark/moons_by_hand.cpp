#include "moons_by_hand.hpp"

#include "vectors.hpp"

namespace bench {

namespace {

constexpr std::size_t width = MoonsByHand<double>::width;

template <class T>
struct Lanes {
  static constexpr std::size_t count = lane_count<T>;
  static constexpr std::size_t parts = width / count;  // vectors to a layer
#ifdef __AVX512VL__
  static constexpr std::size_t accumulators = 16;  // of 32 registers
#else
  static constexpr std::size_t accumulators = 8;  // of 16 registers
#endif
  static constexpr std::size_t rows = accumulators / parts < 4 ? accumulators / parts : 4;
};

/// Adds a multiple of `weights` to each of several rows of sums.
template <class T>
void add_to_rows(const T* weights, const T* const multiples, std::size_t stride, Vector<T> (*sums)[Lanes<T>::parts]) {
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Lanes<T>::parts; ++v) {
    const Vector<T> weight = load(weights + v * Lanes<T>::count);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < Lanes<T>::rows; ++r) sums[r][v] += multiples[r * stride] * weight;
  }
}

}  // namespace

template <class T>
MoonsByHand<T>::MoonsByHand(const T* x, const T* y, T rate, T decay) : rate_(rate), decay_(decay) {
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t k = 0; k < inputs; ++k) x_[k][s] = x[s * inputs + k];
    y_[s] = y[s];
  }
}

template <class T>
void MoonsByHand<T>::set_parameters(const std::vector<double>& parameters) {
  const double* next = parameters.data();
  const auto take = [&next](T& number) { number = static_cast<T>(*next++); };
  for (std::size_t j = 0; j < width; ++j) {
    for (auto& row : first_) take(row[j]);
  }
  for (T& bias : first_bias_) take(bias);
  for (auto& row : square_) {
    for (T& weight : row) take(weight);
  }
  for (T& bias : square_bias_) take(bias);
  for (T& weight : last_) take(weight);
  take(last_bias_);
  transpose();
}

template <class T>
std::vector<double> MoonsByHand<T>::parameters() const {
  std::vector<double> result;
  const auto append = [&result](const T* begin, std::size_t count) {
    result.insert(result.end(), begin, begin + count);
  };
  for (std::size_t j = 0; j < width; ++j) {
    for (const auto& row : first_) append(row + j, 1);
  }
  append(first_bias_, width);
  append(square_[0], width * width);
  append(square_bias_, width);
  append(last_, width);
  append(&last_bias_, 1);
  return result;
}

template <class T>
double MoonsByHand<T>::step() {
  forward();
  const double loss = by_scores();
  backward();
  update_square_layer();
  update_others();
  return loss;
}

template <class T>
void MoonsByHand<T>::transpose() {
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j < width; ++j) square_transposed_[i][j] = square_[j][i];
  }
}

template <class T>
void MoonsByHand<T>::forward() {
  using L = Lanes<T>;
  static_assert(samples % L::rows == 0);
  for (std::size_t s = 0; s < samples; s += L::rows) {
    Vector<T> sums[L::rows][L::parts];
    for (auto& row : sums) {
      for (std::size_t v = 0; v < L::parts; ++v) row[v] = load(first_bias_ + v * L::count);
    }
    for (std::size_t k = 0; k < inputs; ++k) add_to_rows(first_[k], x_[k] + s, 1, sums);
    for (std::size_t r = 0; r < L::rows; ++r) {
      for (std::size_t v = 0; v < L::parts; ++v) {
        store(where_positive<T>(sums[r][v], sums[r][v]), hidden_[s + r] + v * L::count);
        sums[r][v] = load(square_bias_ + v * L::count);
      }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < width; ++i) add_to_rows(square_transposed_[i], hidden_[s] + i, width, sums);
    for (std::size_t r = 0; r < L::rows; ++r) {
      Vector<T> score{};
      for (std::size_t v = 0; v < L::parts; ++v) {
        const Vector<T> out = where_positive<T>(sums[r][v], sums[r][v]);
        store(out, second_[s + r] + v * L::count);
        score += out * load(last_ + v * L::count);
      }
      store(score, partial_[s + r]);
    }
  }
}

template <class T>
double MoonsByHand<T>::by_scores() {
  T loss = 0;
  T by_bias = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    T score = last_bias_;
    for (const T part : partial_[s]) score += part;
    const T margin = T(1) - y_[s] * score;
    loss += margin > T(0) ? margin : T(0);
    adjoint_[s] = margin > T(0) ? y_[s] * T(-1.0 / samples) : T(0);
    by_bias += adjoint_[s];
  }
  last_bias_ -= rate_ * (by_bias + decay_ * last_bias_);
  return static_cast<double>(loss) / samples;
}

template <class T>
void MoonsByHand<T>::backward() {
  using L = Lanes<T>;
  Vector<T> by_first[inputs][L::parts]{};
  Vector<T> by_first_bias[L::parts]{};
  Vector<T> by_square_bias[L::parts]{};
  Vector<T> by_last[L::parts]{};
  for (std::size_t s = 0; s < samples; s += L::rows) {
    Vector<T> sums[L::rows][L::parts]{};
    for (std::size_t v = 0; v < L::parts; ++v) {
      const Vector<T> weight = load(last_ + v * L::count);
      for (std::size_t r = 0; r < L::rows; ++r) {
        T* const second = second_[s + r] + v * L::count;
        const Vector<T> out = load(second);
        const Vector<T> by_sum = where_positive<T>(out, adjoint_[s + r] * weight);
        by_last[v] += adjoint_[s + r] * out;
        by_square_bias[v] += by_sum;
        store(by_sum, second);
      }
    }
#pragma GCC unroll 4
    for (std::size_t j = 0; j < width; ++j) add_to_rows(square_[j], second_[s] + j, width, sums);
    for (std::size_t v = 0; v < L::parts; ++v) {
      for (std::size_t r = 0; r < L::rows; ++r) {
        const Vector<T> out = load(hidden_[s + r] + v * L::count);
        const Vector<T> by_sum = where_positive<T>(out, sums[r][v]);
        by_first_bias[v] += by_sum;
        for (std::size_t k = 0; k < inputs; ++k) by_first[k][v] += x_[k][s + r] * by_sum;
      }
    }
  }
  for (std::size_t v = 0; v < L::parts; ++v) {
    for (std::size_t k = 0; k < inputs; ++k) store(by_first[k][v], by_first_[k] + v * L::count);
    store(by_first_bias[v], by_first_bias_ + v * L::count);
    store(by_square_bias[v], by_square_bias_ + v * L::count);
    store(by_last[v], by_last_ + v * L::count);
  }
}

template <class T>
void MoonsByHand<T>::update_square_layer() {
  using L = Lanes<T>;
  for (std::size_t j = 0; j < width; j += L::rows) {
    Vector<T> sums[L::rows][L::parts]{};
#pragma GCC unroll 2
    for (std::size_t s = 0; s < samples; ++s) add_to_rows(hidden_[s], second_[s] + j, 1, sums);
    for (std::size_t r = 0; r < L::rows; ++r) {
      for (std::size_t v = 0; v < L::parts; ++v) {
        T* const place = square_[j + r] + v * L::count;
        const Vector<T> weight = load(place);
        store(weight - rate_ * (sums[r][v] + decay_ * weight), place);
      }
    }
  }
  transpose();
}

template <class T>
void MoonsByHand<T>::update_others() {
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t k = 0; k < inputs; ++k) first_[k][i] -= rate_ * (by_first_[k][i] + decay_ * first_[k][i]);
    first_bias_[i] -= rate_ * (by_first_bias_[i] + decay_ * first_bias_[i]);
    square_bias_[i] -= rate_ * (by_square_bias_[i] + decay_ * square_bias_[i]);
    last_[i] -= rate_ * (by_last_[i] + decay_ * last_[i]);
  }
}

template class MoonsByHand<double>;
template class MoonsByHand<float>;

}  // namespace bench

// E4: the log-likelihood of a Gaussian mixture with a Wishart prior, ADBench's GMM objective (Šrajer, Kukelova,
// Fitzgibbon 2018) in 10 dimensions with 5 components and 1000 points. Most of the time goes into products of small
// triangular matrices with vectors.
//
// A component k has a weight alpha, a mean, and the square root Q of its inverse covariance: a lower triangular matrix
// given by the logarithms of its diagonal and then what is below it, column by column.
#include "program.hpp"

namespace bench {

namespace {

constexpr double pi = 3.141592653589793;

struct Sizes {
  std::size_t dimensions;
  std::size_t components;
  std::size_t points;

  std::size_t below_diagonal() const { return dimensions * (dimensions - 1) / 2; }
  std::size_t matrix() const { return dimensions + below_diagonal(); }
  std::size_t parameters() const { return components * (1 + dimensions + matrix()); }
};

/// What the objective adds that depends on no parameter; the prior has gamma = 1 and m = 0.
double constant_term(const Sizes& size) {
  const auto d = static_cast<double>(size.dimensions);
  const double freedom = d + 1.0;
  double log_gamma = 0.25 * d * (d - 1.0) * std::log(pi);
  for (std::size_t j = 0; j < size.dimensions; ++j) log_gamma += std::lgamma(0.5 * (freedom - static_cast<double>(j)));
  const double prior = -0.5 * freedom * d * std::log(2.0) - log_gamma;
  return -0.5 * static_cast<double>(size.points) * d * std::log(2.0 * pi) -
         static_cast<double>(size.components) * prior;
}

double logsumexp_by_hand(const double* x, std::size_t n) {
  const double largest = *std::max_element(x, x + n);
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i) total += std::exp(x[i] - largest);
  return largest + std::log(total);
}

/// out = Q x
void multiply(const double* diagonal, const double* below, const double* x, std::size_t d, double* out) {
  for (std::size_t i = 0; i < d; ++i) out[i] = diagonal[i] * x[i];
  for (std::size_t column = 0; column < d; ++column) {
    for (std::size_t row = column + 1; row < d; ++row) out[row] += *below++ * x[column];
  }
}

template <class Style>
struct Mixture {
  static constexpr std::size_t inputs = 0;
  std::array<double, inputs> input{};
  std::vector<double> parameters;  // alphas, means, matrices
  Sizes size;
  std::vector<double> points;
  double constant;
  double first_coordinate;
  std::vector<double> scratch;  // of the hand-written program

  explicit Mixture(const Sizes& sizes) : size(sizes), constant(constant_term(sizes)) {
    Random random(4);
    for (std::size_t i = 0; i < size.parameters(); ++i) parameters.push_back(random.normal());
    for (std::size_t i = 0; i < size.points * size.dimensions; ++i) points.push_back(random.normal());
    first_coordinate = points[0];
    scratch.resize(size.components * (2 + 3 * size.dimensions));
  }

  void move_to(double shift) { points[0] = first_coordinate + shift; }

  template <class T>
  T operator()(const T* alphas, const T*) const {
    const std::size_t d = size.dimensions;
    const T* const means = alphas + size.components;
    const T* const matrices = means + size.components * d;

    // Q with its exponentials taken, row by row: a row times a vector is a dot product.
    std::vector<T> rows(size.components * size.matrix());
    std::vector<T> log_determinants(size.components);
    std::vector<T> priors(size.components);
    for (std::size_t k = 0; k < size.components; ++k) {
      const T* const matrix = matrices + k * size.matrix();
      T* row = rows.data() + k * size.matrix();
      log_determinants[k] = Style::sum(matrix, d);
      for (std::size_t i = 0; i < d; row += ++i) {
        for (std::size_t column = 0; column < i; ++column) {
          row[column] = matrix[d + column * (2 * d - column - 1) / 2 + (i - column - 1)];
        }
        row[i] = exp(matrix[i]);
      }
      const T* const first = rows.data() + k * size.matrix();
      priors[k] = Style::dot(first, first, size.matrix()) * 0.5;
    }

    std::vector<T> likelihoods(size.points);
    std::vector<T> terms(size.components);
    std::vector<T> centred(d);
    std::vector<T> scaled(d);
    for (std::size_t p = 0; p < size.points; ++p) {
      const double* const point = points.data() + p * d;
      const T* row = rows.data();
      for (std::size_t k = 0; k < size.components; ++k) {
        for (std::size_t i = 0; i < d; ++i) centred[i] = point[i] - means[k * d + i];
        for (std::size_t i = 0; i < d; row += ++i) scaled[i] = Style::dot(row, centred.data(), i + 1);
        terms[k] = alphas[k] + log_determinants[k] - Style::dot(scaled.data(), scaled.data(), d) * 0.5;
      }
      likelihoods[p] = Style::logsumexp(terms.data(), size.components);
    }
    return Style::sum(likelihoods.data(), size.points) -
           Style::logsumexp(alphas, size.components) * static_cast<double>(size.points) +
           Style::sum(priors.data(), size.components) + constant;
  }

  double by_hand(double* by_alphas, double*) {
    const std::size_t d = size.dimensions;
    const std::size_t components = size.components;
    const double* const alphas = parameters.data();
    const double* const means = alphas + components;
    const double* const matrices = means + components * d;
    double* const by_means = by_alphas + components;
    double* const by_matrices = by_means + components * d;
    double* const diagonals = scratch.data();
    double* const centred = diagonals + components * d;
    double* const scaled = centred + components * d;
    double* const terms = scaled + components * d;
    double* const log_determinants = terms + components;

    double value = constant;
    for (std::size_t k = 0; k < components; ++k) {
      const double* const matrix = matrices + k * size.matrix();
      double* const by_matrix = by_matrices + k * size.matrix();
      log_determinants[k] = 0.0;
      for (std::size_t i = 0; i < d; ++i) {
        const double diagonal = std::exp(matrix[i]);
        diagonals[k * d + i] = diagonal;
        log_determinants[k] += matrix[i];
        value += 0.5 * diagonal * diagonal;
        by_matrix[i] += diagonal * diagonal;
      }
      for (std::size_t i = d; i < size.matrix(); ++i) {
        value += 0.5 * matrix[i] * matrix[i];
        by_matrix[i] += matrix[i];
      }
    }

    for (std::size_t p = 0; p < size.points; ++p) {
      const double* const point = points.data() + p * d;
      for (std::size_t k = 0; k < components; ++k) {
        double* const x = centred + k * d;
        double* const q = scaled + k * d;
        for (std::size_t i = 0; i < d; ++i) x[i] = point[i] - means[k * d + i];
        multiply(diagonals + k * d, matrices + k * size.matrix() + d, x, d, q);
        double norm = 0.0;
        for (std::size_t i = 0; i < d; ++i) norm += q[i] * q[i];
        terms[k] = alphas[k] + log_determinants[k] - 0.5 * norm;
      }
      const double likelihood = logsumexp_by_hand(terms, components);
      value += likelihood;
      for (std::size_t k = 0; k < components; ++k) {
        const double weight = std::exp(terms[k] - likelihood);
        by_alphas[k] += weight;
        add_component(k, weight, centred + k * d, scaled + k * d, diagonals + k * d, by_means + k * d,
                      by_matrices + k * size.matrix());
      }
    }

    const auto count = static_cast<double>(size.points);
    const double normalizer = logsumexp_by_hand(alphas, components);
    for (std::size_t k = 0; k < components; ++k) by_alphas[k] -= count * std::exp(alphas[k] - normalizer);
    return value - count * normalizer;
  }

  /// Adds `weight` times the gradient of one component's term at one point, where q = Q x.
  void add_component(std::size_t k, double weight, const double* x, const double* q, const double* diagonal,
                     double* by_mean, double* by_matrix) const {
    const std::size_t d = size.dimensions;
    const double* below = parameters.data() + size.components * (1 + d) + k * size.matrix() + d;
    double* by_below = by_matrix + d;
    for (std::size_t i = 0; i < d; ++i) by_matrix[i] += weight * (1.0 - diagonal[i] * x[i] * q[i]);
    for (std::size_t column = 0; column < d; ++column) {
      double by_x = diagonal[column] * q[column];
      const double weighted = weight * x[column];
      for (std::size_t row = column + 1; row < d; ++row) {
        by_x += *below++ * q[row];
        *by_below++ -= weighted * q[row];
      }
      by_mean[column] += weight * by_x;
    }
  }
};

}  // namespace

std::vector<Workload> mixture(bool smoke) {
  const Sizes size{10, 5, smoke ? std::size_t{20} : std::size_t{1000}};
  const std::size_t operations = size.points * size.components * 150;
  const Mixture<OneByOne> one_by_one(size);
  const Mixture<Reductions> reductions(size);
  std::vector<Workload> rows;
  rows.push_back({"E4",
                  "Gaussian mixture, dot and logsumexp",
                  4.5,
                  4.0,
                  1,
                  by_hand(one_by_one),
                  on_smolgrad(reductions),
                  on_peers(one_by_one, operations),
                  {}});
  rows.push_back({"E4-plain",
                  "the same, one operation at a time",
                  unbounded,
                  unbounded,
                  1,
                  by_hand(one_by_one),
                  on_smolgrad(one_by_one),
                  {},
                  {}});
  return rows;
}

}  // namespace bench

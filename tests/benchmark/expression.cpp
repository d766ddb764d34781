// E1: the expression of micrograd's README, two inputs and about 30 operations. So small that what a recording costs
// besides its operations shows.
#include "program.hpp"

namespace bench {

namespace {

struct Expression {
  static constexpr std::size_t inputs = 2;
  std::array<double, inputs> input{};
  std::vector<double> parameters;

  void move_to(double shift) { input = {-4.0 + shift, 2.0 - shift}; }

  template <class T>
  T operator()(const T*, const T* x) const {
    const T& a = x[0];
    const T& b = x[1];
    T c = a + b;
    T d = a * b + pow(b, 3.0);
    c += c + 1.0;
    c += 1.0 + c + (-a);
    d += d * 2.0 + relu(b + a);
    d += 3.0 * d + relu(b - a);
    T e = c - d;
    T f = pow(e, 2.0);
    T g = f / 2.0;
    g += 10.0 / f;
    return g;
  }

  double by_hand(double*, double* gradient) const {
    const double a = input[0];
    const double b = input[1];
    const double c0 = a + b;
    const double d0 = a * b + b * b * b;
    const double c1 = c0 + (c0 + 1.0);
    const double c2 = c1 + (1.0 + c1 + (-a));
    const double sum = b + a;
    const double d1 = d0 + (d0 * 2.0 + (sum > 0.0 ? sum : 0.0));
    const double difference = b - a;
    const double d2 = d1 + (3.0 * d1 + (difference > 0.0 ? difference : 0.0));
    const double e = c2 - d2;
    const double f = e * e;
    const double inverse = 10.0 / f;
    const double g = f / 2.0 + inverse;

    const double by_f = 0.5 - inverse / f;
    const double by_e = by_f * 2.0 * e;
    const double by_c2 = by_e;
    const double by_d2 = -by_e;
    const double by_difference = difference > 0.0 ? by_d2 : 0.0;
    const double by_d1 = by_d2 * 4.0;
    const double by_sum = sum > 0.0 ? by_d1 : 0.0;
    const double by_d0 = by_d1 * 3.0;
    const double by_c0 = by_c2 * 4.0;
    gradient[0] = by_c0 + by_d0 * b + by_sum - by_difference - by_c2;
    gradient[1] = by_c0 + by_d0 * (a + 3.0 * b * b) + by_sum + by_difference;
    return g;
  }
};

}  // namespace

std::vector<Workload> expression(bool) {
  constexpr std::size_t operations = 30;
  const Expression problem;
  std::vector<Workload> rows;
  rows.push_back({"E1",
                  "micrograd's README expression",
                  25.0,
                  unbounded,
                  1,
                  by_hand(problem),
                  on_smolgrad(problem),
                  on_peers(problem, operations),
                  {24.70408163265306, 138.83381924198252, 645.5772594752186}});
  return rows;
}

}  // namespace bench

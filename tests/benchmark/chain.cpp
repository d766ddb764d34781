// E3: a chain of ten million multiplications and additions in turn, x = x * y; x = x + z. So long that memory matters:
// how many bytes an operation takes, and that its gradient is found without recursion.
#include <fmt/format.h>

#include <cstdio>

#include "program.hpp"

#ifdef __linux__
#include <unistd.h>
#endif

namespace bench {

namespace {

enum class Style { new_value, in_place };

template <Style style>
struct Chain {
  static constexpr std::size_t inputs = 3;
  std::array<double, inputs> input{};
  std::vector<double> parameters;
  std::size_t pairs;
  std::vector<double> before_product;  // of the hand-written program: x, as the derivative by y needs it

  explicit Chain(std::size_t operations) : pairs(operations / 2) {}

  // x stays near 1, and so does its adjoint.
  void move_to(double shift) { input = {1.0 + shift, 1.0 - 1e-7, 1e-7}; }

  template <class T>
  T operator()(const T*, const T* start) const {
    T x = start[0];
    const T& y = start[1];
    const T& z = start[2];
    for (std::size_t i = 0; i < pairs; ++i) {
      if constexpr (style == Style::new_value) {
        x = x * y;
        x = x + z;
      } else {
        x *= y;
        x += z;
      }
    }
    return x;
  }

  double by_hand(double*, double* gradient) {
    before_product.resize(pairs);  // the first time
    double x = input[0];
    const double y = input[1];
    const double z = input[2];
    for (std::size_t i = 0; i < pairs; ++i) {
      before_product[i] = x;
      x = x * y;
      x = x + z;
    }
    double by_x = 1.0;
    double by_y = 0.0;
    double by_z = 0.0;
    for (std::size_t i = pairs; i-- > 0;) {
      by_z += by_x;
      by_y += by_x * before_product[i];
      by_x *= y;
    }
    gradient[0] = by_x;
    gradient[1] = by_y;
    gradient[2] = by_z;
    return x;
  }
};

std::size_t length(bool smoke) { return smoke ? 10'000 : 10'000'000; }

/// What the process holds in memory; 0 where that is not known.
double resident_bytes() {
#ifdef __linux__
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0.0;
  long total = 0;
  long resident = 0;
  if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
#else
  return 0.0;
#endif
}

}  // namespace

std::vector<Workload> chain(bool smoke) {
  const std::size_t operations = length(smoke);
  const Chain<Style::new_value> new_value(operations);
  const Chain<Style::in_place> in_place(operations);
  std::vector<Workload> rows;
  rows.push_back({"E3",
                  "chain of 10^7, x = x * y, an operation",
                  8.0,
                  6.0,
                  operations,
                  by_hand(new_value),
                  on_smolgrad(new_value),
                  on_peers(new_value, operations),
                  {}});
  rows.push_back(
      {"E3-in-place", "the same, x *= y", 8.0, 6.0, operations, by_hand(new_value), on_smolgrad(in_place), {}, {}});
  return rows;
}

void print_chain_memory(bool smoke) {
  const auto operations = static_cast<double>(length(smoke));
  Chain<Style::new_value> problem(length(smoke));
  problem.move_to(0.0);
  smolgrad::Tape tape;
  const std::vector<smolgrad::Value> leaves = tape.values({problem.input.begin(), problem.input.end()});
  const double before = resident_bytes();
  const smolgrad::Value x = problem(leaves.data(), leaves.data());
  const double recorded = resident_bytes() - before;
  const std::size_t recorded_on_tape = tape.memory_bytes();
  x.backward();
  const double swept = resident_bytes() - before;
  const std::size_t swept_on_tape = tape.memory_bytes();
  fmt::print("\nE3, bytes an operation     recorded  with gradients\n");
  fmt::print("  resident memory          {:8.1f}  {:14.1f}\n", recorded / operations, swept / operations);
  fmt::print("  Tape::memory_bytes()     {:8.1f}  {:14.1f}\n", static_cast<double>(recorded_on_tape) / operations,
             static_cast<double>(swept_on_tape) / operations);
  fmt::print("  must                           36              44\n");
}

}  // namespace bench

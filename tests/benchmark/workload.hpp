// What a workload is: one computation with its gradient, written by hand, recorded by smolgrad and, where they are
// installed, recorded by other libraries. The hand-written program is the unit that everything else is measured in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace bench {

/// One way to compute a workload.
class Program {
 public:
  virtual ~Program() = default;
  /// The value and then its gradient, by the inputs and by the parameters, at the workload's fixed point.
  virtual std::vector<double> gradient() = 0;
  /// Computes value and gradient `iterations` times at slightly different points; a sum that depends on all of them.
  virtual double run(std::size_t iterations) = 0;
};

struct Peer {
  const char* name;
  std::unique_ptr<Program> program;  // null: cannot express the workload
};

struct Workload {
  std::string name;
  std::string what;
  double must;  // times the hand-written program's time; NaN: no such bound
  double goal;
  std::size_t parts;  // times are printed divided by this: an evaluation may be many operations
  std::unique_ptr<Program> by_hand;
  std::unique_ptr<Program> smolgrad;
  std::vector<Peer> peers;
  std::vector<double> published;  // what others say the value and the gradient are; may be empty
  double tolerance = 1e-12;
};

constexpr double unbounded = std::numeric_limits<double>::quiet_NaN();

// Each returns its rows of the table. `smoke` asks for sizes that take no time.
std::vector<Workload> expression(bool smoke);
std::vector<Workload> mlp(bool smoke);
std::vector<Workload> chain(bool smoke);
std::vector<Workload> mixture(bool smoke);
std::vector<Workload> black_scholes(bool smoke);
std::vector<Workload> batch(bool smoke);
std::vector<Workload> inference(bool smoke);
std::vector<Workload> moons(bool smoke);
std::vector<Workload> online(bool smoke);
std::vector<Workload> epoch(bool smoke);
std::vector<Workload> digits(bool smoke);

/// Prints what an operation of the chain costs in memory.
void print_chain_memory(bool smoke);

/// Prints how long training on the digits takes, and how well it works.
void print_digits(bool smoke);

/// Prints how long compiling takes.
void print_compilation(bool smoke);
/// Prints after how many evaluations of a formula of sixty operations compiling it is repaid.
void print_repayment(bool smoke);

/// The least of some times that an action took, in seconds.
template <class Action>
double least_seconds(std::size_t repetitions, Action action) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    action();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

/// What `pointer` leads to may be read and changed here, as far as the compiler knows.
inline void escape(void* pointer) {
#if defined(__GNUC__)
  asm volatile("" : : "g"(pointer) : "memory");
#else
  static void* volatile escaped;
  escaped = pointer;
#endif
}

/// The same numbers everywhere: the distributions of the standard library differ from one to the next.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// In [0, 1).
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// By Box and Muller, one of each pair.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace bench

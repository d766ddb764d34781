// See measure.hpp.
#include "measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace bench {

namespace {

/// Much cancels in an entry far below the largest, so its error is measured against this much of the largest.
constexpr double small_beside_largest = 1e-3;

bool agree(const Workload& workload, const char* who, const std::vector<double>& expected,
           const std::vector<double>& actual) {
  if (expected.size() != actual.size()) {
    fmt::print(stderr, "{}: {} has {} numbers, not {}\n", workload.name, who, actual.size(), expected.size());
    return false;
  }
  double largest = 0.0;
  for (const double number : expected) largest = std::max(largest, std::abs(number));
  bool equal = true;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = std::max(std::abs(expected[i]), largest * small_beside_largest);
    const double error = std::abs(actual[i] - expected[i]);
    if (error <= workload.tolerance * scale) continue;
    fmt::print(stderr, "{}: {} finds {} for {}, by hand it is {}\n", workload.name, who, actual[i],
               i == 0 ? "the value" : fmt::format("derivative {}", i - 1), expected[i]);
    equal = false;
  }
  return equal;
}

/// The table's last columns.
const std::vector<std::string>& peer_names() {
  static const std::vector<std::string> names{
#ifdef SMOLGRAD_BENCHMARK_ADOLC
      "ADOL-C",
#endif
#ifdef SMOLGRAD_BENCHMARK_SACADO
      "Sacado",
#endif
#ifdef SMOLGRAD_BENCHMARK_FANN
      "FANN",
#endif
#ifdef SMOLGRAD_BENCHMARK_TORCH
      "libtorch",
#endif
  };
  return names;
}

volatile double sink;  // so that what is computed counts as used

double seconds_for(Program& program, std::size_t iterations) {
  const auto start = std::chrono::steady_clock::now();
  sink = program.run(iterations);
  const auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double>(end - start).count();
}

/// A program in its turn.
struct Turn {
  Program* program;
  std::size_t iterations = 1;
  std::vector<double> times;   // for one evaluation, a round each
  std::vector<double> ratios;  // to the first turn of the round

  explicit Turn(Program* runs) : program(runs) {}

  /// Warms up and finds how often to evaluate in a round.
  void prepare(double seconds) {
    while (seconds_for(*program, iterations) < seconds) iterations *= 2;
  }
  double take() {
    times.push_back(seconds_for(*program, iterations) / static_cast<double>(iterations));
    return times.back();
  }
};

double median(std::vector<double> numbers) {
  if (numbers.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

std::string times(double ratio) {
  if (std::isnan(ratio)) return "-";
  return ratio < 99.95 ? fmt::format("{:.1f}", ratio) : fmt::format("{:.0f}", ratio);
}

std::string verdict(const Workload& workload, double ratio) {
  if (std::isnan(workload.must)) return "";
  if (ratio > workload.must) return "too slow";
  return std::isnan(workload.goal) || ratio <= workload.goal ? "good" : "within must";
}

}  // namespace

bool gradients_agree(Workload& workload) {
  const std::vector<double> expected = workload.by_hand->gradient();
  bool equal = agree(workload, "smolgrad", expected, workload.smolgrad->gradient());
  if (!workload.published.empty()) equal &= agree(workload, "the literature", expected, workload.published);
  for (const Peer& peer : workload.peers) {
    if (peer.program != nullptr) equal &= agree(workload, peer.name, expected, peer.program->gradient());
  }
  return equal;
}

Measurement measure(Workload& workload, const Rounds& rounds) {
  std::vector<Turn> turns{Turn(workload.by_hand.get()), Turn(workload.smolgrad.get())};
  for (const Peer& peer : workload.peers) turns.emplace_back(peer.program.get());
  for (Turn& turn : turns) {
    if (turn.program != nullptr) turn.prepare(rounds.seconds);
  }
  for (std::size_t round = 0; round < rounds.count; ++round) {
    const double by_hand = turns[0].take();
    for (Turn& turn : turns) {
      if (&turn != &turns[0] && turn.program != nullptr) turn.ratios.push_back(turn.take() / by_hand);
    }
  }
  Measurement measurement{median(turns[0].times), median(turns[1].times), median(turns[1].ratios), {}};
  for (std::size_t i = 2; i < turns.size(); ++i) measurement.peer_ratios.push_back(median(turns[i].ratios));
  return measurement;
}

void print_header() {
  fmt::print("Times are for value and gradient; ratios are to the hand-written program.\n\n");
  fmt::print("{:<12}{:<40}{:>12}{:>13}{:>7}{:>6}{:>6}  {:<11}", "workload", "", "hand ns", "smolgrad ns", "ratio",
             "must", "goal", "");
  for (const std::string& name : peer_names()) fmt::print("{:>9}", name);
  fmt::print("\n");
  std::fflush(stdout);
}

void print_row(const Workload& workload, const Measurement& measurement) {
  const double to_printed = 1e9 / static_cast<double>(workload.parts);
  fmt::print("{:<12}{:<40}{:>12.2f}{:>13.2f}{:>7.2f}{:>6}{:>6}  {:<11}", workload.name, workload.what,
             measurement.by_hand * to_printed, measurement.smolgrad * to_printed, measurement.ratio,
             times(workload.must), times(workload.goal), verdict(workload, measurement.ratio));
  for (const std::string& name : peer_names()) {
    double ratio = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < workload.peers.size(); ++i) {
      if (workload.peers[i].name == name) ratio = measurement.peer_ratios[i];
    }
    fmt::print("{:>9}", times(ratio));
  }
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace bench

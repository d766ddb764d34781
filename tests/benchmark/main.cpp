// The benchmark program: checks every workload's gradient, then prints one table of times against hand-written
// programs.
//
//   smolgrad_benchmark                 all workloads
//   smolgrad_benchmark --filter E3     those whose name contains E3
//   smolgrad_benchmark --smoke         small sizes and one short round: does it run, are the gradients right?
//
// Exits with 1 if a gradient is wrong or nothing was selected, and never because of a time.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

#include "measure.hpp"

namespace {

/// Returns whether there was something to run and all gradients are right. Workloads are made one after another, so
/// that none runs in memory that another still holds.
bool run(const std::string& filter, bool smoke) {
  const bench::Rounds rounds = smoke ? bench::Rounds{1, 0.0} : bench::Rounds{25, 0.02};
  const auto selected = [&](const std::string& name) { return name.find(filter) != std::string::npos; };
  std::vector<bench::Workload> (*const makers[])(bool) = {
      bench::expression, bench::mlp,   bench::chain,  bench::mixture, bench::black_scholes, bench::batch,
      bench::inference,  bench::moons, bench::online, bench::epoch,   bench::digits};
  bool right = true;
  bool found = false;
  if (smoke) fmt::print("A smoke test: the gradients count, the times mean nothing.\n");
  bench::print_header();
  for (const auto& make : makers) {
    for (bench::Workload& workload : make(smoke)) {
      if (!selected(workload.name)) continue;
      found = true;
      if (bench::gradients_agree(workload)) {
        bench::print_row(workload, bench::measure(workload, rounds));
      } else {
        right = false;
      }
    }
  }
  if (selected("E3")) bench::print_chain_memory(smoke);
  if (selected("T5")) bench::print_digits(smoke);
  if (selected("F4")) {
    bench::print_compilation(smoke);
    found = true;
  }
  if (!found) fmt::print(stderr, "no workload's name contains '{}'\n", filter);
  return right && found;
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  bool smoke = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--smoke") {
      smoke = true;
    } else if (argument == "--filter" && i + 1 < argc) {
      filter = argv[++i];
    } else {
      fmt::print(stderr, "usage: {} [--smoke] [--filter NAME]\n", argv[0]);
      return 2;
    }
  }
  try {
    return run(filter, smoke) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

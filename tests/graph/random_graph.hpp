// Graphs of random programs.
#pragma once

#include "function/random_program.hpp"
#include "function/trace.hpp"
#include "interpret.hpp"

namespace smolgrad::test {

struct RandomGraph {
  RandomProgram program;
  Graph graph;
  std::vector<double> inputs, shared;

  RandomGraph(std::uint64_t seed, std::size_t size) {
    Generator generator(seed);
    program = generator.generate(3, 6, size, 4);
    Tape tape;
    const TapeScope scope(tape);
    const Values x = tape.values(std::vector<double>(3, 0.5)), a = tape.values(std::vector<double>(6, 0.5));
    graph = function::trace(x, a, program.formula()(x, a));
    inputs = generator.numbers(3);
    shared = generator.numbers(6);
  }
};

}  // namespace smolgrad::test

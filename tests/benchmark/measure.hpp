// Measuring: the gradients are compared first, then all programs of a workload take turns, and what is reported is the
// median over the rounds. A ratio is taken within a round, where clock and caches are as equal as they get.
#pragma once

#include "workload.hpp"

namespace bench {

struct Measurement {
  double by_hand;  // seconds for one evaluation
  double smolgrad;
  double ratio;                     // smolgrad over by_hand
  std::vector<double> peer_ratios;  // as in Workload::peers; NaN for a null program
};

struct Rounds {
  std::size_t count;
  double seconds;  // at least, for each program's turn in a round
};

/// Prints what differs and returns false unless all programs agree on the value and on every derivative.
bool gradients_agree(Workload& workload);

Measurement measure(Workload& workload, const Rounds& rounds);

void print_header();
void print_row(const Workload& workload, const Measurement& measurement);

}  // namespace bench

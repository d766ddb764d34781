// The training workloads on other libraries, each in a file of its own that is compiled where the library is installed.
#pragma once

#include "training.hpp"

namespace bench {

#ifdef SMOLGRAD_BENCHMARK_FANN
/// T2.
std::unique_ptr<Program> online_by_fann(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, const std::vector<double>& first, const Course& course);
#endif

}  // namespace bench

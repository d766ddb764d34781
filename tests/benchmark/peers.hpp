// The training workloads on other libraries, each in a file of its own that is compiled where the library is installed.
#pragma once

#include "training.hpp"

namespace bench {

#ifdef SMOLGRAD_BENCHMARK_FANN
/// T2.
std::unique_ptr<Program> online_by_fann(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, const std::vector<double>& first, const Course& course);
#endif

#ifdef SMOLGRAD_BENCHMARK_TORCH
/// T1.
std::unique_ptr<Program> moons_by_torch(const SharedSamples<double>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, double decay, const std::vector<double>& first,
                                        const Course& course);
std::unique_ptr<Program> moons_by_torch(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        double rate, double decay, const std::vector<double>& first,
                                        const Course& course);
/// T3.
std::unique_ptr<Program> epoch_by_torch(const SharedSamples<float>& samples, const std::vector<std::size_t>& sizes,
                                        std::size_t batch_size, double rate, const std::vector<double>& first,
                                        const Course& course);
#endif

}  // namespace bench

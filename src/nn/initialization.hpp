// Initial parameters.
#pragma once

#include <cstddef>
#include <vector>

#include <smolgrad/mlp.hpp>

namespace smolgrad::nn {

/// Of all layers, in the order of MLP's parameters. Throws Error for options and sizes that make no model.
std::vector<double> initial_parameters(std::size_t inputs, const std::vector<std::size_t>& layer_sizes,
                                       const ModelOptions& options);

}  // namespace smolgrad::nn

// A model's inputs come in the right number or not at all.
#pragma once

#include <cstddef>

#include <fmt/compile.h>
#include <smolgrad/error.hpp>

namespace smolgrad::nn {

inline void require_inputs(std::size_t given, std::size_t expected) {
  if (given == expected) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format(FMT_COMPILE("the model takes {} inputs, not {}"), expected, given));
}

}  // namespace smolgrad::nn

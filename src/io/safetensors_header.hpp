// The description at the beginning of a safetensors file: JSON, and what has to be true of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "safetensors.hpp"

namespace smolgrad::io {

struct Header {
  Metadata metadata;
  std::vector<Tensor> tensors;
};

/// Bytes that a number takes; 0 for a type that is not known.
std::size_t dtype_size(std::string_view dtype);

/// The tensors' data is not set. Throws Error, ErrorCode::format, unless they fill the `available` bytes that follow
/// without a gap.
Header parse_header(std::string_view json, std::size_t available, const std::string& path);

/// Of tensors whose bytes follow one another in this order. Writes down whatever it is given; parse_header knows
/// whether it is right.
std::string to_json(const Header& header);

}  // namespace smolgrad::io

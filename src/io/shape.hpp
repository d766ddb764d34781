// Shapes of arrays: how many numbers that is, if it can be, and how to write it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace smolgrad::io {

/// The product; nothing if it, or that of the dimensions other than 0, does not fit.
inline std::optional<std::size_t> element_count(const std::vector<std::size_t>& shape) {
  std::size_t product = 1;
  bool empty = false;
  for (const std::size_t dimension : shape) {
    if (dimension == 0) {
      empty = true;
      continue;
    }
    if (product > SIZE_MAX / dimension) return std::nullopt;
    product *= dimension;
  }
  return empty ? 0 : product;
}

/// As in JSON: [2,3].
inline std::string to_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const std::size_t dimension : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(dimension);
  }
  return text + ']';
}

}  // namespace smolgrad::io

// A sheet of small grey images, enlarged, each with two lines below it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "picture.hpp"

struct Tile {
  std::vector<double> pixels;  ///< side x side of them, from 0, white, to 1
  std::string first_line;      ///< in capitals
  std::string second_line;
};

inline void draw_sheet(const std::string& path, const std::vector<Tile>& tiles, int side, int columns) {
  constexpr int size = 140, gap = 12, lines = 32, dot = 2;
  const int enlargement = size / side;
  const int rows = std::max(1, (static_cast<int>(tiles.size()) + columns - 1) / columns);
  Picture picture(gap + columns * (size + gap), gap + rows * (size + lines + gap));
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const int left = gap + static_cast<int>(i) % columns * (size + gap);
    const int top = gap + static_cast<int>(i) / columns * (size + lines + gap);
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const double grey = 1.0 - tiles[i].pixels[static_cast<std::size_t>(y * side + x)];
        picture.box(left + x * enlargement, top + y * enlargement, enlargement, enlargement, {grey, grey, grey});
      }
    }
    picture.text(left, top + size + 4, tiles[i].first_line, dot, {0.8, 0.1, 0.1});
    picture.text(left, top + size + 18, tiles[i].second_line, dot, {0.1, 0.3, 0.7});
  }
  picture.write(path);
}

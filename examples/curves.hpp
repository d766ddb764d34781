// Curves over a common axis, drawn as a picture: the ordinate is logarithmic, with a line at each power of ten.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "picture.hpp"

/// Numbers above 0, equally far apart.
struct Curve {
  std::string name;
  Colour colour;
  std::vector<double> values;
};

/// The abscissa goes from 0 to `end`, where the curves end; names are in capitals.
inline void draw_curves(const std::string& path, const std::string& ordinate, const std::string& abscissa, double end,
                        const std::vector<Curve>& curves) {
  constexpr int width = 640, height = 400, left = 70, right = 20, top = 40, bottom = 50, dot = 2;
  constexpr Colour grey{0.85, 0.85, 0.85}, black{0.0, 0.0, 0.0};
  double low = HUGE_VAL, high = 0.0;
  for (const Curve& curve : curves) {
    low = std::min(low, *std::min_element(curve.values.begin(), curve.values.end()));
    high = std::max(high, *std::max_element(curve.values.begin(), curve.values.end()));
  }
  const double floor = std::floor(std::log10(low)), ceiling = std::max(std::ceil(std::log10(high)), floor + 1.0);
  const auto column = [&](double x) { return left + (width - left - right) * x / end; };
  const auto row = [&](double y) {
    return top + (height - top - bottom) * (ceiling - std::log10(y)) / (ceiling - floor);
  };

  Picture picture(width, height);
  for (double power = floor; power <= ceiling; ++power) {
    const double y = std::pow(10.0, power);
    picture.line(left, row(y), width - right, row(y), grey);
    const std::string label = fmt::format("{}", y);
    picture.text(left - 8 - 4 * dot * static_cast<int>(label.size()), static_cast<int>(row(y)) - 4, label, dot, black);
  }
  for (int i = 0; i <= 5; ++i) {
    const double x = end * i / 5;
    picture.line(column(x), top, column(x), height - bottom, grey);
    picture.text(static_cast<int>(column(x)) - 6, height - bottom + 10, fmt::format("{:.0f}", x), dot, black);
  }
  picture.text(left, height - 18, abscissa, dot, black);
  picture.text(left, 14, ordinate, dot, black);
  int x = left + 4 * dot * static_cast<int>(ordinate.size() + 3);
  for (const Curve& curve : curves) {
    picture.text(x, 14, curve.name, dot, curve.colour);
    x += 4 * dot * static_cast<int>(curve.name.size() + 2);
    const double step = end / static_cast<double>(curve.values.size());
    for (std::size_t i = 1; i < curve.values.size(); ++i) {
      picture.line(column(step * static_cast<double>(i)), row(curve.values[i - 1]),
                   column(step * static_cast<double>(i + 1)), row(curve.values[i]), curve.colour);
    }
  }
  picture.write(path);
}

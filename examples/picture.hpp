// A picture, painted by the pixel, in boxes, lines and letters, and written as a PNG file.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <png.h>

/// From 0 to 1 each.
struct Colour {
  double red, green, blue;
};

class Picture {
 public:
  Picture(int width, int height)
      : width_(width),
        height_(height),
        rgb_(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 255) {}

  /// (0, 0) is the upper left corner. Pixels outside are not painted.
  void paint(int x, int y, const Colour& colour) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    unsigned char* const pixel = rgb_.data() + 3 * (static_cast<std::size_t>(y) * width_ + static_cast<std::size_t>(x));
    pixel[0] = static_cast<unsigned char>(255.0 * colour.red);
    pixel[1] = static_cast<unsigned char>(255.0 * colour.green);
    pixel[2] = static_cast<unsigned char>(255.0 * colour.blue);
  }

  void box(int x, int y, int width, int height, const Colour& colour) {
    for (int dy = 0; dy < height; ++dy) {
      for (int dx = 0; dx < width; ++dx) paint(x + dx, y + dy, colour);
    }
  }

  /// Two pixels wide.
  void line(double x0, double y0, double x1, double y1, const Colour& colour) {
    const int steps = static_cast<int>(std::ceil(std::max(std::abs(x1 - x0), std::abs(y1 - y0)))) + 1;
    for (int i = 0; i <= steps; ++i) {
      const double t = static_cast<double>(i) / steps;
      box(static_cast<int>(std::lround(x0 + t * (x1 - x0))), static_cast<int>(std::lround(y0 + t * (y1 - y0))), 2, 2,
          colour);
    }
  }

  /// Digits, capitals and - . : / in boxes of 3 x 5 dots, each `dot` pixels wide, one dot apart.
  void text(int x, int y, const std::string& letters, int dot, const Colour& colour) {
    for (const char letter : letters) {
      const unsigned rows = glyph(letter);
      for (int row = 0; row < 5; ++row) {
        for (int column = 0; column < 3; ++column) {
          if ((rows >> (3 * (4 - row) + 2 - column) & 1U) != 0) box(x + column * dot, y + row * dot, dot, dot, colour);
        }
      }
      x += 4 * dot;
    }
  }

  void write(const std::string& path) const {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width_);
    image.height = static_cast<png_uint_32>(height_);
    image.format = PNG_FORMAT_RGB;
    if (png_image_write_to_file(&image, path.c_str(), 0, rgb_.data(), 0, nullptr) == 0) {
      throw std::runtime_error(path + ": " + image.message);
    }
  }

 private:
  /// An octal digit is a row of three dots.
  static unsigned glyph(char letter) {
    constexpr unsigned digits[] = {075557, 026227, 071747, 071717, 055711, 074717, 074757, 071122, 075757, 075717};
    constexpr unsigned capitals[] = {025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755, 072227,
                                     011152, 055655, 044447, 057755, 065555, 025552, 065644, 025573, 065655,
                                     034216, 072222, 055557, 055552, 055775, 055255, 055222, 071247};
    if (letter >= '0' && letter <= '9') return digits[letter - '0'];
    if (letter >= 'A' && letter <= 'Z') return capitals[letter - 'A'];
    return letter == '-' ? 000700 : letter == '.' ? 000002 : letter == ':' ? 002020 : letter == '/' ? 011244 : 0;
  }

  int width_;
  int height_;
  std::vector<unsigned char> rgb_;
};

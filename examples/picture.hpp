// A square picture, written as a PNG file.
#pragma once

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
  explicit Picture(int side) : side_(side), rgb_(3 * static_cast<std::size_t>(side * side), 255) {}

  /// (0, 0) is the upper left corner. Pixels outside are not painted.
  void paint(int x, int y, const Colour& colour) {
    if (x < 0 || y < 0 || x >= side_ || y >= side_) return;
    unsigned char* const pixel = rgb_.data() + 3 * static_cast<std::size_t>(y * side_ + x);
    pixel[0] = static_cast<unsigned char>(255.0 * colour.red);
    pixel[1] = static_cast<unsigned char>(255.0 * colour.green);
    pixel[2] = static_cast<unsigned char>(255.0 * colour.blue);
  }

  void write(const std::string& path) const {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(side_);
    image.height = static_cast<png_uint_32>(side_);
    image.format = PNG_FORMAT_RGB;
    if (png_image_write_to_file(&image, path.c_str(), 0, rgb_.data(), 0, nullptr) == 0) {
      throw std::runtime_error(path + ": " + image.message);
    }
  }

 private:
  int side_;
  std::vector<unsigned char> rgb_;
};

// How must a robot's arm of two links bend for its hand to follow a circle? Damped least squares for all points of the
// circle at once: the Jacobians of the hand's position come from a Function, one call a step. Draws the arm's poses.
//
// usage: inverse_kinematics picture.png
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <vector>

#include <fmt/format.h>
#include <smolgrad/smolgrad.hpp>

#include "picture.hpp"

using smolgrad::Function;
using smolgrad::Value;

namespace {

using Point = std::array<double, 2>;
using Matrix = std::array<Point, 2>;

constexpr std::size_t points = 96;
constexpr int steps = 8;
constexpr Point links = {1.0, 0.75};

/// From the angles of shoulder and elbow, and the lengths of the links, to where the hand is.
Function compile_hand() {
  const Value shoulder(0.0), elbow(1.0), upper(1.0), lower(1.0);
  const Value direction = shoulder + elbow;
  return Function({shoulder, elbow}, {upper, lower},
                  {upper * cos(shoulder) + lower * cos(direction), upper * sin(shoulder) + lower * sin(direction)});
}

/// Moves the angles by the solution of (JᵀJ + damping) step = Jᵀ error. Damping by the squared error is cautious far
/// from the target and leaves the last steps to Newton's method.
void improve(Point& angles, const Matrix& j, const Point& error) {
  const double damping = error[0] * error[0] + error[1] * error[1];
  const double a = j[0][0] * j[0][0] + j[1][0] * j[1][0] + damping;
  const double b = j[0][0] * j[0][1] + j[1][0] * j[1][1];
  const double d = j[0][1] * j[0][1] + j[1][1] * j[1][1] + damping;
  const double p = j[0][0] * error[0] + j[1][0] * error[1];
  const double q = j[0][1] * error[0] + j[1][1] * error[1];
  const double determinant = a * d - b * b;
  if (determinant == 0.0) return;  // there, on a stretched arm
  angles[0] += (d * p - b * q) / determinant;
  angles[1] += (a * q - b * p) / determinant;
}

std::vector<Point> make_circle() {
  std::vector<Point> circle(points);
  for (std::size_t i = 0; i < points; ++i) {
    const double angle = 2.0 * std::acos(-1.0) * static_cast<double>(i) / points;
    circle[i] = {0.8 + 0.5 * std::cos(angle), 0.6 + 0.5 * std::sin(angle)};
  }
  return circle;
}

constexpr int side = 480;  // pixels of the picture
constexpr double left = -0.4, bottom = -0.9, width = 2.2;

void draw_disc(Picture& picture, const Point& centre, double radius, const Colour& colour) {
  const double x = (centre[0] - left) / width * side;
  const double y = side - (centre[1] - bottom) / width * side;
  for (int row = static_cast<int>(y - radius); row <= y + radius; ++row) {
    for (int column = static_cast<int>(x - radius); column <= x + radius; ++column) {
      if (std::hypot(column + 0.5 - x, row + 0.5 - y) <= radius) picture.paint(column, row, colour);
    }
  }
}

void draw_line(Picture& picture, const Point& from, const Point& to, double radius, const Colour& colour) {
  constexpr int discs = side;
  for (int i = 0; i <= discs; ++i) {
    const double t = static_cast<double>(i) / discs;
    draw_disc(picture, {from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])}, radius, colour);
  }
}

/// Some of the arm's poses, from light to dark, and the path of the hand.
void draw(const std::vector<Point>& angles, const std::vector<Point>& hands, const char* path) {
  Picture picture(side, side);
  for (std::size_t i = 0; i < points; i += 8) {
    const double light = 0.85 * (1.0 - static_cast<double>(i) / points);
    const Point elbow = {links[0] * std::cos(angles[i][0]), links[0] * std::sin(angles[i][0])};
    draw_line(picture, {0.0, 0.0}, elbow, 3.0, {light, light, 1.0});
    draw_line(picture, elbow, hands[i], 2.0, {light, light, 1.0});
    draw_disc(picture, elbow, 5.0, {0.1, 0.2, 0.8});
  }
  for (std::size_t i = 0; i < points; ++i)
    draw_line(picture, hands[i], hands[(i + 1) % points], 2.0, {0.85, 0.2, 0.15});
  draw_disc(picture, {0.0, 0.0}, 8.0, {0.0, 0.0, 0.0});
  picture.write(path);
}

bool follow_circle(const char* path) {
  const Function hand = compile_hand();
  const std::vector<Point> targets = make_circle();
  std::vector<Point> angles(points, {0.0, 1.5});
  std::vector<Point> hands(points);
  std::vector<Matrix> jacobians(points);
  double farthest = 0.0;
  for (int step = 0; step <= steps; ++step) {
    hand.jacobian(points, angles[0].data(), links.data(), hands[0].data(), jacobians[0][0].data());
    farthest = 0.0;
    for (std::size_t i = 0; i < points; ++i) {
      const Point error = {targets[i][0] - hands[i][0], targets[i][1] - hands[i][1]};
      farthest = std::max(farthest, std::hypot(error[0], error[1]));
      if (step < steps) improve(angles[i], jacobians[i], error);
    }
    fmt::print("step {:2}: hands are at most {:.1e} from their targets\n", step, farthest);
  }
  draw(angles, hands, path);
  fmt::print("the poses are drawn in {}\n", path);
  return farthest < 1e-14;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} picture.png\n", argv[0]);
    return 2;
  }
  try {
    return follow_circle(argv[1]) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

// A canvas of Braille dots, two across and four down in each character, and the round steps of an axis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace berth {

class DotCanvas {
 public:
  static constexpr std::size_t kDotsAcross = 2, kDotsDown = 4;  // of a character

  /// In characters.
  DotCanvas(std::size_t width, std::size_t height) : width_(width), height_(height), dots_(width * height) {}

  std::size_t across() const { return width_ * kDotsAcross; }
  std::size_t up() const { return height_ * kDotsDown; }
  /// The row of a value between 0 and `most`, counted from below.
  std::size_t row_of(double value, double most) const;
  /// The dots of column x from one row to another, both included.
  void column(std::size_t x, std::size_t from, std::size_t to);
  bool is_empty(std::size_t x, std::size_t y) const { return dots_[y * width_ + x] == 0; }
  /// The character at x, y from the top left; without `unicode` a point where there is any dot.
  std::string character(std::size_t x, std::size_t y, bool unicode) const;

 private:
  std::size_t width_, height_;
  std::vector<std::uint8_t> dots_;
};

/// 1, 2 or 5 times a power of ten, so that about `ticks` of them fill the range.
double round_step(double range, double ticks);

}  // namespace berth

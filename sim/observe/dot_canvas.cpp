#include "sim/observe/dot_canvas.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

namespace {

constexpr std::uint8_t kDots[DotCanvas::kDotsDown][DotCanvas::kDotsAcross] = {  // as Unicode numbers them
    {0x01, 0x08},
    {0x02, 0x10},
    {0x04, 0x20},
    {0x40, 0x80}};

}  // namespace

std::size_t DotCanvas::row_of(double value, double most) const {
  const auto highest = static_cast<double>(up() - 1);
  return static_cast<std::size_t>(std::clamp(value / most, 0.0, 1.0) * highest + 0.5);
}

void DotCanvas::column(std::size_t x, std::size_t from, std::size_t to) {
  for (std::size_t at = std::min(from, to); at <= std::max(from, to); ++at) {
    const std::size_t down = up() - 1 - at;
    dots_[down / kDotsDown * width_ + x / kDotsAcross] |= kDots[down % kDotsDown][x % kDotsAcross];
  }
}

std::string DotCanvas::character(std::size_t x, std::size_t y, bool unicode) const {
  const std::uint8_t dots = dots_[y * width_ + x];
  if (dots == 0) return " ";
  if (!unicode) return ".";
  return {'\xe2', static_cast<char>(0xa0 | (dots >> 6)), static_cast<char>(0x80 | (dots & 0x3f))};  // U+2800 + dots
}

double round_step(double range, double ticks) {
  const double magnitude = std::pow(10, std::floor(std::log10(range / ticks)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * magnitude * ticks >= range) return factor * magnitude;
  return 10 * magnitude;
}

}  // namespace berth

// A measured and a simulated curve in one frame of text: a line of Braille dots, and a ring at each measured point.
#pragma once

#include <cstddef>
#include <string>

#include "sim/observe/curve.hpp"

namespace berth {

struct ChartSize {
  std::size_t width = 100, height = 14;  ///< characters, with the labels of both axes
};

/// Without `unicode` it is drawn with what every terminal has. Every line ends with a newline.
std::string curve_chart(const Curve& measured, const Curve& simulated, bool unicode, ChartSize size = {});

}  // namespace berth

// A load over time as text: in each column of dots all values of its stretch of time, from the least to the most.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

struct LoadPicture {
  const std::vector<double>& values;  ///< NaN: nothing is drawn
  Instant start{};
  Duration interval{0};
  double most = 0;  ///< at the top; 0: the largest value
};

/// `width` and `height` in characters, with the labels of both axes. Without `unicode` it is drawn with what every
/// terminal has. Every line ends with a newline.
std::string load_chart(const LoadPicture& picture, bool unicode, std::size_t width = 100, std::size_t height = 12);

}  // namespace berth

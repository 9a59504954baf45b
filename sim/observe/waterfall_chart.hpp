// Bars under each other on one scale of time: a label, the bar, how long it took, and a word behind it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

/// "41.3 s"
std::string seconds_text(Duration d);

class WaterfallChart {
 public:
  /// The bars span [from, to]; lines are at most `width` columns. `label`: the longest one of those that matter.
  WaterfallChart(Time from, Time to, std::size_t width, std::size_t label);

  /// One line: begin, its spans, of which later ones are drawn over earlier ones, end.
  void begin(std::string label);
  /// At least one cell; nothing where `from` never came or nothing is between.
  void span(Time from, Time to, const char* mark);
  /// `right` is a path, shown by its end where it is too long.
  void end(Duration took, const std::string& right);
  /// The same with words, cut where they are too long.
  void note(Duration took, const std::string& right);

  const std::string& text() const { return text_; }

 private:
  void line(Duration took, const std::string& right);
  std::size_t cell(Time t) const;

  Time from_;
  Duration whole_;
  std::size_t label_, bar_, right_;  // columns
  std::string label_text_, text_;
  std::vector<const char*> cells_;
};

}  // namespace berth

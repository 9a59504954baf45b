// The text of a comparison: a label and one cell an architecture in each row, and which rows say the same everywhere.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/observe/summary.hpp"

namespace berth {

constexpr std::size_t kLabelWidth = 26, kColumnWidth = 14, kTableWidth = 100;
/// Of one run each there is no interval: figures closer than this are called equal. Request latencies are read off
/// buckets that are 3 % wide.
constexpr double kSame = 0.01, kSameLatency = 0.03;

using Figure = std::function<std::optional<double>(const Summary&)>;
using Shown = std::function<std::string(const Summary&)>;

/// Thousands separated, no decimals.
std::string counted(double n);
/// Three figures or so: 0.042, 4.20, 42.0, 420.
std::string figures(double v);
/// Seconds, minutes or hours, whatever reads best.
std::string time_text(double s);

class TableText {
 public:
  explicit TableText(std::span<const Summary> summaries) : summaries_(summaries) {}

  void heading();
  void section(std::string_view name);
  /// A row of texts; a "-" where there is nothing to say.
  void row(std::string_view label, const Shown& shown);
  /// A row of numbers, compared for "no difference seen".
  void row(std::string_view label, const Figure& figure, std::string (*shown)(double), double same = kSame);
  /// "mean / max", "p50 / p99": two numbers in a cell.
  void pair(std::string_view label, const Figure& first, const Figure& second, std::string (*shown)(double),
            double same = kSame);
  void hosting(const std::map<std::string, std::size_t>& notes);

  const std::string& text() const { return text_; }
  const std::vector<std::string>& equal_rows() const { return equal_; }

 private:
  void cell(std::string text);
  void compare(std::string_view label, const std::vector<Figure>& all, double same);

  std::span<const Summary> summaries_;
  std::string text_;
  std::vector<std::string> equal_;
};

/// Words in lines of at most `width`; every line after the first begins with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width = kTableWidth);
/// Words behind `head`; every further line begins below the first of them.
std::string wrapped_behind(const std::string& head, const std::string& text, std::size_t width);
/// At most `width` characters, with " ..." where some are missing.
std::string shortened(const std::string& text, std::size_t width);

}  // namespace berth

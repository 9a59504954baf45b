#include "sim/observe/curve_chart.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "sim/observe/dot_canvas.hpp"
#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

constexpr std::size_t kScaleWidth = 7;  // "  3,500"
constexpr std::size_t kRingsApart = 3;  // characters, so that the line is seen between them

/// Seconds up to ten minutes, then whole minutes.
double time_step(double range_s) { return range_s <= 600 ? round_step(range_s, 6) : 60 * round_step(range_s / 60, 6); }

std::string time_label(double t_s, double range_s) {
  return range_s <= 600 ? fmt::format("{:g} s", t_s) : fmt::format("{:g} min", t_s / 60);
}

class Canvas {
 public:
  Canvas(std::size_t width, std::size_t height, double end_s, double most)
      : width_(width), height_(height), end_s_(end_s), most_(most), dots_(width, height), rings_(width * height) {}

  /// One dot for each step across, and those between it and the dot before.
  void line(const Curve& curve) {
    std::size_t last = 0;
    for (std::size_t x = 0; x < dots_.across(); ++x) {
      const double t_s = end_s_ * static_cast<double>(x) / static_cast<double>(dots_.across() - 1);
      const std::size_t y = dots_.row_of(count_at(curve, t_s), most_);
      dots_.column(x, x == 0 ? y : last, y);
      last = y;
    }
  }

  void rings(const Curve& curve) {
    std::size_t last = width_;
    for (const auto& [t_s, count] : curve) {
      const auto x = static_cast<std::size_t>(t_s / end_s_ * static_cast<double>(width_ - 1) + 0.5);
      if (last != width_ && x < last + kRingsApart) continue;
      rings_[(height_ - 1 - dots_.row_of(count, most_) / DotCanvas::kDotsDown) * width_ + x] = true;
      last = x;
    }
  }

  std::string row(std::size_t y, bool unicode) const {
    std::string text;
    for (std::size_t x = 0; x < width_; ++x)
      text += rings_[y * width_ + x] ? (unicode ? "○" : "o") : dots_.character(x, y, unicode);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }

 private:
  std::size_t width_, height_;
  double end_s_, most_;
  DotCanvas dots_;
  std::vector<bool> rings_;
};

std::string time_axis(std::size_t width, double end_s) {
  std::string labels(kScaleWidth + width + 2, ' ');
  const double step = time_step(end_s);
  for (double t = 0; t <= end_s; t += step) {
    const std::string label = time_label(t, end_s);
    const auto at = kScaleWidth + 1 + static_cast<std::size_t>(t / end_s * static_cast<double>(width - 1) + 0.5);
    if (at + label.size() <= labels.size()) labels.replace(at, label.size(), label);
  }
  while (labels.back() == ' ') labels.pop_back();
  return labels + "\n";
}

}  // namespace

std::string curve_chart(const Curve& measured, const Curve& simulated, bool unicode, ChartSize size) {
  const auto highest = [](const Curve& curve) {
    double most = 1;
    for (const auto& [t, count] : curve) most = std::max(most, count);
    return most;
  };
  const std::size_t width = size.width - kScaleWidth - 2, height = size.height - 2;
  const double most = std::max(highest(measured), highest(simulated));
  const double end_s = std::max({measured.back().first, simulated.back().first, 1.0});
  Canvas canvas(width, height, end_s, most);
  canvas.line(simulated);
  canvas.rings(measured);

  std::string text;
  const double step = round_step(most, 4);
  double label = std::floor(most / step) * step;
  for (std::size_t y = 0; y < height; ++y) {
    // The label of the highest round number that lies in this row.
    const double low = most * static_cast<double>(height - 1 - y) / static_cast<double>(height);
    const bool labelled = label > 0 && label >= low;
    text += fmt::format("{:>{}} {}{}\n", labelled ? counted(label) : "", kScaleWidth - 1,
                        unicode ? (labelled ? "┤" : "│") : (labelled ? "+" : "|"), canvas.row(y, unicode));
    while (labelled && label > 0 && label >= low) label -= step;
  }
  text += fmt::format("{:>{}} {}", 0, kScaleWidth - 1, unicode ? "└" : "+");
  for (std::size_t x = 0; x < width; ++x) text += unicode ? "─" : "-";
  return text + "\n" + time_axis(width, end_s);
}

}  // namespace berth

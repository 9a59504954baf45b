#include "sim/observe/load_chart.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/observe/dot_canvas.hpp"
#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

constexpr std::size_t kLabels = 8;  // "229,426 ", "0.0042 "

/// The values of each column of dots as one upright line; it reaches to the one before, so that the load is one line.
void draw_values(const LoadPicture& picture, double most, DotCanvas& canvas) {
  const std::size_t n = picture.values.size();
  bool joined = false;
  std::size_t low_before = 0, high_before = 0;
  for (std::size_t x = 0; x < canvas.across(); ++x) {
    const std::size_t first = x * n / canvas.across(), last = std::max(first + 1, (x + 1) * n / canvas.across());
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i = first; i < last && i < n; ++i)
      if (!std::isnan(picture.values[i]))
        low = std::min(low, picture.values[i]), high = std::max(high, picture.values[i]);
    if (low > high) {
      joined = false;
      continue;
    }
    std::size_t from = canvas.row_of(low, most), to = canvas.row_of(high, most);
    const std::size_t own_low = from, own_high = to;
    if (joined) {
      from = std::min(from, high_before);
      to = std::max(to, low_before);
    }
    canvas.column(x, from, to);
    low_before = own_low;
    high_before = own_high;
    joined = true;
  }
}

/// Seconds, minutes, hours or days, so that eight or so fit.
Duration tick_of(Duration length) {
  constexpr Duration kSteps[] = {1s, 5s, 10s, 30s, 1min, 5min, 10min, 30min, 1h,
                                 3h, 6h, 12h, 24h, 48h,  168h, 336h,  720h};
  for (const Duration step : kSteps)
    if (length / step <= 9) return step;
  return 24h * (length / 24h / 8 + 1);
}

std::string tick_label(Instant t, Duration step) {
  const std::string text = iso8601(t);
  if (step >= 24h) return text.substr(5, 5);
  return step >= 1min ? text.substr(11, 5) : text.substr(11, 8);
}

std::string moments_axis(const LoadPicture& picture, std::size_t width) {
  const Duration length = static_cast<std::int64_t>(picture.values.size()) * picture.interval;
  const Duration step = tick_of(length);
  std::string labels(kLabels + width, ' ');
  const Duration since = picture.start.time_since_epoch();
  Duration first = since / step * step;
  if (first < since) first += step;
  for (Duration t = first; t < since + length; t += step) {
    const std::string label = tick_label(Instant{t}, step);
    const auto at =
        kLabels + static_cast<std::size_t>(seconds(t - since) / seconds(length) * static_cast<double>(width));
    if (at + label.size() <= labels.size()) labels.replace(at, label.size(), label);
  }
  while (!labels.empty() && labels.back() == ' ') labels.pop_back();
  return labels + "\n";
}

std::string value_label(double value) { return value >= 100 ? counted(value) : fmt::format("{:g}", value); }

}  // namespace

std::string load_chart(const LoadPicture& picture, bool unicode, std::size_t width, std::size_t height) {
  double most = picture.most;
  if (!(most > 0))
    for (const double v : picture.values)
      if (!std::isnan(v)) most = std::max(most, v);
  if (!(most > 0)) most = 1;
  const std::size_t across = width - kLabels, down = height - 2;
  DotCanvas canvas(across, down);
  draw_values(picture, most, canvas);
  const double step = round_step(most, 4);
  double label = std::floor(most / step) * step;
  std::string text;
  for (std::size_t y = 0; y < down; ++y) {
    const double low = most * static_cast<double>(down - 1 - y) / static_cast<double>(down);
    const bool labelled = label > step / 2 && label >= low;
    std::string row;
    for (std::size_t x = 0; x < across; ++x) row += canvas.character(x, y, unicode);
    row.erase(row.find_last_not_of(' ') + 1);
    text += fmt::format("{:>{}}{}{}\n", labelled ? value_label(label) : "", kLabels - 1,
                        unicode ? (labelled ? "┤" : "│") : (labelled ? "+" : "|"), row);
    while (label > step / 2 && label >= low) label -= step;
  }
  text += fmt::format("{:>{}}{}", 0, kLabels - 1, unicode ? "└" : "+");
  for (std::size_t x = 0; x < across; ++x) text += unicode ? "─" : "-";
  return text + "\n" + moments_axis(picture, across);
}

}  // namespace berth

#include "sim/observe/waterfall_chart.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth {
namespace {

constexpr std::size_t kLeastLabel = 26, kMostBar = 20, kBetween = 14;  // columns; between: the lines, the seconds

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The first `width` characters, filled up with blanks.
std::string fitted(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t shown = 0;
  for (const char c : text) {
    if ((c & 0xc0) != 0x80 && ++shown > width) return out;
    out += c;
  }
  return out + std::string(width - shown, ' ');
}

/// A path by its end, where it is too long; nothing where even its last part is.
std::string by_its_end(const std::string& path, std::size_t width) {
  if (columns_of(path) <= width) return path;
  std::size_t slash = path.find('/', 1);
  while (slash != std::string::npos && path.size() - slash + 1 > width) slash = path.find('/', slash + 1);
  return slash == std::string::npos ? std::string() : "…" + path.substr(slash);
}

}  // namespace

std::string seconds_text(Duration d) { return fmt::format("{:.1f} s", seconds(d)); }

WaterfallChart::WaterfallChart(Time from, Time to, std::size_t width, std::size_t label)
    : from_(from),
      whole_(std::max(to - from, Duration{1})),
      label_(std::min(std::max(label, kLeastLabel), width * 2 / 5)),
      bar_(std::min(kMostBar, width / 5)),
      right_(width - label_ - bar_ - kBetween) {}

void WaterfallChart::begin(std::string label) {
  label_text_ = std::move(label);
  cells_.assign(bar_, " ");
}

void WaterfallChart::span(Time from, Time to, const char* mark) {
  if (from == kNever || to <= from) return;
  const std::size_t last = std::max(cell(to - Duration{1}), cell(from));
  for (std::size_t i = cell(from); i <= last; ++i) cells_[i] = mark;
}

void WaterfallChart::end(Duration took, const std::string& right) { line(took, by_its_end(right, right_)); }
void WaterfallChart::note(Duration took, const std::string& right) { line(took, fitted(right, right_)); }

void WaterfallChart::line(Duration took, const std::string& right) {
  std::string line = fitted(label_text_, label_) + " |";
  for (const char* c : cells_) line += c;
  line += fmt::format("|{:>9}  {}", seconds_text(took), right);
  while (line.back() == ' ') line.pop_back();
  text_ += line + "\n";
}

std::size_t WaterfallChart::cell(Time t) const {
  const Duration since = std::clamp(t - from_, Duration{0}, whole_ - Duration{1});
  return static_cast<std::size_t>(since.count() * static_cast<Duration::rep>(bar_) / whole_.count());
}

}  // namespace berth

#include "tools/berth/trace_words.hpp"

#include <cmath>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

std::string minute_text(Instant t) { return iso8601(t).substr(0, 16) + "Z"; }

/// What a number of the trace is.
std::string meaning_text(const TraceGrid& grid) {
  const std::string each = say(grid.interval);
  if (!grid.counts.empty()) return fmt::format("a list of {}, counted every {}", grid.counts, each);
  if (!grid.means)
    return fmt::format("numbers every {}, of which nobody says what they mean (means=count, rate, gauge)", each);
  if (*grid.means == Meaning::count) return fmt::format("counts of each {}", each);
  return fmt::format("{} every {}", *grid.means == Meaning::rate ? "mean rates" : "readings", each);
}

std::string figure(double v) { return std::abs(v) >= 1000 ? counted(v) : fmt::format("{:.3g}", v); }

std::string off(double trace, double twin) {
  return trace == 0 ? "" : fmt::format("{:+.0f} %", (twin / trace - 1) * 100);
}

void add_row(std::string& text, const std::string& label, double trace, double twin, const std::string& how_far) {
  text += fmt::format("{:<34}{:>14}{:>14}{:>10}\n", label, figure(trace), figure(twin), how_far);
}

}  // namespace

TraceOptions trace_file_options(const std::string& file, const std::string& options) {
  TraceOptions all;
  all.file = file;
  try {
    set_trace_options(all, options);
  } catch (const InputError& e) {
    InputError::Parts parts = e.parts();
    parts.place = "--options";
    throw InputError(parts);
  }
  return all;
}

void check_width(std::size_t width) {
  if (width >= 40 && width <= 400) return;
  throw InputError({"", "--width", "a width from 40 to 400 characters", fmt::format("{}", width), "write --width 80"});
}

std::string shown_value(const TraceGrid& grid, double value) { return figure(value) + (grid.means ? " /s" : ""); }

std::string trace_heading(const std::string& file, const TraceGrid& grid, const TraceStatistics& s) {
  std::string text = fmt::format("{}\n", shortened(file, kTableWidth));
  text += wrapped(fmt::format("{}, {} to {} ({})", meaning_text(grid), minute_text(grid.start),
                              minute_text(grid.start + grid.length()), say(grid.length())),
                  4);
  if (s.gaps == 0) return text;
  return text +
         wrapped(fmt::format("{} of {} values are missing, in {} gap{}, the longest of {}; they are left out here "
                             "(gaps=zero, gaps=hold)",
                             counted(static_cast<double>(s.missing)), counted(static_cast<double>(grid.values.size())),
                             counted(static_cast<double>(s.gaps)), s.gaps > 1 ? "s" : "",
                             say(static_cast<std::int64_t>(s.longest_gap) * grid.interval)),
                 4);
}

std::string trace_figures(const TraceGrid& grid, const TraceStatistics& s) {
  std::string text = fmt::format("mean {} · median {} · p90 {} · p99 {} · least {}\n", shown_value(grid, s.mean),
                                 figure(s.p50), figure(s.p90), figure(s.p99), figure(s.least));
  text += fmt::format("peak {} at {}, {} times the mean\n", shown_value(grid, s.peak),
                      iso8601(grid.start + static_cast<std::int64_t>(s.peak_at) * grid.interval),
                      s.mean > 0 ? figure(s.peak / s.mean) : "-");
  text += fmt::format("\n{:<26}", "summed up over");
  for (const auto& scale : s.scales) text += fmt::format("{:>10}", say(scale.window));
  text += fmt::format("\n{:<26}", "peak ÷ mean");
  for (const auto& scale : s.scales) text += fmt::format("{:>10}", figure(scale.peak_to_mean));
  text += fmt::format("\n{:<26}", "deviation ÷ mean");
  for (const auto& scale : s.scales) text += fmt::format("{:>10.3f}", scale.variation);
  if (grid.is_count()) {
    text += fmt::format("\n{:<26}", "dispersion (Poisson: 1)");
    for (const auto& scale : s.scales) text += fmt::format("{:>10}", fmt::format("{:.3g}", scale.dispersion));
  }
  text += fmt::format("\n\n{:<26}", "later by");
  for (const auto& lag : s.lags) text += fmt::format("{:>10}", say(lag.lag));
  text += fmt::format("\n{:<26}", "autocorrelation");
  for (const auto& lag : s.lags) text += fmt::format("{:>10.2f}", lag.correlation);
  return text + "\n";
}

std::string twin_figures(const TraceGrid& grid, const TraceStatistics& trace, const TraceStatistics& twin) {
  std::string text = fmt::format("{:<34}{:>14}{:>14}{:>10}\n", grid.means ? "per second" : "", "trace", "twin", "off");
  const auto row = [&](const char* label, double a, double b) { add_row(text, label, a, b, off(a, b)); };
  row("mean", trace.mean, twin.mean);
  row("median", trace.p50, twin.p50);
  row("p90", trace.p90, twin.p90);
  row("p99", trace.p99, twin.p99);
  row("peak", trace.peak, twin.peak);
  for (std::size_t i = 0; i < trace.scales.size() && i < twin.scales.size(); ++i) {
    const auto& a = trace.scales[i];
    const auto& b = twin.scales[i];
    row(fmt::format("deviation ÷ mean over {}", say(a.window)).c_str(), a.variation, b.variation);
  }
  for (std::size_t i = 0; i < trace.lags.size() && i < twin.lags.size(); ++i)
    add_row(text, "autocorrelation after " + say(trace.lags[i].lag), trace.lags[i].correlation,
            twin.lags[i].correlation, fmt::format("{:+.2f}", twin.lags[i].correlation - trace.lags[i].correlation));
  return text;
}

}  // namespace berth

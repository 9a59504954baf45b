#include "tools/berth/validation_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/observe/curve_chart.hpp"
#include "sim/observe/table_text.hpp"

namespace berth {
namespace {

std::string verdict(const Compared& line) {
  const std::string word = line.right() ? "ok" : line.simulated_s < line.low_s ? "too short" : "too long";
  return line.counts ? word : "(" + word + ")";
}

/// From the figure, or from the nearer end of a range when it lies outside.
std::string percent_off(const Compared& line) {
  const double nearest = std::clamp(line.simulated_s, line.stated_low_s, line.stated_high_s);
  const double measured = line.range ? nearest : line.measured_s;
  if (measured <= 0 || std::isinf(line.simulated_s) || (line.range && measured == line.simulated_s)) return "-";
  return fmt::format("{:+.0f} %", (line.simulated_s / measured - 1) * 100);
}

std::string seconds_or_never(double s) { return std::isinf(s) ? "never" : fmt::format("{:.1f} s", s); }

/// Seconds up to ten minutes.
std::string duration_text(double s) {
  return s < 600 || std::isinf(s) ? seconds_or_never(s) : fmt::format("{:.1f} min", s / 60);
}

std::string pace_text(double per_s) {
  return per_s >= 5 ? fmt::format("{:.1f} /s", per_s) : fmt::format("{:.1f} /min", per_s * 60);
}

void print_points(const ComparedCurve& curve) {
  fmt::print("{:>24} {:>12} {:>12} {:>8}\n", "running", "measured", "simulated", "off");
  for (const Compared& line : curve.points)
    fmt::print("{:>24} {:>12} {:>12} {:>8}{}\n", line.name, duration_text(line.measured_s),
               duration_text(line.simulated_s), percent_off(line), line.counts ? "  " + verdict(line) : "");
}

/// What a miss is of: the start, the pace, and the limits that make the pace.
void print_story(const ComparedCurve& curve) {
  fmt::print("pace between 20 % and 80 %: measured {}, simulated {}\n", pace_text(curve.measured_per_s),
             pace_text(curve.simulated_per_s));
  for (const PaceLimit& limit : curve.limits)
    fmt::print("    {} allows {}: {:.0f} % of it measured, {:.0f} % simulated\n", limit.quota, pace_text(limit.per_s),
               curve.measured_per_s / limit.per_s * 100, curve.simulated_per_s / limit.per_s * 100);
  for (const MissParts& miss : curve.misses)
    if (std::isfinite(miss.pace_s))
      fmt::print("miss at {}: {:+.1f} s = {:+.1f} s until {:g} run, {:+.1f} s by the pace after that\n", miss.point,
                 miss.start_s + miss.pace_s, miss.start_s, curve.first, miss.pace_s);
  std::string steps;
  for (const StepTime& step : curve.steps)
    steps += fmt::format("{}{} {} / {}", steps.empty() ? "" : "; ", step.name, duration_text(step.p50_s),
                         duration_text(step.p90_s));
  fmt::print("{}", wrapped("simulated steps of a start, median / p90: " + steps, 4));
  std::string waits;
  for (const auto& [reason, share] : curve.waiting_for)
    if (share >= 0.005) waits += fmt::format("{}{} {:.0f} %", waits.empty() ? "" : ", ", reason, share * 100);
  if (!waits.empty()) fmt::print("{}", wrapped("of the wait for a place: " + waits, 4));
}

void print_curve(const ComparedCurve& curve, bool unicode) {
  fmt::print("{}\n{}", curve.name, curve_chart(curve.measured, curve.simulated, unicode));
  fmt::print("{}", wrapped(fmt::format("{} measured, {} simulated; 0 s is {}", unicode ? "○" : "o",
                                       unicode ? "⠤⠤" : "...", curve.clock),
                           4));
  print_points(curve);
  print_story(curve);
  fmt::print("{}\n", wrapped(curve.source, 4));
}

void print_quantiles(const ValidationReport& report) {
  fmt::print("{:<28} {:<12} {:>4} {:>10} {:>10} {:>8}  {}\n", "phase", "records", "n", "measured", "simulated", "off",
             "");
  for (const Compared& line : report.quantiles)
    fmt::print("{:<28} {:<12} {:>4} {:>8.1f} s {:>8.1f} s {:>8}  {}\n", line.name, line.part, line.measured_n,
               line.measured_s, line.simulated_s, percent_off(line), verdict(line));
  fmt::print("(in brackets: a half, or too few records; for comparison only)\n");
}

std::string measured_text(const Compared& line) {
  if (!line.range) return duration_text(line.measured_s);
  if (line.stated_high_s < 600) return fmt::format("{:g} to {:g} s", line.stated_low_s, line.stated_high_s);
  return fmt::format("{:g} to {:g} min", line.stated_low_s / 60, line.stated_high_s / 60);
}

void print_figures(const ValidationReport& report) {
  fmt::print("{}{:<48} {:>16} {:>11} {:>8}\n", report.quantiles.empty() ? "" : "\n",
             "single figures (median of the simulated ones)", "measured", "simulated", "off");
  for (const Compared& line : report.figures) {
    fmt::print("{:<48} {:>16} {:>11} {:>8}  {}\n", shortened(line.name, 48), measured_text(line),
               duration_text(line.simulated_s), percent_off(line), verdict(line));
    fmt::print("    {}", wrapped(line.source, 4, kTableWidth - 4));
  }
  for (const Order& order : report.orders)
    fmt::print("{:<86}  {}\n", order.name, order.right ? "ok" : "not in this order");
}

std::string cell(const std::optional<double>& seconds) { return seconds ? fmt::format("{:.1f}", *seconds) : "-"; }

/// Where a miss comes from: each case, measured / simulated.
void print_cases(const ValidationReport& report) {
  fmt::print("\n{:<28}", "measured / simulated s (*)");
  for (const std::string& phase : report.phases) fmt::print(" {:>13}", phase);
  fmt::print("\n");
  for (const ComparedCase& c : report.cases) {
    fmt::print("{:<28}", c.part == "held_out" ? c.name + " *" : c.name);
    for (std::size_t i = 0; i < report.phases.size(); ++i)
      fmt::print(" {:>13}", cell(c.measured_s[i]) + " / " + cell(c.simulated_s[i]));
    fmt::print("\n");
  }
}

void print_verdict(const ValidationReport& report) {
  std::size_t judged = 0, missed = 0, others = 0, others_outside = 0;
  for (const Compared* line : report.lines()) {
    if (!line->counts && line->low_s == line->high_s) continue;  // a point of a curve, only shown
    ++(line->counts ? judged : others);
    if (!line->right()) ++(line->counts ? missed : others_outside);
  }
  if (!report.cases.empty()) fmt::print("(* held out: not looked at when models/ was tuned)\n");
  fmt::print("\n{} of {} figures within their tolerance{}.\n", judged - missed, judged,
             report.right() ? "" : ": this validation misses");
  if (others > 0)
    fmt::print("Not judged, in brackets above: {} figures{}, {} of them outside.\n", others,
               report.quantiles.empty() ? "" : " of halves and of few records", others_outside);
}

}  // namespace

void print_validation(const ValidationReport& report, bool unicode) {
  for (const ComparedCurve& curve : report.curves) print_curve(curve, unicode);
  if (!report.quantiles.empty()) print_quantiles(report);
  if (!report.figures.empty()) print_figures(report);
  if (!report.cases.empty()) print_cases(report);
  print_verdict(report);
}

}  // namespace berth

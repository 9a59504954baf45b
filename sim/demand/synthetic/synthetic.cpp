#include "sim/demand/synthetic/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/csv.hpp"
#include "sim/base/error.hpp"
#include "sim/demand/synthetic/synthetic_luck.hpp"

namespace berth {

namespace {

constexpr Duration kDay = std::chrono::hours{24};
/// Beyond it nothing is simulated, and a product of factors stays a finite number.
constexpr double kLargestRate = 1e15;

/// How far along `t` is on the way from `at` that takes `over`: 0 before, 1 after.
double progress(Duration t, Duration at, Duration over) {
  if (t < at) return 0;
  return t - at >= over ? 1 : seconds(t - at) / seconds(over);
}

double level(const SyntheticSpec& spec, Duration t) {
  double rate = spec.base;
  for (const auto& step : spec.steps) rate += (step.rate - rate) * progress(t, step.at, step.over);
  return rate;
}

double diurnal(const SyntheticSpec::Diurnal& d, Instant when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const double phase = seconds(when - day - d.peak) / seconds(kDay);
  const unsigned weekday = std::chrono::weekday{day}.iso_encoding();
  return (d.mean + d.amplitude * std::cos(2 * std::numbers::pi * phase)) * (weekday >= 6 ? d.weekend : 1);
}

/// 0 without the crowd, 1 at its top.
double crowd(const SyntheticSpec::FlashCrowd& c, Duration t) {
  const Duration falls = c.at + c.rise + c.hold;
  if (t < falls) return progress(t, c.at, c.rise);
  return c.decay > Duration{0} ? std::exp(-seconds(t - falls) / seconds(c.decay)) : 0;
}

/// A profile of a day at that time of day: linear between the middles of its parts.
double profile(const std::vector<double>& factors, Duration since_midnight) {
  const auto n = static_cast<double>(factors.size());
  const double place = seconds(since_midnight) / seconds(kDay) * n - 0.5;
  const double below = std::floor(place);
  const auto i = static_cast<std::size_t>(below < 0 ? below + n : below);
  const double next = factors[(i + 1) % factors.size()];
  return factors[i] + (next - factors[i]) * (place - below);
}

double calendar(const SyntheticSpec& spec, Instant when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const unsigned weekday = std::chrono::weekday{day}.iso_encoding();
  const auto& factors = weekday >= 6 && !spec.weekend.empty() ? spec.weekend : spec.daily;
  double times = factors.empty() ? 1 : profile(factors, when - day);
  if (!spec.weekly.empty()) times *= spec.weekly[weekday - 1];
  if (!spec.hourly.empty()) {
    const Duration since = when - std::chrono::floor<std::chrono::hours>(when);
    times *= spec.hourly[static_cast<std::size_t>(since.count()) * spec.hourly.size() / 3'600'000'000];
  }
  for (const auto& h : spec.holidays)
    if (when >= h.day && when < h.day + h.days * kDay) times *= h.factor;
  return times;
}

/// What luck does not change; `more` is what comes on top of everything.
double expected_rate(const SyntheticSpec& spec, Duration t, double& more) {
  double rate = level(spec, t);
  if (spec.diurnal) rate += diurnal(*spec.diurnal, spec.start + t);
  double times = 1;
  for (const auto& c : spec.flash_crowds) {
    const double part = crowd(c, t);
    times *= 1 + (c.factor - 1) * part;
    more += c.rate * part;
  }
  return rate * times * calendar(spec, spec.start + t);
}

std::int64_t intervals_of(const SyntheticSpec& spec, Duration length) {
  constexpr std::int64_t kMostIntervals = 20'000'000;
  const std::int64_t count = (length + spec.interval - Duration{1}) / spec.interval;
  if (count > kMostIntervals)
    throw InputError({"", spec.name + "/interval", fmt::format("at most {} intervals", kMostIntervals),
                      fmt::format("{} in {}", count, say(length)), "make it longer"});
  return count;
}

}  // namespace

LoadSeries synthetic(const SyntheticSpec& spec, Duration length, std::uint64_t seed) {
  SIM_CHECK(spec.interval > Duration{0});
  LoadSeries series;
  series.interval = spec.interval;
  series.means = Meaning::rate;
  const auto count = static_cast<std::size_t>(intervals_of(spec, length));
  const SyntheticLuck luck(spec, count, spec.seed.value_or(seed));
  series.values.reserve(count);
  const double most = std::min(spec.most.value_or(kLargestRate), kLargestRate);
  for (std::size_t i = 0; i < count; ++i) {
    const Duration middle = static_cast<std::int64_t>(i) * spec.interval + spec.interval / 2;
    double more = 0;
    const double rate = expected_rate(spec, middle, more) * luck.bursts(i) + more + luck.on_off(i);
    const double noisy = rate * luck.noise(i);
    series.values.push_back(noisy > 0 ? std::min(noisy, most) : 0);
  }
  return series;
}

void add_trace_row(const LoadSeries& series, Instant start, std::size_t i, CsvRow& row) {
  SIM_CHECK(series.means == Meaning::rate);
  SIM_CHECK(series.lead == Duration{0});
  const double rate = series.values[i];
  row.text(iso8601(start + static_cast<std::int64_t>(i) * series.interval)).number(rate, rate < 10 ? 6 : 3).end();
}

void write_trace_csv(const LoadSeries& series, Instant start, const std::string& path) {
  CsvFile file(path, {}, {"timestamp", "rate"});
  for (std::size_t i = 0; i < series.values.size(); ++i) add_trace_row(series, start, i, file.row());
  file.close();
}

}  // namespace berth

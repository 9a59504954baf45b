#include "sim/demand/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/base/check.hpp"
#include "sim/base/csv.hpp"
#include "sim/base/quantiles.hpp"
#include "sim/base/random.hpp"

namespace berth {

namespace {

constexpr Duration kDay = std::chrono::hours{24};

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

double rate_without_noise(const SyntheticSpec& spec, Duration t) {
  double rate = level(spec, t);
  if (spec.diurnal) rate += diurnal(*spec.diurnal, spec.start + t);
  double times = 1, more = 0;
  for (const auto& c : spec.flash_crowds) {
    times *= 1 + (c.factor - 1) * crowd(c, t);
    more += c.rate * crowd(c, t);
  }
  return rate * times + more;
}

}  // namespace

LoadSeries synthetic(const SyntheticSpec& spec, Duration length, std::uint64_t seed) {
  SIM_CHECK(spec.interval > Duration{0});
  constexpr double kOne = 1 << 30;
  const Draws draws(spec.seed.value_or(seed), Purpose::trace_shape, name_hash(spec.name));
  const Quantiles noise = spec.noise > 0 ? Quantiles::lognormal_mu_sigma(-spec.noise * spec.noise / 2, spec.noise, kOne)
                                         : Quantiles::constant(kOne);
  LoadSeries series;
  series.interval = spec.interval;
  series.means = Meaning::rate;
  const std::int64_t count = (length + spec.interval - Duration{1}) / spec.interval;
  for (std::int64_t i = 0; i < count; ++i) {
    const Duration middle = i * spec.interval + spec.interval / 2;
    const double factor = static_cast<double>(noise.at(draws.at(static_cast<std::uint64_t>(i)))) / kOne;
    series.values.push_back(std::max(0.0, rate_without_noise(spec, middle) * factor));
  }
  return series;
}

void write_trace_csv(const LoadSeries& series, Instant start, const std::string& path) {
  SIM_CHECK(series.means == Meaning::rate);
  SIM_CHECK(series.lead == Duration{0});
  CsvFile file(path, {}, {"timestamp", "rate"});
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    CsvRow& row = file.row();
    row.text(iso8601(start + static_cast<std::int64_t>(i) * series.interval)).number(series.values[i], 3).end();
  }
  file.close();
}

}  // namespace berth

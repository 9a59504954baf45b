// The season of a twin: what a day, a week and their level are like, and the days that are not like it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sim/demand/traces/trace_statistics.hpp"
#include "sim/demand/synthetic/twin.hpp"

namespace berth {

namespace {

constexpr Duration kWholeDay = std::chrono::hours{24};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kPartsOfDay = 48;
constexpr std::size_t kMostKnots = 40;  // of the level
constexpr std::size_t kMostHolidays = 20;

double median_of(const std::vector<double>& values) { return quantile(sorted_present(values), 0.5); }

/// Means of the parts of each day, midnight to midnight (UTC); NaN where there is nothing.
struct DayTable {
  Instant midnight{};
  std::size_t days = 0, parts = 1;
  std::vector<double> means;

  double at(std::size_t day, std::size_t part) const { return means[day * parts + part]; }
  unsigned weekday(std::size_t day) const {  // 0 is Monday
    const auto date = std::chrono::floor<std::chrono::days>(midnight) + std::chrono::days{day};
    return std::chrono::weekday{date}.iso_encoding() - 1;
  }
  bool is_weekend(std::size_t day) const { return weekday(day) >= 5; }
};

DayTable day_table(const std::vector<double>& rates, const SyntheticSpec& spec) {
  DayTable table;
  table.midnight = std::chrono::floor<std::chrono::days>(spec.start);
  const Instant end = spec.start + static_cast<std::int64_t>(rates.size()) * spec.interval;
  table.days = static_cast<std::size_t>((end - table.midnight + kWholeDay - Duration{1}) / kWholeDay);
  table.parts = static_cast<std::size_t>(
      std::clamp<std::int64_t>(kWholeDay / spec.interval, 1, static_cast<std::int64_t>(kPartsOfDay)));
  std::vector<double> sums(table.days * table.parts);
  std::vector<std::size_t> there(sums.size());
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (std::isnan(rates[i])) continue;
    const Duration since =
        spec.start + static_cast<std::int64_t>(i) * spec.interval + spec.interval / 2 - table.midnight;
    const auto place = static_cast<std::size_t>(seconds(since) / seconds(kWholeDay) * static_cast<double>(table.parts));
    if (place >= sums.size()) continue;
    sums[place] += rates[i];
    ++there[place];
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    table.means.push_back(there[i] > 0 ? sums[i] / static_cast<double>(there[i]) : kNone);
  return table;
}

/// The level of each day under these profiles; NaN when most of the day is missing.
std::vector<double> day_levels(const DayTable& table, const std::vector<double>& daily,
                               const std::vector<double>& weekend) {
  std::vector<double> levels;
  for (std::size_t day = 0; day < table.days; ++day) {
    const std::vector<double>& profile = table.is_weekend(day) && !weekend.empty() ? weekend : daily;
    double is = 0, usual = 0;
    std::size_t there = 0;
    for (std::size_t part = 0; part < table.parts; ++part) {
      if (std::isnan(table.at(day, part))) continue;
      is += table.at(day, part);
      usual += profile[part];
      ++there;
    }
    levels.push_back(4 * there >= table.parts && usual > 0 ? is / usual : kNone);
  }
  return levels;
}

/// The median over days of each part by the day's level, with mean 1.
template <class Among>
std::vector<double> profile_of_days(const DayTable& table, const std::vector<double>& levels, Among among) {
  std::vector<double> profile;
  for (std::size_t part = 0; part < table.parts; ++part) {
    std::vector<double> ratios;
    for (std::size_t day = 0; day < table.days; ++day)
      if (among(day) && levels[day] > 0) ratios.push_back(table.at(day, part) / levels[day]);
    profile.push_back(median_of(ratios));
  }
  const double mean = std::accumulate(profile.begin(), profile.end(), 0.0) / static_cast<double>(table.parts);
  for (double& factor : profile) factor = mean > 0 ? to_figures(factor / mean, 3) : 1;
  return profile;
}

/// The median of the days around, as far as seven days away.
double usual_level(const std::vector<double>& levels, std::size_t day) {
  const std::size_t first = day < 7 ? 0 : day - 7;
  const std::size_t last = std::min(levels.size(), day + 8);
  return median_of(
      {levels.begin() + static_cast<std::ptrdiff_t>(first), levels.begin() + static_cast<std::ptrdiff_t>(last)});
}

/// Seven factors with mean 1; none when the days of the week are alike.
std::vector<double> weekly_factors(const DayTable& table, const std::vector<double>& levels) {
  std::vector<double> weekly;
  for (unsigned weekday = 0; weekday < 7; ++weekday) {
    std::vector<double> ratios;
    for (std::size_t day = 0; day < table.days; ++day) {
      const double usual = usual_level(levels, day);
      if (table.weekday(day) == weekday && usual > 0) ratios.push_back(levels[day] / usual);
    }
    weekly.push_back(median_of(ratios));
  }
  const auto [low, high] = std::minmax_element(weekly.begin(), weekly.end());
  const double mean = std::accumulate(weekly.begin(), weekly.end(), 0.0) / 7;
  constexpr double kAlike = 1.1;
  if (*low <= 0 || *high < kAlike * *low) return {};
  for (double& factor : weekly) factor = to_figures(factor / mean, 3);
  return weekly;
}

/// Days far below those around them; their levels are taken out.
std::vector<SyntheticSpec::Holiday> holidays_of(const DayTable& table, std::vector<double>& levels) {
  constexpr double kFar = 0.6;
  const std::vector<double> before = levels;
  std::vector<SyntheticSpec::Holiday> holidays;
  std::size_t last = 0;
  for (std::size_t day = 0; day < table.days; ++day) {
    const double usual = usual_level(before, day);
    if (std::isnan(before[day]) || !(before[day] < kFar * usual) || holidays.size() == kMostHolidays) continue;
    levels[day] = kNone;
    const double factor = to_figures(before[day] / usual, 2);
    const bool goes_on = !holidays.empty() && last + 1 == day && std::abs(holidays.back().factor - factor) < 0.1;
    if (goes_on) ++holidays.back().days;
    else holidays.push_back({table.midnight + static_cast<std::int64_t>(day) * kWholeDay, 1, factor});
    last = day;
  }
  return holidays;
}

/// The level moves from knot to knot.
void set_level(const std::vector<std::pair<Duration, double>>& knots, SyntheticSpec& spec) {
  spec.steps.clear();
  spec.base = knots.empty() ? 0 : to_figures(knots.front().second, 5);
  for (std::size_t k = 1; k < knots.size(); ++k) {
    const Duration from = std::max(Duration{0}, knots[k - 1].first);
    spec.steps.push_back({from, knots[k].first - from, to_figures(knots[k].second, 5)});
  }
}

/// Means of equal stretches, each a knot in its middle.
std::vector<std::pair<Duration, double>> knots_of(const std::vector<double>& values, std::size_t stretches,
                                                  Duration each, Duration first) {
  std::vector<std::pair<Duration, double>> knots;
  const std::size_t size = (values.size() + stretches - 1) / stretches;
  for (std::size_t begin = 0; begin < values.size(); begin += size) {
    const std::size_t end = std::min(values.size(), begin + size);
    const std::vector<double> there = sorted_present(
        {values.begin() + static_cast<std::ptrdiff_t>(begin), values.begin() + static_cast<std::ptrdiff_t>(end)});
    if (there.empty()) continue;
    const double mean = std::accumulate(there.begin(), there.end(), 0.0) / static_cast<double>(there.size());
    const Duration middle = first + static_cast<std::int64_t>(begin + end) * each / 2;
    knots.emplace_back(std::chrono::floor<std::chrono::seconds>(middle), mean);
  }
  return knots;
}

}  // namespace

void fit_hour(const std::vector<double>& ratios, SyntheticSpec& spec) {
  constexpr Duration kHour = std::chrono::hours{1};
  constexpr std::int64_t kMostParts = 60, kFewestHours = 24;
  spec.hourly.clear();
  const std::int64_t parts = std::min(kMostParts, kHour / spec.interval);
  if (parts < 2 || static_cast<std::int64_t>(ratios.size()) * spec.interval < kFewestHours * kHour) return;
  std::vector<std::vector<double>> by_part(static_cast<std::size_t>(parts));
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const Instant middle = spec.start + static_cast<std::int64_t>(i) * spec.interval + spec.interval / 2;
    const Duration since = middle - std::chrono::floor<std::chrono::hours>(middle);
    by_part[static_cast<std::size_t>(since * parts / kHour)].push_back(ratios[i]);
  }
  std::vector<double> factors;
  for (const auto& there : by_part) factors.push_back(median_of(there));
  const auto [low, high] = std::minmax_element(factors.begin(), factors.end());
  const double mean = std::accumulate(factors.begin(), factors.end(), 0.0) / static_cast<double>(parts);
  constexpr double kAlike = 1.15;
  if (*low <= 0 || *high < kAlike * *low) return;
  for (double& factor : factors) factor = to_figures(factor / mean, 3);
  spec.hourly = std::move(factors);
}

void fit_season(const std::vector<double>& rates, SyntheticSpec& spec) {
  const Duration length = static_cast<std::int64_t>(rates.size()) * spec.interval;
  if (length < 2 * kWholeDay) {
    constexpr std::size_t kStretches = 12, kFewest = 5;  // intervals in each
    const std::size_t stretches = std::clamp<std::size_t>(rates.size() / kFewest, 1, kStretches);
    set_level(knots_of(rates, stretches, spec.interval, Duration{0}), spec);
    return;
  }
  const DayTable table = day_table(rates, spec);
  const bool weeks = length >= 14 * kWholeDay;
  std::vector<double> daily(table.parts, 1), weekend, levels;
  for (int round = 0; round < 2; ++round) {
    levels = day_levels(table, daily, weekend);
    daily = profile_of_days(table, levels, [&](std::size_t day) { return !weeks || !table.is_weekend(day); });
    if (weeks) weekend = profile_of_days(table, levels, [&](std::size_t day) { return table.is_weekend(day); });
  }
  levels = day_levels(table, daily, weekend);
  spec.daily = daily;
  spec.weekend = weekend;
  spec.weekly = weeks ? weekly_factors(table, levels) : std::vector<double>{};
  if (!spec.weekly.empty())
    for (std::size_t day = 0; day < table.days; ++day) levels[day] /= spec.weekly[table.weekday(day)];
  spec.holidays = holidays_of(table, levels);
  set_level(knots_of(levels, std::min(kMostKnots, table.days), kWholeDay, table.midnight - spec.start), spec);
}

}  // namespace berth

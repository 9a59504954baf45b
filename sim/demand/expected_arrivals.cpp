#include "sim/demand/expected_arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"

namespace berth {

ExpectedArrivals::ExpectedArrivals(std::shared_ptr<const LoadSeries> series) : series_(std::move(series)) {
  SIM_CHECK(series_ != nullptr);
  const LoadSeries& s = *series_;
  before_.push_back(0);
  if (s.values.empty()) return;
  SIM_CHECK(s.interval > Duration{0});
  length_ = s.interval.count() * 1000;
  lead_ = s.lead.count() * 1000;
  double sum = 0;
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    if (s.means == Meaning::count) {
      sum += s.values[i];
      before_.push_back(std::floor(sum));
    } else {
      const double next = s.means == Meaning::gauge && i + 1 < s.values.size() ? s.values[i + 1] : s.values[i];
      before_.push_back(before_.back() + (s.values[i] + next) / 2 * seconds(s.interval));
    }
  }
  skipped_ = part_of_interval(0, static_cast<double>(lead_) / static_cast<double>(length_));
}

std::size_t ExpectedArrivals::interval_at(std::int64_t t) const {
  return static_cast<std::size_t>((t + lead_) / length_);
}

std::int64_t ExpectedArrivals::start_of(std::size_t interval) const {
  return static_cast<std::int64_t>(interval) * length_ - lead_;
}

double ExpectedArrivals::part_of_interval(std::size_t interval, double share) const {
  const LoadSeries& s = *series_;
  if (s.means != Meaning::gauge || interval + 1 >= s.values.size())
    return (before_[interval + 1] - before_[interval]) * share;
  const double slope = s.values[interval + 1] - s.values[interval];
  return (s.values[interval] + slope * share / 2) * share * seconds(s.interval);
}

double ExpectedArrivals::until(std::int64_t t) const {
  const std::size_t interval = interval_at(t);
  if (interval + 1 >= before_.size()) return before_.back() - skipped_;
  const double share = static_cast<double>(t - start_of(interval)) / static_cast<double>(length_);
  return before_[interval] + part_of_interval(interval, share) - skipped_;
}

double ExpectedArrivals::between(std::int64_t t, std::int64_t end) const {
  const std::size_t interval = interval_at(t);
  if (interval + 1 >= before_.size()) return 0;
  const auto share = [&](std::int64_t moment) {
    return static_cast<double>(moment - start_of(interval)) / static_cast<double>(length_);
  };
  return part_of_interval(interval, share(end)) - part_of_interval(interval, share(t));
}

std::int64_t ExpectedArrivals::whole_until(std::int64_t t) const {
  constexpr double kRounding = 1e-6;  // a whole sum may come out a little less
  return static_cast<std::int64_t>(std::floor(until(t) + kRounding));
}

std::int64_t ExpectedArrivals::even_until(std::int64_t t) const {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const LoadSeries& s = *series_;
  const std::size_t interval = interval_at(t);
  if (interval + 1 >= before_.size()) return INT64_MAX;
  const std::int64_t end = start_of(interval + 1);
  const bool slopes =
      s.means == Meaning::gauge && interval + 1 < s.values.size() && s.values[interval] != s.values[interval + 1];
  return slopes ? std::min(end, (t / kSecond + 1) * kSecond) : end;
}

double ExpectedArrivals::age_of(double number, std::int64_t t) const {
  double later = until(t);
  const double wanted = std::max(0.0, later - number) + skipped_;
  std::size_t interval = std::min(interval_at(t), before_.size() - 1);
  while (interval > 0 && before_[interval] > wanted) --interval;
  if (interval + 1 >= before_.size()) return 0;
  const double here = before_[interval + 1] - before_[interval];
  const double share = here > 0 ? std::clamp((wanted - before_[interval]) / here, 0.0, 1.0) : 1;
  return std::max(0.0, static_cast<double>(t - start_of(interval)) - share * static_cast<double>(length_));
}

}  // namespace berth

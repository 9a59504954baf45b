#include "sim/demand/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"
#include "sim/base/quantiles.hpp"

namespace berth {

namespace {

constexpr double kMeanGap = 1 << 30;

/// Exponential gaps with mean 2³⁰: fine enough for a nanosecond, and a day of them still fits 64 bits.
const Quantiles& exponential_gap() {
  static const Quantiles table = Quantiles::exponential(kMeanGap);
  return table;
}

/// Each interval of counts has its own stretch of draws, so that its luck does not depend on the intervals before.
constexpr std::uint64_t kDrawsPerInterval = std::uint64_t{1} << 36;

/// The intensity at the end of interval i when it is read as a gauge.
double next_sample(const LoadSeries& s, std::size_t i) {
  return i + 1 < s.values.size() ? s.values[i + 1] : s.values[i];
}

/// Expected requests in the first `part` of interval i.
double expected_in(const LoadSeries& s, std::size_t i, Duration part) {
  const double share = seconds(part) / seconds(s.interval);
  switch (s.means) {
    case Meaning::count:
      return s.values[i] * share;
    case Meaning::rate:
      return s.values[i] * seconds(part);
    case Meaning::gauge: {
      const double slope = next_sample(s, i) - s.values[i];
      return (s.values[i] + slope * share / 2) * seconds(part);
    }
    case Meaning::listed:
      break;
  }
  return 0;
}

/// Of a list: the requests in the interval around `t`.
double listed_rate(const LoadSeries& s, Time t) {
  const std::int64_t length = s.interval.count() * 1000;
  const std::int64_t begin = t.time_since_epoch() / s.interval * length;
  const auto first = std::lower_bound(s.moments.begin(), s.moments.end(), begin);
  const auto last = std::lower_bound(first, s.moments.end(), begin + length);
  return static_cast<double>(last - first) / seconds(s.interval);
}

}  // namespace

double LoadSeries::rate_at(Time t) const {
  if (t < Time{} || interval <= Duration{0}) return 0;
  if (means == Meaning::listed) return listed_rate(*this, t);
  const Duration since = t.time_since_epoch() + lead;
  const auto i = static_cast<std::size_t>(since / interval);
  if (i >= values.size()) return 0;
  if (means == Meaning::count) return values[i] / seconds(interval);
  if (means == Meaning::rate) return values[i];
  return values[i] + (next_sample(*this, i) - values[i]) * (seconds(since % interval) / seconds(interval));
}

double LoadSeries::expected_total() const {
  if (means == Meaning::listed) return static_cast<double>(moments.size());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += expected_in(*this, i, interval);
  return values.empty() ? 0 : sum - expected_in(*this, 0, lead);
}

LoadSeries part_of_load(const LoadSeries& whole, double share, std::uint64_t seed, const std::string& name) {
  LoadSeries part = whole;
  for (double& v : part.values) v *= share;
  if (whole.means != Meaning::listed || share >= 1) return part;
  part.moments.clear();
  part.service_ns.clear();
  const Draws draws(seed, Purpose::trace_shape, name_hash("part " + name));
  for (std::size_t i = 0; i < whole.moments.size(); ++i) {
    if (static_cast<double>(draws.at(i) >> 11) * 0x1p-53 >= share) continue;
    part.moments.push_back(whole.moments[i]);
    if (!whole.service_ns.empty()) part.service_ns.push_back(whole.service_ns[i]);
  }
  return part;
}

Arrivals::Arrivals() = default;

Arrivals::Arrivals(std::shared_ptr<const LoadSeries> series, std::uint64_t seed, const std::string& service)
    : series_(std::move(series)), draws_(seed, Purpose::arrival, name_hash(service)) {
  SIM_CHECK(series_ != nullptr);
  if (series_->means == Meaning::listed) {
    SIM_CHECK(series_->service_ns.empty() || series_->service_ns.size() == series_->moments.size());
    if (!series_->service_ns.empty()) service_ns_ = series_->service_ns.data();
    step();
    return;
  }
  SIM_CHECK(series_->values.empty() || series_->interval > Duration{0});
  SIM_CHECK(series_->lead >= Duration{0});
  SIM_CHECK(series_->values.empty() || series_->lead < series_->interval);
  start_ = -series_->lead.count() * 1000;
  if (series_->values.empty()) return;
  open_interval();
  do step();
  while (next_ < 0);  // what the first interval holds before the run
}

void Arrivals::pop() {
  ++number_;
  step();
}

void Arrivals::step() {
  if (series_->means == Meaning::count) step_count();
  else if (series_->means != Meaning::listed) step_intensity();
  else next_ = number_ < series_->moments.size() ? series_->moments[number_] : INT64_MAX;
}

std::int64_t Arrivals::gap() {
  if (drawn_ % 4 == 0) {
    const std::uint64_t stream = series_->means == Meaning::count ? interval_ * kDrawsPerInterval : 0;
    const auto bits = draws_.four(stream + drawn_ / 4);
    const Quantiles& table = exponential_gap();
    for (std::size_t i = 0; i < 4; ++i) gaps_[i] = table.at(bits[i]);
  }
  return gaps_[drawn_++ % 4];
}

void Arrivals::open_interval() {
  const LoadSeries& s = *series_;
  const double length = static_cast<double>(s.interval.count()) * 1000;
  if (s.means != Meaning::count) {
    expected_ = expected_in(s, interval_, s.interval);
    stretch_ = expected_ > 0 ? length / expected_ : 0;
    return;
  }
  // What a fraction leaves over comes with a later interval: the sum of all counts is kept.
  const double before = std::floor(sum_);
  sum_ += s.values[interval_];
  left_ = static_cast<std::int64_t>(std::floor(sum_) - before);
  position_ = 0;
  if (left_ == 0) return;
  // n points of a Poisson process given their number are n + 1 exponential gaps divided by their sum: the first
  // pass adds them up, the second (step_count) draws the same gaps again and places them. So nothing is stored.
  drawn_ = 0;
  double sum = 0;
  for (std::int64_t i = 0; i <= left_; ++i) sum += static_cast<double>(gap());
  drawn_ = 0;
  stretch_ = sum > 0 ? length / sum : 0;
}

void Arrivals::step_count() {
  const std::int64_t length = series_->interval.count() * 1000;
  while (left_ == 0) {
    if (++interval_ >= series_->values.size()) {
      next_ = INT64_MAX;
      return;
    }
    start_ += length;
    open_interval();
  }
  --left_;
  position_ += static_cast<double>(gap());
  next_ = start_ + std::min(static_cast<std::int64_t>(position_ * stretch_), length - 1);
}

void Arrivals::step_intensity() {
  const std::int64_t length = series_->interval.count() * 1000;
  if (interval_ >= series_->values.size()) return;
  position_ += static_cast<double>(gap()) * (1 / kMeanGap);
  while (position_ >= expected_) {
    position_ -= expected_;
    if (++interval_ >= series_->values.size()) {
      next_ = INT64_MAX;
      return;
    }
    start_ += length;
    open_interval();
  }
  next_ = start_ + std::min(static_cast<std::int64_t>(place_in_interval()), length - 1);
}

double Arrivals::place_in_interval() const {
  if (series_->means == Meaning::rate) return position_ * stretch_;
  // Intensity a + (b − a)·x over x in [0, 1]: solve a·x + (b − a)·x²/2 = u for x, in the form that is stable for a ≈ b.
  const double length = static_cast<double>(series_->interval.count()) * 1000;
  const double a = series_->values[interval_];
  const double b = next_sample(*series_, interval_);
  const double u = position_ / seconds(series_->interval);
  const double root = std::sqrt(std::max(0.0, a * a + 2 * (b - a) * u));
  return a + root > 0 ? length * (2 * u / (a + root)) : 0;
}

}  // namespace berth

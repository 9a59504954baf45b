#include "sim/demand/synthetic/synthetic_luck.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/quantiles.hpp"
#include "sim/base/random.hpp"

namespace berth {

namespace {

constexpr double kOne = 1 << 30;
constexpr double kMostChanges = 1e7;

/// In (0, 1).
double unit_interval(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

void check_changes(const SyntheticSpec& spec, const char* key, double changes) {
  if (changes <= kMostChanges) return;
  throw InputError({"", spec.name + "/" + key, fmt::format("at most {:.0f} changes", kMostChanges),
                    fmt::format("about {:.0f}", changes), "make the times longer"});
}

/// Adds `height` over [from, to) to the means of intervals.
class Staircase {
 public:
  Staircase(std::size_t intervals, double interval_s) : interval_s_(interval_s), at_(intervals), from_(intervals + 1) {}

  void add(double from_s, double to_s, double height) {
    const auto n = static_cast<double>(at_.size());
    const double from = std::clamp(from_s / interval_s_, 0.0, n), to = std::clamp(to_s / interval_s_, 0.0, n);
    if (to <= from) return;
    const auto first = static_cast<std::size_t>(from), last = std::min(at_.size() - 1, static_cast<std::size_t>(to));
    if (first == last) {
      at_[first] += height * (to - from);
      return;
    }
    at_[first] += height * (static_cast<double>(first + 1) - from);
    at_[last] += height * (to - static_cast<double>(last));
    from_[first + 1] += height;
    from_[last] -= height;
  }

  std::vector<double> means() && {
    double height = 0;
    for (std::size_t i = 0; i < at_.size(); ++i) at_[i] += height += from_[i];
    return std::move(at_);
  }

 private:
  double interval_s_;
  std::vector<double> at_, from_;  // what begins or ends inside an interval; changes of what covers whole ones
};

/// Begins in a state by how much of the time the chain is there: all are entered equally often.
std::size_t first_state(const std::vector<SyntheticSpec::BurstState>& states, double luck) {
  double sum = 0;
  for (const auto& s : states) sum += seconds(s.mean);
  luck *= sum;
  for (std::size_t i = 0; i < states.size(); ++i)
    if ((luck -= seconds(states[i].mean)) < 0) return i;
  return states.size() - 1;
}

std::vector<double> burst_factors(const SyntheticSpec& spec, std::size_t intervals, std::uint64_t seed) {
  const auto& states = spec.bursts;
  const double end_s = seconds(spec.interval) * static_cast<double>(intervals);
  double mean_s = 0;
  for (const auto& s : states) mean_s += seconds(s.mean) / static_cast<double>(states.size());
  check_changes(spec, "bursts", end_s / mean_s);
  const Draws draws(seed, Purpose::trace_shape, name_hash(spec.name + "/bursts"));
  Staircase factors(intervals, seconds(spec.interval));
  std::size_t state = first_state(states, unit_interval(draws.at(0)));
  double at_s = 0;
  for (std::uint64_t n = 1; at_s < end_s; ++n) {
    const auto luck = draws.four(n);
    const double until_s = at_s - seconds(states[state].mean) * std::log(unit_interval(luck[0]));
    factors.add(at_s, until_s, states[state].factor);
    at_s = until_s;
    const auto others = static_cast<std::uint64_t>(states.size() - 1);
    if (others > 0) state = (state + 1 + static_cast<std::size_t>(below(luck[1], others))) % states.size();
  }
  return std::move(factors).means();
}

/// A Pareto time of that mean.
double heavy_time(double mean_s, double alpha, std::uint64_t bits) {
  return mean_s * (alpha - 1) / alpha * std::pow(unit_interval(bits), -1 / alpha);
}

std::vector<double> on_off_rates(const SyntheticSpec& spec, std::size_t intervals, std::uint64_t seed) {
  const SyntheticSpec::OnOff& o = *spec.on_off;
  const double end_s = seconds(spec.interval) * static_cast<double>(intervals);
  const double on_s = seconds(o.on), off_s = seconds(o.off);
  check_changes(spec, "on_off", static_cast<double>(o.sources) * (2 + 2 * end_s / (on_s + off_s)));
  Staircase rates(intervals, seconds(spec.interval));
  for (std::int64_t source = 0; source < o.sources; ++source) {
    const Draws draws(seed, Purpose::trace_shape, name_hash(spec.name + "/on_off"), static_cast<std::uint64_t>(source));
    bool on = unit_interval(draws.at(0)) < on_s / (on_s + off_s);
    double at_s = 0;
    for (std::uint64_t n = 1; at_s < end_s; ++n, on = !on) {
      const double until_s = at_s + heavy_time(on ? on_s : off_s, o.alpha, draws.at(n));
      if (on) rates.add(at_s, until_s, o.rate);
      at_s = until_s;
    }
  }
  return std::move(rates).means();
}

/// The quantile at a standard normal value, linear between those that are given.
double quantile_at(const std::vector<double>& quantiles, double normal) {
  const double p = 0.5 * std::erfc(-normal / std::sqrt(2.0));
  const auto above = std::upper_bound(kNoiseProbabilities.begin() + 1, kNoiseProbabilities.end() - 1, p);
  const auto i = static_cast<std::size_t>(above - kNoiseProbabilities.begin());
  const double part = (p - kNoiseProbabilities[i - 1]) / (kNoiseProbabilities[i] - kNoiseProbabilities[i - 1]);
  return quantiles[i - 1] + (quantiles[i] - quantiles[i - 1]) * part;
}

/// Independent lognormal factors of a scenario that has only these: by the draws they always had.
void multiply_white(const SyntheticSpec& spec, double sigma, std::uint64_t seed, std::vector<double>& factors) {
  const Draws draws(seed, Purpose::trace_shape, name_hash(spec.name));
  const Quantiles noise = Quantiles::lognormal_mu_sigma(-sigma * sigma / 2, sigma, kOne);
  for (std::size_t i = 0; i < factors.size(); ++i)
    factors[i] *= static_cast<double>(noise.at(draws.at(static_cast<std::uint64_t>(i)))) / kOne;
}

/// A standard normal process whose correlation falls by e⁻¹ in the given time, through the distribution of the noise.
void multiply_correlated(const SyntheticSpec& spec, std::size_t number, std::uint64_t seed,
                         std::vector<double>& factors) {
  const SyntheticSpec::Noise& noise = spec.noise[number];
  const Draws draws(seed, Purpose::trace_shape, name_hash(fmt::format("{}/noise/{}", spec.name, number)));
  const Quantiles steps = Quantiles::lognormal_mu_sigma(0, 1, kOne);
  const double stays =
      noise.correlation > Duration{0} ? std::exp(-seconds(spec.interval) / seconds(noise.correlation)) : 0;
  const double comes = std::sqrt(1 - stays * stays);
  double x = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const auto drawn =
        static_cast<double>(std::max<std::int64_t>(1, steps.at(draws.at(static_cast<std::uint64_t>(i)))));
    const double step = std::log(drawn / kOne);
    x = i == 0 ? step : stays * x + comes * step;
    factors[i] *= noise.quantiles.empty() ? std::exp(noise.sigma * x - noise.sigma * noise.sigma / 2)
                                          : quantile_at(noise.quantiles, x);
  }
}

}  // namespace

SyntheticLuck::SyntheticLuck(const SyntheticSpec& spec, std::size_t intervals, std::uint64_t seed) {
  if (!spec.bursts.empty()) bursts_ = burst_factors(spec, intervals, seed);
  if (spec.on_off) on_off_ = on_off_rates(spec, intervals, seed);
  if (!spec.noise.empty()) noise_.assign(intervals, 1);
  for (std::size_t n = 0; n < spec.noise.size(); ++n) {
    const SyntheticSpec::Noise& noise = spec.noise[n];
    if (n == 0 && noise.correlation == Duration{0} && noise.quantiles.empty()) {
      if (noise.sigma > 0) multiply_white(spec, noise.sigma, seed, noise_);
    } else {
      multiply_correlated(spec, n, seed, noise_);
    }
  }
}

}  // namespace berth

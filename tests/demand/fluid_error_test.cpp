// How far the fluid lane is from single requests: CPU used, mean latency and p99 over a grid of loads. The bounds are
// what was measured on these seeds and lengths, rounded up; sim/demand/fidelity.cpp tells users the worst.
#include <algorithm>
#include <cmath>

#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

struct Figures {
  double used = 0;  ///< of one target's allotment
  double mean = 0, p99 = 0;
};

double mean_of(const LatencyHistogram& latencies) {
  double sum = 0;
  for (std::size_t b = 0; b < latencies.counts().size(); ++b)
    sum += static_cast<double>(latencies.counts()[b]) * static_cast<double>(LatencyHistogram::upper_edge(b));
  return sum / static_cast<double>(latencies.total());
}

/// After a minute, or from the start of an overload on.
Figures figures_of(RequestLane lane, int targets, Duration warm, Duration length) {
  for (int i = 1; i <= targets; ++i) lane.add_target(TargetId(i), kVcpu, Time{});
  const auto used = [&] {
    double sum = 0;
    for (int i = 1; i <= targets; ++i) sum += static_cast<double>(lane.target_totals(TargetId(i)).cpu_used);
    return sum / targets;
  };
  lane.advance_to(Time{warm});
  lane.take_latencies();
  const double before = used();
  lane.advance_to(Time{warm + length});
  const LatencyHistogram latencies = lane.take_latencies();
  return {(used() - before) / seconds(length) / 1e9, mean_of(latencies), static_cast<double>(latencies.quantile(0.99))};
}

/// Load ÷ capacity, how many requests are enough to know the truth, and how far off the fluid lane may be.
struct Bound {
  double load, requests, used, mean, p99;
};

struct Kind {
  Quantiles service_time;
  std::int64_t cpu;  ///< nanoseconds a request
};

void check_grid(const Kind& kind, const std::vector<Bound>& bounds) {
  for (const std::int64_t slots : {1, 8, 64})
    for (const int targets : {4, 100})
      for (const Bound& bound : bounds) {
        LaneSpec spec = spec_of(kind.service_time, slots);
        spec.cpu_per_request = kind.cpu;
        const double each = kind.service_time.mean() / 1e9;
        const double rate = bound.load * targets / (kind.cpu > 0 ? each : each / static_cast<double>(slots));
        // An overload shows in the course of time; of CPU work the worst is its first half minute, with 43 and 68 %.
        const double least = bound.load < 1 ? 5 : kind.cpu > 0 ? 60 : 30;
        const Duration length = from_seconds(std::clamp(std::ceil(bound.requests / rate), least, 3600.0));
        const Duration warm = bound.load < 1 ? std::min<Duration>(60s, length) : 0s;
        const auto load = std::make_shared<const LoadSeries>(series_of(Meaning::rate, {rate}, warm + length));
        const Figures exact = figures_of(RequestLane(spec, 1, Arrivals(load, 1, "web")), targets, warm, length);
        const Figures fluid = figures_of(RequestLane::fluid(spec, load), targets, warm, length);
        CAPTURE(slots);
        CAPTURE(targets);
        CAPTURE(bound.load);
        CHECK(std::abs(fluid.used - exact.used) < bound.used);
        CHECK(std::abs(fluid.mean / exact.mean - 1) < bound.mean);
        CHECK(std::abs(fluid.p99 / exact.p99 - 1) < bound.p99);
      }
}

constexpr std::int64_t kAllCpu = INT64_MAX / 4;

// The p99 of constant times are the worst: next to nobody waits, and not as long as an exponential tail says.
const std::vector<Bound> kBounds = {
    {0.3, 20'000, 0.01, 0.04, 0.30},  {0.6, 50'000, 0.01, 0.07, 0.28},   {0.8, 100'000, 0.01, 0.09, 0.26},
    {0.9, 200'000, 0.01, 0.12, 0.25}, {0.95, 400'000, 0.01, 0.18, 0.45}, {1.1, 20'000, 0.01, 0.33, 0.36},
};

}  // namespace

TEST_CASE("fluid lanes of waiting requests: exponential times") {
  check_grid({Quantiles::exponential(50e6), 0}, kBounds);
}
TEST_CASE("fluid lanes of waiting requests: lognormal times") {
  check_grid({Quantiles::lognormal(40e6, 300e6), 0}, kBounds);
}
TEST_CASE("fluid lanes of waiting requests: constant times") { check_grid({Quantiles::constant(50e6), 0}, kBounds); }
TEST_CASE("fluid lanes of CPU work: exponential times") {
  check_grid({Quantiles::exponential(50e6), kAllCpu}, kBounds);
}
TEST_CASE("fluid lanes of CPU work: lognormal times") {
  check_grid({Quantiles::lognormal(40e6, 300e6), kAllCpu}, kBounds);
}
TEST_CASE("fluid lanes of CPU work: constant times") { check_grid({Quantiles::constant(50e6), kAllCpu}, kBounds); }

}  // namespace berth::demand_test

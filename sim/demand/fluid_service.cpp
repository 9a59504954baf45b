#include "sim/demand/fluid_service.hpp"

#include <algorithm>

namespace berth {
namespace {

struct Stratum {
  double length, share;
};

/// The middle of [from, from + width), in 2⁶⁴ parts of probability.
Stratum stratum(const Quantiles& times, double from, double width) {
  constexpr double kWhole = 18446744073709551616.0;
  const double at = std::min((from + width / 2) * kWhole, kWhole - 2048);
  return {static_cast<double>(times.at(static_cast<std::uint64_t>(at))), width};
}

/// Ascending; finer towards the slowest requests, who make the variance and the 99th percentile.
std::vector<Stratum> strata_of(const Quantiles& times) {
  constexpr int kEven = 512, kFirstHalving = 4, kLastHalving = 30, kPerHalving = 16;
  std::vector<Stratum> strata;
  const double tail = 1.0 / (1 << kFirstHalving);
  const double even = (1 - tail) / kEven;
  for (int i = 0; i < kEven; ++i) strata.push_back(stratum(times, i * even, even));
  double left = tail;
  for (int halving = kFirstHalving; halving < kLastHalving; ++halving, left /= 2)
    for (int i = 0; i < kPerHalving; ++i)
      strata.push_back(stratum(times, 1 - left + i * left / 2 / kPerHalving, left / 2 / kPerHalving));
  strata.push_back(stratum(times, 1 - left, left));
  return strata;
}

}  // namespace

FluidService::FluidService(const LaneSpec& spec, double core_time)
    : core_time(core_time), concurrency(static_cast<double>(spec.concurrency)) {
  const auto most_work = static_cast<double>(spec.cpu_per_request);
  double square = 0, work_square = 0, longer = 1, before = 0, squares_of_longer = 0;
  for (const auto& [on_reference, share] : strata_of(spec.service_time)) {
    const double stated = std::min(on_reference, most_work), work = stated * core_time;
    const double length = on_reference - stated + work;
    const std::size_t bucket = LatencyHistogram::bucket(static_cast<std::int64_t>(length));
    if (parts.empty() || parts.back().bucket != bucket) parts.push_back({bucket, 0, 0, 0});
    Part& part = parts.back();
    part.length += length * share;
    part.work += work * share;
    part.share += share;
    mean += length * share;
    mean_work += work * share;
    square += length * length * share;
    work_square += work * work * share;
    squares_of_longer += (length - before) * longer * longer;
    before = length;
    longer -= share;
  }
  for (Part& part : parts) {
    part.length /= part.share;
    part.work /= part.share;
  }
  if (mean > 0) {
    scv = std::max(0.0, square / (mean * mean) - 1);
    steadiness = squares_of_longer / mean;
  }
  if (mean_work > 0) work_scv = std::max(0.0, work_square / (mean_work * mean_work) - 1);
}

}  // namespace berth

#include "sim/demand/fluid_latency.hpp"

#include <algorithm>
#include <span>

#include "sim/base/plain_math.hpp"

namespace berth {
namespace {

/// The exponential of mean 1 in a few points: cells of probability, each at its mean.
struct Point {
  double share, value;
};
constexpr Point kExponential[] = {{0.3, 0.16775846},    {0.25, 0.56137599},  {0.2, 1.06377437},   {0.13, 1.70878435},
                                  {0.07, 2.49492872},   {0.03, 3.38487179},  {0.013, 4.34673417}, {0.005, 5.46073994},
                                  {0.0015, 6.75250998}, {0.0005, 8.60090246}};
/// The standard normal likewise, one more than it to lie from 0 on as the exponential does.
constexpr Point kNormal[] = {{0.002, -2.23012225}, {0.008, -1.58706935}, {0.04, -0.94829274}, {0.1, -0.32485117},
                             {0.2, 0.30080567},    {0.3, 1.00000000},    {0.2, 1.69919433},   {0.1, 2.32485117},
                             {0.03, 2.85845260},   {0.01, 3.21781318},   {0.006, 3.51423621}, {0.004, 4.01784551}};

std::span<const Point> points_of(const FluidDelay& delay) {
  if (delay.normal) return kNormal;
  return kExponential;
}

double width_of(std::size_t bucket) {
  return bucket < 32 ? 1.0 : static_cast<double>(std::uint64_t{1} << (bucket / 32 - 1));
}

std::size_t bucket_of(double value) {
  return LatencyHistogram::bucket(static_cast<std::int64_t>(std::min(value, 9e18)));
}

void put(std::vector<double>& shares, double value, double share) {
  const std::size_t bucket = bucket_of(value);
  if (bucket >= shares.size()) shares.resize(bucket + 1, 0.0);
  shares[bucket] += share;
}

void put_service(const FluidService& service, const FluidDelay& slowed, std::vector<double>& shares) {
  for (const FluidService::Part& part : service.parts) {
    if (slowed.mean() <= 1e-4 * service.mean) {
      put(shares, part.length, part.share);
      continue;
    }
    const double work = part.work / service.mean_work;
    put(shares, part.length, part.share * (1 - slowed.chance));
    for (const Point& point : points_of(slowed))
      put(shares, part.length + work * std::max(0.0, slowed.least + slowed.more * point.value),
          part.share * slowed.chance * point.share);
  }
}

/// Everybody an exponential of mean `more` later: what is under way leaves at the rate 1 / more.
std::vector<double> delayed(const std::vector<double>& shares, double more) {
  constexpr double kNearlyNobody = 1e-12;
  std::vector<double> out(shares.size(), 0.0);
  double under_way = 0, width = 0, stays = 0, stay_part = 0;
  for (std::size_t b = 0; b < shares.size() || under_way > kNearlyNobody; ++b) {
    if (width_of(b) != width) {
      width = width_of(b);
      const double x = width / more;
      stays = plain_exp(-x);
      stay_part = x > 1e-6 ? (1 - stays) / x : 1 - x / 2;  // of those who come in the course of the bucket
    }
    if (b >= out.size()) out.resize(b + 1, 0.0);
    const double come = b < shares.size() ? shares[b] : 0;
    const double left = under_way * stays + come * stay_part;
    out[b] = under_way + come - left;
    under_way = left;
  }
  if (!out.empty()) out.back() += under_way;
  return out;
}

/// The part of [low, low + width) that lies above a limit; 0 where there is none.
double part_above(double low, double width, std::int64_t limit) {
  if (limit == 0) return 0;
  return std::clamp((low + width - static_cast<double>(limit)) / width, 0.0, 1.0);
}

/// Requests that take between `low` and `low + width`.
void answer(const LaneSpec& spec, double low, double width, double share, FluidLatency& into) {
  const double in_time = 1 - part_above(low, width, spec.timeout);
  if (in_time <= 0) return;
  into.in_time += share * in_time;
  if (spec.slo > 0) into.late += share * std::max(0.0, part_above(low, width, spec.slo) - (1 - in_time));
  put(into.shares, low + width * in_time / 2, share * in_time);
}

void answer_all(const LaneSpec& spec, const std::vector<double>& shares, double times, double later,
                FluidLatency& into) {
  for (std::size_t b = 0; b < shares.size(); ++b) {
    if (shares[b] == 0) continue;
    const double width = width_of(b);
    const double low = static_cast<double>(LatencyHistogram::upper_edge(b)) + 1 - width;
    answer(spec, low + later, width, shares[b] * times, into);
  }
}

}  // namespace

void fluid_latency(const FluidService& service, const LaneSpec& spec, const FluidDelay& slowed,
                   const FluidDelay& queued, FluidLatency& into) {
  into.shares.clear();
  into.in_time = into.late = 0;
  std::vector<double> served;
  put_service(service, slowed, served);
  answer_all(spec, served, 1 - queued.chance, 0, into);
  if (queued.chance <= 0) return;
  if (queued.more <= 1) return answer_all(spec, served, queued.chance, queued.least, into);
  if (!queued.normal) return answer_all(spec, delayed(served, queued.more), queued.chance, queued.least, into);
  for (const Point& point : kNormal)
    answer_all(spec, served, queued.chance * point.share, std::max(0.0, queued.least + queued.more * point.value),
               into);
}

}  // namespace berth

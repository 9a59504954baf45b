#include "sim/demand/fluid_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/base/plain_math.hpp"

namespace berth {
namespace {

// Where the curve is computed; in between it is straight. Beyond 1 only what limits itself has a steady state.
constexpr std::array kLoads = {0.0,   0.05, 0.1,  0.15,  0.2,  0.25, 0.3, 0.35,  0.4,  0.45,  0.5,  0.55,
                               0.6,   0.65, 0.7,  0.75,  0.8,  0.85, 0.9, 0.925, 0.95, 0.965, 0.98, 0.99,
                               0.995, 1.0,  1.01, 1.025, 1.05, 1.1,  1.2, 1.35,  1.5,  2.0,   3.0,  6.0};
constexpr double kLeastVariability = 1e-3;
constexpr double kMostJoined = 256;  // slots: of more nobody waits for one while others are free
constexpr double kMostExact = 64;    // requests at work up to which their rate comes from the closed network

/// Geometric ratio of a birth-death chain with x = arrival rate ÷ service rate when variability is `a`, so that the
/// mean x / (1 − x) becomes a · x / (1 − x).
double tempered(double x, double a) {
  if (x <= 1) return a * x / (1 - x + a * x);
  return (x - 1 + a) / a;
}

/// Krämer and Langenbach-Belz: regular arrivals wait less than their variance says.
double regularity(double load, double ca2, double cs2) {
  if (ca2 >= 1 || load >= 1) return 1;
  if (load <= 0 || ca2 + cs2 <= 0) return 0;
  return plain_exp(-2 * (1 - load) * (1 - ca2) * (1 - ca2) / (3 * load * (ca2 + cs2)));
}

/// Regular arrivals come when it is quieter than it is on average: the ratio of both, as the queue GI/M/1 has it.
double seen_by_arrivals(double load, double ca2) {
  if (load <= 0) return 1;
  return std::min(1.0, tempered(load, std::max(kLeastVariability, (ca2 + 1) / 2 * regularity(load, ca2, 1))) / load);
}

/// Rates at which 1, 2 … of n requests finish that alternate between `cores` and pure waiting, by convolution.
std::vector<double> closed_network(double work, double waiting, double cores, std::size_t most) {
  std::vector<double> on_cpu{1}, away{1}, rates{0};
  const double scale = work + waiting;
  double before = 1;
  for (std::size_t n = 1; n <= most; ++n) {
    const auto k = static_cast<double>(n);
    on_cpu.push_back(on_cpu.back() * work / scale / std::min(k, cores));
    away.push_back(away.back() * waiting / scale / k);
    double sum = 0;
    for (std::size_t i = 0; i <= n; ++i) sum += on_cpu[i] * away[n - i];
    rates.push_back(before / sum / scale);
    before = sum;
  }
  return rates;
}

double between(double low, double high, double part) { return low + (high - low) * part; }

}  // namespace

FluidCurve::FluidCurve(const FluidService& service, Cpu allotment, double alike, bool level)
    : service_(service),
      cores_(std::max(vcpus(allotment), 1e-9)),
      targets_(level
                   ? std::clamp(std::floor(kMostJoined / std::max(service.concurrency, 1.0)), 1.0, std::max(1.0, alike))
                   : 1),
      ca2_(level ? 1 : 1 / std::max(1.0, alike)) {
  const double slots = service.concurrency;
  if (slots > 0 && slots <= kMostExact && service.mean > 0)
    finish_ =
        closed_network(service.mean_work, service.mean - service.mean_work, cores_, static_cast<std::size_t>(slots));
  if (slots > 0 && service.mean > 0) capacity_ = finish_rate(slots);
  else if (service.mean_work > 0) capacity_ = cores_ / service.mean_work;
  const double by_cpu = service.mean_work > 0 ? std::min(1.0, capacity_ * service.mean_work / cores_) : 0;
  departure_scv_ = between(service.scv, service.work_scv, by_cpu * by_cpu * by_cpu * by_cpu);
  if (capacity_ == 0) return;
  for (const double load : kLoads) points_.push_back(solve(load == 1.0 ? 1 - 1e-7 : load));
}

/// By that many at work in one target: each alone, or the CPU full, or in between. Constant times settle into a round
/// in which nobody meets anybody.
double FluidCurve::finish_rate(double n) const {
  if (n <= 0) return 0;
  const double most = std::min(n / alone(), cores_ / std::max(service_.mean_work, 1e-300));
  return between(most, std::min(most, network_rate(n)), std::min(1.0, service_.scv));
}

/// As a closed network of exponential times has it, and of most others.
double FluidCurve::network_rate(double n) const {
  if (!finish_.empty()) {
    const auto low = std::min(static_cast<std::size_t>(n), finish_.size() - 1);
    const std::size_t high = std::min(low + 1, finish_.size() - 1);
    return between(finish_[low], finish_[high], n - static_cast<double>(low));
  }
  const double work = service_.mean_work, waiting = service_.mean - work;
  if (work == 0) return n / waiting;
  // Schweitzer's mean values of one server that is `cores` times as fast, behind a delay that makes up for it.
  const double demand = work / cores_, delay = waiting + std::max(0.0, work - demand);
  const double a = demand * (n - 1) / n, b = delay + demand - demand * (n - 1), c = -demand * n;
  const double queue = a > 0 ? (-b + std::sqrt(b * b - 4 * a * c)) / (2 * a) : -c / b;
  return queue / (demand * (1 + queue * (n - 1) / n));
}

FluidPoint FluidCurve::solve(double load) const {
  const double rate = load * capacity_;
  FluidPoint p = service_.concurrency > 0 ? solve_slots(rate) : solve_cpu(rate);
  if (load < 1) p.deep *= 1 - load;
  return p;
}

/// The chain over requests at work, one level a request, or fewer levels where there are very many.
FluidPoint FluidCurve::solve_slots(double rate) const {
  constexpr double kMostLevels = 64;
  const double slots = service_.concurrency * targets_, all = rate * targets_;
  const double step = std::max(1.0, std::ceil(slots / kMostLevels));
  const double load = rate / capacity_;
  const double cw2 = service_.work_scv;
  const double shared = (ca2_ + cw2) / (1 + cw2) * regularity(load, ca2_, cw2);
  const double apart = 1 - (1 - ca2_) * service_.steadiness;
  const double alone = rate * (service_.mean - service_.mean_work + service_.mean_work / std::min(1.0, cores_));
  const FluidPoint cpu = service_.mean_work > 0 ? solve_cpu(rate) : FluidPoint{};
  // Requests that come regularly meet less on the CPU than those that go round in a closed network.
  const double slowed = cpu.ratio < 1 ? cpu.deep : 1e300;
  const double each = alone > 0 ? rate / (alone + slowed) : 0;
  double weight = 1, below = 0, below_mean = 0, lacking = 0, spare = 0, last = 0;
  double below_lacking = 0, below_mean_lacking = 0;
  double square = 0, square_lacking = 0, below_rate = 0, below_rate_lacking = 0;
  for (double n = 0;; n = std::min(n + step, slots)) {
    const double own = std::max(finish_rate(n / targets_), std::min(n / targets_ * each, capacity_));
    const double finishing = targets_ * own;
    if (n > 0) {
      const double elastic = std::clamp((finishing - last) / finishing * n / step, 0.0, 1.0);
      const double a = std::max(kLeastVariability, between(shared, apart, elastic));
      const double ratio = tempered(all / finishing, a);
      weight *= step == 1 ? ratio : plain_exp(step * plain_log(std::max(ratio, 1e-300)));
    }
    last = finishing;
    if (n >= slots) break;
    (finishing <= all ? below_lacking : below) += weight;
    (finishing <= all ? below_mean_lacking : below_mean) += weight * n;
    (finishing <= all ? square_lacking : square) += weight * n * n;
    (finishing <= all ? below_rate_lacking : below_rate) += weight * finishing;
    (finishing <= all ? lacking : spare) += weight * (all - finishing) * (finishing <= all ? 1 : -1);
    if (weight > 1e200) {
      for (double* sum : {&below, &below_mean, &square, &below_rate, &lacking, &spare, &below_lacking,
                          &below_mean_lacking, &square_lacking, &below_rate_lacking})
        *sum /= weight;
      weight = 1;
    }
    if (weight < 1e-250) weight = 1e-250;
  }
  weight /= step;
  const double waits = (ca2_ + departure_scv_) / 2 * regularity(load, ca2_, departure_scv_);
  FluidPoint p;
  p.ratio = tempered(load, std::max(kLeastVariability, waits));
  double tail = load < 1 ? weight / (1 - p.ratio) : 0;
  // What finishes is what comes: the states that finish more than comes are made as likely as that takes.
  if (load < 1) {
    const double more = spare + tail * (capacity_ * targets_ - all);
    const double scale = more > 0 ? lacking / more : 1;
    below *= scale;
    below_mean *= scale;
    square *= scale;
    below_rate *= scale;
    weight *= scale;
    tail *= scale;
  }
  below += below_lacking;
  below_mean += below_mean_lacking;
  square += square_lacking;
  below_rate += below_rate_lacking;
  p.odds = below > 0 ? weight / below : 1e12;
  p.free_mean = below > 0 ? below_mean / below / targets_ : 0;
  p.free_rate = below > 0 ? below_rate / below / targets_ / capacity_ : 0;
  if (load >= 1) return p;
  const double sum = below + tail;
  p.busy = tail / sum;
  p.deep = p.busy * p.ratio / (1 - p.ratio) / targets_;
  p.meets = p.busy * seen_by_arrivals(load, ca2_);
  p.shallow = std::max(alone, (below_mean + tail * slots) / sum / targets_);
  p.shallow = std::clamp(p.shallow, alone, std::max(alone, service_.concurrency));
  if (service_.mean_work > 0) {
    p.slowed = std::min(p.shallow - alone, slowed);
    p.shallow = alone + p.slowed;
    p.meets_slow = cpu.meets;
    const double mean = (below_mean + tail * slots) / sum;
    const double variance = std::max(0.0, (square + tail * slots * slots) / sum - mean * mean);
    p.slow_spread = p.slowed > 0 ? std::min(1.0, std::sqrt(variance) / targets_ / p.slowed) : 1;
  }
  return p;
}

/// The CPU by itself. Least outstanding requests levels those at work and waiting together: the more of a request is
/// waiting, the less it levels the CPU.
FluidPoint FluidCurve::solve_cpu(double rate) const {
  constexpr double kHalfLevel = 0.45;  // variance of arrivals at one CPU then, measured on single requests
  const FluidPoint joined = cpu_station(rate, targets_, ca2_);
  if (targets_ == 1) return joined;
  const FluidPoint alone = cpu_station(rate, 1, kHalfLevel);
  const double waiting = 1 - service_.mean_work / service_.mean;
  FluidPoint p = joined;
  p.deep = between(joined.deep, alone.deep, waiting);
  p.busy = between(joined.busy, alone.busy, waiting);
  p.meets = between(joined.meets, alone.meets, waiting);
  return p;
}

/// As many at once as it has cores, then they share.
FluidPoint FluidCurve::cpu_station(double rate, double targets, double ca2) const {
  const double work = service_.mean_work, load = rate * work / cores_;
  FluidPoint p;
  const double alone = rate * (service_.mean - work + work / std::min(1.0, cores_));
  p.shallow = alone;
  if (load >= 1) {
    p.meets = p.busy = 1;
    p.ratio = load;
    return p;
  }
  const double cores = std::max(1.0, std::ceil(cores_)) * targets, all = rate * targets;
  const double cw2 = service_.work_scv;
  const double a = std::max(kLeastVariability, (ca2 + cw2) / (1 + cw2) * regularity(load, ca2, cw2));
  double weight = 1, below = 1, below_mean = 0, short_of = all;
  const double most = std::min(cores, 2048.0);
  for (double k = 1; k <= most; ++k) {
    const double each = k / targets;
    const double finishing = (cores_ < 1 ? std::min(each, 1.0) * cores_ : std::min(each, cores_)) / work * targets;
    weight *= all / std::max(finishing, 1e-300);
    if (k >= most) break;
    below += weight;
    below_mean += weight * k;
    short_of += weight * (all - finishing);
    if (weight > 1e200) {
      for (double* sum : {&below, &below_mean, &short_of}) *sum /= weight;
      weight = 1;
    }
  }
  p.ratio = tempered(load, a);
  double tail = weight / (1 - p.ratio);
  const double spare = tail * (cores_ / work * targets - all);
  if (short_of > 0 && spare > 0) tail *= std::min(1e6, short_of / spare);
  p.busy = tail / (below + tail);
  p.deep = p.busy * p.ratio / (1 - p.ratio) / targets;
  p.meets = p.busy * seen_by_arrivals(load, ca2);
  return p;
}

double FluidCurve::variability() const {
  const double cw2 = service_.work_scv;
  const double a = service_.concurrency > 0 ? (ca2_ + departure_scv_) / 2 : (ca2_ + cw2) / (1 + cw2);
  return std::max(kLeastVariability, a);
}

double FluidCurve::noise(double rate) const {
  const double goes = std::min(rate, capacity_), least = kLeastVariability * capacity_;
  if (service_.concurrency == 0) return std::max(least, (rate + goes) * variability()) / targets_;
  return std::max(least, rate * ca2_ + goes * departure_scv_) / targets_;
}

FluidPoint FluidCurve::at(double load) const {
  if (points_.empty()) {
    FluidPoint p;
    p.shallow = load * service_.mean;
    return p;
  }
  const auto above = std::upper_bound(kLoads.begin() + 1, kLoads.end() - 1, load);
  const std::size_t high = static_cast<std::size_t>(above - kLoads.begin()), low = high - 1;
  const double part = std::clamp((load - kLoads[low]) / (kLoads[high] - kLoads[low]), 0.0, 1.0);
  const FluidPoint &a = points_[low], &b = points_[high];
  FluidPoint p;
  p.shallow = between(a.shallow, b.shallow, part);
  p.deep = between(a.deep, b.deep, part);
  p.busy = between(a.busy, b.busy, part);
  p.meets = between(a.meets, b.meets, part);
  p.slowed = between(a.slowed, b.slowed, part);
  p.meets_slow = between(a.meets_slow, b.meets_slow, part);
  p.slow_spread = between(a.slow_spread, b.slow_spread, part);
  p.odds = between(a.odds, b.odds, part);
  p.free_mean = between(a.free_mean, b.free_mean, part);
  p.free_rate = between(a.free_rate, b.free_rate, part);
  p.ratio = between(a.ratio, b.ratio, part);
  return p;
}

}  // namespace berth

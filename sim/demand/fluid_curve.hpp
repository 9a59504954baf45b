// How a target stands when its load has been steady for long, as a function of that load: who is at work, who waits.
//
// A birth-death chain over the requests in a target. With n of them at work they finish at the rate of the closed
// network of the CPU (processor sharing of the allotment, one core a request at most) and of pure waiting; from the
// last slot on they queue. The chain is exact for Poisson arrivals and exponential times. Other variability makes its
// ratios steeper or flatter (`variability` a in place of 1):
//  - queue for slots: (ca² + cs²) / 2, Allen and Cunneen's;
//  - sharing of the CPU: (ca² + cw²) / (1 + cw²), as its heavy traffic has it, 1 for Poisson arrivals;
//  - slots enough: 1 − (1 − ca²) × steadiness, the peakedness of the number at work;
// the first two corrected for regular arrivals as Krämer and Langenbach-Belz do. Round robin over N targets gives each
// every N-th request: ca² = 1 / N. Least outstanding requests keeps targets level: they are one large target.
#pragma once

#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/demand/fluid_service.hpp"

namespace berth {

/// Steady figures of one target. `deep` requests are those that a backlog consists of: in the queue for slots, or,
/// where slots have no limit, those that slow each other down on the CPU.
struct FluidPoint {
  double shallow = 0;      ///< mean number of the others
  double deep = 0;         ///< mean number, times (1 − load ÷ capacity)
  double busy = 0;         ///< share of time in which one more request would be deep
  double meets = 0;        ///< likewise, share of arrivals
  double slowed = 0;       ///< of the shallow ones: mean number beyond what they would be alone on the CPU
  double meets_slow = 0;   ///< share of arrivals that are slowed
  double slow_spread = 1;  ///< standard deviation of that number ÷ its mean, at most 1
  double odds = 0;         ///< of a full target without a queue against one with a free slot
  double free_mean = 0;    ///< at work while a slot is free
  double free_rate = 0;    ///< what they finish, ÷ capacity
  double ratio = 0;        ///< of the probability of j + 1 in the queue to that of j
};

class FluidCurve {
 public:
  /// `alike` targets that get the same requests in turn, or by the fewest outstanding.
  FluidCurve(const FluidService& service, Cpu allotment, double alike, bool level);

  double capacity() const { return capacity_; }  ///< requests per nanosecond and target; 0 = without limit
  /// Load ÷ capacity, requests per nanosecond where capacity has no limit.
  FluidPoint at(double load) const;
  /// How fast the variance of a target's backlog grows where nothing holds it, per nanosecond.
  double noise(double rate) const;
  /// In time to finish them, of requests one after the other.
  double departure_variance() const { return departure_scv_; }
  /// Of what comes and what goes, in place of the 1 of chance alone.
  double variability() const;
  /// Nanoseconds of a request on an idle target.
  double alone() const { return service_.mean - service_.mean_work + service_.mean_work / (cores_ < 1 ? cores_ : 1); }
  /// So many targets share one queue in effect.
  double joined() const { return targets_; }

 private:
  FluidPoint solve(double load) const;
  FluidPoint solve_slots(double rate) const;
  FluidPoint solve_cpu(double rate) const;
  FluidPoint cpu_station(double rate, double targets, double ca2) const;
  double finish_rate(double at_work) const;
  double network_rate(double at_work) const;

  const FluidService& service_;
  double cores_ = 0;
  double targets_ = 1;  // that are one in the chain
  double ca2_ = 1;
  double departure_scv_ = 1;
  double capacity_ = 0;
  std::vector<double> finish_;  // per nanosecond, by number at work; empty where the formula is near enough
  std::vector<FluidPoint> points_;
};

}  // namespace berth

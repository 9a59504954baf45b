// A lane under stress, with targets that come, fail and go, and all that can be read of it afterwards.
#pragma once

#include "tests/demand/scene.hpp"

namespace berth::demand_test {

inline bool operator==(const LaneTotals& a, const LaneTotals& b) {
  return a.arrived == b.arrived && a.retried == b.retried && a.ok == b.ok && a.late == b.late &&
         a.timed_out == b.timed_out && a.refused == b.refused && a.dropped_by_death == b.dropped_by_death;
}

struct History {
  LaneTotals totals;
  std::vector<std::int64_t> targets;  ///< of those left: CPU, outstanding and answered requests
  std::vector<std::int64_t> latencies;
  friend bool operator==(const History& a, const History& b) {
    return a.totals == b.totals && a.targets == b.targets && a.latencies == b.latencies;
  }
};

inline LaneSpec stressed(Balancing balancing, std::int64_t cpu, std::int64_t slow_start = 0) {
  LaneSpec spec = spec_of(Quantiles::lognormal(40e6, 300e6), 4);
  spec.balancing = balancing;
  spec.cpu_per_request = cpu;
  spec.queue_limit = 20;
  spec.timeout = 500 * kMs;
  spec.slo = 200 * kMs;
  spec.slow_start = slow_start;
  return spec;
}

/// Over 90 s, cut into windows of that length.
inline History history(const LaneSpec& spec, Duration window) {
  RequestLane lane(spec, 1, poisson(330, 100));
  for (int i = 1; i <= 5; ++i)
    lane.add_target(TargetId(i), millicores(230), Time{}, 0, {static_cast<std::uint32_t>(i % 3)});
  auto advance = [&, t = Time{}](Time to) mutable {
    while (t + window < to) lane.advance_to(t += window);
    t = to;
    lane.advance_to(to);
    lane.check();
  };
  advance(at_second(20));
  lane.set_allotment(TargetId(2), millicores(900), at_second(20));
  advance(at_second(35));
  lane.remove_target(TargetId(1), at_second(35));
  advance(at_second(50));
  lane.add_target(TargetId(9), millicores(300), at_second(50), 0, {1});
  lane.drain_target(TargetId(3), at_second(50));
  advance(at_second(55.5));
  lane.set_health(TargetId(2), false, at_second(55.5));
  advance(at_second(60.001));
  lane.set_health(TargetId(2), true, at_second(60.001));
  lane.lose_target(TargetId(4), at_second(60.001));
  advance(at_second(70));
  lane.set_allotment(TargetId(9), millicores(100), at_second(70));
  advance(at_second(90));

  History all;
  all.totals = lane.totals();
  for (const int i : {2, 3, 4, 5, 9}) {
    const TargetTotals one = lane.target_totals(TargetId(i));
    all.targets.insert(all.targets.end(), {one.cpu_used, one.cpu_arrived, one.outstanding, one.answered});
  }
  const LatencyHistogram latencies = lane.take_latencies();
  all.latencies = latencies.counts();
  all.latencies.push_back(latencies.max());
  return all;
}

}  // namespace berth::demand_test

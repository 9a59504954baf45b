// Joint lanes: what a caller holds while it waits, and what becomes of calls that fail.
#include "tests/demand/joint_scene.hpp"

namespace berth::demand_test {

TEST_CASE("a service alone in a joint lane fares as in a lane of its own") {
  struct Case {
    const char* what;
    std::int64_t cpu, concurrency, queue_limit, timeout;
    double rate;
    Balancing balancing;
  };
  const Case cases[] = {
      {"waits", 0, 2, 3, 60 * kMs, 190, Balancing::round_robin},
      {"waits, least outstanding", 0, 2, 3, 60 * kMs, 190, Balancing::least_outstanding},
      {"works", 5 * kMs, 4, 3, 90 * kMs, 350, Balancing::round_robin},
      {"works, least outstanding", 5 * kMs, 4, 3, 90 * kMs, 350, Balancing::least_outstanding},
      {"no limit", 5 * kMs, 0, 0, 0, 200, Balancing::round_robin},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    LaneSpec spec = spec_of(Quantiles::exponential(20.0 * kMs), c.concurrency);
    spec.cpu_per_request = c.cpu;
    spec.queue_limit = c.queue_limit;
    spec.timeout = c.timeout;
    spec.slo = 30 * kMs;
    spec.balancing = c.balancing;
    RequestLane alone = lane_with(spec, poisson(c.rate, 20), 2, millicores(500));
    LaneMember member;
    member.spec = spec;
    member.arrivals = poisson(c.rate, 20);
    JointLane joint = joint_lane({member}, 2, millicores(500));
    alone.advance_to(Time{30s});
    joint.advance_to(at(30s));
    const LaneTotals& a = alone.totals();
    const LaneTotals& b = joint.totals(0);
    CHECK(a.arrived == b.arrived);
    CHECK(a.ok == b.ok);
    CHECK(a.late == b.late);
    CHECK(a.timed_out == b.timed_out);
    CHECK(a.refused == b.refused);
    CHECK(b.ok > 1000);
    LatencyHistogram latencies;
    joint.take_latencies(0, latencies);
    CHECK(alone.take_latencies().counts() == latencies.counts());
    for (const int i : {1, 2}) {
      const TargetTotals x = alone.target_totals(TargetId(i)), y = joint.target_totals(0, TargetId(i));
      CHECK(x.cpu_used == y.cpu_used);
      CHECK(x.cpu_arrived == y.cpu_arrived);
      CHECK(x.answered == y.answered);
      CHECK(y.outstanding == 0);
    }
  }
}

}  // namespace berth::demand_test

// Joint lanes: what a caller holds while it waits, and what becomes of calls that fail.
#include <deque>
#include <functional>
#include <map>

#include "tests/demand/joint_scene.hpp"

namespace berth::demand_test {

namespace {

Quantiles ms(double v) { return Quantiles::constant(v * kMs); }

/// web -> catalog -> database, each on one target; the database may be an external.
std::vector<LaneMember> chain(double web_ms, double catalog_ms, double database_ms) {
  std::vector<LaneMember> members = {member_of("web", ms(web_ms)), member_of("catalog", ms(catalog_ms)),
                                     member_of("database", ms(database_ms))};
  members[0].calls = {call_to(1)};
  members[1].calls = {call_to(2)};
  return members;
}

RetrySpec retried(std::int64_t max) {
  RetrySpec spec;
  spec.max = max;
  spec.initial = 25 * kMs;
  spec.longest = 250 * kMs;
  for (const Failure why : {Failure::timed_out, Failure::refused, Failure::dropped, Failure::error}) spec.cover(why);
  return spec;
}

LatencyHistogram latencies_of(JointLane& lane, std::uint32_t member) {
  LatencyHistogram latencies;
  lane.take_latencies(member, latencies);
  return latencies;
}

/// The same chain once more, in the plainest way: stations with slots and queues, and a list of what is next.
class PlainChain {
 public:
  PlainChain(std::vector<std::vector<std::int64_t>> times, std::vector<int> slots)
      : times_(std::move(times)), free_(std::move(slots)), queues_(free_.size()) {}

  LatencyHistogram run(const std::vector<std::int64_t>& arrivals) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) then(arrivals[i], [this, i] { arrive(0, i); });
    while (!next_.empty()) {
      const auto first = next_.begin();
      const auto act = first->second;
      now_ = first->first;
      next_.erase(first);
      act();
    }
    LatencyHistogram latencies;
    for (std::size_t i = 0; i < arrivals.size(); ++i) latencies.add(ends_[i] - arrivals[i]);
    return latencies;
  }

 private:
  void then(std::int64_t t, std::function<void()> act) { next_.emplace(t, std::move(act)); }
  void arrive(std::size_t station, std::size_t request) {
    if (free_[station] == 0) return queues_[station].push_back(request);
    --free_[station];
    begin(station, request);
  }
  void begin(std::size_t station, std::size_t request) {
    if (station + 1 < free_.size()) return arrive(station + 1, request);
    work(station, request);
  }
  void work(std::size_t station, std::size_t request) {
    const auto& times = times_[station];
    then(now_ + times[request % times.size()], [this, station, request] { end(station, request); });
  }
  void end(std::size_t station, std::size_t request) {
    if (queues_[station].empty()) {
      ++free_[station];
    } else {
      const std::size_t first = queues_[station].front();
      queues_[station].pop_front();
      begin(station, first);
    }
    if (station > 0) return work(station - 1, request);
    ends_[request] = now_;
  }

  std::vector<std::vector<std::int64_t>> times_;
  std::vector<int> free_;
  std::vector<std::deque<std::size_t>> queues_;
  std::multimap<std::int64_t, std::function<void()>> next_;
  std::map<std::size_t, std::int64_t> ends_;
  std::int64_t now_ = 0;
};

}  // namespace

TEST_CASE("a service alone in a joint lane fares as in a lane of its own") {
  struct Case {
    const char* what;
    std::int64_t cpu, concurrency, queue_limit, timeout;
    double rate;
    Balancing balancing;
    std::int64_t retries = 0;
  };
  const Case cases[] = {
      {"waits", 0, 2, 3, 60 * kMs, 190, Balancing::round_robin},
      {"waits, least outstanding", 0, 2, 3, 60 * kMs, 190, Balancing::least_outstanding},
      {"works", 5 * kMs, 4, 3, 90 * kMs, 350, Balancing::round_robin},
      {"works, least outstanding", 5 * kMs, 4, 3, 90 * kMs, 350, Balancing::least_outstanding},
      {"works, random", 5 * kMs, 4, 3, 90 * kMs, 350, Balancing::random},
      {"no limit", 5 * kMs, 0, 0, 0, 200, Balancing::round_robin},
      {"tries again", 5 * kMs, 4, 3, 90 * kMs, 250, Balancing::round_robin, 3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    LaneSpec spec = spec_of(Quantiles::exponential(20.0 * kMs), c.concurrency);
    spec.cpu_per_request = c.cpu;
    spec.queue_limit = c.queue_limit;
    spec.timeout = c.timeout;
    spec.slo = 30 * kMs;
    spec.balancing = c.balancing;
    if (c.retries > 0) spec.retries = retried(c.retries);
    RequestLane alone = lane_with(spec, poisson(c.rate, 20), 2, millicores(500));
    LaneMember member;
    member.spec = spec;
    member.arrivals = poisson(c.rate, 20);
    JointLane joint = joint_lane({member}, 2, millicores(500));
    alone.advance_to(Time{30s});
    joint.advance_to(at(30s));
    joint.check(0);
    const LaneTotals& a = alone.totals();
    const LaneTotals& b = joint.totals(0);
    CHECK(a.arrived == b.arrived);
    CHECK(a.retried == b.retried);
    CHECK(a.ok == b.ok);
    CHECK(a.late == b.late);
    CHECK(a.timed_out == b.timed_out);
    CHECK(a.refused == b.refused);
    CHECK(b.ok > 1000);
    CHECK(alone.take_latencies().counts() == latencies_of(joint, 0).counts());
    for (const int i : {1, 2}) {
      const TargetTotals x = alone.target_totals(TargetId(i)), y = joint.target_totals(0, TargetId(i));
      CHECK(x.cpu_used == y.cpu_used);
      CHECK(x.cpu_arrived == y.cpu_arrived);
      CHECK(x.answered == y.answered);
      CHECK(y.outstanding == 0);
    }
  }
}

TEST_CASE("a chain of three fares as in a plain simulation of it, to the nanosecond") {
  std::vector<LaneMember> members = chain(20, 5, 10);
  members[0].spec.service_time = Quantiles::exponential(20.0 * kMs);
  members[0].spec.concurrency = 12;
  members[1].spec.concurrency = 3;
  members[2].spec.concurrency = 2;
  members[0].arrivals = poisson(160, 30);
  const std::vector<std::int64_t> arrivals = moments(poisson(160, 30));
  std::vector<std::int64_t> own;
  const Draws draws(1, Purpose::service_time, name_hash("web"));
  for (std::size_t i = 0; i < arrivals.size(); ++i)
    own.push_back(members[0].spec.service_time.at(draws.four(i / 4)[i % 4]));
  JointLane lane = joint_lane(members);
  lane.advance_to(at(60s));
  PlainChain plain({own, {5 * kMs}, {10 * kMs}}, {12, 3, 2});
  CHECK(latencies_of(lane, 0).counts() == plain.run(arrivals).counts());
  CHECK(lane.totals(0).ok == static_cast<std::int64_t>(arrivals.size()));
}

TEST_CASE("a caller keeps its slot until it is answered") {
  std::vector<LaneMember> members = chain(10, 20, 70);
  members[1].spec.concurrency = members[2].spec.concurrency = 100;
  members[0].arrivals = burst(50);
  JointLane lane = joint_lane(members);
  lane.advance_to(at(30s));
  // One slot: the answers come one after another, though the callees have room.
  CHECK(lane.totals(0).ok == 50);
  CHECK(latencies_of(lane, 0).max() > 50 * 100 * kMs - at(1s));
  CHECK(latencies_of(lane, 2).max() == 70 * kMs);
}

TEST_CASE("windows cut anywhere change nothing") {
  const auto history = [](std::int64_t window) {
    std::vector<LaneMember> members = {member_of("web", Quantiles::exponential(5.0 * kMs), 8),
                                       member_of("catalog", Quantiles::exponential(8.0 * kMs), 4),
                                       member_of("mail", Quantiles::exponential(30.0 * kMs), 1),
                                       external_of("database", Quantiles::exponential(10.0 * kMs), 6)};
    members[0].spec.cpu_per_request = 2 * kMs;
    members[1].spec.cpu_per_request = 4 * kMs;
    members[1].spec.balancing = Balancing::least_outstanding;
    members[0].spec.timeout = 80 * kMs;
    members[0].spec.retries = retried(2);
    members[0].arrivals = poisson_of("web", 180, 20);
    members[1].arrivals = poisson_of("catalog", 40, 20);
    members[0].calls = {call_to(1), call_to(3), call_to(3, 1), call_to(2, 1)};
    members[0].calls[1].at_most = UINT64_MAX / 2;
    members[0].calls[2].count = 2;
    members[0].calls[2].optional = true;
    members[0].calls[3].async = true;
    members[1].calls = {call_to(3)};
    for (LaneCall* call : {&members[0].calls[0], &members[0].calls[2], &members[1].calls[0]}) {
      call->timeout = 25 * kMs;
      call->retries = retried(2);
    }
    members[3].error_rate = 0.02;
    for (LaneMember& m : members) m.spec.queue_limit = 20;
    JointLane lane = joint_lane(members, 3, millicores(900));
    const auto advance = [&](std::int64_t to) {
      while (lane.now() + window < to) lane.advance_to(lane.now() + window);
      lane.advance_to(to);
    };
    advance(at(5s));
    lane.set_allotment(0, TargetId(1), millicores(300));
    lane.lose_target(1, TargetId(2));
    advance(at(7s));
    lane.drain_target(0, TargetId(2));
    lane.lose_target(0, TargetId(3));
    lane.set_pace(3, 4, 0.1);
    advance(at(9s));
    lane.remove_target(1, TargetId(2));
    lane.remove_target(0, TargetId(2));
    lane.set_pace(3, 1, 0);
    lane.add_target(1, TargetId(9), kVcpu, 0, 0, 0);
    advance(at(60s));
    std::vector<std::int64_t> all(8);  // begins with the sums of all members
    for (std::uint32_t m = 0; m < lane.size(); ++m) {
      lane.check(m);
      const LaneTotals& t = lane.totals(m);
      const std::int64_t of_member[] = {t.arrived, t.retried,          t.ok,     t.timed_out,
                                        t.refused, t.dropped_by_death, t.failed, t.late};
      for (std::size_t i = 0; i < 8; ++i) all[i] += of_member[i];
      all.insert(all.end(), std::begin(of_member), std::end(of_member));
      CHECK(t.in_flight() == 0);
      const auto counts = latencies_of(lane, m).counts();
      all.insert(all.end(), counts.begin(), counts.end());
      std::vector<PathShare> shares;
      lane.take_paths(m, shares);
      for (const PathShare& s : shares) all.insert(all.end(), {s.visits, s.queue, s.own, s.retry});
    }
    return all;
  };
  const auto whole = history(at(60s));
  CHECK(whole == history(1'234'567));
  CHECK(whole == history(20 * kMs));
  for (std::size_t outcome = 0; outcome < 7; ++outcome) CHECK(whole[outcome] > 0);
}

TEST_CASE("doubling replicas in front of a full database serves no more") {
  const auto served = [](int replicas) {
    std::vector<LaneMember> members = {member_of("web", ms(5), 10), external_of("database", ms(20), 10)};
    members[0].calls = {call_to(1)};
    members[0].spec.queue_limit = 50;
    members[0].arrivals = poisson(700, 30);  // the database serves 10 / 20 ms = 500/s
    JointLane lane = joint_lane(members, replicas);
    lane.advance_to(at(30s));
    return lane.totals(0).ok;
  };
  const std::int64_t once = served(2), twice = served(4);
  CHECK(once == doctest::Approx(500 * 30).epsilon(0.01));
  CHECK(twice == doctest::Approx(static_cast<double>(once)).epsilon(0.01));
}

TEST_CASE("a slow-down with three retries is never recovered from, with a budget of a fifth it is") {
  const auto answered_after = [](bool budget) {
    std::vector<LaneMember> members = {member_of("web", ms(5), 0), external_of("database", ms(50), 20)};
    members[1].spec.queue_limit = 100'000;
    members[0].calls = {call_to(1)};
    LaneCall& call = members[0].calls[0];
    call.timeout = 1'000 * kMs;
    call.retries = retried(3);
    call.retries.has_budget = budget;
    call.retries.budget_ppm = 200'000;
    call.retries.budget_window = at(10s);
    members[0].arrivals = poisson(300, 1'200);  // of 400/s
    JointLane lane = joint_lane(members);
    lane.advance_to(at(60s));
    CHECK(lane.totals(0).failed == 0);
    lane.set_pace(1, 10, 0);
    lane.advance_to(at(660s));
    lane.set_pace(1, 1, 0);
    lane.advance_to(at(720s));
    const std::int64_t before = lane.totals(0).ok;
    lane.advance_to(at(1'200s));
    return static_cast<double>(lane.totals(0).ok - before) / (300 * 480);
  };
  CHECK(answered_after(false) < 0.2);
  CHECK(answered_after(true) > 0.98);
}

TEST_CASE("calls stand one after another, side by side, or after one they name") {
  const auto latency = [](std::vector<LaneCall> calls) {
    std::vector<LaneMember> members = {member_of("web", ms(1)), external_of("a", ms(30), 0),
                                       external_of("b", ms(50), 0), external_of("c", ms(7), 0)};
    members[0].calls = std::move(calls);
    members[0].arrivals = burst(1);
    JointLane lane = joint_lane(members);
    lane.advance_to(at(30s));
    CHECK(lane.totals(0).ok == 1);
    return latencies_of(lane, 0).max() / kMs;
  };
  CHECK(latency({call_to(1), call_to(2, 1), call_to(3, 3)}) == 1 + 30 + 50 + 7);
  CHECK(latency({call_to(1), call_to(2), call_to(3, 3)}) == 1 + 50 + 7);
  CHECK(latency({call_to(1), call_to(2), call_to(3, 1)}) == 1 + 50);  // c is over before b
  LaneCall copies = call_to(1), async = call_to(2), skipped = call_to(2);
  copies.count = 5;
  async.async = true;
  skipped.at_most = 0;
  CHECK(latency({copies}) == 1 + 30);
  CHECK(latency({async}) == 1);
  CHECK(latency({skipped, call_to(3, 1)}) == 1 + 7);
}

TEST_CASE("the critical path goes through the slower of two calls, and its parts add up to the answers' time") {
  std::vector<LaneMember> members = {member_of("web", ms(10), 4), member_of("fast", ms(20), 4),
                                     member_of("slow", ms(35), 1), external_of("database", ms(3), 1)};
  members[0].calls = {call_to(1), call_to(2)};
  members[2].calls = {call_to(3)};
  members[0].arrivals = burst(3);
  JointLane lane = joint_lane(members);
  lane.advance_to(at(30s));
  std::vector<PathShare> paths;
  lane.take_paths(0, paths);
  REQUIRE(paths.size() == 4);
  CHECK(paths[0].visits == 3);
  CHECK(paths[0].own == 3 * 10 * kMs);
  CHECK(paths[1].visits == 0);
  CHECK(paths[2].own == 3 * 35 * kMs);
  CHECK(paths[3].own == 3 * 3 * kMs);
  std::int64_t whole = 0;
  for (const PathShare& p : paths) whole += p.queue + p.own + p.retry;
  // Three requests come within a second; each holds the slow one for 38 ms.
  CHECK(whole == 3 * 48 * kMs + paths[2].queue);
  lane.take_paths(0, paths);
  CHECK(paths[0].visits == 0);
}

TEST_CASE("a call that fails fails its caller, unless it is optional") {
  for (const bool optional : {false, true}) {
    std::vector<LaneMember> members = {member_of("web", ms(10), 4), external_of("database", ms(3), 1)};
    members[0].calls = {call_to(1)};
    members[0].calls[0].optional = optional;
    members[1].error_rate = 1;
    members[0].arrivals = burst(20);
    JointLane lane = joint_lane(members);
    lane.advance_to(at(30s));
    CHECK(lane.totals(1).failed == 20);
    CHECK(lane.totals(0).failed == (optional ? 0 : 20));
    CHECK(lane.totals(0).ok == (optional ? 20 : 0));
    lane.check(0);
    lane.check(1);
  }
}

TEST_CASE("a callee finishes the work for a caller that has given up") {
  std::vector<LaneMember> members = {member_of("web", ms(10), 4), external_of("database", ms(300), 1)};
  members[0].calls = {call_to(1)};
  members[0].calls[0].timeout = 100 * kMs;
  members[0].arrivals = burst(1);
  JointLane lane = joint_lane(members);
  lane.advance_to(at(30s));
  CHECK(lane.totals(0).failed == 1);
  CHECK(lane.totals(1).timed_out == 1);
  CHECK(lane.totals(1).ok == 0);
  // And a caller for a client that has: its slot is held for 110 ms, whatever the client does.
  std::vector<LaneMember> impatient = {member_of("web", ms(10), 1), external_of("database", ms(100), 1)};
  impatient[0].calls = {call_to(1)};
  impatient[0].spec.timeout = 50 * kMs;
  impatient[0].arrivals = arrivals_of(series_of(Meaning::count, {1000}, 1s));
  JointLane other = joint_lane(impatient);
  other.advance_to(at(30s));
  CHECK(other.totals(0).timed_out == 1000);
  CHECK(other.totals(1).ok >= 1'000 / 110);
  CHECK(other.totals(1).ok <= 1'000 / 110 + 2);
}

TEST_CASE("a time-out together with the answer is none, together with a free slot it is one") {
  const auto outcome = [](std::int64_t timeout) {
    std::vector<LaneMember> members = {member_of("web", ms(10), 4), external_of("database", ms(50), 1)};
    members[0].calls = {call_to(1)};
    members[0].calls[0].timeout = timeout;
    members[0].calls[0].count = 2;
    members[0].calls[0].optional = true;
    members[0].arrivals = burst(1);
    JointLane lane = joint_lane(members);
    lane.advance_to(at(30s));
    return lane.totals(1);
  };
  CHECK(outcome(50 * kMs).ok == 1);  // and the other one's slot comes when its time is over
  CHECK(outcome(50 * kMs).timed_out == 1);
  CHECK(outcome(100 * kMs).ok == 2);
  CHECK(outcome(100 * kMs - 1).ok == 1);
  CHECK(outcome(50 * kMs - 1).ok == 0);
}

TEST_CASE("the death of a target in mid-call") {
  const auto scene = [](std::int64_t timeout) {
    std::vector<LaneMember> members = chain(10, 20, 300);
    for (LaneMember& m : members) m.spec.concurrency = 8;
    members[0].calls[0].timeout = timeout;
    members[0].arrivals = burst(1);
    return joint_lane(members);
  };
  const std::int64_t middle = moments(burst(1)).front() + 100 * kMs;
  SUBCASE("a caller's: what it called goes on for nobody") {
    JointLane lane = scene(0);
    lane.advance_to(middle);
    lane.remove_target(0, TargetId(1));
    lane.advance_to(at(30s));
    CHECK(lane.totals(0).dropped_by_death == 1);
    CHECK(lane.totals(1).ok == 1);
    CHECK(lane.totals(2).ok == 1);
  }
  SUBCASE("a callee's: its caller fails at once") {
    JointLane lane = scene(0);
    lane.advance_to(middle);
    lane.remove_target(1, TargetId(1));
    lane.advance_to(middle + kMs);
    CHECK(lane.totals(1).dropped_by_death == 1);
    CHECK(lane.totals(0).failed == 1);
    CHECK(lane.totals(2).in_flight() == 1);
    lane.check(2);
  }
  SUBCASE("unnoticed: its caller waits for its time-out") {
    JointLane lane = scene(400 * kMs);
    lane.advance_to(middle);
    lane.lose_target(1, TargetId(1));
    lane.check(1);
    lane.advance_to(middle + 200 * kMs);
    CHECK(lane.totals(0).failed == 0);
    lane.advance_to(middle + 400 * kMs);
    CHECK(lane.totals(0).failed == 1);
    CHECK(lane.totals(1).dropped_by_death == 1);
  }
  SUBCASE("unnoticed, without a time-out: until the target is removed") {
    JointLane lane = scene(0);
    lane.advance_to(middle);
    lane.lose_target(1, TargetId(1));
    lane.advance_to(at(20s));
    CHECK(lane.totals(0).in_flight() == 1);
    lane.remove_target(1, TargetId(1));
    lane.advance_to(at(21s));
    CHECK(lane.totals(0).failed == 1);
    CHECK(lane.totals(1).dropped_by_death == 1);
  }
  SUBCASE("a drained one finishes its calls and gets no more") {
    JointLane lane = scene(0);
    lane.advance_to(middle);
    lane.drain_target(1, TargetId(1));
    lane.advance_to(at(30s));
    CHECK(lane.totals(0).ok == 1);
  }
}

TEST_CASE("calls that are tried again count once, with the time since their first attempt") {
  std::vector<LaneMember> members = {member_of("web", ms(10), 4), member_of("catalog", ms(50), 1)};
  members[0].calls = {call_to(1)};
  members[0].calls[0].retries = retried(5);
  members[0].calls[0].retries.jitter = Jitter::none;
  members[0].arrivals = burst(1);
  JointLane lane = joint_lane(members, 0);
  lane.add_target(0, TargetId(1), kVcpu, 0, 0, 0);
  const std::int64_t begin = moments(burst(1)).front();
  lane.advance_to(begin + 30 * kMs);  // refused at once, and again after 25 ms
  lane.add_target(1, TargetId(1), kVcpu, 0, 0, 0);
  lane.advance_to(at(30s));
  CHECK(lane.totals(1).arrived == 1);
  CHECK(lane.totals(1).retried == 2);
  CHECK(lane.totals(1).ok == 1);
  CHECK(latencies_of(lane, 1).max() == (25 + 50 + 50) * kMs);
  std::vector<PathShare> paths;
  lane.take_paths(0, paths);
  CHECK(paths[1].retry == (25 + 50) * kMs);
  CHECK(paths[1].own == 50 * kMs);
}

TEST_CASE("requests of clients and of callers are told apart") {
  std::vector<LaneMember> members = {member_of("web", ms(1), 4), member_of("catalog", ms(1), 4)};
  members[0].calls = {call_to(1)};
  members[0].arrivals = burst(30);
  members[1].arrivals = burst(12, "catalog");
  JointLane lane = joint_lane(members);
  lane.advance_to(at(30s));
  CHECK(lane.totals(1).ok == 42);
  CHECK(lane.client_totals(1).ok == 12);
  CHECK(lane.client_totals(0).ok == 30);
  LatencyHistogram clients;
  lane.take_client_latencies(1, clients);
  CHECK(clients.total() == 12);
}

TEST_CASE("the room that a joint lane takes depends on what is in flight, not on how long it runs") {
  std::vector<LaneMember> members = chain(20, 20, 20);
  for (LaneMember& m : members) m.spec.concurrency = 50;
  members[0].spec.timeout = at(3600s);
  members[0].arrivals = poisson(500, 200);
  JointLane lane = joint_lane(members);
  lane.advance_to(at(20s));
  const std::size_t room = lane.room();
  lane.advance_to(at(200s));
  CHECK(lane.room() < 2 * room);
}

}  // namespace berth::demand_test

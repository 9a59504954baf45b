// Requests and CPU: processor sharing of the allotment, saturation, borrowing; against a naive reference.
#include <cmath>

#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

struct NaiveTotals {
  std::int64_t ok = 0, timed_out = 0, refused = 0;
  double longest = 0, cpu_used = 0;
};

/// One target, worked off event by event: every request on the CPU is touched at every event. Whoever leaves the CPU
/// does so at a whole nanosecond. Saturated slots amplify the least rounding (twofold in a tenth of a second), so those
/// scenes are short.
class NaiveTarget {
 public:
  NaiveTarget(const LaneSpec& spec, double cores) : spec_(spec), cores_(cores) {}

  void arrive(double t, double service) {
    work_until(t);
    if (in_service() < slots()) {
      begin(t, service);
    } else if (static_cast<std::int64_t>(queue_.size()) < spec_.queue_limit) {
      queue_.push_back({t, service});
    } else {
      ++totals.refused;
    }
  }

  /// Everything up to `t`.
  void work_until(double t) {
    for (;;) {
      double next = t;
      for (const Job& job : jobs_) next = std::min(next, ends(job));
      if (!queue_.empty()) next = std::min(next, deadline(queue_.front().first));
      const double rate = per_job();
      for (Job& job : jobs_)
        if (job.on_cpu) job.cpu -= (next - now_) * rate;
      totals.cpu_used += (next - now_) * rate * on_cpu();
      now_ = next;
      const bool done = settle();
      if (!done && next >= t) return;
    }
  }

  NaiveTotals totals;

 private:
  struct Job {
    double arrived, cpu, waiting, waits_until;
    bool on_cpu;
  };
  static constexpr double kNothing = 1e-6;  // nanoseconds

  double deadline(double arrived) const {
    return spec_.timeout > 0 ? arrived + static_cast<double>(spec_.timeout) : 1e300;
  }
  std::size_t slots() const { return spec_.concurrency > 0 ? static_cast<std::size_t>(spec_.concurrency) : SIZE_MAX; }
  std::size_t in_service() const { return jobs_.size(); }
  double on_cpu() const {
    double n = 0;
    for (const Job& job : jobs_) n += job.on_cpu ? 1 : 0;
    return n;
  }
  double per_job() const { return on_cpu() > 0 ? std::min(1.0, cores_ / on_cpu()) : 0; }
  double ends(const Job& job) const {
    return job.on_cpu ? now_ + std::ceil(std::max(0.0, job.cpu / per_job() - kNothing)) : job.waits_until;
  }

  void begin(double arrived, double service) {
    const double work = std::min(service, static_cast<double>(spec_.cpu_per_request));
    jobs_.push_back({arrived, work, service - work, 0, true});
  }

  /// What ends now; true when anything did.
  bool settle() {
    bool any = false;
    for (std::size_t i = 0; i < jobs_.size();) {
      Job& job = jobs_[i];
      if (job.on_cpu && job.cpu <= kNothing) {
        job.on_cpu = false;
        job.waits_until = now_ + job.waiting;
        any = true;
      }
      if (job.on_cpu || job.waits_until > now_ + kNothing) {
        ++i;
        continue;
      }
      const double latency = now_ - job.arrived;
      if (now_ > deadline(job.arrived) + kNothing) ++totals.timed_out;
      else ++totals.ok, totals.longest = std::max(totals.longest, latency);
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
      any = true;
    }
    while (!queue_.empty() && deadline(queue_.front().first) <= now_) {
      ++totals.timed_out;
      queue_.erase(queue_.begin());
      any = true;
    }
    while (!queue_.empty() && in_service() < slots()) {
      begin(queue_.front().first, queue_.front().second);
      queue_.erase(queue_.begin());
      any = true;
    }
    return any;
  }

  const LaneSpec& spec_;
  double cores_;
  double now_ = 0;
  std::vector<Job> jobs_;
  std::vector<std::pair<double, double>> queue_;
};

LaneSpec all_cpu(std::int64_t cpu, std::int64_t concurrency) {
  LaneSpec spec = spec_of(Quantiles::constant(static_cast<double>(cpu)), concurrency);
  spec.cpu_per_request = cpu;
  return spec;
}

}  // namespace

TEST_CASE("a target does as a naive simulation of it does") {
  struct Scene {
    std::int64_t concurrency, queue_limit, timeout, cpu;
    Cpu allotment;
    double rate, seconds;
  };
  const Scene scenes[] = {
      {8, 100, 0, 3 * kMs, millicores(500), 100, 60},            // moderate
      {8, 20, 0, 3 * kMs, millicores(250), 200, 1},              // saturated, refusals
      {4, 1000, 400 * kMs, 10 * kMs, millicores(700), 90, 3},    // saturated, time-outs in the queue
      {40, 1000, 300 * kMs, 20 * kMs, millicores(1500), 90, 3},  // many slots (a heap), time-outs in service
      {0, 0, 0, 30 * kMs, millicores(2500), 70, 60},             // no limit, several cores, some requests are all CPU
      {2, 5, 100 * kMs, 1 * kMs, millicores(4000), 60, 60},      // slots are short, CPU is not
      {8, 100, 0, 1000 * kMs, millicores(1000), 15, 60},         // all CPU, unequal work
  };
  for (const Scene& scene : scenes) {
    CAPTURE(scene.cpu);
    CAPTURE(scene.concurrency);
    LaneSpec spec = spec_of(Quantiles::lognormal(40e6, 300e6), scene.concurrency);
    spec.queue_limit = scene.queue_limit;
    spec.timeout = scene.timeout;
    spec.cpu_per_request = scene.cpu;
    NaiveTarget naive(spec, vcpus(scene.allotment));
    const Draws draws(7, Purpose::service_time, name_hash("web"));
    for (Arrivals a = poisson(scene.rate, scene.seconds); a.peek() != INT64_MAX; a.pop())
      naive.arrive(static_cast<double>(a.peek()),
                   static_cast<double>(spec.service_time.at(draws.four(a.number() / 4)[a.number() % 4])));
    naive.work_until(500e9);
    for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
      spec.balancing = balancing;
      RequestLane lane = lane_with(spec, poisson(scene.rate, scene.seconds), 1, scene.allotment, 7);
      lane.advance_to(at_second(500));
      CHECK(lane.totals().ok == naive.totals.ok);
      CHECK(lane.totals().timed_out == naive.totals.timed_out);
      CHECK(lane.totals().refused == naive.totals.refused);
      CHECK(static_cast<double>(lane.take_latencies().max()) == doctest::Approx(naive.totals.longest).epsilon(1e-5));
      CHECK(static_cast<double>(lane.target_totals(TargetId(1)).cpu_used) ==
            doctest::Approx(naive.totals.cpu_used).epsilon(1e-5));
    }
  }
}

TEST_CASE("alone on a replica a request takes its service time, half a core makes only its CPU part twice as long") {
  LaneSpec spec = spec_of(Quantiles::constant(40e6), 8);
  spec.cpu_per_request = 3 * kMs;
  const auto latency = [&](Cpu allotment) {
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {1})), 1, allotment);
    lane.advance_to(at_second(100));
    return lane.take_latencies().max();
  };
  CHECK(latency(kVcpu) == 40 * kMs);
  CHECK(latency(kVcpu * 4) == 40 * kMs);  // one request never uses more than one core
  CHECK(latency(millicores(500)) == 2 * 3 * kMs + 37 * kMs);
}

TEST_CASE("a request shorter than its CPU work is all CPU") {
  LaneSpec spec = spec_of(Quantiles::constant(2e6), 8);
  spec.cpu_per_request = 3 * kMs;
  RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {1})), 1, millicores(500));
  lane.advance_to(at_second(100));
  CHECK(lane.take_latencies().max() == 2 * 2 * kMs);
  CHECK(lane.target_totals(TargetId(1)).cpu_used == 2 * kMs);
  CHECK(lane.target_totals(TargetId(1)).cpu_arrived == 2 * kMs);
}

TEST_CASE(
    "a saturated replica serves allotment / cpu_per_request, uses all of its CPU and no more, and latency climbs") {
  LaneSpec spec = spec_of(Quantiles::lognormal(40e6, 300e6), 32);
  spec.cpu_per_request = 3 * kMs;
  RequestLane lane = lane_with(spec, poisson(300, 200), 1, millicores(500));
  lane.advance_to(at_second(20));
  const std::int64_t p50_early = lane.take_latencies().quantile(0.5);
  const std::int64_t ok_early = lane.totals().ok;
  const std::int64_t used_early = lane.target_totals(TargetId(1)).cpu_used;
  lane.advance_to(at_second(180));
  lane.take_latencies();
  lane.advance_to(at_second(200));
  CHECK(static_cast<double>(lane.totals().ok - ok_early) / 180 == doctest::Approx(0.5 / 0.003).epsilon(0.01));
  const std::int64_t used = lane.target_totals(TargetId(1)).cpu_used - used_early;
  CHECK(used <= 180 * 500 * kMs);
  CHECK(static_cast<double>(used) == doctest::Approx(180 * 500.0 * kMs).epsilon(0.001));
  CHECK(lane.target_totals(TargetId(1)).cpu_arrived > lane.target_totals(TargetId(1)).cpu_used);
  CHECK(lane.take_latencies().quantile(0.5) > 5 * p50_early);
}

TEST_CASE(
    "without a limit on concurrency a saturated replica uses all of its CPU but answers less: it works on more and "
    "more at once") {
  RequestLane lane = lane_with(all_cpu(10 * kMs, 0), poisson(200, 100), 1);
  lane.advance_to(at_second(50));
  const LaneTotals half = lane.totals();
  const std::int64_t in_flight = lane.in_flight();
  const std::int64_t used = lane.target_totals(TargetId(1)).cpu_used;
  lane.advance_to(at_second(100));
  CHECK(lane.target_totals(TargetId(1)).cpu_used - used == 50'000 * kMs);
  CHECK(lane.totals().ok - half.ok < 50 * 100);  // 1 core / 10 ms
  CHECK(lane.in_flight() > 1.8 * static_cast<double>(in_flight));
}

TEST_CASE("more CPU from the neighbours serves more, from that moment on") {
  RequestLane lane = lane_with(all_cpu(10 * kMs, 16), poisson(500, 60), 1, millicores(500));
  lane.advance_to(at_second(20));
  const std::int64_t alone = lane.totals().ok;
  lane.set_allotment(TargetId(1), kVcpu * 2, at_second(20));
  lane.advance_to(at_second(40));
  const std::int64_t borrowed = lane.totals().ok - alone;
  lane.set_allotment(TargetId(1), Cpu{0}, at_second(40));
  lane.advance_to(at_second(60));
  CHECK(alone == doctest::Approx(20 * 0.5 / 0.010).epsilon(0.01));
  CHECK(borrowed == doctest::Approx(20 * 2 / 0.010).epsilon(0.01));
  CHECK(lane.totals().ok == alone + borrowed);  // without CPU nothing moves
  const double used = static_cast<double>(lane.target_totals(TargetId(1)).cpu_used);
  CHECK(used == doctest::Approx(20 * 500.0 * kMs + 20 * 2000.0 * kMs).epsilon(0.001));
}

TEST_CASE("an allotment that is set again to the same changes nothing") {
  const auto answered = [](bool again) {
    RequestLane lane = lane_with(all_cpu(10 * kMs, 16), poisson(40, 60), 1, millicores(500));
    for (int s = 1; s <= 60; ++s) {
      if (again) lane.set_allotment(TargetId(1), millicores(500), at_second(s));
      else lane.advance_to(at_second(s));
    }
    return lane.take_latencies().counts();
  };
  CHECK(answered(true) == answered(false));
}

TEST_CASE("a server finishes work whose client has given up, so time-outs do not give capacity back") {
  LaneSpec spec = all_cpu(100 * kMs, 0);
  spec.timeout = 50 * kMs;
  RequestLane lane = lane_with(spec, poisson(5, 60), 1);
  lane.advance_to(at_second(100));
  CHECK(lane.totals().timed_out == lane.totals().arrived);
  const double used = static_cast<double>(lane.target_totals(TargetId(1)).cpu_used);
  CHECK(used == doctest::Approx(static_cast<double>(lane.totals().arrived * 100 * kMs)).epsilon(1e-6));
}

}  // namespace berth::demand_test

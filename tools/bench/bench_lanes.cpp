// Request lanes: the rows F1 of DESIGN section 9, requests that use CPU, and the busiest day of World Cup 98.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "sim/demand/joint_lane.hpp"
#include "sim/demand/lane.hpp"
#include "sim/demand/traces/trace.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

namespace {

constexpr std::int64_t kMs = 1'000'000;

std::shared_ptr<const LoadSeries> steady_rate(double per_second, Duration length) {
  LoadSeries series;
  series.interval = 60s;
  series.values.assign(static_cast<std::size_t>(length / series.interval), per_second);
  return std::make_shared<const LoadSeries>(std::move(series));
}

RequestLane lane_of(const LaneSpec& spec, std::shared_ptr<const LoadSeries> load, int targets, Cpu allotment) {
  RequestLane lane(spec, 1, Arrivals(std::move(load), 1, spec.service));
  for (int i = 0; i < targets; ++i) lane.add_target(TargetId(i), allotment, Time{});
  return lane;
}

std::int64_t run_in_windows(RequestLane& lane, Duration length, Duration window) {
  for (Time t{window}; t <= Time{length}; t += window) lane.advance_to(t);
  benchmark::DoNotOptimize(lane.take_latencies().max());
  return lane.totals().arrived;
}

/// items_per_second is requests per second of this machine.
void report_requests(benchmark::State& state, std::int64_t requests) { state.SetItemsProcessed(requests); }

/// 30 services, Poisson 10/s each, lognormal(−1.5, 0.8) s, one hour.
void lanes_thirty_services(benchmark::State& state) {
  std::int64_t requests = 0;
  const auto load = steady_rate(10, 1h);
  for (auto _ : state) {
    for (int i = 0; i < 30; ++i) {
      LaneSpec spec;
      spec.service = "service-" + std::to_string(i);
      spec.service_time = Quantiles::lognormal_mu_sigma(-1.5, 0.8, 1e9);
      RequestLane lane = lane_of(spec, load, 8, kVcpu);
      requests += run_in_windows(lane, 1h, 15s);
    }
  }
  report_requests(state, requests);
}

/// One service of 100 targets with 4 slots.
LaneSpec hundred_targets(Balancing balancing) {
  LaneSpec spec;
  spec.service = "web";
  spec.service_time = Quantiles::exponential(100.0 * kMs);
  spec.concurrency = 4;
  spec.timeout = 10'000 * kMs;
  spec.balancing = balancing;
  return spec;
}
constexpr double kCapacity = 100 * 4 / 0.1;  // requests a second

/// At 80 %, 10 minutes.
void lanes_hundred_targets(benchmark::State& state, Balancing balancing, Duration window) {
  const LaneSpec spec = hundred_targets(balancing);
  const auto load = steady_rate(0.8 * kCapacity, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    RequestLane lane = lane_of(spec, load, 100, kVcpu);
    requests += run_in_windows(lane, 10min, window);
  }
  report_requests(state, requests);
}

/// The same in three zones with cross-zone off.
void lanes_hundred_by_zone(benchmark::State& state, Balancing balancing) {
  LaneSpec spec = hundred_targets(balancing);
  spec.by_zone = true;
  const auto load = steady_rate(0.8 * kCapacity, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    RequestLane lane(spec, 1, Arrivals(load, 1, spec.service));
    for (std::uint32_t i = 0; i < 100; ++i) lane.add_target(TargetId(i), kVcpu, Time{}, i, {i % 3});
    requests += run_in_windows(lane, 10min, 15s);
  }
  report_requests(state, requests);
}

/// Clients that try again three times, within 20 %, where next to nobody or many have to; items are requests.
void lanes_hundred_retries(benchmark::State& state, Balancing balancing, double load_share, std::int64_t cpu) {
  LaneSpec spec = hundred_targets(balancing);
  spec.timeout = 1'000 * kMs;
  spec.queue_limit = 20;
  spec.cpu_per_request = cpu;
  spec.retries.max = 3;
  spec.retries.initial = 25 * kMs;
  spec.retries.longest = 250 * kMs;
  for (const Failure why : {Failure::timed_out, Failure::refused, Failure::dropped}) spec.retries.cover(why);
  spec.retries.has_budget = true;
  spec.retries.budget_ppm = 200'000;
  spec.retries.budget_window = 10'000 * kMs;
  const auto load = steady_rate(load_share * kCapacity, 10min);
  std::int64_t requests = 0, retried = 0;
  for (auto _ : state) {
    RequestLane lane = lane_of(spec, load, 100, kVcpu);
    requests += run_in_windows(lane, 10min, 15s);
    retried += lane.totals().retried;
  }
  report_requests(state, requests);
  state.counters["retried_pct"] = 100 * static_cast<double>(retried) / static_cast<double>(requests);
}

/// What nobody who simulates these requests can do without, and nothing else: arrival, service time, a slot of the next
/// target, end, histogram. No windows, no queue limits, no time-outs, targets that never change.
void bare_round_robin(benchmark::State& state) {
  const LaneSpec spec = hundred_targets(Balancing::round_robin);
  const auto load = steady_rate(0.8 * kCapacity, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    const Draws draws(1, Purpose::service_time, name_hash(spec.service));
    std::vector<std::array<std::int64_t, 4>> free_at(100);
    std::size_t next = 0;
    std::array<std::uint64_t, 4> four{};
    LatencyHistogram latencies;
    for (Arrivals a(load, 1, spec.service); a.peek() != INT64_MAX; a.pop()) {
      if (a.number() % 4 == 0) four = draws.four(a.number() / 4);
      auto& slots = free_at[next++];
      if (next == free_at.size()) next = 0;
      auto& slot = *std::min_element(slots.begin(), slots.end());
      slot = std::max(slot, a.peek()) + spec.service_time.at(four[a.number() % 4]);
      latencies.add(slot - a.peek());
      ++requests;
    }
    benchmark::DoNotOptimize(latencies.max());
  }
  report_requests(state, requests);
}

/// The same, with the ends of requests in a heap and the first of the targets with the fewest from the last one on.
void bare_least_outstanding(benchmark::State& state) {
  const LaneSpec spec = hundred_targets(Balancing::least_outstanding);
  const auto load = steady_rate(0.8 * kCapacity, 10min);
  using End = std::pair<std::int64_t, std::uint32_t>;
  std::int64_t requests = 0;
  for (auto _ : state) {
    const Draws draws(1, Purpose::service_time, name_hash(spec.service));
    std::vector<std::array<std::int64_t, 4>> free_at(100);
    std::vector<int> outstanding(100);
    std::priority_queue<End, std::vector<End>, std::greater<>> ends;
    std::uint32_t last = 99;
    std::array<std::uint64_t, 4> four{};
    LatencyHistogram latencies;
    for (Arrivals a(load, 1, spec.service); a.peek() != INT64_MAX; a.pop()) {
      if (a.number() % 4 == 0) four = draws.four(a.number() / 4);
      for (; !ends.empty() && ends.top().first <= a.peek(); ends.pop()) --outstanding[ends.top().second];
      std::uint32_t best = last == 99 ? 0 : last + 1;
      for (std::uint32_t i = 1, at = best; i < 100; ++i) {
        at = at == 99 ? 0 : at + 1;
        if (outstanding[at] < outstanding[best]) best = at;
      }
      last = best;
      auto& slot = *std::min_element(free_at[best].begin(), free_at[best].end());
      slot = std::max(slot, a.peek()) + spec.service_time.at(four[a.number() % 4]);
      ++outstanding[best];
      ends.push({slot, best});
      latencies.add(slot - a.peek());
      ++requests;
    }
    benchmark::DoNotOptimize(latencies.max());
  }
  report_requests(state, requests);
}

/// What a lane has allocated at the end, by the number of requests it has seen.
void lanes_memory(benchmark::State& state, Balancing balancing, bool retries) {
  LaneSpec spec = hundred_targets(balancing);
  spec.cpu_per_request = 10 * kMs;
  spec.retries.max = retries ? 3 : 0;
  spec.retries.cover(Failure::timed_out);
  const auto load = steady_rate(0.8 * kCapacity, std::chrono::minutes(state.range(0)));
  std::int64_t requests = 0;
  std::size_t before = 0, after = 0;
  for (auto _ : state) {
    before = mallinfo2().uordblks;
    RequestLane lane = lane_of(spec, load, 100, kVcpu);
    requests += run_in_windows(lane, std::chrono::minutes(state.range(0)), 15s);
    after = mallinfo2().uordblks;
  }
  report_requests(state, requests);
  state.counters["requests"] = static_cast<double>(requests);
  state.counters["lane_kib"] = static_cast<double>(after - before) / 1024;
}

/// 100 targets of half a core, 3 ms of CPU a request, at that share of the CPU, 10 minutes in windows of 1 s.
void lanes_cpu(benchmark::State& state, Balancing balancing, double load_share) {
  LaneSpec spec;
  spec.service = "web";
  spec.service_time = Quantiles::lognormal(40.0 * kMs, 300.0 * kMs);
  spec.cpu_per_request = 3 * kMs;
  spec.concurrency = 32;
  spec.timeout = 10'000 * kMs;
  spec.slo = 500 * kMs;
  spec.balancing = balancing;
  const auto load = steady_rate(load_share * 100 * 0.5 / 0.003, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    RequestLane lane = lane_of(spec, load, 100, millicores(500));
    requests += run_in_windows(lane, 10min, 1s);
  }
  report_requests(state, requests);
}

LaneMember tier(const char* name, double mean_ms, std::int64_t cpu) {
  LaneMember member;
  member.spec.service = name;
  member.spec.service_time = Quantiles::exponential(mean_ms * kMs);
  member.spec.cpu_per_request = cpu;
  member.spec.concurrency = 16;
  return member;
}

LaneCall call_of(std::uint32_t callee) {
  LaneCall call;
  call.callee = callee;
  call.timeout = 1'000 * kMs;
  return call;
}

/// web -> catalog -> orders, each of 20 targets with 16 slots: a caller holds its slot until it is answered. 10
/// minutes; items are requests of web, each of which is three visits.
void lanes_chain_of_three(benchmark::State& state, std::int64_t cpu) {
  const auto load = steady_rate(3200, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    std::vector<LaneMember> members = {tier("web", 20, cpu), tier("catalog", 20, cpu), tier("orders", 30, cpu)};
    members[0].spec.timeout = 10'000 * kMs;
    members[0].arrivals = Arrivals(load, 1, "web");
    members[0].calls = {call_of(1)};
    members[1].calls = {call_of(2)};
    JointLane lane(std::move(members), 1);
    for (std::uint32_t m = 0; m < 3; ++m)
      for (int i = 0; i < 20; ++i) lane.add_target(m, TargetId(i), kVcpu * 2, 0, 0, 0);
    for (std::int64_t t = 1; t <= 600; ++t) lane.advance_to(t * 1'000 * kMs);
    requests += lane.totals(0).ok;
    state.counters["visits_at_once"] = static_cast<double>(lane.room());
  }
  report_requests(state, requests);
}

/// That much of the trace named by the variable BERTH_WORLD_CUP (worldcup98_per_min_jun01_jul26.csv); null without it.
std::shared_ptr<const LoadSeries> world_cup(benchmark::State& state, const char* from, Duration length) {
  const char* file = std::getenv("BERTH_WORLD_CUP");
  if (file == nullptr) {
    state.SkipWithError("set BERTH_WORLD_CUP to worldcup98_per_min_jun01_jul26.csv");
    return nullptr;
  }
  TraceOptions options;
  options.file = file;
  options.from = trace_time(from);
  options.gaps = Gaps::zero;
  return std::make_shared<const LoadSeries>(load_trace(options, length));
}

LaneSpec world_cup_service(std::int64_t cpu_per_request) {
  LaneSpec spec;
  spec.service = "web";
  spec.service_time = Quantiles::lognormal(40.0 * kMs, 300.0 * kMs);
  spec.cpu_per_request = cpu_per_request;
  spec.concurrency = 16;
  spec.timeout = 10'000 * kMs;
  return spec;
}

/// 1998-06-30.
void lanes_world_cup_day(benchmark::State& state, std::int64_t cpu_per_request) {
  const auto load = world_cup(state, "1998-06-30", 24h);
  if (load == nullptr) return;
  const LaneSpec spec = world_cup_service(cpu_per_request);
  std::int64_t requests = 0;
  for (auto _ : state) {
    RequestLane lane = lane_of(spec, load, 60, millicores(500));
    requests += run_in_windows(lane, 24h, 1s);
  }
  report_requests(state, requests);
}

/// All 55 days and 22 hours without single requests, latencies taken every minute. The label is a hash of all answers
/// and of every p99.
void lanes_world_cup_fluid(benchmark::State& state, std::int64_t cpu_per_request, Duration window) {
  constexpr Duration kLength = 24h * 55 + 22h;  // where the file ends
  const auto load = world_cup(state, "1998-06-01", kLength);
  if (load == nullptr) return;
  std::int64_t requests = 0;
  std::uint64_t hash = 0;
  for (auto _ : state) {
    RequestLane lane = RequestLane::fluid(world_cup_service(cpu_per_request), load);
    for (int i = 0; i < 60; ++i) lane.add_target(TargetId(i), millicores(500), Time{});
    LatencyHistogram latencies;
    hash = 0;
    for (Time t{60s}; t <= Time{kLength}; t += 60s) {
      for (Time w = t - 60s + window; w <= t; w += window) lane.advance_to(w);
      lane.take_latencies(latencies);
      hash = hash * 1'000'003 + static_cast<std::uint64_t>(lane.totals().ok + latencies.quantile(0.99));
    }
    requests += lane.totals().arrived;
  }
  state.SetLabel(std::to_string(hash));
  report_requests(state, requests);
}

}  // namespace

BENCHMARK(lanes_thirty_services)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_targets, round_robin_15s, Balancing::round_robin, 15s)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_targets, round_robin_1s, Balancing::round_robin, 1s)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_targets, least_outstanding_15s, Balancing::least_outstanding, 15s)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_targets, least_outstanding_1s, Balancing::least_outstanding, 1s)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_targets, random_15s, Balancing::random, 15s)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_by_zone, round_robin, Balancing::round_robin)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_by_zone, least_outstanding, Balancing::least_outstanding)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_retries, round_robin_80, Balancing::round_robin, 0.8, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_retries, round_robin_120, Balancing::round_robin, 1.2, 0)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_retries, least_outstanding_80, Balancing::least_outstanding, 0.8, 0)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_hundred_retries, cpu_10ms_80, Balancing::round_robin, 0.8, 10 * kMs)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(bare_round_robin)->Name("lanes_bare/round_robin")->Unit(benchmark::kMillisecond);
BENCHMARK(bare_least_outstanding)->Name("lanes_bare/least_outstanding")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_memory, round_robin, Balancing::round_robin, false)->Arg(10)->Arg(100)->Iterations(1);
BENCHMARK_CAPTURE(lanes_memory, least_outstanding, Balancing::least_outstanding, false)
    ->Arg(10)
    ->Arg(100)
    ->Iterations(1);
BENCHMARK_CAPTURE(lanes_memory, retries, Balancing::round_robin, true)->Arg(10)->Arg(100)->Iterations(1);
BENCHMARK_CAPTURE(lanes_cpu, round_robin_60_percent, Balancing::round_robin, 0.6)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_cpu, round_robin_120_percent, Balancing::round_robin, 1.2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_cpu, least_outstanding_60_percent, Balancing::least_outstanding, 0.6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_chain_of_three, waiting, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_chain_of_three, cpu_3ms, 3 * kMs)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_world_cup_day, waiting, 0)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_day, cpu_3ms, 3 * kMs)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, waiting_60s, 0, 60s)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, cpu_3ms_60s, 3 * kMs, 60s)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, cpu_3ms_1s, 3 * kMs, 1s)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace berth

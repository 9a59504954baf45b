// Request lanes: the rows F1 of DESIGN section 9, requests that use CPU, and the busiest day of World Cup 98.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "sim/demand/lane.hpp"
#include "sim/demand/trace.hpp"
#include "sim/demand/trace_rows.hpp"

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

/// One service of 100 targets with 4 slots at 80 %, 10 minutes.
void lanes_hundred_targets(benchmark::State& state, Balancing balancing, Duration window) {
  LaneSpec spec;
  spec.service = "web";
  spec.service_time = Quantiles::exponential(100.0 * kMs);
  spec.concurrency = 4;
  spec.timeout = 10'000 * kMs;
  spec.balancing = balancing;
  const auto load = steady_rate(0.8 * 100 * 4 / 0.1, 10min);
  std::int64_t requests = 0;
  for (auto _ : state) {
    RequestLane lane = lane_of(spec, load, 100, kVcpu);
    requests += run_in_windows(lane, 10min, window);
  }
  report_requests(state, requests);
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
BENCHMARK_CAPTURE(lanes_cpu, round_robin_60_percent, Balancing::round_robin, 0.6)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_cpu, round_robin_120_percent, Balancing::round_robin, 1.2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_cpu, least_outstanding_60_percent, Balancing::least_outstanding, 0.6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lanes_world_cup_day, waiting, 0)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_day, cpu_3ms, 3 * kMs)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, waiting_60s, 0, 60s)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, cpu_3ms_60s, 3 * kMs, 60s)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(lanes_world_cup_fluid, cpu_3ms_1s, 3 * kMs, 1s)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace berth

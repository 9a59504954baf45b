// ecs_day: a day of 1,000 ECS services behind load balancers on 2,000 EC2 instances, each with target tracking and one
// deployment, through the whole simulator with all its result files but the journal.
// eks_day: a day of 500 Deployments with an HPA each, 10 pods or more, on 1,000 nodes of 16 vCPU.
// ecs_rollouts: two hours of 20 services that fill a steady cluster with eight tasks an instance, each deployed once.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <string>

#include "tools/bench/timed_run.hpp"

namespace berth {
namespace {

constexpr int kServices = 1'000;
constexpr std::int64_t kInstances = 2'000;
constexpr int kHpas = 500;
constexpr std::int64_t kNodes = 1'000;
constexpr int kRollouts = 20, kTasksPerInstance = 8;
constexpr int kLoads = 24;  // one day's curve, each an hour later than the one before

ImageSpec image_of(const std::string& name) {
  return {name, {{"base", 60 * kMiB, 150 * kMiB}, {name + "/app", 30 * kMiB, 70 * kMiB}}};
}

ContainerSpec container_of(const std::string& image) {
  ContainerSpec c;
  c.name = "app";
  c.image = image;
  c.start = 5s;
  c.amount.cpu = millicores(500);
  c.amount.memory = 1 * kGiB;
  return c;
}

/// A request every 5 to 20 s, of 6 s of CPU: 0.3 to 1.2 cores, 2 to 5 replicas of half a vCPU at 50 %.
WorkloadSpec service_of_the_day(int number) {
  WorkloadSpec w;
  w.name = "service-" + std::to_string(number);
  w.cluster = "main";
  w.pools = {{"ec2", 0, 1}};
  w.desired = 3;
  w.containers = {container_of(w.name)};
  w.load_balancer = "public";
  w.health.interval = 30s;
  w.health.healthy_threshold = 5;
  w.health.unhealthy_threshold = 2;
  w.health.deregistration_delay = 300s;
  w.demand.emplace();
  w.demand->trace = "load-" + std::to_string(number % kLoads);
  w.demand->service_time.parameters = {8s};
  w.demand->cpu_per_request = 6s;
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 300s, 300s, {}, {}};
  const Time at{Duration{24h} * number / kServices};
  w.deployments = {{at, {{"app", container_of(w.name + "-2")}}}};
  return w;
}

void add(RunSpec& run, WorkloadSpec service) {
  run.images.push_back(image_of(service.name));
  run.images.push_back(image_of(service.name + "-2"));
  run.workloads.push_back(std::move(service));
}

RunSpec day_of_services(Duration length) {
  RunSpec run = one_pool_run({"ecs-day", false, length, kInstances});
  run.load_balancers = {{"public", LoadBalancerKind::alb}};
  for (int i = 0; i < kServices; ++i) add(run, service_of_the_day(i));
  return run;
}

/// 3 to 8 cores of requests that take 30 s of CPU each: 10 to 25 pods of half a vCPU at 70 %.
RunSpec day_of_hpas(Duration length) {
  RunSpec run = one_pool_run({"eks-day", true, length, kNodes, "m6i.4xlarge"});
  for (int i = 0; i < kHpas; ++i) {
    WorkloadSpec w = service_of_the_day(i);
    w.deployments.clear();
    w.load_balancer.clear();
    w.desired = 10;
    w.demand->service_time.parameters = {40s};
    w.demand->cpu_per_request = 30s;
    w.scale = ScaleSpec{1, 100, ScaleMetric::cpu, 70, 0s, 0s, {}, {}};
    add(run, std::move(w));
  }
  return run;
}

/// Nobody uses them: what is timed is placement, stops and roll-outs.
RunSpec rollouts(std::int64_t instances) {
  RunSpec run = one_pool_run({"ecs-rollouts", false, 2h, instances});
  for (int i = 0; i < kRollouts; ++i) {
    WorkloadSpec w;
    w.name = "service-" + std::to_string(i);
    w.cluster = "main";
    w.pools = {{"ec2", 0, 1}};
    w.desired = static_cast<int>(kTasksPerInstance * instances / kRollouts);
    w.containers = {container_of(w.name)};
    w.containers[0].amount.cpu = millicores(100);
    w.containers[0].amount.memory = 256 * kMiB;
    ContainerSpec next = w.containers[0];
    next.image = w.name + "-2";
    w.deployments = {{Time{10min + i * 3min}, {{"app", next}}}};
    add(run, std::move(w));
  }
  return run;
}

Traces loads_of_the_day() {
  Traces traces;
  for (int i = 0; i < kLoads; ++i) {
    LoadSeries series;
    series.interval = 10min;
    series.means = Meaning::rate;
    for (int step = 0; step < 24 * 6; ++step)
      series.values.push_back(0.125 + 0.075 * std::sin(2 * M_PI * (step / 6.0 + i) / 24));
    traces["load-" + std::to_string(i)] = std::make_shared<const LoadSeries>(std::move(series));
  }
  return traces;
}

void ecs_day(benchmark::State& state) {
  time_row(state, day_of_services(std::chrono::hours{state.range(0)}), loads_of_the_day());
}

void eks_day(benchmark::State& state) {
  time_row(state, day_of_hpas(std::chrono::hours{state.range(0)}), loads_of_the_day());
}

void ecs_rollouts(benchmark::State& state) { time_row(state, rollouts(state.range(0)), {}); }

BENCHMARK(ecs_day)->ArgName("hours")->Arg(1)->Arg(24)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
BENCHMARK(eks_day)->ArgName("hours")->Arg(1)->Arg(24)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
BENCHMARK(ecs_rollouts)
    ->ArgName("nodes")
    ->Arg(500)
    ->Arg(1000)
    ->Arg(5000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace berth

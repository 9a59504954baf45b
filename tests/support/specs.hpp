// Small runs written in code: a cluster, a pool or two, services, daemons and jobs, each bent by the test that needs
// it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/world/specs.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::test {

inline PoolSpec ec2_pool(std::int64_t min, std::int64_t max, NodeScalerKind scaler = NodeScalerKind::none) {
  PoolSpec pool;
  pool.name = "ec2";
  pool.instance_types = {"m6i.large"};
  pool.min = min;
  pool.max = max;
  pool.root_volume = 30 * kGiB;
  pool.scaler.kind = scaler;
  pool.scaler.instance_warmup = 300s;
  pool.scaler.unneeded_time = 600s;
  return pool;
}

inline PoolSpec fargate_pool() {
  PoolSpec pool;
  pool.name = "fargate";
  pool.launch = Launch::fargate;
  return pool;
}

inline ContainerSpec container(Cpu cpu, Bytes memory, const std::string& image = "web") {
  ContainerSpec c;
  c.name = "app";
  c.image = image;
  c.amount.cpu = cpu;
  c.amount.memory = memory;
  return c;
}

inline WorkloadSpec service(const std::string& name, std::int64_t desired, Cpu cpu, Bytes memory,
                            const std::string& pool) {
  WorkloadSpec w;
  w.name = name;
  w.cluster = "main";
  w.desired = desired;
  w.pools = {{pool, 0, 1}};
  w.containers = {container(cpu, memory)};
  w.health.interval = 10s;
  w.health.deregistration_delay = 300s;
  return w;
}

inline WorkloadSpec daemon(const std::string& name, Cpu cpu = millicores(100), Bytes memory = 128 * kMiB) {
  WorkloadSpec w = service(name, 0, cpu, memory, "ec2");
  w.kind = WorkloadKind::daemon;
  return w;
}

inline WorkloadSpec job(const std::string& name, std::vector<Time> at, Duration run_time, const std::string& pool,
                        std::int64_t retries = 1) {
  WorkloadSpec w = service(name, 0, kVcpu, 1 * kGiB, pool);
  w.kind = WorkloadKind::job;
  w.job.emplace();
  w.job->at = std::move(at);
  w.job->run_time.parameters = {run_time};
  w.job->retries = retries;
  return w;
}

/// Requests of the trace "load": constant service time, so many milliseconds of it CPU work.
inline DemandSpec demand(Duration service_time, Duration cpu) {
  DemandSpec d;
  d.trace = "load";
  d.service_time.parameters = {service_time};
  d.cpu_per_request = cpu;
  d.concurrency = 0;
  d.timeout = 0s;
  return d;
}

/// Two zones, one cluster "main", images of two layers, the S3 endpoint.
inline RunSpec run_of(Orchestrator orchestrator, std::vector<PoolSpec> pools, std::vector<WorkloadSpec> workloads,
                      bool steady = true) {
  RunSpec run;
  run.scenario = "test";
  run.architecture = orchestrator == Orchestrator::ecs ? "ecs" : "eks";
  run.start = test_day() + std::chrono::days{1};
  run.duration = 2h;
  run.steady = steady;
  run.sample_interval = 59'999ms;  // never at a whole second, when tests act: an observer's instant is closed
  run.region = "us-east-1";
  run.catalog_date = test_day();
  run.network.zones = {"a", "b"};
  run.network.endpoints = {"s3"};
  run.network_engine = NetworkEngine::fair_share;
  run.images = {{"web", {{"base", 80 * kMiB, 200 * kMiB}, {"app", 40 * kMiB, 100 * kMiB}}},
                {"web-2", {{"base", 80 * kMiB, 200 * kMiB}, {"app-2", 40 * kMiB, 100 * kMiB}}}};
  run.load_balancers = {{"public", LoadBalancerKind::alb}};
  run.workloads = std::move(workloads);
  ClusterSpec cluster;
  cluster.name = "main";
  cluster.orchestrator = orchestrator;
  cluster.pools = std::move(pools);
  run.clusters = {cluster};
  run.check_everything = true;
  return run;
}

}  // namespace berth::test

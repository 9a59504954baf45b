// jobs_day: a day of 100,000 arrivals of jobs on 60 nodes: half of them plain, or half of them after the others, in
// queues, with deadlines and checkpoints; through the whole simulator with all its result files but the journal.
#include <benchmark/benchmark.h>

#include <string>

#include "sim/base/random.hpp"
#include "tools/bench/timed_run.hpp"

namespace berth {
namespace {

constexpr std::int64_t kArrivals = 100'000, kNodes = 60;

/// Each arrives in its own stretch of the day, three minutes of work on a quarter of a vCPU.
WorkloadSpec job_of(const std::string& name) {
  WorkloadSpec w;
  w.name = name;
  w.kind = WorkloadKind::job;
  w.desired = 0;
  w.cluster = "main";
  w.pools = {{"ec2", 0, 1}};
  ContainerSpec c;
  c.name = "main";
  c.image = "job";
  c.amount.cpu = millicores(250);
  c.amount.memory = 512 * kMiB;
  w.containers = {c};
  w.job.emplace();
  w.job->retries = 2;
  w.job->run_time.form = DistributionSpec::Form::exponential;
  w.job->run_time.parameters = {3min};
  const Draws draws(1, Purpose::job_arrival, name_hash("jobs"));
  const std::int64_t stretch = Duration{24h}.count() / (kArrivals / 2);
  for (std::int64_t i = 0; i < kArrivals / 2; ++i)
    w.job->at.push_back(
        Time{Duration{i * stretch + static_cast<std::int64_t>(below(draws.at(static_cast<std::uint64_t>(i)),
                                                                    static_cast<std::uint64_t>(stretch)))}});
  return w;
}

RunSpec day_of_jobs(bool eks, bool flow) {
  RunSpec run = one_pool_run({"jobs-day", eks, 24h, kNodes});
  run.images = {{"job", {{"base", 60 * kMiB, 150 * kMiB}}}};
  run.workloads = {job_of("first"), job_of("second")};
  if (!flow) return run;
  run.job_queues = {{"all", "", 0, 400, {}}, {"high", "all", 2, {}, {}}, {"low", "all", 1, {}, {}}};
  JobSpec& first = *run.workloads[0].job;
  JobSpec& second = *run.workloads[1].job;
  first.queue = "high";
  first.checkpoint = CheckpointSpec{1min, 1s, true};
  second.queue = "low";
  second.after = {"first"};
  second.deadline = 1h;
  return run;
}

/// Arguments: on EKS or on ECS, with queues and the like or plain.
void jobs_day(benchmark::State& state) { time_row(state, day_of_jobs(state.range(0) != 0, state.range(1) != 0), {}); }
BENCHMARK(jobs_day)
    ->ArgNames({"eks", "flow"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->UseManualTime()
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

}  // namespace
}  // namespace berth

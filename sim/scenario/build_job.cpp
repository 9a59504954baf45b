// Jobs: their arrivals are worked out before the run, so every architecture sees the same ones.
#include "sim/base/random.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/recorded.hpp"
#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

/// Exponential gaps, keyed by the job's name: another job's arrivals change nothing here.
std::vector<Time> poisson_moments(const Building& building, const std::string& job, const Field& rate) {
  std::vector<Time> found;
  const double per_second = rate.per_second();
  if (per_second <= 0) return found;
  const Quantiles gap = Quantiles::exponential(1e6 / per_second);
  const Draws draws(building.run.seed, Purpose::job_arrival, name_hash(job));
  Time at{};
  for (std::uint64_t n = 0;; ++n) {
    at += Duration{gap.at(draws.at(n))};
    if (at >= Time{building.run.duration}) return found;
    found.push_back(at);
  }
}

CronJobSpec build_cron_job(const Field& job, const Catalog& catalog) {
  CronJobSpec spec;
  spec.successful_history = static_cast<std::int64_t>(catalog.constant("kube.cronjob.successful_history"));
  spec.failed_history = static_cast<std::int64_t>(catalog.constant("kube.cronjob.failed_history"));
  const auto eks = job.find("eks");
  if (!eks) return spec;
  if (const auto written = eks->find("concurrency"))
    spec.concurrency = written->text() == "forbid"    ? Concurrency::forbid
                       : written->text() == "replace" ? Concurrency::replace
                                                      : Concurrency::allow;
  if (const auto written = eks->find("starting_deadline")) spec.starting_deadline = written->duration();
  if (const auto written = eks->find("successful_history")) spec.successful_history = written->whole();
  if (const auto written = eks->find("failed_history")) spec.failed_history = written->whole();
  return spec;
}

/// When Kubernetes ends a Job and when it deletes one that is done. ECS knows neither.
void build_end(Building& building, const Field& job, const WorkloadSpec& workload, JobSpec& spec) {
  const auto deadline = job.find("deadline");
  const auto ttl = job.find("ttl_after_finish");
  const std::string subject = "job " + workload.name;
  if (building.orchestrator(workload.cluster) == Orchestrator::ecs) {
    if (deadline)
      building.assume(subject, "its tasks run to their end", "RunTask knows no deadline", deadline->pointer());
    return;
  }
  if (deadline) spec.deadline = deadline->duration();
  if (ttl) spec.ttl_after_finish = ttl->duration();
  else if (building.any_fargate(workload))
    building.assume(subject,
                    spec.cron ? "the pods of its last Jobs stay when they have ended, with their Fargate machines"
                              : "its pods stay when they have ended, with their Fargate machines",
                    "a finished Job is only deleted where it says when", job.pointer() + "/ttl_after_finish");
}

}  // namespace

WorkloadSpec build_job(Building& building, const Field& job) {
  WorkloadSpec workload;
  workload.name = job.key();
  workload.kind = WorkloadKind::job;
  workload.desired = 0;
  place_workload(building, "jobs", workload);
  workload.containers = build_containers(job.at("containers"), building.catalog);
  arrange_start(building, "jobs", workload);
  build_needs(job, workload);
  if (auto ecs = job.find("ecs")) build_placement(building, *ecs, workload);
  build_volumes(building, job, workload);
  build_task_definition(building, job, workload);
  workload.awsvpc = building.only_fargate(workload);
  build_pods(building, job, workload);
  JobSpec spec;
  const bool eks = building.orchestrator(workload.cluster) == Orchestrator::eks;
  const Field arrivals = job.at("arrivals");
  if (auto cron = arrivals.find("cron")) {
    spec.arrival = JobArrivalKind::cron;
    spec.at = cron_moments(building, *cron);
    if (eks) spec.cron = build_cron_job(job, building.catalog);
  } else if (auto recorded = arrivals.find("recorded")) {
    build_recorded(*recorded, spec);
  } else {
    spec.arrival = JobArrivalKind::poisson;
    spec.at = poisson_moments(building, workload.name, arrivals.at("poisson"));
  }
  spec.count = arrivals.at("count").whole();
  if (const auto run_time = job.find("run_time")) spec.run_time = build_distribution(*run_time);
  const auto retries = job.find("retries");
  spec.retries = retries ? retries->whole()
                 : eks   ? static_cast<std::int64_t>(building.catalog.constant("kube.job.backoff_limit"))
                         : 0;
  build_end(building, job, workload, spec);
  workload.job = std::move(spec);
  return workload;
}

}  // namespace berth

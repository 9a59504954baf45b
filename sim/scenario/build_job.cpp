// Jobs: what they are made of, what they wait for, and what each platform makes of that.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/job_arrivals.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

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

/// When a job is ended, and when Kubernetes deletes one that is done.
void build_end(Building& building, const Field& job, const WorkloadSpec& workload, JobSpec& spec) {
  const auto ttl = job.find("ttl_after_finish");
  const std::string subject = "job " + workload.name;
  if (const auto deadline = job.find("deadline")) spec.deadline = deadline->duration();
  if (building.orchestrator(workload.cluster) == Orchestrator::ecs) {
    if (spec.deadline)
      building.assume(subject, "whoever called RunTask stops its tasks at the deadline",
                      "RunTask knows none; StopTask ends them", job.at("deadline").pointer());
    return;
  }
  if (ttl) spec.ttl_after_finish = ttl->duration();
  else if (building.any_fargate(workload))
    building.assume(subject,
                    spec.cron ? "the pods of its last Jobs stay when they have ended, with their Fargate machines"
                              : "its pods stay when they have ended, with their Fargate machines",
                    "a finished Job is only deleted where it says when", job.pointer() + "/ttl_after_finish");
}

/// What it waits for before its platform hears of it.
void build_waits(Building& building, const Field& job, const WorkloadSpec& workload, JobSpec& spec) {
  const std::string subject = "job " + workload.name;
  if (const auto after = job.find("after")) {
    for (const Field& other : after->items()) spec.after.push_back(other.text());
    building.assume(subject, "whoever submits it waits for the jobs that it comes after, and gives up with them",
                    "neither RunTask nor a Kubernetes Job knows others; AWS Batch (dependsOn) and Argo Workflows do so",
                    after->pointer());
  }
  const auto queue = job.find("queue");
  if (!queue) return;
  spec.queue = queue->text();
  building.assume(subject, "it leaves its queue as soon as there is room, first in, first out",
                  "as AWS Batch's job queues and Kueue's StrictFIFO; what their own loops take is not simulated",
                  queue->pointer());
}

bool falls_back(const WorkloadSpec& workload) {
  return std::any_of(workload.pools.begin(), workload.pools.end(),
                     [](const PoolShare& pool) { return pool.wait.has_value(); });
}

/// A gang, an array, and what becomes of work that is cut short, with what each platform makes of it.
void build_parts(Building& building, const Field& job, const WorkloadSpec& workload, JobSpec& spec) {
  const bool eks = building.orchestrator(workload.cluster) == Orchestrator::eks;
  const std::string subject = "job " + workload.name;
  if (const auto gang = job.find("gang")) {
    spec.gang = GangSpec{};
    if (gang->is(Value::Kind::object) && gang->has("wait")) spec.gang->wait = gang->at("wait").duration();
    const char* const placed = building.only_fargate(workload)
                                   ? "its gang is launched when the account's quota has room for all of it"
                                   : "its gang is placed all at once or not at all";
    building.assume(subject, std::string(placed) + "; its work begins when all run, and all end when one fails",
                    eks ? "as Volcano's gang plug-in with the policy RestartJob; kube-scheduler alone has no gangs"
                        : "as AWS Batch places and ends multi-node parallel jobs (on EC2 only); ECS alone has no gangs",
                    gang->pointer());
  }
  if (job.has("array"))
    building.assume(subject, eks ? "an Indexed Job with backoffLimitPerIndex" : "a RunTask call for each index",
                    eks ? "each index has retries of its own"
                        : "overrides of a call, such as the index, are for all "
                          "its tasks",
                    job.at("array").pointer());
  if (const auto checkpoint = job.find("checkpoint"))
    spec.checkpoint = CheckpointSpec{checkpoint->at("every").duration(), checkpoint->at("cost").duration(),
                                     checkpoint->at("on_notice").truth()};
  spec.cpu_work = job.has("cpu_work");
  if (spec.cpu_work && building.any_fargate(workload))
    building.assume(subject, "a vCPU of Fargate is as fast as one of m6i", "AWS does not say which processors it uses",
                    job.at("cpu_work").pointer());
  if (falls_back(workload))
    building.assume(subject, "whoever submits it takes it back when it has waited, and submits it for the next pool",
                    "neither capacity provider strategies nor profiles fall back by themselves",
                    "/architectures/*/clusters/" + workload.cluster + "/runs_on");
}

/// It would wait for good.
void check_queue_room(const Building& building, const Field& job, const JobSpec& spec) {
  if (spec.queue.empty()) return;
  std::int64_t replicas = spec.count;
  for (const std::int64_t count : spec.counts) replicas = std::max(replicas, count);
  const Cpu cpu = *spec.cpu;
  const auto& queues = building.run.job_queues;
  for (std::string name = spec.queue; !name.empty();) {
    const auto queue = std::find_if(queues.begin(), queues.end(), [&](const auto& q) { return q.name == name; });
    const bool room = (!queue->max_replicas || replicas <= *queue->max_replicas) &&
                      (!queue->max_cpu || cpu * replicas <= *queue->max_cpu);
    if (!room)
      job.at("queue").fail(fmt::format("a queue that has room for an arrival, {} replicas of {}", replicas, say(cpu)),
                           fmt::format("queue \"{}\", which has less", name), "raise its limits, or choose another");
    name = queue->within;
  }
}

}  // namespace

std::vector<JobQueueSpec> build_queues(const Field& scenario) {
  std::vector<JobQueueSpec> queues;
  const auto written = scenario.find("queues");
  if (!written) return queues;
  for (const Field& queue : written->members()) {
    JobQueueSpec spec{queue.key(), "", queue.at("priority").whole()};
    if (const auto within = queue.find("within")) spec.within = within->text();
    if (const auto most = queue.find("max_replicas")) spec.max_replicas = most->whole();
    if (const auto most = queue.find("max_cpu")) spec.max_cpu = most->cpu();
    queues.push_back(std::move(spec));
  }
  return queues;
}

WorkloadSpec build_job(Building& building, const Field& job) {
  WorkloadSpec workload;
  workload.name = job.key();
  workload.kind = WorkloadKind::job;
  workload.desired = 0;
  place_workload(building, "jobs", workload);
  for (const Field& container : job.at("containers").members())
    if (const auto cpu = container.find("start_cpu"))
      cpu->fail("nothing here: a job uses its whole request as long as it runs", cpu->shown(),
                "remove " + cpu->pointer());
  workload.containers = build_containers(job.at("containers"), building.catalog);
  arrange_start(building, "jobs", workload);
  build_needs(job, workload);
  if (auto ecs = job.find("ecs")) build_placement(building, *ecs, workload);
  build_volumes(building, job, workload);
  build_task_definition(building, job, workload);
  // A task definition that Fargate may run as well has interfaces of its own everywhere.
  workload.awsvpc = building.only_fargate(workload) || (falls_back(workload) && building.any_fargate(workload));
  build_pods(building, job, workload);
  JobSpec spec;
  const bool eks = building.orchestrator(workload.cluster) == Orchestrator::eks;
  build_job_arrivals(building, job, spec);
  spec.cpu = Cpu{};  // before sidecars are added
  for (const ContainerSpec& c : workload.containers)
    if (!runs_to_its_end(c)) *spec.cpu += c.amount.cpu;
  if (spec.arrival == JobArrivalKind::cron && eks) {
    spec.cron = build_cron_job(job, building.catalog);
    spec.cron->successful_history *= spec.parts;
    spec.cron->failed_history *= spec.parts;
  }
  for (const char* key : {"run_time", "cpu_work"})
    if (const auto written = job.find(key)) spec.run_time = build_distribution(*written);
  const auto retries = job.find("retries");
  spec.retries = retries ? retries->whole()
                 : eks   ? static_cast<std::int64_t>(building.catalog.constant("kube.job.backoff_limit"))
                         : 0;
  build_end(building, job, workload, spec);
  build_waits(building, job, workload, spec);
  build_parts(building, job, workload, spec);
  check_queue_room(building, job, spec);
  workload.job = std::move(spec);
  return workload;
}

}  // namespace berth

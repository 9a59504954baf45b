#include "sim/control/jobs.hpp"

#include <algorithm>

namespace berth {

Jobs::Jobs(Hands hands, Starts& starts) : hands_(hands), starts_(starts) {
  const auto read = [&](const char* name) { return hands.world.catalog().constant(name); };
  of_job_controller_ = {read("kube.job.backoff_first_s"), read("kube.job.backoff_maximum_s")};
  of_run_task_ = {read("ecs.run_task.retry_first_s"), read("ecs.run_task.retry_maximum_s")};
}

void Jobs::begin() {
  const World& world = hands_.world;
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceId job{static_cast<std::uint32_t>(s)};
    const WorkloadSpec& spec = *world[job].spec;
    if (!spec.job) continue;
    for (std::size_t i = 0; i < spec.job->at.size(); ++i)
      if (spec.job->at[i] < Time{world.spec().duration})
        hands_.agenda.at(spec.job->at[i], JobArrived{job, static_cast<std::uint32_t>(i)});
  }
}

void Jobs::on(const JobArrived& e) {
  const std::int64_t count = hands_.world[e.job].spec->job->count;
  if (is_eks(hands_.world, hands_.world[e.job].cluster) && count > 1) {
    KubeJob& job = kube_jobs_[{e.job, e.arrival}];
    job.missing = job.active = count;
  }
  starts_.start_job(e.job, e.arrival, 0, count);
}

void Jobs::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage != ReplicaStage::stopped) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  const bool is_job = hands_.world[row.service].spec->kind == WorkloadKind::job;
  if (!is_job || row.why == StopReason::run_ended) return;
  if (is_eks(hands_.world, row.cluster)) pod_ended(row);
  else task_ended(row);
}

/// Whoever called RunTask calls again at once when a task has failed, and waits longer each time when there was no
/// room for it.
void Jobs::task_ended(const ReplicaRow& task) {
  const JobSpec& spec = *hands_.world[task.service].spec->job;
  if (task.why == StopReason::finished || task.attempt >= static_cast<std::uint32_t>(spec.retries)) return;
  const Duration wait = task.why == StopReason::no_capacity ? back_off(of_run_task_, task.attempt) : 0s;
  hands_.agenda.in(wait, JobRetryDue{task.service, task.arrival, task.attempt + 1});
}

/// The Job controller makes no pod before 10 s after the last failure, twice as long for each one since a pod
/// finished, and ends the Job when more have failed than its back-off limit (kubernetes v1.30 pkg/controller/job).
void Jobs::pod_ended(const ReplicaRow& pod) {
  const Key key{pod.service, pod.arrival};
  const bool finished = pod.why == StopReason::finished;
  const JobSpec& spec = *hands_.world[pod.service].spec->job;
  auto found = kube_jobs_.find(key);
  if (found == kube_jobs_.end()) {
    if (finished || spec.count > 1) return;  // all is done, or given up
    found = kube_jobs_.emplace(key, KubeJob{1, 1}).first;
  }
  KubeJob& job = found->second;
  --job.active;
  if (finished) {
    job.in_a_row = 0;
    if (--job.missing == 0) kube_jobs_.erase(found);
    else look(key, job, hands_.world.now());
    return;
  }
  ++job.failed;
  ++job.in_a_row;
  job.last_failure = hands_.world.now();
  const bool over = job.failed > spec.retries;
  look(key, job, hands_.world.now() + (over ? 0s : back_off(of_job_controller_, job.in_a_row - 1)));
}

Duration Jobs::back_off(const BackOff& waits, std::int64_t before) const {
  const double doublings = static_cast<double>(std::int64_t{1} << std::min<std::int64_t>(before, 20));
  return from_seconds(std::min(waits.first_s * doublings, waits.maximum_s));
}

/// The last look that was asked for is the one that counts.
void Jobs::look(const Key& key, KubeJob& job, Time at) {
  job.due = at;
  hands_.agenda.at(at, JobRetryDue{key.first, key.second, 0});
}

void Jobs::on(const JobRetryDue& e) {
  if (!is_eks(hands_.world, hands_.world[e.job].cluster)) return starts_.start_job(e.job, e.arrival, e.attempt, 1);
  const auto found = kube_jobs_.find({e.job, e.arrival});
  if (found == kube_jobs_.end() || found->second.due != hands_.world.now()) return;
  if (found->second.failed > hands_.world[e.job].spec->job->retries) give_up(found->first);
  else go_on(found->first);
}

void Jobs::go_on(const Key& key) {
  KubeJob& job = kube_jobs_[key];
  const std::int64_t more = job.missing - job.active;
  job.active += more;
  starts_.start_job(key.first, key.second, static_cast<std::uint32_t>(job.failed), more);
}

/// BackoffLimitExceeded: the pods that still run are deleted.
void Jobs::give_up(const Key& key) {
  const World& world = hands_.world;
  const std::vector<ReplicaId> all = world[key.first].replicas;  // stopping changes the row
  for (const ReplicaId pod : all)
    if (world[pod].arrival == key.second && is_wanted(world[pod].seen) && !world[pod].condemned)
      starts_.remove(pod, StopReason::job_failed);
  kube_jobs_.erase(key);
}

}  // namespace berth

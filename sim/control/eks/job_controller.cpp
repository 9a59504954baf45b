#include "sim/control/eks/job_controller.hpp"

#include <algorithm>

#include "sim/control/gangs.hpp"

namespace berth {
namespace {

/// One pod that takes as long as it takes, on a node that others use too, needs no book until it fails.
bool needs_book(const World& world, ServiceId id) {
  const ServiceRow& job = world[id];
  if (!job.spec->job || !is_eks(world, job.cluster)) return false;
  const JobSpec& spec = *job.spec->job;
  const bool meets_others = spec.cron && spec.cron->concurrency != Concurrency::allow;
  const bool on_fargate = std::any_of(job.pools.begin(), job.pools.end(),
                                      [&](PoolId p) { return world[p].spec->launch == Launch::fargate; });
  return spec.count > 1 || !spec.counts.empty() || spec.deadline || meets_others || on_fargate;
}

/// The controller deleted it, or whoever had submitted it.
bool was_deleted(StopReason why) {
  return why == StopReason::job_failed || why == StopReason::job_deadline || why == StopReason::replaced ||
         why == StopReason::gang_failed || why == StopReason::fell_back;
}

}  // namespace

JobController::JobController(Hands hands, Starts& starts, JobRuns& runs)
    : hands_(hands),
      starts_(starts),
      runs_(runs),
      back_off_first_s_(hands.world.catalog().constant("kube.job.backoff_first_s")),
      back_off_maximum_s_(hands.world.catalog().constant("kube.job.backoff_maximum_s")),
      cron_jobs_(hands.world.service_count()) {
  for (std::uint32_t s = 0; s < hands.world.service_count(); ++s)
    booked_.push_back(needs_book(hands.world, ServiceId{s}));
}

void JobController::start(const JobKey& key) {
  const JobSpec& spec = *hands_.world[key.first].spec->job;
  if (!spec.cron || !is_booked(key.first)) return create(key);
  const CronJobs::Begin begin = cron_jobs_[index(key.first)].is_due(*spec.cron, key.second);
  if (begin.missed) missed({key.first, *begin.missed});
  for (const std::uint32_t old : begin.deleted) {
    delete_running({key.first, old}, StopReason::replaced);
    forget({key.first, old});
    runs_.over({key.first, old}, JobOutcome::replaced);
  }
  if (begin.starts) create(key);
}

void JobController::missed(const Key& key) {
  hands_.world.publish(JobMissed{key.first, key.second});
  runs_.over(key, JobOutcome::missed);
}

void JobController::create(const Key& key) {
  const JobSpec& spec = *hands_.world[key.first].spec->job;
  if (is_booked(key.first)) {
    Job& job = jobs_[key];
    job.missing = job.active = spec.count_of(key.second);
  }
  if (spec.deadline && !spec.may_wait()) hands_.agenda.in(*spec.deadline, JobDeadlineDue{key.first, key.second});
  runs_.start(key, 0, spec.count_of(key.second));
}

/// A pod that keeps its machine has ended before it stops, and is counted once.
void JobController::hear(const ReplicaSeen& seen) {
  const ReplicaRow& pod = hands_.world[seen.replica];
  const auto found = jobs_.find({pod.service, pod.arrival});
  if (seen.stage == ReplicaStage::stopping && found != jobs_.end() && waits_for_deletion(hands_.world, pod)) {
    if (found->second.kept.insert(seen.replica).second) pod_ended(pod);
  } else if (seen.stage == ReplicaStage::stopped) {
    if (found == jobs_.end() || found->second.kept.erase(seen.replica) == 0) pod_ended(pod);
  }
}

/// The Job controller makes no pod before 10 s after the last failure, twice as long for each one since a pod
/// finished, and ends the Job when more have failed than its back-off limit (kubernetes v1.30 pkg/controller/job).
void JobController::pod_ended(const ReplicaRow& pod) {
  if (was_deleted(pod.why)) return;
  const Key key{pod.service, pod.arrival};
  const bool finished = pod.why == StopReason::finished;
  auto found = jobs_.find(key);
  if (found == jobs_.end()) {
    if (is_booked(pod.service)) return;  // all is done, or given up
    if (finished) {
      hands_.world.publish(JobOver{key.first, key.second, true});
      return runs_.over(key, JobOutcome::finished);
    }
    found = jobs_.emplace(key, Job{1, 1}).first;
  }
  Job& job = found->second;
  if (job.over) return;
  const bool gang = hands_.world[key.first].spec->job->gang.has_value();
  if (gang && pod.attempt != static_cast<std::uint32_t>(job.failed)) return;  // that try is over
  --job.active;
  if (finished) {
    job.in_a_row = 0;
    if (--job.missing == 0) end(key, JobOutcome::finished);
    else look(key, job, hands_.world.now());
    return;
  }
  runs_.keep(pod);
  failed(key, job);
}

/// A gang fails and is tried again as one, as a Volcano Job does with the policy RestartJob.
void JobController::failed(const Key& key, Job& job) {
  const JobSpec& spec = *hands_.world[key.first].spec->job;
  if (spec.gang) {
    end_gang(hands_, runs_, key);
    job.missing = spec.count_of(key.second);
    job.active = 0;
  }
  ++job.failed;
  ++job.in_a_row;
  const bool too_often = job.failed > spec.retries;
  look(key, job, hands_.world.now() + (too_often ? 0s : back_off(job.in_a_row - 1)));
}

void JobController::on(const JobGangDue& e) {
  const auto found = jobs_.find({e.job, e.arrival});
  if (found == jobs_.end() || found->second.over || found->second.failed != e.attempt) return;
  if (gang_is_late(hands_.world, e)) failed(found->first, found->second);
}

Duration JobController::back_off(std::int64_t before) const {
  const double doublings = static_cast<double>(std::int64_t{1} << std::min<std::int64_t>(before, 20));
  return from_seconds(std::min(back_off_first_s_ * doublings, back_off_maximum_s_));
}

/// The last look that was asked for is the one that counts.
void JobController::look(const Key& key, Job& job, Time at) {
  job.due = at;
  hands_.agenda.at(at, JobRetryDue{key.first, key.second, 0});
}

void JobController::on(const JobRetryDue& e) {
  const Key key{e.job, e.arrival};
  const auto found = jobs_.find(key);
  if (found == jobs_.end() || found->second.over || found->second.due != hands_.world.now()) return;
  if (found->second.failed <= hands_.world[e.job].spec->job->retries) return go_on(key);
  delete_running(key, StopReason::job_failed);  // BackoffLimitExceeded
  end(key, JobOutcome::failed);
}

void JobController::go_on(const Key& key) {
  Job& job = jobs_[key];
  const std::int64_t more = job.missing - job.active;
  job.active += more;
  runs_.start(key, static_cast<std::uint32_t>(job.failed), more);
}

/// DeadlineExceeded.
void JobController::on(const JobDeadlineDue& e) {
  const Key key{e.job, e.arrival};
  const auto found = jobs_.find(key);
  if (found == jobs_.end() || found->second.over) return;
  delete_running(key, StopReason::job_deadline);
  end(key, JobOutcome::deadline);
}

void JobController::delete_running(const Key& key, StopReason why) {
  const World& world = hands_.world;
  const std::vector<ReplicaId> all = world[key.first].replicas;  // stopping changes the row
  for (const ReplicaId pod : all)
    if (world[pod].arrival == key.second && is_wanted(world[pod].seen) && !world[pod].condemned)
      starts_.remove(pod, why);
}

/// The Job is complete or has failed. Where it is not deleted its pods stay, and on Fargate with them their machines.
void JobController::end(const Key& key, JobOutcome outcome) {
  const bool succeeded = outcome == JobOutcome::finished;
  const JobSpec& spec = *hands_.world[key.first].spec->job;
  hands_.world.publish(JobOver{key.first, key.second, succeeded});
  runs_.over(key, outcome);
  Job& job = jobs_[key];
  job.over = true;
  if (job.kept.empty()) jobs_.erase(key);
  else if (spec.ttl_after_finish) hands_.agenda.in(*spec.ttl_after_finish, JobTtlOver{key.first, key.second});
  if (!spec.cron || !is_booked(key.first)) return;
  const CronJobs::End after =
      cron_jobs_[index(key.first)].is_over(*spec.cron, key.second, succeeded, spec.at, hands_.world.now());
  for (const std::uint32_t old : after.deleted) forget({key.first, old});
  if (after.missed) missed({key.first, *after.missed});
  if (after.starts) create({key.first, *after.starts});
}

void JobController::on(const JobTtlOver& e) { forget({e.job, e.arrival}); }

/// The Job is deleted, with its pods.
void JobController::forget(const Key& key) {
  const auto found = jobs_.find(key);
  if (found == jobs_.end()) return;
  const std::set<ReplicaId> kept = std::move(found->second.kept);
  jobs_.erase(found);
  for (const ReplicaId pod : kept) hands_.replicas.delete_ended(pod);
}

}  // namespace berth

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

void Jobs::on(const JobArrived& e) { starts_.start_job(e.job, 0, hands_.world[e.job].spec->job->count); }

void Jobs::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage != ReplicaStage::stopped) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  const WorkloadSpec& spec = *hands_.world[row.service].spec;
  if (spec.kind != WorkloadKind::job || row.why == StopReason::finished || row.why == StopReason::run_ended) return;
  if (row.attempt >= static_cast<std::uint32_t>(spec.job->retries)) return;
  hands_.agenda.in(back_off(row), JobRetryDue{row.service, row.attempt + 1});
}

/// The Job controller waits 10 s, then twice as long each time. On ECS whoever called RunTask calls again at once when
/// a task has failed, and waits likewise when there was no room for it.
Duration Jobs::back_off(const ReplicaRow& failed) const {
  const bool eks = is_eks(hands_.world, failed.cluster);
  if (!eks && failed.why != StopReason::no_capacity) return 0s;
  const BackOff& waits = eks ? of_job_controller_ : of_run_task_;
  const double doublings = static_cast<double>(1u << std::min(failed.attempt, 20u));
  return from_seconds(std::min(waits.first_s * doublings, waits.maximum_s));
}

void Jobs::on(const JobRetryDue& e) { starts_.start_job(e.job, e.attempt, 1); }

}  // namespace berth

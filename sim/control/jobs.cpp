#include "sim/control/jobs.hpp"

#include <algorithm>

namespace berth {

Jobs::Jobs(Hands hands, Starts& starts)
    : hands_(hands),
      starts_(starts),
      controller_(hands, starts),
      retry_first_s_(hands.world.catalog().constant("ecs.run_task.retry_first_s")),
      retry_maximum_s_(hands.world.catalog().constant("ecs.run_task.retry_maximum_s")) {}

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
  if (is_eks(hands_.world, hands_.world[e.job].cluster)) controller_.on(e);
  else starts_.start_job(e.job, e.arrival, 0, hands_.world[e.job].spec->job->count);
}

void Jobs::on(const JobRetryDue& e) {
  if (is_eks(hands_.world, hands_.world[e.job].cluster)) controller_.on(e);
  else starts_.start_job(e.job, e.arrival, e.attempt, 1);
}

void Jobs::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage < ReplicaStage::stopping) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  const bool is_job = hands_.world[row.service].spec->kind == WorkloadKind::job;
  if (!is_job || row.why == StopReason::run_ended) return;
  if (is_eks(hands_.world, row.cluster)) controller_.hear(*seen);
  else if (seen->stage == ReplicaStage::stopped) task_ended(row);
}

/// Whoever called RunTask calls again at once when a task has failed, and waits longer each time when there was no
/// room for it.
void Jobs::task_ended(const ReplicaRow& task) {
  const JobSpec& spec = *hands_.world[task.service].spec->job;
  if (task.why == StopReason::finished || task.attempt >= static_cast<std::uint32_t>(spec.retries)) return;
  const double doublings = static_cast<double>(std::int64_t{1} << std::min<std::uint32_t>(task.attempt, 20));
  const Duration wait =
      task.why == StopReason::no_capacity ? from_seconds(std::min(retry_first_s_ * doublings, retry_maximum_s_)) : 0s;
  hands_.agenda.in(wait, JobRetryDue{task.service, task.arrival, task.attempt + 1});
}

}  // namespace berth

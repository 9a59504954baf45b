#include "sim/control/jobs.hpp"

namespace berth {

Jobs::Jobs(Hands hands, Starts& starts)
    : hands_(hands), runs_(hands, starts), tasks_(hands, runs_), controller_(hands, starts, runs_) {
  runs_.when_released([this](const JobKey& key) {
    if (of_eks(key.first)) controller_.start(key);
    else tasks_.start(key);
  });
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

void Jobs::on(const JobRetryDue& e) {
  if (of_eks(e.job)) controller_.on(e);
  else tasks_.on(e);
}

void Jobs::on(const JobGangDue& e) {
  if (of_eks(e.job)) controller_.on(e);
  else tasks_.on(e);
}

void Jobs::on(const JobDeadlineDue& e) {
  const JobKey key{e.job, e.arrival};
  if (runs_.waits(key)) return runs_.over(key, JobOutcome::deadline);
  if (of_eks(e.job)) controller_.on(e);
  else tasks_.on(e);
}

/// Whoever submitted it takes it back, and submits it for the next pool.
void Jobs::on(const JobFallbackDue& e) {
  if (!hands_.world.still_waits(e.replica)) return;
  const ReplicaRow row = hands_.world[e.replica];
  const JobKey key{row.service, row.arrival};
  if (row.condemned || !runs_.fall_back(key, row.pool)) return;
  hands_.replicas.stop(e.replica, StopReason::fell_back);
  runs_.start(key, row.attempt, 1);
}

void Jobs::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage < ReplicaStage::stopping) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  const bool is_job = hands_.world[row.service].spec->kind == WorkloadKind::job;
  if (!is_job || row.why == StopReason::run_ended) return;
  if (is_eks(hands_.world, row.cluster)) controller_.hear(*seen);
  else if (seen->stage == ReplicaStage::stopped) tasks_.ended(row);
}

}  // namespace berth

#include "sim/control/jobs.hpp"

#include <algorithm>

namespace berth {

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
  for (std::int64_t i = 0; i < hands_.world[e.job].spec->job->count; ++i) starts_.start_job(e.job, 0);
}

void Jobs::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage != ReplicaStage::stopped) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  const WorkloadSpec& spec = *hands_.world[row.service].spec;
  if (spec.kind != WorkloadKind::job || row.why == StopReason::finished || row.why == StopReason::run_ended) return;
  if (row.attempt >= static_cast<std::uint32_t>(spec.job->retries)) return;
  hands_.agenda.in(back_off(row), JobRetryDue{row.service, row.attempt + 1});
}

/// The Job controller waits 10 s, then twice as long each time; ECS tries again at once.
Duration Jobs::back_off(const ReplicaRow& failed) const {
  if (!is_eks(hands_.world, failed.cluster)) return 0s;
  const Catalog& catalog = hands_.world.catalog();
  const double doublings = static_cast<double>(1u << std::min(failed.attempt, 20u));
  const double wait = catalog.constant("kube.job.backoff_first_s") * doublings;
  return from_seconds(std::min(wait, catalog.constant("kube.job.backoff_maximum_s")));
}

void Jobs::on(const JobRetryDue& e) { starts_.start_job(e.job, e.attempt); }

}  // namespace berth

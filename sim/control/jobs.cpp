#include "sim/control/jobs.hpp"

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
  if (row.attempt < static_cast<std::uint32_t>(spec.job->retries)) starts_.start_job(row.service, row.attempt + 1);
}

}  // namespace berth

#include "sim/control/eks/deployment_controller.hpp"

#include <map>

#include "sim/control/stops.hpp"
#include "sim/policy/rollout/kube_rolling.hpp"

namespace berth {

void DeploymentController::on(const DeploymentControllerDue& e) {
  mailbox_.begin(e);
  const ServiceRow& row = hands_.world[e.service];
  if (row.spec->kind == WorkloadKind::daemon) daemons_.roll(e.service);
  else if (row.deployment != kNone<DeploymentId>) roll(e.service);
  else starts_.keep_desired(e.service);
}

void DeploymentController::roll(ServiceId service) {
  World& world = hands_.world;
  const ServiceRow& row = world[service];
  ReplicaSetState newest;
  std::map<RevisionId, ReplicaSetState> old;  // oldest first
  for (const ReplicaId r : row.replicas) {
    if (!is_wanted(world[r].seen)) continue;
    ReplicaSetState& set = world[r].revision == row.revision ? newest : old[world[r].revision];
    ++set.wanted;
    if (world[r].seen == ReplicaStage::healthy) ++set.available;
  }
  std::vector<ReplicaSetState> older;
  std::int64_t old_total = 0, available = newest.available;
  for (const auto& [revision, set] : old) {
    older.push_back(set);
    old_total += set.wanted;
    available += set.available;
  }
  note(service, newest.wanted, old_total, available);
  const std::int64_t total = old_total + newest.wanted;
  if (rollout_complete(row.desired, total, newest.wanted, newest.available)) {
    world.finish_deployment(row.deployment, true);
    return;
  }
  const RolloutSpec& rollout = row.spec->rollout;
  const Fenceposts fences = fenceposts(row.desired, rollout.max_surge, rollout.max_surge_is_percent,
                                       rollout.max_unavailable, rollout.max_unavailable_is_percent);
  const KubeRollingStep step = kube_rolling(row.desired, fences, older, newest);
  std::int64_t old_wanted = 0;
  for (const std::int64_t size : step.old_sizes) old_wanted += size;
  const RevisionId revision = row.revision;
  if (old_wanted < old_total) stop_some(hands_, service, old_total - old_wanted, true, StopReason::replaced);
  if (step.new_size > newest.wanted) starts_.start(service, revision, step.new_size - newest.wanted);
  if (step.new_size < newest.wanted)
    stop_some(hands_, service, newest.wanted - step.new_size, false, StopReason::scale_in);
  note(service, step.new_size, old_wanted, available);
}

/// Progress is a new pod, an old one less, or one more that is available (kubernetes
/// pkg/controller/deployment/util DeploymentProgressing); the deadline runs anew from it.
void DeploymentController::note(ServiceId service, std::int64_t fresh, std::int64_t old, std::int64_t available) {
  Progress& last = progress_[index(service)];
  const DeploymentId deployment = hands_.world[service].deployment;
  const Time now = hands_.world.now();
  const bool first = last.deployment != deployment;
  if (first) hands_.agenda.at(now + progress_deadline_, ProgressDue{deployment});
  const bool further = first || fresh > last.fresh || old < last.old || available > last.available;
  if (further && hands_.world[deployment].stalled) {
    hands_.world[deployment].stalled = false;
    hands_.agenda.at(now + progress_deadline_, ProgressDue{deployment});
  }
  last = {deployment, fresh, old, available, further ? now : last.at};
}

/// ProgressDeadlineExceeded: only told; Kubernetes neither stops nor takes back a roll-out for it.
void DeploymentController::on(const ProgressDue& e) {
  const DeploymentRow& deployment = hands_.world[e.deployment];
  if (deployment.finished != kNever) return;
  roll(deployment.service);  // what comes at this very moment is in time
  if (deployment.finished != kNever) return;
  const Time over = progress_[index(deployment.service)].at + progress_deadline_;
  if (over > hands_.world.now()) hands_.agenda.at(over, e);
  else hands_.world.stall_deployment(e.deployment);
}

}  // namespace berth

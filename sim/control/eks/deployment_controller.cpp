#include "sim/control/eks/deployment_controller.hpp"

#include <algorithm>

#include "sim/control/stops.hpp"

namespace berth {
namespace {

/// One that the run began with has been ready for long.
bool is_available(const ReplicaRow& pod, Duration least_ready, Time now) {
  if (pod.seen != ReplicaStage::healthy) return false;
  const bool of_old = pod.initial && pod.seen_ready_changed == pod.decided;
  return of_old || now - pod.seen_ready_changed >= least_ready;
}

}  // namespace

void DeploymentController::on(const DeploymentControllerDue& e) {
  mailbox_.begin(e);
  const ServiceRow& row = hands_.world[e.service];
  if (row.spec->kind == WorkloadKind::daemon) daemons_.roll(e.service);
  else if (row.deployment != kNone<DeploymentId>) roll(e.service);
  else keep(e.service);
}

/// Without a roll-out one ReplicaSet has all pods.
void DeploymentController::keep(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  sets.resize(1);
  sets.front().revision = row.revision;
  set_size(service, sets.front(), row.desired);
  starts_.keep_desired(service);
}

/// One sync: a Deployment whose desired count has changed is scaled, and only then rolls on (kubernetes v1.30
/// deployment_controller.go syncDeployment); its ReplicaSets follow what was decided.
void DeploymentController::roll(ServiceId service) {
  World& world = hands_.world;
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  begin_newest(service);
  const std::vector<Pods> pods = count(service);
  std::int64_t old = 0, available = 0, wanted = 0;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    if (s + 1 < sets.size()) old += pods[s].there;
    available += pods[s].available;
    wanted += sets[s].size;
  }
  note(service, pods.back().there, old, available);
  const ServiceRow& row = world[service];
  const bool all_there = wanted == row.desired && pods.back().there == row.desired && old == 0;
  if (all_there && rollout_complete(row.desired, wanted, sets.back().size, pods.back().available)) {
    sets.erase(sets.begin(), sets.end() - 1);
    world.finish_deployment(row.deployment, true);
    return;
  }
  if (is_scaled(service)) scale(service, pods);
  else if (row.spec->eks.recreate) recreate(service);
  else advance(service, pods);
  reconcile(service, pods);
}

/// The new revision's ReplicaSet is made by the sync that first rolls.
void DeploymentController::begin_newest(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  if (sets.empty()) sets.push_back({hands_.world[row.deployment].from});
  if (sets.back().revision == row.revision) return;
  sets.push_back({row.revision});
  set_size(service, sets.back(), 0);
}

/// Pods by ReplicaSet; one that is to be deleted is no longer its own, nor available.
std::vector<DeploymentController::Pods> DeploymentController::count(ServiceId service) {
  const World& world = hands_.world;
  const ServiceRow& row = world[service];
  State& state = states_[index(service)];
  const Duration least_ready = row.spec->eks.min_ready;
  std::vector<Pods> pods(state.sets.size());
  Time look = kNever;
  for (const ReplicaId r : row.replicas) {
    const ReplicaRow& pod = world[r];
    if (!is_wanted(pod.seen) || pod.condemned) continue;
    const auto set = std::find_if(state.sets.begin(), state.sets.end(),
                                  [&](const ReplicaSet& s) { return s.revision == pod.revision; });
    SIM_CHECK(set != state.sets.end());
    Pods& of = pods[static_cast<std::size_t>(set - state.sets.begin())];
    ++of.there;
    if (is_available(pod, least_ready, world.now())) ++of.available;
    else if (pod.seen == ReplicaStage::healthy) look = std::min(look, pod.seen_ready_changed + least_ready);
  }
  if (look != kNever && (state.look <= world.now() || look < state.look)) {
    state.look = look;
    hands_.agenda.at(look, DeploymentControllerDue{service});
  }
  return pods;
}

bool DeploymentController::is_scaled(ServiceId service) const {
  const std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  const std::int64_t desired = hands_.world[service].desired;
  return std::any_of(sets.begin(), sets.end(), [&](const ReplicaSet& s) { return s.size > 0 && s.desired != desired; });
}

/// The only ReplicaSet with pods takes it all. Else old ones go where the new one has all that it needs, and otherwise
/// each has its share (kubernetes v1.30 sync.go scale).
void DeploymentController::scale(ServiceId service, const std::vector<Pods>& pods) {
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  const ServiceRow& row = hands_.world[service];
  const auto active = [](const ReplicaSet& s) { return s.size > 0; };
  ReplicaSet& newest = sets.back();
  if (std::count_if(sets.begin(), sets.end(), active) == 1)
    return set_size(service, *std::find_if(sets.begin(), sets.end(), active), row.desired);
  const bool saturated =
      newest.size == row.desired && newest.desired == row.desired && pods.back().available == row.desired;
  std::vector<SizedSet> sized;
  for (const ReplicaSet& s : sets) sized.push_back({s.size, s.bound});
  std::vector<std::int64_t> sizes(sets.size());
  sizes.back() = newest.size;
  if (!saturated) sizes = proportional_sizes(row.desired, fences_of(service).surge, sized);
  for (std::size_t s = 0; s < sets.size(); ++s) set_size(service, sets[s], sizes[s]);
}

void DeploymentController::advance(ServiceId service, const std::vector<Pods>& pods) {
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  const std::int64_t desired = hands_.world[service].desired;
  std::vector<ReplicaSetState> old;
  for (std::size_t s = 0; s < sets.size(); ++s) old.push_back({sets[s].size, pods[s].available});
  const ReplicaSetState newest = old.back();
  old.pop_back();
  const KubeRollingStep step = kube_rolling(desired, fences_of(service), old, newest);
  for (std::size_t s = 0; s + 1 < sets.size(); ++s)
    if (sets[s].size != step.old_sizes[s]) set_size(service, sets[s], step.old_sizes[s]);
  if (sets.back().size != step.new_size) set_size(service, sets.back(), step.new_size);
}

/// No new pod before the last old one is gone, those that are ending included (kubernetes v1.30 recreate.go).
void DeploymentController::recreate(ServiceId service) {
  const World& world = hands_.world;
  const ServiceRow& row = world[service];
  std::vector<ReplicaSet>& sets = states_[index(service)].sets;
  for (std::size_t s = 0; s + 1 < sets.size(); ++s) set_size(service, sets[s], 0);
  const bool old_left = std::any_of(row.replicas.begin(), row.replicas.end(),
                                    [&](ReplicaId r) { return world[r].revision != row.revision; });
  if (!old_left) set_size(service, sets.back(), row.desired);
}

void DeploymentController::set_size(ServiceId service, ReplicaSet& set, std::int64_t size) const {
  const std::int64_t desired = hands_.world[service].desired;
  set.size = size;
  set.desired = desired;
  set.bound = desired + (hands_.world[service].spec->eks.recreate ? 0 : fences_of(service).surge);
}

/// Each ReplicaSet makes its pods as many as it should have, whatever became of them: also an old one's that died.
void DeploymentController::reconcile(ServiceId service, const std::vector<Pods>& pods) {
  const std::vector<ReplicaSet> sets = states_[index(service)].sets;
  std::int64_t fresh = 0, old = 0, available = 0;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const bool newest = s + 1 == sets.size();
    const std::int64_t more = sets[s].size - pods[s].there;
    if (more > 0) starts_.start(service, sets[s].revision, more);
    if (more < 0)
      starts_.remove(service, sets[s].revision, -more, newest ? StopReason::scale_in : StopReason::replaced);
    (newest ? fresh : old) += sets[s].size;
    available += pods[s].available;
  }
  note(service, fresh, old, available);
}

Fenceposts DeploymentController::fences_of(ServiceId service) const {
  const ServiceRow& row = hands_.world[service];
  const RolloutSpec& rollout = row.spec->rollout;
  return fenceposts(row.desired, rollout.max_surge, rollout.max_surge_is_percent, rollout.max_unavailable,
                    rollout.max_unavailable_is_percent);
}

Duration DeploymentController::progress_deadline_of(ServiceId service) const {
  return hands_.world[service].spec->eks.progress_deadline.value_or(progress_deadline_);
}

/// The deadline runs anew from every progress.
void DeploymentController::note(ServiceId service, std::int64_t fresh, std::int64_t old, std::int64_t available) {
  Progress& last = states_[index(service)].progress;
  const DeploymentId deployment = hands_.world[service].deployment;
  const Time now = hands_.world.now();
  const bool first = last.deployment != deployment;
  const Duration deadline = progress_deadline_of(service);
  if (first) hands_.agenda.at(now + deadline, ProgressDue{deployment});
  const RolloutCounts pods{fresh, old, available};
  const bool further = first || rollout_progresses(last.pods, pods);
  if (further && hands_.world[deployment].stalled) {
    hands_.world[deployment].stalled = false;
    hands_.agenda.at(now + deadline, ProgressDue{deployment});
  }
  last = {deployment, pods, further ? now : last.at};
}

/// ProgressDeadlineExceeded: only told; Kubernetes neither stops nor takes back a roll-out for it.
void DeploymentController::on(const ProgressDue& e) {
  const DeploymentRow& deployment = hands_.world[e.deployment];
  if (deployment.finished != kNever) return;
  roll(deployment.service);  // what comes at this very moment is in time
  if (deployment.finished != kNever) return;
  const Time over = states_[index(deployment.service)].progress.at + progress_deadline_of(deployment.service);
  if (over > hands_.world.now()) hands_.agenda.at(over, e);
  else hands_.world.stall_deployment(e.deployment);
}

}  // namespace berth

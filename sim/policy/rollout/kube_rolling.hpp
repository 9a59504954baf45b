// The arithmetic of a Kubernetes Deployment's rolling update.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace berth {

/// maxSurge and maxUnavailable as pods.
struct Fenceposts {
  std::int64_t surge;
  std::int64_t unavailable;
};
/// Percentages of `desired`: surge rounded up, unavailable rounded down; both 0 makes unavailable 1.
Fenceposts fenceposts(std::int64_t desired, double surge, bool surge_is_percent, double unavailable,
                      bool unavailable_is_percent);

/// maxUnavailable as it counts: never more than all.
std::int64_t most_unavailable(std::int64_t desired, Fenceposts fences);

struct ReplicaSetState {
  std::int64_t wanted = 0;     ///< spec.replicas
  std::int64_t available = 0;  ///< ready long enough
};

/// The size of the new ReplicaSet after this sync; `total` = pods wanted of all ReplicaSets.
std::int64_t new_replica_set_size(std::int64_t desired, std::int64_t surge, std::int64_t total, std::int64_t newest);
/// The sizes of the old ReplicaSets (oldest first) after this sync, unhealthy pods going first.
std::vector<std::int64_t> old_replica_set_sizes(std::int64_t desired, Fenceposts fences,
                                                std::span<const ReplicaSetState> old, ReplicaSetState newest);
/// How many pods of the old ReplicaSets are not available and may go at once, at most `most`; takes them off `old`.
std::int64_t clean_up_unhealthy(std::span<ReplicaSetState> old, std::int64_t most);
/// How many pods of the old ReplicaSets go while availability stays; takes them off `old`.
std::int64_t scale_down_available(std::span<ReplicaSetState> old, std::int64_t available, std::int64_t least_available);

struct KubeRollingStep {
  std::int64_t new_size;
  std::vector<std::int64_t> old_sizes;  ///< oldest first
};
/// One sync: the new ReplicaSet grows (or shrinks to desired) first; only if it did not change, old ones shrink.
KubeRollingStep kube_rolling(std::int64_t desired, Fenceposts fences, std::span<const ReplicaSetState> old,
                             ReplicaSetState newest);
/// A ReplicaSet in the middle of a roll-out whose Deployment is scaled.
struct SizedSet {
  std::int64_t size = 0;   ///< spec.replicas
  std::int64_t bound = 0;  ///< desired + surge when it was sized last (annotation max-replicas)
};
/// The sizes of the ReplicaSets (oldest first) once what the Deployment gained or lost is shared out in proportion;
/// what rounding leaves over goes to the largest, of equal ones to the newest when it grows, to the oldest when it
/// shrinks (kubernetes v1.30 pkg/controller/deployment/sync.go scale, deployment_util.go GetProportion).
std::vector<std::int64_t> proportional_sizes(std::int64_t desired, std::int64_t surge, std::span<const SizedSet> sets);
struct RolloutCounts {
  std::int64_t fresh = 0, old = 0, available = 0;  ///< pods
};
/// Something has come of the time in between: a new pod, an old one less, or one more that is available (kubernetes
/// v1.30 pkg/controller/deployment/util DeploymentProgressing).
bool rollout_progresses(const RolloutCounts& before, const RolloutCounts& after);
/// Every pod is new and available, and no old one is left.
bool rollout_complete(std::int64_t desired, std::int64_t total, std::int64_t updated, std::int64_t available);

}  // namespace berth

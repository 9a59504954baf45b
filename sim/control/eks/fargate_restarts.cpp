#include "sim/control/eks/fargate_restarts.hpp"

#include <algorithm>
#include <utility>

#include "sim/control/aws/fargate_launches.hpp"
#include "sim/control/eks/evictions.hpp"

namespace berth {
namespace {

bool is_behind(const World& world, ReplicaId pod) {
  if (!world.replicas().has(pod) || !is_wanted(world[pod].seen) || world[pod].node == kNone<NodeId>) return false;
  const NodeRow& node = world[world[pod].node];
  return node.fargate && node.version < world[node.cluster].version;
}

std::vector<ReplicaId> pods_behind(const World& world, ClusterId cluster) {
  std::vector<ReplicaId> behind;
  for (const ServiceId s : world[cluster].services)
    if (world[s].spec->kind == WorkloadKind::service)
      for (const ReplicaId r : world[s].replicas)
        if (is_behind(world, r)) behind.push_back(r);
  return behind;
}

}  // namespace

FargateRestarts::FargateRestarts(Hands hands) : hands_(hands), clusters_(hands.world.cluster_count()) {
  between_ = from_seconds(1 / hands.world.quota(fargate_launch_quota(hands.world, false, "per_s")));
  retry_ = from_seconds(hands.world.catalog().constant("kube.drain_retry_s"));
}

void FargateRestarts::begin(ClusterId id, FargateUpgrade how) {
  const std::vector<ReplicaId> behind = pods_behind(hands_.world, id);
  if (how == FargateUpgrade::rollout_restart) return roll_out(id, behind);
  Cluster& cluster = clusters_[index(id)];
  cluster.refused.clear();
  cluster.waiting.assign(behind.begin(), behind.end());
  come_back(id);
}

/// `kubectl rollout restart` of each Deployment: the same containers as a new revision.
void FargateRestarts::roll_out(ClusterId, const std::vector<ReplicaId>& behind) {
  World& world = hands_.world;
  ServiceId last = kNone<ServiceId>;
  for (const ReplicaId pod : behind) {
    const ServiceId service = world[pod].service;
    if (std::exchange(last, service) == service) continue;
    world.start_deployment(service, world.add_revision(service, DeploymentSpec{world.now(), {}}));
  }
}

/// Each is asked for once before any is asked for again: who is refused holds nobody up.
void FargateRestarts::on(const FargateRestartDue& e) {
  Cluster& cluster = clusters_[index(e.cluster)];
  cluster.due = false;
  if (!cluster.waiting.empty()) {
    const ReplicaId pod = cluster.waiting.front();
    cluster.waiting.pop_front();
    restart(e.cluster, pod, true);
  } else if (!cluster.refused.empty() && cluster.refused.front().again <= hands_.world.now()) {
    const ReplicaId pod = cluster.refused.front().pod;
    cluster.refused.pop_front();
    restart(e.cluster, pod, false);
  }
  come_back(e.cluster);
}

void FargateRestarts::restart(ClusterId cluster, ReplicaId pod, bool first) {
  World& world = hands_.world;
  if (!is_behind(world, pod) || evict(hands_, pod, StopReason::upgraded)) return;
  if (first) world.publish(EvictionRefused{pod, world[pod].node});
  clusters_[index(cluster)].refused.push_back({pod, world.now() + retry_});
}

void FargateRestarts::come_back(ClusterId id) {
  Cluster& cluster = clusters_[index(id)];
  if (cluster.due || (cluster.waiting.empty() && cluster.refused.empty())) return;
  const Time next = hands_.world.now() + between_;
  const Time at = cluster.waiting.empty() ? std::max(next, cluster.refused.front().again) : next;
  cluster.due = true;
  hands_.agenda.at(at, FargateRestartDue{id});
}

}  // namespace berth

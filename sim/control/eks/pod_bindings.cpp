#include "sim/control/eks/pod_bindings.hpp"

#include <algorithm>

namespace berth {
namespace {

/// What a tier of Provisioned Control Plane promises; empty with the standard one.
std::optional<double> promised_rate(const World& world, ClusterId cluster) {
  const ControlPlaneTier* tier =
      world.catalog().control_plane_tier(world[cluster].spec->kubernetes.tier, world[cluster].version);
  return tier == nullptr ? std::nullopt : std::optional(static_cast<double>(tier->pods_per_s));
}

TokenBucket client_of(const World& world, ClusterId cluster) {
  const KubeSchedulerSpec& spec = world[cluster].spec->scheduler;
  const Catalog& catalog = world.catalog();
  if (const auto rate = promised_rate(world, cluster); rate && !spec.qps) return {*rate, *rate};
  return {spec.burst.value_or(catalog.constant("kube.scheduler.client_burst")),
          spec.qps.value_or(catalog.constant("kube.scheduler.client_qps"))};
}

TokenBucket cycles_of(const World& world, ClusterId cluster) {
  const Catalog& catalog = world.catalog();
  if (const auto rate = promised_rate(world, cluster)) return {*rate, *rate};
  return {catalog.constant("kube.scheduler.cycles_at_once"), catalog.constant("kube.scheduler.pods_per_s")};
}

}  // namespace

PodBindings::PodBindings(World& world, ClusterId cluster)
    : world_(world), client_(client_of(world, cluster)), cycles_(cycles_of(world, cluster)) {}

/// Who stops meanwhile has its call all the same, in vain.
bool PodBindings::may_bind(ReplicaId pod, NodeId node) {
  const Time now = world_.now();
  const Time at = std::max(client_.reserve(now), cycles_.reserve(now));
  if (at <= now && waiting_.empty()) return true;
  waiting_.push_back({pod, node, at});
  world_.hold(pod, Limit::scheduler_rate, WaitReason::bind_rate);
  return false;
}

std::vector<PodBindings::Chosen> PodBindings::take_due() {
  std::vector<Chosen> due;
  for (; !waiting_.empty() && waiting_.front().at <= world_.now(); waiting_.pop_front())
    due.push_back(waiting_.front());
  return due;
}

void PodBindings::put_on(Overlay& view) const {
  for (const Chosen& c : waiting_)
    if (world_.still_waits(c.pod) && world_.nodes().has(c.node) && world_[c.node].position != ~0u)
      view.put_on(world_[c.node].position, world_.ask(world_[c.pod].revision));
}

std::optional<Held> PodBindings::held_by(ReplicaId pod) const {
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const Chosen& c) { return c.pod == pod; });
  if (at == waiting_.end()) return std::nullopt;
  return Held{Limit::scheduler_rate, at - waiting_.begin(), client_.tokens(world_.now()),
              client_.per_s(),       waiting_.front().at,   at->at};
}

}  // namespace berth

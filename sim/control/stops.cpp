#include "sim/control/stops.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/control/ecs/placement_rules.hpp"
#include "sim/control/pool_deal.hpp"
#include "sim/policy/placement/capacity_split.hpp"
#include "sim/policy/placement/ecs_victims.hpp"
#include "sim/policy/placement/kube_victims.hpp"

namespace berth {
namespace {

VictimView victim_view(const World& world, const ServiceRow& service, ReplicaId id) {
  const ReplicaRow& row = world[id];
  VictimView v;
  v.seen = row.seen;
  v.old_revision = row.revision != service.revision;
  v.created = row.decided;
  v.healthy_since = row.seen_ready_changed;
  v.restarts = row.restarts;
  v.cpu = world[row.revision].cpu;
  v.memory = world[row.revision].memory;
  if (row.node == kNone<NodeId>) return v;
  const NodeRow& node = world[row.node];
  v.zone = node.zone;
  v.position = node.fargate ? kNoPosition : node.position;
  if (!node.fargate) v.node_class = world[row.cluster].nodes.node_class[node.position];
  v.node_cpu_free = (node.cpu_allocatable - node.cpu_used).count();
  v.node_memory_free = (node.memory_allocatable - node.memory_used).count();
  return v;
}

/// Beside those of its ReplicaSet a pod's siblings are those of the Deployment's others.
void count_siblings(const World& world, const ServiceRow& service, std::vector<VictimView>& views) {
  std::map<std::uint32_t, std::int64_t> on;
  for (const ReplicaId r : service.replicas)
    if (is_wanted(world[r].seen) && world[r].node != kNone<NodeId>) ++on[world[world[r].node].position];
  for (VictimView& v : views)
    if (v.position != kNoPosition) v.siblings = on[v.position];
}

/// What ECS has not even begun to start goes before anything else, the youngest first; takes them from `candidates`.
std::vector<ReplicaId> take_held(const World& world, std::vector<ReplicaId>& candidates, std::size_t count) {
  std::vector<ReplicaId> held;
  for (std::size_t i = candidates.size(); i-- > 0 && held.size() < count;) {
    const ReplicaRow& row = world[candidates[i]];
    if (!row.held_by || is_eks(world, row.cluster)) continue;
    held.push_back(candidates[i]);
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return held;
}

}  // namespace

std::vector<ReplicaId> victims(const World& world, ServiceId service, const std::vector<ReplicaId>& candidates,
                               std::size_t count) {
  const ServiceRow& row = world[service];
  std::vector<VictimView> views;
  for (const ReplicaId r : candidates) views.push_back(victim_view(world, row, r));
  if (is_eks(world, row.cluster)) count_siblings(world, row, views);
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(service)),
                    static_cast<std::uint64_t>(world.now().time_since_epoch().count())};
  const auto picked = is_eks(world, row.cluster) ? pick_kube_victims(views, count, world.now())
                                                 : pick_ecs_victims(views, strategies_of(world, service), count, draws);
  std::vector<ReplicaId> out;
  for (const std::uint32_t i : picked) out.push_back(candidates[i]);
  return out;
}

void stop_oldest(Hands hands, std::vector<ReplicaId> some, std::int64_t count, StopReason why) {
  if (count <= 0 || some.empty()) return;
  std::sort(some.begin(), some.end());
  some.resize(std::min(some.size(), static_cast<std::size_t>(count)));
  for (const ReplicaId r : some) hands.replicas.stop(r, why);
}

void stop_all(Hands hands, std::vector<ReplicaId> some, StopReason why) {
  const auto all = static_cast<std::int64_t>(some.size());
  stop_oldest(hands, std::move(some), all, why);
}

std::vector<ReplicaId> choose_some(const World& world, ServiceId service, std::int64_t count, bool only_old,
                                   RevisionId only) {
  const ServiceRow& row = world[service];
  const bool split = row.pools.size() > 1 && !row.spec->pools.empty() && !row.any_pool && !only_old;
  std::vector<std::int64_t> to_stop(row.pools.size());
  if (split) to_stop = pools_to_shrink(row.spec->pools, wanted_by_pool(world, row), count);
  std::vector<ReplicaId> chosen;
  for (std::size_t p = 0; p < (split ? row.pools.size() : 1); ++p) {
    std::vector<ReplicaId> candidates;
    for (const ReplicaId r : row.replicas)
      if (is_wanted(world[r].seen) && !world[r].condemned && (!split || world[r].pool == row.pools[p]) &&
          (only == kNone<RevisionId> || world[r].revision == only) && (!only_old || world[r].revision != row.revision))
        candidates.push_back(r);
    auto n = std::min(static_cast<std::size_t>(split ? to_stop[p] : count), candidates.size());
    const std::vector<ReplicaId> held = take_held(world, candidates, n);
    chosen.insert(chosen.end(), held.begin(), held.end());
    for (const ReplicaId r : victims(world, service, candidates, n - held.size())) chosen.push_back(r);
  }
  return chosen;
}

void stop_some(Hands hands, ServiceId service, std::int64_t count, bool only_old, StopReason why) {
  for (const ReplicaId r : choose_some(hands.world, service, count, only_old)) hands.replicas.stop(r, why);
}

}  // namespace berth

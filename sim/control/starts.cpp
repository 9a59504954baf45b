#include "sim/control/starts.hpp"

#include <algorithm>
#include <numeric>

#include "sim/policy/placement/capacity_split.hpp"
#include "sim/policy/placement/ecs_placement.hpp"
#include "sim/policy/placement/kube_victims.hpp"

namespace berth {
namespace {

std::vector<std::int64_t> wanted_by_pool(const World& world, const ServiceRow& service) {
  std::vector<std::int64_t> counts(service.pools.size());
  for (const ReplicaId r : service.replicas) {
    if (!is_wanted(world[r].seen)) continue;
    const auto at = std::find(service.pools.begin(), service.pools.end(), world[r].pool);
    if (at != service.pools.end()) ++counts[static_cast<std::size_t>(at - service.pools.begin())];
  }
  return counts;
}

VictimView victim_view(const World& world, const ServiceRow& service, ReplicaId id) {
  const ReplicaRow& row = world[id];
  VictimView v;
  v.seen = row.seen;
  v.old_revision = row.revision != service.revision;
  v.created = row.decided;
  v.healthy_since = row.seen_healthy;
  v.restarts = row.restarts;
  v.cpu = world[row.revision].cpu;
  v.memory = world[row.revision].memory;
  if (row.node == kNone<NodeId>) return v;
  const NodeRow& node = world[row.node];
  v.zone = node.zone;
  v.position = node.fargate ? kNoPosition : node.position;
  v.node_cpu_free = (node.cpu_allocatable - node.cpu_used).count();
  v.node_memory_free = (node.memory_allocatable - node.memory_used).count();
  return v;
}

}  // namespace

std::vector<ReplicaId> victims(const World& world, ServiceId service, const std::vector<ReplicaId>& candidates,
                               std::size_t count) {
  const ServiceRow& row = world[service];
  std::vector<VictimView> views;
  for (const ReplicaId r : candidates) views.push_back(victim_view(world, row, r));
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(service)),
                    static_cast<std::uint64_t>(world.now().time_since_epoch().count())};
  const auto picked = is_eks(world, row.cluster) ? pick_kube_victims(views, count, world.now())
                                                 : pick_ecs_victims(views, strategies_of(*row.spec), count, draws);
  std::vector<ReplicaId> out;
  for (const std::uint32_t i : picked) out.push_back(candidates[i]);
  return out;
}

Strategies strategies_of(const WorkloadSpec& spec) {
  Strategies strategies;
  for (const std::string& text : spec.ecs.placement)
    if (const auto strategy = parse_ecs_strategy(text)) strategies.push_back(*strategy);
  return strategies;
}

std::int64_t wanted_count(const ServiceRow& service) {
  const auto from = service.by_seen.begin();
  return std::accumulate(from, from + static_cast<std::ptrdiff_t>(ReplicaStage::stopping), std::int64_t{0});
}

Starts::Starts(Hands hands, Mailbox& mailbox, FargateLaunches& fargate)
    : hands_(hands), mailbox_(mailbox), fargate_(fargate) {
  for (std::size_t c = 0; c < hands.world.cluster_count(); ++c)
    rooms_.emplace_back(hands.world, ClusterId{static_cast<std::uint32_t>(c)});
}

PoolId Starts::next_pool_of(ServiceId service) const {
  const ServiceRow& row = hands_.world[service];
  SIM_CHECK_SAY(!row.pools.empty(), row.spec->name);
  if (row.pools.size() == 1 || row.spec->pools.empty()) return row.pools.front();
  return row.pools[next_pool(row.spec->pools, wanted_by_pool(hands_.world, row))];
}

void Starts::start(ServiceId service, RevisionId revision, std::int64_t count, ZoneId only_zone) {
  for (std::int64_t i = 0; i < count; ++i) {
    const PoolId pool = next_pool_of(service);
    const ReplicaId replica = hands_.world.create_replica(service, revision);
    hands_.world[replica].pool = pool;
    hands_.world[replica].only_zone = only_zone;
    send(replica);
  }
}

void Starts::keep_desired(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  const std::int64_t wanted = wanted_count(row);
  if (wanted < row.desired) start(service, row.revision, row.desired - wanted);
  if (wanted > row.desired) stop_some(hands_, service, wanted - row.desired, false, StopReason::scale_in);
}

void Starts::start_job(ServiceId job, std::uint32_t attempt) {
  const PoolId pool = next_pool_of(job);
  const ReplicaId replica = hands_.world.create_replica(job, hands_.world[job].revision);
  hands_.world[replica].pool = pool;
  hands_.world[replica].attempt = attempt;
  hands_.world.publish(JobSubmitted{job, replica});
  send(replica);
}

void Starts::send(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  if (hands_.world[row.pool].spec->launch == Launch::fargate) {
    fargate_.request(replica, row.pool);
    return;
  }
  room(row.cluster).add(replica);
  mailbox_.placement_due(row.cluster);
}

Placement place_on_only_node(const World& world, const ReplicaRow& replica, const Ask& ask) {
  Placement answer;
  answer.main = WaitReason::not_ready;
  if (!world.nodes().has(replica.only_node) || world[replica.only_node].position == ~0u) return answer;
  const std::uint32_t position = world[replica.only_node].position;
  if (const auto why = refusal(world.view(replica.cluster), ask, position)) {
    answer.main = *why;
    answer.refused[static_cast<std::size_t>(*why)] = 1;
  } else {
    answer.position = position;
  }
  return answer;
}

WaitReason pool_reason(const World& world, RevisionId revision, PoolId pool, WaitReason from_nodes) {
  const PoolRow& row = world[pool];
  const Ask ask = world.ask(revision);
  const bool some_type_holds_it = std::any_of(row.types.begin(), row.types.end(), [&](std::uint16_t type) {
    const Offering empty = world.offering(pool, type);
    return ask.cpu <= empty.cpu && ask.memory <= empty.memory && ask.slots <= empty.slots &&
           ask.volumes <= empty.volumes;
  });
  if (!some_type_holds_it) return WaitReason::too_big;
  if (from_nodes == WaitReason::no_addresses) return from_nodes;  // another node would not help: same subnets
  if (from_nodes == WaitReason::volume_zone) return from_nodes;   // there is room, and yet not for this one
  const auto coming = row.by_seen[static_cast<int>(NodeStage::requested)] +
                      row.by_seen[static_cast<int>(NodeStage::booting)] +
                      row.by_seen[static_cast<int>(NodeStage::joining)];
  if (coming > 0) return WaitReason::capacity_on_its_way;
  const auto there = coming + row.by_seen[static_cast<int>(NodeStage::ready)];
  if (there >= row.max || row.spec->scaler.kind == NodeScalerKind::none) return WaitReason::pool_at_max;
  return from_nodes;
}

WaitReason reason_of(const World& world, ReplicaId replica, WaitReason from_nodes) {
  const ReplicaRow& row = world[replica];
  if (row.only_node != kNone<NodeId>) return from_nodes;
  const WaitReason reason = pool_reason(world, row.revision, row.pool, from_nodes);
  // kube-scheduler names what its nodes lack, and attachments come back one by one; that the pool cannot grow is said
  // where nodes are simply full.
  const bool attachments = from_nodes == WaitReason::volume_limit && is_eks(world, row.cluster);
  return attachments && reason == WaitReason::pool_at_max ? from_nodes : reason;
}

void stop_some(Hands hands, ServiceId service, std::int64_t count, bool only_old, StopReason why) {
  const World& world = hands.world;
  const ServiceRow& row = world[service];
  std::vector<std::int64_t> to_stop(row.pools.size());
  if (row.pools.size() > 1 && !row.spec->pools.empty() && !only_old) {
    std::vector<std::int64_t> counts = wanted_by_pool(world, row);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::size_t pool = pool_to_shrink(row.spec->pools, counts);
      --counts[pool];
      ++to_stop[pool];
    }
  }
  const bool split = row.pools.size() > 1 && !row.spec->pools.empty() && !only_old;
  std::vector<ReplicaId> chosen;
  for (std::size_t p = 0; p < (split ? row.pools.size() : 1); ++p) {
    std::vector<ReplicaId> candidates;
    for (const ReplicaId r : row.replicas)
      if (is_wanted(world[r].seen) && (!split || world[r].pool == row.pools[p]) &&
          (!only_old || world[r].revision != row.revision))
        candidates.push_back(r);
    const auto n = static_cast<std::size_t>(split ? to_stop[p] : count);
    for (const ReplicaId r : victims(world, service, candidates, std::min(n, candidates.size()))) chosen.push_back(r);
  }
  for (const ReplicaId r : chosen) hands.replicas.stop(r, why);
}

}  // namespace berth

#include "sim/control/control.hpp"

#include <algorithm>

#include "sim/control/aws/warm_pool.hpp"
#include "sim/control/pool_deal.hpp"
#include "sim/control/wait_reasons.hpp"

namespace berth {
namespace {

std::int64_t first_desired(const WorkloadSpec& spec) {
  if (!spec.scale) return spec.desired;
  return std::clamp(spec.desired, spec.scale->min, spec.scale->max);
}

std::int64_t desired_at_the_start(const PoolSpec& spec) { return spec.group.desired.value_or(spec.min); }

bool is_node_pool(const World& world, PoolId pool) {
  return world[pool].spec->scaler.kind == NodeScalerKind::karpenter;
}

/// The most that an instance takes for itself: its primary interface's, and a trunk's.
bool has_addresses_for_a_node(const World& world, ZoneId zone) { return world.addresses(zone, AddressUse::free) >= 2; }

}  // namespace

Control::Control(Hands h)
    : hands(h),
      mailbox(h.world, h.agenda),
      fargate(h),
      starts(h, mailbox, fargate),
      daemons(h, mailbox, starts),
      jobs(h, starts),
      scripted_counts(h),
      drains(h),
      node_controller(h),
      node_targets(h),
      memory_pressure(h),
      patching(h),
      spot(h, drains),
      faults(h, mailbox, spot, patching),
      groups(h),
      group_scaling(h, groups),
      cloudwatch(h),
      application_auto_scaling(h),
      ecs_services(h, mailbox, starts, daemons),
      ecs_placement(h, mailbox, starts),
      managed_scaling(h, starts, groups),
      deployments(h, mailbox, starts, daemons),
      pods(h, mailbox, starts),
      metrics_server(h),
      hpa(h, metrics_server),
      karpenter(h, mailbox, starts, groups, drains),
      cluster_autoscaler(h, starts, groups, drains),
      upgrades(h, groups, drains) {
  pods.tell(karpenter);
}

void Control::begin() {
  World& world = hands.world;
  cloudwatch.begin();
  application_auto_scaling.begin();
  groups.begin();
  group_scaling.begin();
  managed_scaling.begin();
  metrics_server.begin();
  hpa.begin();
  karpenter.begin();
  cluster_autoscaler.begin();
  upgrades.begin();
  jobs.begin();
  scripted_counts.begin();
  faults.begin();
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    const WorkloadSpec& spec = *world[service].spec;
    for (std::size_t d = 0; d < spec.deployments.size(); ++d)
      if (spec.deployments[d].at < Time{world.spec().duration})
        hands.agenda.at(spec.deployments[d].at, DeploymentDue{service, static_cast<std::uint32_t>(d)});
  }
  if (world.spec().steady) begin_steady();
  else begin_cold();
  node_targets.begin();
}

void Control::on(const DeploymentDue& e) {
  const DeploymentSpec& change = hands.world[e.service].spec->deployments[e.deployment];
  hands.world.start_deployment(e.service, hands.world.add_revision(e.service, change));
}

std::optional<Held> Control::held_by(ReplicaId replica) const {
  const Limiter* const limiters[] = {&pods, &fargate};
  std::optional<Held> held = starts.held_by(replica);
  for (const Limiter* limiter : limiters)
    if (!held) held = limiter->held_by(replica);
  return held;
}

std::vector<HeldBesides> Control::held_starts(ServiceId service) const {
  std::vector<HeldBesides> held = starts.held_starts(service);
  const std::int64_t beyond = hands.world[service].over_quota;
  if (beyond > 0) held.push_back({Limit::tasks_per_service, beyond});
  return held;
}

void Control::begin_cold() {
  World& world = hands.world;
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (world[pool].spec->launch == Launch::ec2) groups.grow(pool, desired_at_the_start(*world[pool].spec));
  }
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    if (world[service].spec->kind != WorkloadKind::service) continue;
    world.set_desired(service, first_desired(*world[service].spec));
    world.start_deployment(service, world[service].revision);  // the mailbox wakes its controller
  }
}

void Control::begin_steady() {
  World& world = hands.world;
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (world[pool].spec->launch != Launch::ec2 || is_node_pool(world, pool)) continue;
    std::int64_t missing = nodes_at_the_start(pool);
    for (; missing > 0 && can_begin_node(pool); --missing) begin_node(pool);
    if (missing > 0 && is_group(world, pool) && !has_interfaces_for_a_node(pool))
      groups.grow(pool, static_cast<std::int64_t>(world[pool].nodes.size()) + missing);  // and waits for the quota
  }
  for (std::size_t c = 0; c < world.cluster_count(); ++c) begin_node_pools(ClusterId{static_cast<std::uint32_t>(c)});
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    const WorkloadSpec& spec = *world[service].spec;
    if (spec.kind != WorkloadKind::service) continue;
    const std::int64_t desired = first_desired(spec);
    world.set_desired(service, desired);
    PoolDeal deal(world, service);
    for (std::int64_t i = 0; i < world[service].desired; ++i) deal.dealt(begin_replica(service, deal.next()));
  }
  for (std::size_t p = 0; p < world.pool_count(); ++p) begin_warm_pool(hands, PoolId{static_cast<std::uint32_t>(p)});
}

/// All nodes are there before the first replica is placed, or each new node would be filled by whoever came last.
std::int64_t Control::nodes_at_the_start(PoolId pool) const {
  const World& world = hands.world;
  const PoolSpec& spec = *world[pool].spec;
  const std::vector<Offering> offerings = offerings_of(world, pool);
  if (offerings.empty() || spec.scaler.kind == NodeScalerKind::none) return desired_at_the_start(spec);
  Overlay plan(world.service_count(), world.node_classes().size());
  const ZoneId zone = offerings.front().some_zone();
  for (const ServiceId s : world[world[pool].cluster].services) {
    const ServiceRow& service = world[s];
    if (service.spec->kind != WorkloadKind::service || starts.next_pool_of(s) != pool) continue;
    const Ask ask = world.ask(service.revision);
    const Offering& node = offerings.front();
    if (ask.cpu > node.cpu || ask.memory > node.memory || ask.slots > node.slots || ask.volumes > node.volumes ||
        ask.gpus > node.gpus)
      continue;
    if (ask.rules != nullptr && !ask.rules->allows(node.class_in_zone[static_cast<std::size_t>(zone)])) continue;
    for (std::int64_t i = first_desired(*service.spec); i > 0; --i) {
      std::uint32_t position = plan.first_fit(ask);
      if (position == plan.size()) position = plan.add_node(node, pool, zone);
      plan.put_on(position, ask);
    }
  }
  return std::clamp(static_cast<std::int64_t>(plan.size()), desired_at_the_start(spec), spec.max);
}

/// As Karpenter would have launched them for all services at once, and of the cheapest what a minimum asks for.
void Control::begin_node_pools(ClusterId cluster) {
  const World& world = hands.world;
  std::vector<PendingPod> pods;
  for (const ServiceId s : world[cluster].services) {
    const ServiceRow& service = world[s];
    if (service.spec->kind != WorkloadKind::service) continue;
    const auto pool = std::find(service.pools.begin(), service.pools.end(), starts.next_pool_of(s));
    if (!is_node_pool(world, *pool)) continue;
    PendingPod pod{world.ask(service.revision), Time{}};
    if (!service.any_pool) pod.ask.pools = {&*pool, 1};
    pods.insert(pods.end(), static_cast<std::size_t>(first_desired(*service.spec)), pod);
  }
  if (!pods.empty())
    for (const KarpenterController::Launch& one : karpenter.launches_for(cluster, pods)) begin_launched(one);
  for (const PoolId pool : world[cluster].pools) {
    if (!is_node_pool(world, pool)) continue;
    const auto there = static_cast<std::int64_t>(world[pool].nodes.size());
    for (std::int64_t missing = world[pool].spec->min - there; missing > 0; --missing)
      if (const auto one = karpenter.cheapest_of(pool)) begin_launched(*one);
  }
}

/// Unless it would be one too many, or no subnet has an address for it, or the account no interface.
void Control::begin_launched(const KarpenterController::Launch& one) {
  World& world = hands.world;
  if (static_cast<std::int64_t>(world[one.pool].nodes.size()) >= world[one.pool].spec->max) return;
  if (world.interfaces_left() < world.own_interfaces(one.pool, one.type)) return;
  if (!has_addresses_for_a_node(world, one.zone)) return;
  const NodeId node = hands.nodes.begin_ready(one.pool, one.type, one.zone, one.spot);
  world.resize(one.pool, static_cast<std::int64_t>(world[one.pool].nodes.size()));
  daemons.begin_healthy(node);
}

bool Control::has_interfaces_for_a_node(PoolId pool) const {
  const World& world = hands.world;
  const auto next = groups.next_purchase(pool, static_cast<std::int64_t>(world[pool].nodes.size()) + 1);
  return world.interfaces_left() >= world.own_interfaces(pool, next.type);
}

/// A node for which no subnet has an address, or the account no interface, is not there when the run begins.
bool Control::can_begin_node(PoolId pool) const {
  if (!has_interfaces_for_a_node(pool)) return false;
  const std::vector<ZoneId>& zones = hands.world[pool].zones;
  return std::any_of(zones.begin(), zones.end(),
                     [&](ZoneId zone) { return has_addresses_for_a_node(hands.world, zone); });
}

/// The zone with fewest nodes of the pool, as a balanced group would have it.
NodeId Control::begin_node(PoolId pool) {
  World& world = hands.world;
  const PoolRow& row = world[pool];
  std::vector<std::int64_t> count(world.spec().network.zones.size());
  for (const NodeId n : row.nodes) ++count[static_cast<std::size_t>(world[n].zone)];
  const ZoneId zone = *std::min_element(row.zones.begin(), row.zones.end(), [&](ZoneId a, ZoneId b) {
    const bool a_has = has_addresses_for_a_node(world, a), b_has = has_addresses_for_a_node(world, b);
    return a_has != b_has ? a_has : count[static_cast<std::size_t>(a)] < count[static_cast<std::size_t>(b)];
  });
  const auto bought = groups.next_purchase(pool, static_cast<std::int64_t>(row.nodes.size()) + 1);
  const NodeId node = hands.nodes.begin_ready(pool, bought.type, zone, bought.spot);
  world.resize(pool, static_cast<std::int64_t>(row.nodes.size()));
  daemons.begin_healthy(node);
  return node;
}

bool Control::may_begin_node(ServiceId service, PoolId pool) const {
  const World& world = hands.world;
  const PoolSpec& spec = *world[pool].spec;
  return spec.scaler.kind != NodeScalerKind::none &&
         pool_reason(world, world[service].revision, pool, WaitReason::cpu) != WaitReason::too_big &&
         can_begin_node(pool) && static_cast<std::int64_t>(world[pool].nodes.size()) < spec.max;
}

/// As Karpenter launches them for a single replica.
void Control::begin_nodes_for(ServiceId service, PoolId pool) {
  PendingPod pod{hands.world.ask(hands.world[service].revision), Time{}};
  if (!hands.world[service].any_pool) pod.ask.pools = {&pool, 1};
  for (const KarpenterController::Launch& one : karpenter.launches_for(hands.world[pool].cluster, {pod}))
    begin_launched(one);
}

/// Where the platform would have put it; pools grow as far as they may, and who finds no room begins by waiting.
ReplicaId Control::begin_replica(ServiceId service, PoolId pool) {
  World& world = hands.world;
  const ReplicaId replica = world.create_replica(service, world[service].revision);
  if (world[pool].spec->launch == Launch::fargate) {
    fargate.begin_healthy(replica, pool);
    return replica;
  }
  world[replica].pool = pool;
  const auto choose = [&] {
    return is_eks(world, world[pool].cluster) ? pods.choose(replica) : ecs_placement.choose(replica);
  };
  Placement answer = choose();
  if (!answer.position) {
    if (is_node_pool(world, pool)) begin_nodes_for(service, pool);
    else if (may_begin_node(service, pool)) begin_node(pool);
    answer = choose();
  }
  if (answer.position) hands.replicas.begin_healthy(replica, world.view(world[pool].cluster).node[*answer.position]);
  else starts.wait_for_room(replica);
  return replica;
}

}  // namespace berth

#include "sim/control/ecs/zone_rebalancing.hpp"

#include <algorithm>

#include "sim/policy/rollout/ecs_rolling.hpp"
#include "sim/policy/rollout/zone_balance.hpp"

namespace berth {

ZoneRebalancing::ZoneRebalancing(Hands hands, const ServiceTasks& tasks, Starts& starts)
    : hands_(hands),
      tasks_(tasks),
      starts_(starts),
      retry_(from_seconds(hands.world.catalog().constant("ecs.az_rebalancing.retry_s"))),
      states_(hands.world.service_count()) {}

std::int64_t ZoneRebalancing::step(ServiceId service) {
  if (!hands_.world[service].spec->ecs.az_rebalancing) return 0;
  if (states_[index(service)].extra.empty() && is_steady(service)) begin(service);
  return wait_for_extra(service);
}

bool ZoneRebalancing::is_steady(ServiceId service) const {
  return tasks_.count(service, TaskGroup::counted) == hands_.world[service].desired &&
         tasks_.count(service, TaskGroup::coming) == 0 && tasks_.count(service, TaskGroup::stopping) == 0 &&
         tasks_.count(service, TaskGroup::replaced) == 0;
}

/// When all are healthy, or gone, the surplus goes: scale-in takes it from the heaviest zone. Who finds no room after
/// all is given up.
std::int64_t ZoneRebalancing::wait_for_extra(ServiceId service) {
  std::vector<ReplicaId>& extra = states_[index(service)].extra;
  for (const ReplicaId r : extra) {
    const World& world = hands_.world;
    if (!world.still_waits(r) || world[r].tried_at_epoch == ~std::uint64_t{0}) continue;
    const ZoneId zone = world[r].only_zone;
    const bool in_vain =
        world[world[r].pool].spec->launch == Launch::ec2 || world.is_lost(zone) || world.interfaces_left(zone) == 0;
    if (in_vain) hands_.replicas.stop(r, StopReason::scale_in);
  }
  const auto is = [&](ReplicaId r, TaskGroup group) { return tasks_.group(r) == group; };
  const bool some_come = std::any_of(extra.begin(), extra.end(), [&](ReplicaId r) { return is(r, TaskGroup::coming); });
  if (!some_come) {
    extra.clear();
    return 0;
  }
  return std::count_if(extra.begin(), extra.end(),
                       [&](ReplicaId r) { return is(r, TaskGroup::coming) || is(r, TaskGroup::counted); });
}

void ZoneRebalancing::begin(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  State& state = states_[index(service)];
  if (hands_.world.now() < state.not_before) return;
  const std::vector<ZoneId> zones = zones_of(service);
  std::vector<std::int64_t> tasks;
  for (const ZoneId zone : zones) tasks.push_back(row.by_zone[static_cast<std::size_t>(zone)]);
  const RolloutSpec& rollout = row.spec->rollout;
  const std::int64_t most = ecs_bounds(row.desired, rollout.min_healthy_percent, rollout.max_percent).most;
  const std::vector<std::size_t> fill = zones_to_fill(tasks, most - row.desired);
  for (const std::size_t z : fill) {
    if (!has_room(service, zones[z])) continue;
    const std::uint32_t births = row.births;
    starts_.start(service, row.revision, 1, zones[z]);
    if (row.births > births) state.extra.push_back(row.replicas.back());
  }
  if (fill.empty()) return;
  state.not_before = hands_.world.now() + retry_;
  hands_.agenda.at(state.not_before, EcsServiceDue{service});
}

std::vector<ZoneId> ZoneRebalancing::zones_of(ServiceId service) const {
  std::vector<ZoneId> zones;
  for (const PoolId pool : hands_.world[service].pools)
    for (const ZoneId zone : hands_.world[pool].zones) zones.push_back(zone);
  std::sort(zones.begin(), zones.end());
  zones.erase(std::unique(zones.begin(), zones.end()), zones.end());
  return zones;
}

bool ZoneRebalancing::has_room(ServiceId service, ZoneId zone) const {
  const World& world = hands_.world;
  const PoolId pool = starts_.next_pool_of(service);
  const std::vector<ZoneId>& zones = world[pool].zones;
  if (std::find(zones.begin(), zones.end(), zone) == zones.end()) return false;
  if (world[pool].spec->launch == Launch::fargate) return !world.is_lost(zone) && world.interfaces_left(zone) > 0;
  const ClusterView view = world.view(world[service].cluster);
  Ask ask = world.ask(world[service].revision);
  ask.pools = {&pool, 1};
  ask.zone = zone;
  for (const NodeId n : world[pool].nodes)
    if (world[n].position != ~0u && !refusal(view, ask, world[n].position)) return true;
  return false;
}

}  // namespace berth

#include "sim/control/aws/fargate_launches.hpp"

#include <algorithm>

#include "sim/policy/placement/fargate_refusal.hpp"

namespace berth {
namespace {

bool only_eks(const World& world) {
  for (std::size_t c = 0; c < world.cluster_count(); ++c)
    if (!is_eks(world, ClusterId{static_cast<std::uint32_t>(c)})) return false;
  return true;
}

std::string launch_quota(const World& world, bool spot, const char* which) {
  if (spot) return std::string("fargate_spot_launch_") + which;
  return std::string(only_eks(world) ? "fargate_eks_only_launch_" : "fargate_launch_") + which;
}

TokenBucket launch_bucket(const World& world, bool spot) {
  return {world.quota(launch_quota(world, spot, "burst")), world.quota(launch_quota(world, spot, "per_s"))};
}

}  // namespace

FargateLaunches::FargateLaunches(Hands hands)
    : hands_(hands),
      on_demand_{launch_bucket(hands.world, false), {}, false},
      spot_{launch_bucket(hands.world, true), {}, false},
      without_address_(hands.world.pool_count()),
      launched_(hands.world.pool_count()) {}

void FargateLaunches::request(ReplicaId replica, PoolId pool) {
  hands_.world[replica].pool = pool;
  if (refused(replica)) return;
  const bool spot = hands_.world[pool].spec->spot;
  Queue& queue = spot ? spot_ : on_demand_;
  queue.waiting.push_back({replica, pool});
  launch_some(queue, spot);
  const ReplicaRow& row = hands_.world[replica];
  if (row.stage != ReplicaStage::pending) return;
  if (!without_address_[index(pool)].empty() && without_address_[index(pool)].back() == replica) return;
  hands_.world.set_waits(replica, {}, WaitReason::launch_rate);
  hands_.world.publish(
      LimitHolds{spot ? Limit::fargate_spot_launch : Limit::fargate_launch, row.service, replica, kNone<NodeId>, 1});
}

bool FargateLaunches::refused(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  const WorkloadSpec& spec = *hands_.world[row.service].spec;
  std::optional<WaitReason> why =
      fargate_refuses(spec, hands_.world[row.cluster].spec->orchestrator, hands_.world.catalog());
  if (!why && !hands_.world[row.revision].fargate) why = WaitReason::too_big;  // a later revision may have grown
  if (why) hands_.world.set_waits(replica, {}, *why);
  return why.has_value();
}

void FargateLaunches::on(const FargateLaunchDue& e) {
  Queue& queue = e.spot ? spot_ : on_demand_;
  queue.due = false;
  launch_some(queue, e.spot);
  // Addresses that came while others waited for tokens were told to nobody: the subnet was not empty.
  if (queue.waiting.empty()) on(FargateRetryDue{});
}

/// Those who found no address are older than who came since: they go to the front of their queue.
void FargateLaunches::on(const FargateRetryDue&) {
  for (std::size_t p = 0; p < without_address_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (without_address_[p].empty()) continue;
    const bool spot = hands_.world[pool].spec->spot;
    const std::vector<Waiting> again = take_who_found_no_address(pool);
    Queue& queue = spot ? spot_ : on_demand_;
    queue.waiting.insert(queue.waiting.begin(), again.begin(), again.end());
    launch_some(queue, spot);
    for (const Waiting& w : again)  // an address was there, a token was not
      if (hands_.world.still_waits(w.replica) && queue.due)
        hands_.world.set_waits(w.replica, {}, WaitReason::launch_rate);
  }
}

/// As many as there are addresses, and no more: each of the others would only be refused again.
std::vector<FargateLaunches::Waiting> FargateLaunches::take_who_found_no_address(PoolId pool) {
  std::deque<ReplicaId>& waiting = without_address_[index(pool)];
  std::int64_t addresses = 0;
  for (const ZoneId zone : hands_.world[pool].zones) {
    const std::int64_t free = hands_.world.is_lost(zone) ? 0 : hands_.world.addresses(zone, AddressUse::free);
    addresses = std::min(addresses + free, static_cast<std::int64_t>(waiting.size()));
  }
  std::vector<Waiting> again;
  for (; addresses > 0 && !waiting.empty(); waiting.pop_front()) {
    if (!hands_.world.still_waits(waiting.front())) continue;
    again.push_back({waiting.front(), pool});
    --addresses;
  }
  return again;
}

void FargateLaunches::wait_for_address(ReplicaId replica, PoolId pool) {
  without_address_[index(pool)].push_back(replica);
  const std::vector<ZoneId>& zones = hands_.world[pool].zones;
  const bool lost = std::all_of(zones.begin(), zones.end(), [&](ZoneId z) { return hands_.world.is_lost(z); });
  hands_.world.set_waits(replica, {}, lost ? WaitReason::zone_lost : WaitReason::no_addresses);
}

void FargateLaunches::launch_some(Queue& queue, bool spot) {
  const Time now = hands_.world.now();
  while (!queue.waiting.empty()) {
    const Waiting first = queue.waiting.front();
    if (!hands_.world.still_waits(first.replica)) {
      queue.waiting.pop_front();
      continue;
    }
    // A launch that has no address to go to spends no token.
    const std::optional<ZoneId> zone = next_zone(first.pool, hands_.world[first.replica].only_zone);
    if (zone && !queue.bucket.take(now)) break;
    queue.waiting.pop_front();
    if (!zone) {
      wait_for_address(first.replica, first.pool);
      continue;
    }
    hands_.replicas.launch_on_fargate(first.replica, first.pool, *zone);
    ++launched_[index(first.pool)];
  }
  if (queue.waiting.empty() || queue.due) return;
  queue.due = true;
  hands_.agenda.at(queue.bucket.next(now), FargateLaunchDue{spot});
}

bool FargateLaunches::begin_healthy(ReplicaId replica, PoolId pool) {
  World& world = hands_.world;
  world[replica].pool = pool;
  if (refused(replica)) return false;
  const std::optional<ZoneId> zone = next_zone(pool);
  if (!zone) {
    wait_for_address(replica, pool);
    return false;
  }
  ++launched_[index(pool)];
  const NodeId node = world.create_fargate_node(pool, replica, *zone);
  world[node].initial = true;
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world.move(node, s);
  world.report(node, NodeStage::ready);
  hands_.replicas.begin_healthy(replica, node);
  return true;
}

/// Tasks are spread over the zones of the pool's subnets, in turn; one whose subnet is empty is left out.
std::optional<ZoneId> FargateLaunches::next_zone(PoolId pool, ZoneId only) {
  const std::vector<ZoneId>& zones = hands_.world[pool].zones;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const ZoneId zone = zones[(launched_[index(pool)] + i) % zones.size()];
    const bool allowed = only == kNone<ZoneId> || only == zone;
    if (allowed && !hands_.world.is_lost(zone) && hands_.world.addresses(zone, AddressUse::free) > 0) return zone;
  }
  return std::nullopt;
}

}  // namespace berth

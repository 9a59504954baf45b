#include "sim/control/aws/fargate_launches.hpp"

#include <algorithm>
#include <utility>

#include "sim/control/gangs.hpp"
#include "sim/policy/placement/fargate_refusal.hpp"

namespace berth {
namespace {

bool only_eks(const World& world) {
  for (std::size_t c = 0; c < world.cluster_count(); ++c)
    if (!is_eks(world, ClusterId{static_cast<std::uint32_t>(c)})) return false;
  return true;
}

TokenBucket launch_bucket(const World& world, bool spot) {
  return {world.quota(fargate_launch_quota(world, spot, "burst")),
          world.quota(fargate_launch_quota(world, spot, "per_s"))};
}

}  // namespace

std::string fargate_launch_quota(const World& world, bool spot, const char* which) {
  if (spot) return std::string("fargate_spot_launch_") + which;
  return std::string(only_eks(world) ? "fargate_eks_only_launch_" : "fargate_launch_") + which;
}

FargateLaunches::Queue FargateLaunches::queue_of(const World& world, bool spot) {
  const std::string quota = spot ? "fargate_spot_" : "fargate_";
  const bool in_tasks = world.has_quota(quota + "tasks");
  const double most = world.quota(quota + (in_tasks ? "tasks" : "vcpu"));
  return {spot, launch_bucket(world, spot), in_tasks,
          static_cast<std::int64_t>(in_tasks ? most : most * static_cast<double>(kVcpu.count()))};
}

FargateLaunches::FargateLaunches(Hands hands)
    : hands_(hands),
      on_demand_(queue_of(hands.world, false)),
      spot_(queue_of(hands.world, true)),
      without_address_(hands.world.pool_count()),
      told_(hands.world.pool_count()),
      launched_(hands.world.pool_count()) {
  hands.world.show_tokens(Limit::fargate_launch, [this](Time now) { return on_demand_.bucket.tokens(now); });
  hands.world.show_tokens(Limit::fargate_spot_launch, [this](Time now) { return spot_.bucket.tokens(now); });
}

void FargateLaunches::request(ReplicaId replica, PoolId pool) {
  hands_.world[replica].pool = pool;
  if (refused(replica)) return;
  Queue& queue = queue_of(pool);
  queue.waiting.push_back({replica, pool});
  launch_some(queue);
  if (!queue.waiting.empty() && queue.waiting.back().replica == replica) hold_for_token(queue, replica);
}

void FargateLaunches::hold_for_token(const Queue& queue, ReplicaId replica) {
  if (!hands_.world.still_waits(replica)) return;
  hands_.world.hold(replica, queue.spot ? Limit::fargate_spot_launch : Limit::fargate_launch, WaitReason::launch_rate);
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
  const std::vector<Waiting> again = take_who_found_no_capacity(queue);
  queue.waiting.insert(queue.waiting.begin(), again.begin(), again.end());
  launch_some(queue);
  hold_front(queue, again);  // there was capacity, a token was not
  // Addresses and interfaces that came while others waited for tokens were told to nobody: there were some.
  if (queue.waiting.empty()) on(FargateRetryDue{});
}

/// Those who found no address are older than who came since: they go to the front of their queue.
void FargateLaunches::on(const FargateRetryDue&) {
  for (std::size_t p = 0; p < without_address_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (without_address_[p].empty()) continue;
    const std::vector<Waiting> again = take_who_found_no_address(pool);
    Queue& queue = queue_of(pool);
    queue.waiting.insert(queue.waiting.begin(), again.begin(), again.end());
    launch_some(queue);
    hold_front(queue, again);  // an address was there, a token was not
    tell_again(pool);
  }
}

/// Those of `again`, which stood at the front of the queue, that still do.
void FargateLaunches::hold_front(Queue& queue, const std::vector<Waiting>& again) {
  std::size_t at = 0;
  for (const Waiting& w : again)
    if (at < queue.waiting.size() && queue.waiting[at].replica == w.replica) {
      hold_for_token(queue, w.replica);
      ++at;
    }
}

std::int64_t FargateLaunches::share_of(const Queue& queue, ReplicaId replica) const {
  return queue.in_tasks ? 1 : hands_.world[hands_.world[replica].revision].fargate->cpu.count();
}

void FargateLaunches::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || seen->stage != ReplicaStage::stopped) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  if (row.node == kNone<NodeId> || !hands_.world[row.node].fargate) return;
  Queue& queue = queue_of(row.pool);
  queue.used -= share_of(queue, seen->replica);
  if (!queue.without_capacity.empty()) come_back(queue, hands_.world.now());
}

/// As many as there is room for: they are older than who came since.
std::vector<FargateLaunches::Waiting> FargateLaunches::take_who_found_no_capacity(Queue& queue) const {
  std::vector<Waiting> again;
  std::int64_t planned = queue.used;
  for (std::deque<Waiting>& waiting = queue.without_capacity; !waiting.empty(); waiting.pop_front()) {
    if (!hands_.world.still_waits(waiting.front().replica)) continue;
    planned += share_of(queue, waiting.front().replica);
    if (planned > queue.most) break;
    again.push_back(waiting.front());
  }
  return again;
}

/// The service scheduler tries again; RunTask says no.
void FargateLaunches::wait_for_capacity(Queue& queue, const Waiting& who) {
  hands_.world.hold(who.replica, queue.spot ? Limit::fargate_spot_capacity : Limit::fargate_capacity,
                    WaitReason::fargate_capacity);
  if (!gives_up(who.replica, WaitReason::fargate_capacity)) queue.without_capacity.push_back(who);
}

/// The task of a RunTask call on ECS.
bool FargateLaunches::gives_up(ReplicaId replica, WaitReason why) {
  const ReplicaRow& row = hands_.world[replica];
  if (hands_.world[row.service].spec->kind != WorkloadKind::job || is_eks(hands_.world, row.cluster)) return false;
  hands_.world.publish(RunTaskFailed{row.service, replica, why});
  hands_.replicas.stop(replica, StopReason::no_capacity);
  return true;
}

/// As many as there are addresses and interfaces, and no more: each of the others would only be refused again.
std::vector<FargateLaunches::Waiting> FargateLaunches::take_who_found_no_address(PoolId pool) {
  std::deque<ReplicaId>& waiting = without_address_[index(pool)];
  std::int64_t addresses = 0;
  for (const ZoneId zone : hands_.world[pool].zones) {
    const bool closed =
        hands_.world.is_lost(zone) || hands_.world.is_fargate_short(zone, hands_.world[pool].spec->spot);
    const std::int64_t free = closed ? 0 : hands_.world.addresses(zone, AddressUse::free);
    addresses = std::min(addresses + free, static_cast<std::int64_t>(waiting.size()));
  }
  addresses = std::min(addresses, hands_.world.interfaces_left());
  std::vector<Waiting> again;
  for (; addresses > 0 && !waiting.empty(); waiting.pop_front()) {
    if (!hands_.world.still_waits(waiting.front())) continue;
    again.push_back({waiting.front(), pool});
    --addresses;
  }
  return again;
}

void FargateLaunches::wait_for_zone(ReplicaId replica, PoolId pool) {
  const WaitReason why = why_no_zone(pool, hands_.world[replica].only_zone);
  tell(replica, why);
  const bool refused = why == WaitReason::network_interfaces || why == WaitReason::fargate_shortage;
  if (refused && gives_up(replica, why)) return;
  without_address_[index(pool)].push_back(replica);
  if (told_[index(pool)] != why) told_[index(pool)].reset();
}

/// What refuses them may have changed without an end: capacity came, and the quota is full. All are told only then,
/// not whenever one interface comes and goes.
void FargateLaunches::tell_again(PoolId pool) {
  const World& world = hands_.world;
  if (world.interfaces_left() > 0 && has_zone(pool, kNone<ZoneId>, false)) return;  // they wait for others' turn
  const WaitReason why = why_no_zone(pool, kNone<ZoneId>);
  if (std::exchange(told_[index(pool)], why) == why) return;
  for (const ReplicaId replica : without_address_[index(pool)])
    if (world.still_waits(replica)) tell(replica, why_no_zone(pool, world[replica].only_zone));
}

/// A zone that it may go to has addresses, but the account no interface, or Fargate no capacity there; or none has.
WaitReason FargateLaunches::why_no_zone(PoolId pool, ZoneId only) const {
  const World& world = hands_.world;
  if (world.interfaces_left() == 0 && has_zone(pool, only, false)) return WaitReason::network_interfaces;
  if (has_zone(pool, only, true)) return WaitReason::fargate_shortage;
  const std::vector<ZoneId>& zones = world[pool].zones;
  const bool lost = std::all_of(zones.begin(), zones.end(), [&](ZoneId z) { return world.is_lost(z); });
  return lost ? WaitReason::zone_lost : WaitReason::no_addresses;
}

void FargateLaunches::tell(ReplicaId replica, WaitReason why) {
  World& world = hands_.world;
  if (why == WaitReason::network_interfaces) return world.hold(replica, Limit::network_interfaces, why);
  if (why == WaitReason::fargate_shortage) return world.hold(replica, Limit::fargate_shortage, why);
  world.let_pass(replica);
  world.set_waits(replica, {}, why);
}

/// A zone that it may go to has addresses, and Fargate has capacity there, or has none.
bool FargateLaunches::has_zone(PoolId pool, ZoneId only, bool is_short) const {
  const World& world = hands_.world;
  const std::vector<ZoneId>& zones = world[pool].zones;
  return std::any_of(zones.begin(), zones.end(), [&](ZoneId zone) {
    const bool allowed = only == kNone<ZoneId> || only == zone;
    if (!allowed || world.is_lost(zone) || world.addresses(zone, AddressUse::free) == 0) return false;
    return world.is_fargate_short(zone, world[pool].spec->spot) == is_short;
  });
}

void FargateLaunches::launch_some(Queue& queue) {
  const Time now = hands_.world.now();
  while (!queue.waiting.empty()) {
    const Waiting first = queue.waiting.front();
    if (!hands_.world.still_waits(first.replica)) {
      queue.waiting.pop_front();
      continue;
    }
    const std::int64_t share = share_of(queue, first.replica);
    if (queue.used + share * placed_together(hands_.world, first.replica) > queue.most) {
      queue.waiting.pop_front();
      wait_for_capacity(queue, first);
      continue;
    }
    // A launch that has no zone to go to spends no token.
    const std::optional<ZoneId> zone = next_zone(first.pool, hands_.world[first.replica].only_zone);
    if (zone && !queue.bucket.take(now)) break;
    queue.waiting.pop_front();
    if (!zone) {
      wait_for_zone(first.replica, first.pool);
      continue;
    }
    queue.used += share;
    hands_.replicas.launch_on_fargate(first.replica, first.pool, *zone);
    ++launched_[index(first.pool)];
  }
  if (!queue.waiting.empty()) come_back(queue, queue.bucket.next(now));
}

void FargateLaunches::come_back(Queue& queue, Time at) {
  if (std::exchange(queue.due, true)) return;
  hands_.agenda.at(at, FargateLaunchDue{queue.spot});
}

bool FargateLaunches::begin_healthy(ReplicaId replica, PoolId pool) {
  World& world = hands_.world;
  world[replica].pool = pool;
  if (refused(replica)) return false;
  const std::optional<ZoneId> zone = next_zone(pool);
  Queue& queue = queue_of(pool);
  const std::int64_t share = share_of(queue, replica);
  if (queue.used + share > queue.most) {
    wait_for_capacity(queue, {replica, pool});
    return false;
  }
  if (!zone) {
    wait_for_zone(replica, pool);
    return false;
  }
  queue.used += share;
  ++launched_[index(pool)];
  const NodeId node = world.create_fargate_node(pool, replica, *zone);
  world[node].initial = true;
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world.move(node, s);
  world.report(node, NodeStage::ready);
  hands_.replicas.begin_healthy(replica, node);
  return true;
}

std::optional<Held> FargateLaunches::held_by(ReplicaId replica) const {
  if (const auto held = held_in(on_demand_, replica)) return held;
  if (const auto held = held_in(spot_, replica)) return held;
  const std::optional<Limit> limit = hands_.world[replica].held_by;
  if (limit != Limit::fargate_shortage && limit != Limit::network_interfaces) return std::nullopt;
  const auto ahead = ahead_of(hands_.world, without_address_[index(hands_.world[replica].pool)], replica);
  return ahead ? std::optional(Held{*limit, *ahead}) : std::nullopt;
}

/// Nobody can know when others stop and leave their share of the quota.
std::optional<Held> FargateLaunches::held_in(const Queue& queue, ReplicaId replica) const {
  const auto replicas = [](const std::deque<Waiting>& waiting) {
    std::vector<ReplicaId> ids;
    for (const Waiting& w : waiting) ids.push_back(w.replica);
    return ids;
  };
  const World& world = hands_.world;
  if (const auto ahead = ahead_of(world, replicas(queue.waiting), replica))
    return held_by_bucket(queue.spot ? Limit::fargate_spot_launch : Limit::fargate_launch, queue.bucket, world.now(),
                          *ahead, *ahead);
  if (const auto ahead = ahead_of(world, replicas(queue.without_capacity), replica))
    return Held{queue.spot ? Limit::fargate_spot_capacity : Limit::fargate_capacity, *ahead};
  return std::nullopt;
}

/// Tasks are spread over the zones of the pool's subnets, in turn; one whose subnet is empty is left out.
/// None where the account has all the interfaces that it may.
std::optional<ZoneId> FargateLaunches::next_zone(PoolId pool, ZoneId only) {
  const std::vector<ZoneId>& zones = hands_.world[pool].zones;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const ZoneId zone = zones[(launched_[index(pool)] + i) % zones.size()];
    const bool allowed = only == kNone<ZoneId> || only == zone;
    const World& world = hands_.world;
    if (!allowed || world.is_lost(zone) || world.is_fargate_short(zone, world[pool].spec->spot)) continue;
    if (world.interfaces_left(zone) > 0) return zone;
  }
  return std::nullopt;
}

}  // namespace berth

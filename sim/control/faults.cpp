#include "sim/control/faults.hpp"

#include <algorithm>

#include "sim/base/random.hpp"
#include "sim/control/fault_targets.hpp"

namespace berth {
namespace {

/// Of a zone, of what AWS has, or of what others make of their answers: it lasts.
bool is_of_place(FaultKind kind) {
  return kind == FaultKind::zone_loss || kind == FaultKind::insufficient_capacity || kind == FaultKind::slow_down;
}
/// One for all that the target has, rather than for one of them.
bool is_of_all(FaultKind kind) { return is_of_place(kind) || kind == FaultKind::fargate_patching; }
bool is_of_node(FaultKind kind) { return kind == FaultKind::instance_loss || kind == FaultKind::spot_interruption; }
bool is_of_container(FaultKind kind) { return kind == FaultKind::container_exit || kind == FaultKind::oom; }

template <class Id>
bool has(const std::vector<Id>& ids, Id id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Faults::Faults(Hands hands, Mailbox& mailbox, SpotInterruptions& spot, FargatePatching& patching)
    : hands_(hands), mailbox_(mailbox), spot_(spot), patching_(patching) {
  for (const FaultSpec& spec : hands.world.spec().faults) {
    const FaultTargets targets = fault_targets(hands.world, spec);
    Fault fault{&spec, name_hash(spec.name), {}, targets.pools, targets.services, targets.zone, targets.shortages};
    if (spec.hazard > 0) fault.until = Quantiles::until_one_of(spec.hazard);
    if (fault.until && !is_of_all(spec.kind)) dated_.push_back(static_cast<std::uint32_t>(faults_.size()));
    faults_.push_back(std::move(fault));
  }
}

void Faults::begin() {
  const Time end{hands_.world.spec().duration};
  for (std::uint32_t f = 0; f < faults_.size(); ++f) {
    const Fault& fault = faults_[f];
    Time first = kNever;
    if (fault.spec->at) first = *fault.spec->at;
    else if (fault.spec->every > Duration{0}) first = hands_.world.now() + fault.spec->every;
    else if (fault.until && is_of_all(fault.spec->kind)) first = after(fault, draws(fault, "", 0), 0);
    if (first < end) hands_.agenda.at(first, FaultDue{f, 0});
  }
}

/// By the names of the fault and of whom it may befall: another one elsewhere shifts nothing.
Draws Faults::draws(const Fault& fault, const std::string& name, std::uint64_t number) const {
  return {hands_.world.spec().seed, Purpose::fault, fault.key ^ name_hash(name), number};
}

Time Faults::after(const Fault& fault, const Draws& draws, std::uint64_t turn) const {
  return hands_.world.now() + Duration{fault.until->at(draws.at(turn))};
}

void Faults::hear(const Fact& fact, Time at) {
  if (dated_.empty()) return;
  const World& world = hands_.world;
  if (const auto* moved = std::get_if<NodeMoved>(&fact)) {
    const bool starts = moved->to == NodeStage::booting || moved->from == NodeStage::pooled;
    if (!starts || moved->to >= NodeStage::terminating || world[moved->node].fargate) return;
    for (const std::uint32_t f : dated_)
      if (is_of_node(faults_[f].spec->kind)) date(f, world[moved->node].taken, moved->node);
  } else if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    if (!world[placed->node].fargate) return;
    for (const std::uint32_t f : dated_)
      if (!is_of_container(faults_[f].spec->kind)) date(f, 0, placed->replica);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    if (moved->to != ReplicaStage::warming || world[moved->replica].started != at) return;
    for (const std::uint32_t f : dated_)
      if (is_of_container(faults_[f].spec->kind)) date(f, 0, moved->replica);
  }
}

void Faults::date(std::uint32_t f, std::uint32_t turn, NodeId node) {
  const World& world = hands_.world;
  if (!may_befall(faults_[f], node)) return;
  const Time due = after(faults_[f], draws(faults_[f], world.name(world[node].pool), world[node].number), turn);
  if (due < Time{world.spec().duration})
    hands_.agenda.then(node, due - world.now(), FaultStrikes{f, turn, node, kNone<ReplicaId>});
}

/// A micro-VM is its replica's: it has its date by that name.
void Faults::date(std::uint32_t f, std::uint32_t turn, ReplicaId replica) {
  const World& world = hands_.world;
  const Fault& fault = faults_[f];
  const ReplicaRow& row = world[replica];
  const bool machine = is_of_node(fault.spec->kind);
  if (machine ? !may_befall(fault, row.node) : !may_befall(fault, replica)) return;
  const Time due = after(fault, draws(fault, world.name(row.service), row.number), turn);
  if (due >= Time{world.spec().duration}) return;
  if (machine) hands_.agenda.then(row.node, due - world.now(), FaultStrikes{f, turn, row.node, kNone<ReplicaId>});
  else hands_.agenda.then(replica, due - world.now(), FaultStrikes{f, turn, kNone<NodeId>, replica});
}

void Faults::on(const FaultDue& e) {
  const Fault& fault = faults_[e.fault];
  Time next = kNever;
  if (fault.spec->every > Duration{0}) next = hands_.world.now() + fault.spec->every;
  else if (fault.until) next = after(fault, draws(fault, "", 0), e.turn + 1);
  if (next < Time{hands_.world.spec().duration}) hands_.agenda.at(next, FaultDue{e.fault, e.turn + 1});
  if (is_of_place(fault.spec->kind)) return strike_place(e.fault);
  if (fault.spec->kind == FaultKind::fargate_patching) return patch(e.fault);
  if (is_of_node(fault.spec->kind)) return strike(e.fault, pick_node(fault, e.turn));
  strike(e.fault, pick_replica(fault, e.turn));
}

void Faults::on(const FaultStrikes& e) {
  if (e.node != kNone<NodeId>) return strike(e.fault, e.node);
  strike(e.fault, e.replica);
  const bool again = is_of_container(faults_[e.fault].spec->kind) && hands_.world.replicas().has(e.replica);
  if (again && is_wanted(hands_.world[e.replica].stage)) date(e.fault, e.turn + 1, e.replica);
}

bool Faults::may_befall(const Fault& fault, NodeId node) const {
  const NodeRow& row = hands_.world[node];
  if (!has(fault.pools, row.pool)) return false;
  if (fault.spec->number != 0 && fault.spec->number != row.number) return false;
  if (fault.spec->kind == FaultKind::spot_interruption && (!row.spot || row.noticed)) return false;
  return row.stage != NodeStage::requested && row.stage != NodeStage::pooled && row.stage < NodeStage::terminating;
}

bool Faults::may_befall(const Fault& fault, ReplicaId replica) const {
  const ReplicaRow& row = hands_.world[replica];
  if (row.node == kNone<NodeId> || !is_wanted(row.stage)) return false;
  if (!has(fault.services, row.service) && !has(fault.pools, row.pool)) return false;
  if (fault.spec->number != 0 && fault.spec->number != row.number) return false;
  const NodeRow& node = hands_.world[row.node];
  if (fault.spec->kind == FaultKind::fargate_patching) return node.fargate && is_eks(hands_.world, row.cluster);
  if (fault.spec->kind == FaultKind::task_retirement) return node.fargate && node.stage != NodeStage::draining;
  if (fault.spec->kind == FaultKind::fargate_spot_interruption) return node.fargate && node.spot && !node.noticed;
  return true;
}

/// Each draws by its own name, the lowest lot loses: one more of them changes nobody's.
NodeId Faults::pick_node(const Fault& fault, std::uint32_t turn) const {
  const World& world = hands_.world;
  NodeId picked = kNone<NodeId>;
  std::uint64_t lowest = 0;
  for (const PoolId pool : fault.pools)
    for (const NodeId node : world[pool].nodes) {
      if (!may_befall(fault, node)) continue;
      const std::uint64_t lot = draws(fault, world.name(pool), world[node].number).at(turn);
      if (picked != kNone<NodeId> && lot >= lowest) continue;
      picked = node;
      lowest = lot;
    }
  return picked;
}

ReplicaId Faults::pick_replica(const Fault& fault, std::uint32_t turn) const {
  const World& world = hands_.world;
  ReplicaId picked = kNone<ReplicaId>;
  std::uint64_t lowest = 0;
  const auto draw = [&](ReplicaId replica) {
    if (!may_befall(fault, replica)) return;
    const std::uint64_t lot = draws(fault, world.name(world[replica].service), world[replica].number).at(turn);
    if (picked != kNone<ReplicaId> && lot >= lowest) return;
    picked = replica;
    lowest = lot;
  };
  for (const ServiceId service : fault.services)
    for (const ReplicaId r : world[service].replicas) draw(r);
  for (const PoolId pool : fault.pools)
    for (const NodeId node : world[pool].nodes)
      for (const ReplicaId r : world[node].replicas) draw(r);
  return picked;
}

void Faults::strike(std::uint32_t f, NodeId node) {
  if (node == kNone<NodeId>) return;
  hands_.world.publish(FaultStruck{f, node, kNone<ReplicaId>});
  if (faults_[f].spec->kind == FaultKind::spot_interruption) spot_.on(SpotNotice{node});
  else hands_.nodes.lose(node, StopReason::node_lost);
}

void Faults::strike(std::uint32_t f, ReplicaId replica) {
  if (replica == kNone<ReplicaId>) return;
  const FaultSpec& spec = *faults_[f].spec;
  if (!is_of_container(spec.kind)) {
    hands_.world.publish(FaultStruck{f, kNone<NodeId>, replica});
    if (spec.kind == FaultKind::fargate_spot_interruption) spot_.on(SpotNotice{hands_.world[replica].node});
    else retire(replica);
    return;
  }
  const std::optional<ContainerIndex> container = container_to_end(hands_.world, replica);
  if (!container) return;
  hands_.world.publish(FaultStruck{f, kNone<NodeId>, replica});
  const std::uint16_t run = hands_.world[replica].containers[*container].restarts;
  if (spec.kind == FaultKind::oom) hands_.replicas.on(MemoryExceeded{replica, *container, run});
  else hands_.replicas.on(ContainerExited{replica, *container, static_cast<std::uint8_t>(spec.code), run});
}

/// The host of an ECS service's task drains, so that the scheduler replaces it within the bounds of the service; other
/// tasks are stopped, a pod is evicted.
void Faults::retire(ReplicaId replica) {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  if (is_eks(world, row.cluster)) return patching_.begin({replica});
  const bool replaced = world[row.service].spec->kind == WorkloadKind::service;
  if (replaced && world[row.node].stage == NodeStage::ready) hands_.nodes.drain(row.node, StopReason::retired);
  else hands_.replicas.stop(replica, StopReason::retired);
}

/// All that run now: who comes later comes patched.
void Faults::patch(std::uint32_t f) {
  const World& world = hands_.world;
  std::vector<ReplicaId> pods;
  const auto add = [&](ReplicaId pod) {
    if (may_befall(faults_[f], pod)) pods.push_back(pod);
  };
  for (const ServiceId service : faults_[f].services)
    for (const ReplicaId r : world[service].replicas) add(r);
  for (const PoolId pool : faults_[f].pools)
    for (const NodeId node : world[pool].nodes)
      for (const ReplicaId r : world[node].replicas) add(r);
  hands_.world.publish(FaultStruck{f, kNone<NodeId>, kNone<ReplicaId>});
  patching_.begin(pods);
}

void Faults::strike_place(std::uint32_t f) {
  const Fault& fault = faults_[f];
  hands_.world.publish(FaultStruck{f, kNone<NodeId>, kNone<ReplicaId>});
  hands_.agenda.in(fault.spec->lasts, FaultOver{f});
  if (fault.spec->kind == FaultKind::zone_loss) return lose_zone(*fault.zone);
  for (const Shortage& shortage : fault.shortages) hands_.world.begin_shortage(shortage);
}

void Faults::lose_zone(ZoneId zone) {
  World& world = hands_.world;
  world.begin_zone_loss(zone);
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const std::vector<NodeId> nodes = world[PoolId{static_cast<std::uint32_t>(p)}].nodes;
    for (const NodeId node : nodes)
      if (world[node].zone == zone) hands_.nodes.lose(node, StopReason::zone_lost);
  }
}

/// Whoever waited for what was not to be had is looked at again.
void Faults::on(const FaultOver& e) {
  World& world = hands_.world;
  const Fault& fault = faults_[e.fault];
  world.publish(FaultEnded{e.fault});
  if (fault.spec->kind == FaultKind::slow_down) return;  // lanes have heard it
  if (fault.spec->kind == FaultKind::zone_loss) world.end_zone_loss(*fault.zone);
  for (const Shortage& shortage : fault.shortages) world.end_shortage(shortage);
  for (std::size_t c = 0; c < world.cluster_count(); ++c) world.raise_epoch(ClusterId{static_cast<std::uint32_t>(c)});
  mailbox_.fargate_due();
}

}  // namespace berth

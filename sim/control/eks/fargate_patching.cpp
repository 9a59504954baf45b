#include "sim/control/eks/fargate_patching.hpp"

#include <algorithm>

#include "sim/control/eks/evictions.hpp"

namespace berth {

FargatePatching::FargatePatching(Hands hands) : hands_(hands) {
  const auto read = [&](const char* name) { return from_seconds(hands.world.catalog().constant(name)); };
  turn_ = read("eks.fargate.patching_turn_s");
  retry_ = read("kube.drain_retry_s");
  notice_ = read("eks.fargate.patching_notice_s");
}

void FargatePatching::begin(const std::vector<ReplicaId>& pods) {
  const World& world = hands_.world;
  Round round;
  round.zones.resize(world.spec().network.zones.size());
  for (const ReplicaId pod : pods) round.zones[static_cast<std::size_t>(world[world[pod].node].zone)].push_back({pod});
  rounds_.push_back(std::move(round));
  next_turn(static_cast<std::uint32_t>(rounds_.size() - 1));
}

void FargatePatching::next_turn(std::uint32_t number) {
  Round& round = rounds_[number];
  while (round.zone < round.zones.size() && round.zones[round.zone].empty()) ++round.zone;
  if (round.zone == round.zones.size()) return;
  round.ends = hands_.world.now() + turn_;
  ask(number);
}

void FargatePatching::on(const PatchingDue& e) {
  Round& round = rounds_[e.round];
  if (hands_.world.now() < round.ends) return ask(e.round);
  for (const Asked& left : round.zones[round.zone])
    if (hands_.world.replicas().has(left.pod)) hands_.agenda.in(notice_, PatchingOverdue{left.pod});
  round.zones[round.zone].clear();
  next_turn(e.round);
}

/// In the order in which they came. Whose budget refuses is asked for again while its zone has its turn.
void FargatePatching::ask(std::uint32_t number) {
  World& world = hands_.world;
  Round& round = rounds_[number];
  const auto gone = [&](Asked& asked) {
    if (!world.replicas().has(asked.pod) || !is_wanted(world[asked.pod].seen)) return true;
    if (evict(hands_, asked.pod, StopReason::retired)) return true;
    if (!asked.told) world.publish(EvictionRefused{asked.pod, world[asked.pod].node});
    asked.told = true;
    return false;
  };
  std::vector<Asked>& zone = round.zones[round.zone];
  zone.erase(std::remove_if(zone.begin(), zone.end(), gone), zone.end());
  const Time next = zone.empty() ? round.ends : std::min(round.ends, world.now() + retry_);
  hands_.agenda.at(next, PatchingDue{number});
}

/// The second try, and where it fails the end: either way it goes.
void FargatePatching::on(const PatchingOverdue& e) {
  if (!hands_.world.replicas().has(e.pod) || !is_wanted(hands_.world[e.pod].seen)) return;
  if (!evict(hands_, e.pod, StopReason::retired)) hands_.replicas.stop(e.pod, StopReason::retired);
}

}  // namespace berth

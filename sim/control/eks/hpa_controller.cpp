#include "sim/control/eks/hpa_controller.hpp"

#include <cmath>

namespace berth {

HpaController::HpaController(Hands hands)
    : hands_(hands),
      resolution_(from_seconds(hands.world.catalog().constant("hpa.metric_resolution_s"))),
      period_(from_seconds(hands.world.catalog().constant("hpa.period_s"))),
      parameters_(hpa_parameters(hands.world.catalog())),
      behaviour_(hpa_behaviour(hands.world.catalog())),
      memory_(hands.world.service_count()),
      arrived_(hands.world.service_count()),
      per_minute_(hands.world.service_count()) {}

void HpaController::begin() {
  for (std::size_t c = 0; c < hands_.world.cluster_count(); ++c) {
    const ClusterId cluster{static_cast<std::uint32_t>(c)};
    if (!is_eks(hands_.world, cluster)) continue;
    hands_.agenda.in(resolution_, KubeMetricsDue{cluster});
    hands_.agenda.in(period_, HpaDue{cluster});
  }
}

void HpaController::on(const KubeMetricsDue& e) {
  World& world = hands_.world;
  for (const ServiceId s : world[e.cluster].services) {
    ServiceRow& row = world[s];
    if (!row.spec->scale) continue;
    for (const ReplicaId id : row.replicas) {
      ReplicaRow& replica = world[id];
      if (!is_running(replica.stage)) continue;
      const double cores =
          static_cast<double>(replica.cpu_used_ns - replica.cpu_sampled_ns) / 1e9 / seconds(resolution_);
      replica.cpu_sampled_ns = replica.cpu_used_ns;
      replica.cpu_published_milli = std::llround(cores * 1000);
      replica.sampled = world.now();
    }
    const std::int64_t arrived = row.requests_arrived - arrived_[index(s)];
    arrived_[index(s)] = row.requests_arrived;
    per_minute_[index(s)] = std::llround(static_cast<double>(arrived) * 60 / seconds(resolution_));
  }
  hands_.agenda.in(resolution_, KubeMetricsDue{e.cluster});
}

void HpaController::on(const HpaDue& e) {
  World& world = hands_.world;
  for (const ServiceId s : world[e.cluster].services) {
    if (!world[s].spec->scale) continue;
    const std::optional<HpaProposal> proposal = propose(s);
    if (proposal && world[s].spec->scale->metric == ScaleMetric::cpu)
      world[s].cpu_pct.publish({world.now(), world.now(), static_cast<double>(proposal->measured)});
    HpaInput input;
    input.now = world.now();
    input.current = world[s].desired;
    input.min = world[s].spec->scale->min;
    input.max = world[s].spec->scale->max;
    input.proposals = {&proposal, 1};
    HpaDecision decision = hpa_decide(input, behaviour_, std::move(memory_[index(s)]));
    memory_[index(s)] = std::move(decision.memory);
    world.set_desired(s, decision.desired);
  }
  hands_.agenda.in(period_, HpaDue{e.cluster});
}

std::optional<HpaProposal> HpaController::propose(ServiceId service) const {
  const World& world = hands_.world;
  const ServiceRow& row = world[service];
  const ScaleSpec& scale = *row.spec->scale;
  if (scale.metric == ScaleMetric::requests_per_replica)
    return per_replica_replicas(row.desired, std::llround(scale.target), per_minute_[index(service)],
                                parameters_.tolerance);
  std::vector<HpaPod> pods;
  for (const ReplicaId id : row.replicas) {
    const ReplicaRow& replica = world[id];
    HpaPod pod;
    pod.phase = is_running(replica.seen) ? PodPhase::running : PodPhase::pending;
    pod.deleting = !is_wanted(replica.seen);
    pod.ready = replica.seen == ReplicaStage::healthy;
    if (replica.started != kNever) pod.started = replica.started;
    if (replica.seen_running != kNever) pod.ready_changed = pod.ready ? replica.seen_healthy : replica.seen_running;
    pod.request = in_millicores(world[replica.revision].cpu);
    if (replica.sampled != kNever) pod.usage = replica.cpu_published_milli;
    if (replica.sampled != kNever) pod.sampled = replica.sampled;
    pod.window = resolution_;
    pods.push_back(pod);
  }
  return utilisation_replicas(row.desired, std::llround(scale.target), pods, world.now(), parameters_, true);
}

}  // namespace berth

#include "sim/control/eks/hpa_controller.hpp"

#include <algorithm>

namespace berth {
namespace {

/// status.replicas of the Deployment: those of all revisions that are not on their way out.
std::int64_t replicas_there(const ServiceRow& row) {
  std::int64_t there = 0;
  for (int stage = 0; stage < kReplicaStages; ++stage)
    if (is_wanted(static_cast<ReplicaStage>(stage))) there += row.by_seen[static_cast<std::size_t>(stage)];
  return there;
}

std::int64_t replicas_ready(const ServiceRow& row) {
  return row.by_seen[static_cast<std::size_t>(ReplicaStage::healthy)];
}

}  // namespace

HpaController::HpaController(Hands hands, const MetricsServer& metrics)
    : hands_(hands),
      metrics_(metrics),
      period_(from_seconds(hands.world.catalog().constant("hpa.period_s"))),
      down_window_(from_seconds(hands.world.catalog().constant("hpa.stabilisation_down_s"))),
      scaled_(hands.world.service_count()) {
  const World& world = hands.world;
  for (std::size_t s = 0; s < scaled_.size(); ++s) {
    const ServiceRow& row = world[ServiceId{static_cast<std::uint32_t>(s)}];
    if (!is_eks(world, row.cluster)) continue;
    Scaled& hpa = scaled_[s];
    hpa.spec = hpa_of(*row.spec);
    SIM_CHECK_SAY(hpa.spec.metrics.empty() || row.spec->scale, row.spec->name);
    if (row.spec->scale) {
      hpa.min = row.spec->scale->min;
      hpa.max = row.spec->scale->max;
    }
    hpa.period = world[row.cluster].spec->controller_manager.hpa_sync_period.value_or(period_);
    hpa.parameters = hpa_parameters(world.catalog());
    if (!hpa.spec.behaviour) continue;
    hpa.parameters.tolerance.up = hpa.spec.behaviour->up.tolerance.value_or(hpa.parameters.tolerance.up);
    hpa.parameters.tolerance.down = hpa.spec.behaviour->down.tolerance.value_or(hpa.parameters.tolerance.down);
  }
}

void HpaController::begin() {
  World& world = hands_.world;
  for (std::size_t s = 0; s < scaled_.size(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    if (scaled_[s].spec.metrics.empty()) continue;
    const Draws draws(world.spec().seed, Purpose::hpa_phase, name_hash(world.name(service)));
    const auto phase = below(draws.at(0), static_cast<std::uint64_t>(scaled_[s].period.count()));
    hands_.agenda.in(Duration{static_cast<Duration::rep>(phase)}, HpaDue{service});
  }
}

void HpaController::on(const HpaDue& e) {
  World& world = hands_.world;
  const ServiceRow& row = world[e.service];
  Scaled& hpa = scaled_[index(e.service)];
  proposals_.clear();
  for (std::size_t m = 0; m < hpa.spec.metrics.size(); ++m) proposals_.push_back(propose(e.service, hpa, m));
  publish_cpu(e.service, hpa);
  HpaInput input;
  input.now = world.now();
  input.current = row.desired;
  input.min = hpa.min;
  input.max = hpa.max;
  input.proposals = proposals_;
  input.behaviour = hpa.spec.behaviour ? &*hpa.spec.behaviour : nullptr;
  input.down_window = down_window_;
  HpaDecision decision = hpa_decide(input, std::move(hpa.memory));
  hpa.memory = std::move(decision.memory);
  hands_.agenda.in(hpa.period, e);
  if (decision.desired == row.desired) return;
  const double measured =
      decision.metric ? hpa_shown(hpa.spec.metrics[*decision.metric], proposals_[*decision.metric]->measured) : 0;
  world.publish(ScalingDecided{e.service, static_cast<std::uint16_t>(decision.metric.value_or(0)), decision.why,
                               measured, row.desired, decision.desired});
  world.set_desired(e.service, decision.desired);
}

/// What services.csv shows as the CPU that was seen.
void HpaController::publish_cpu(ServiceId service, const Scaled& hpa) {
  World& world = hands_.world;
  for (std::size_t m = 0; m < proposals_.size(); ++m) {
    const HpaMetricSpec& metric = hpa.spec.metrics[m];
    if (metric.source != HpaSource::resource || metric.measure != HpaMeasure::cpu || !proposals_[m]) continue;
    if (metric.aim != HpaTarget::utilisation) continue;
    world[service].cpu_pct.publish({world.now(), world.now(), static_cast<double>(proposals_[m]->measured)});
    return;
  }
}

std::optional<HpaProposal> HpaController::propose(ServiceId service, const Scaled& hpa, std::size_t number) const {
  const ServiceRow& row = hands_.world[service];
  const HpaMetricSpec& metric = hpa.spec.metrics[number];
  if (metric.source != HpaSource::object && metric.source != HpaSource::external) return of_pods(service, hpa, metric);
  const bool outside = metric.source == HpaSource::external;
  const auto read = outside ? std::optional(row.outside_milli[number]) : metrics_.requests_milli(service);
  if (!read) return std::nullopt;
  const std::int64_t whole = *read;
  if (metric.aim == HpaTarget::average_value)
    return per_replica_replicas(replicas_there(row), metric.target, whole, hpa.parameters.tolerance);
  return value_replicas(row.desired, metric.target, whole, replicas_ready(row), hpa.parameters.tolerance);
}

/// All pods that the Deployment's selector finds: while a roll-out goes on those of both revisions.
std::optional<HpaProposal> HpaController::of_pods(ServiceId service, const Scaled& hpa,
                                                  const HpaMetricSpec& metric) const {
  const World& world = hands_.world;
  const bool of_resource = metric.source == HpaSource::resource || metric.source == HpaSource::container;
  const bool cpu = of_resource && metric.measure == HpaMeasure::cpu;
  PodUsage usage(metric.aim, metric.target);
  Request request;
  RevisionId known = kNone<RevisionId>;
  for (const ReplicaId id : world[service].replicas) {
    const ReplicaRow& replica = world[id];
    HpaPod pod = pod_of(replica);
    if (metric.aim == HpaTarget::utilisation && replica.revision != known) {
      known = replica.revision;
      request = request_of(known, metric);
    }
    pod.request = cpu ? request.cpu_milli : request.memory;
    pod.usage = usage_of(replica, metric);
    usage.add(pod, group_of(pod, world.now(), hpa.parameters, cpu));
  }
  return usage.proposal(world[service].desired, hpa.parameters.tolerance);
}

/// As the API server has it. The condition Ready is there, and false, from the moment in which the kubelet takes a pod
/// over: on EC2 when it is bound, on Fargate when its machine is up.
HpaPod HpaController::pod_of(const ReplicaRow& replica) const {
  HpaPod pod;
  pod.phase = replica.seen_running != kNever ? PodPhase::running : PodPhase::pending;
  pod.deleting = !is_wanted(replica.seen);
  pod.ready = replica.seen == ReplicaStage::healthy;
  const bool fargate = replica.node != kNone<NodeId> && hands_.world[replica.node].fargate;
  const Time accepted = fargate ? replica.pull_started : replica.placed;
  if (accepted != kNever) pod.started = accepted;
  if (accepted != kNever)
    pod.ready_changed = replica.seen_ready_changed != kNever ? replica.seen_ready_changed : accepted;
  pod.sampled = replica.sample.at;
  pod.window = replica.sample.window;
  return pod;
}

/// Of the containers that run on: init containers request nothing here unless they are sidecars.
HpaController::Request HpaController::request_of(RevisionId revision, const HpaMetricSpec& metric) const {
  Cpu cpu;
  Request request;
  for (const ContainerSpec& c : hands_.world[revision].containers) {
    if (runs_to_its_end(c)) continue;
    if (metric.source == HpaSource::container && c.name != metric.container) continue;
    cpu += c.amount.cpu;
    request.memory += c.amount.memory.count();
  }
  request.cpu_milli = in_millicores(cpu);
  return request;
}

std::optional<std::int64_t> HpaController::usage_of(const ReplicaRow& replica, const HpaMetricSpec& metric) const {
  const PodSample& sample = replica.sample;
  if (sample.at == kNever) return std::nullopt;
  if (metric.measure == HpaMeasure::cpu) return sample.cpu_milli;
  if (metric.measure == HpaMeasure::requests_per_second) return sample.requests_milli;
  if (metric.measure == HpaMeasure::in_flight) return sample.in_flight * 1000;
  const std::vector<ContainerSpec>& containers = hands_.world[replica.revision].containers;
  std::optional<std::int64_t> bytes;
  for (std::size_t i = 0; i < replica.containers.size(); ++i) {
    if (metric.source == HpaSource::container && containers[i].name != metric.container) continue;
    const std::int64_t used = replica.containers[i].memory_published;
    if (used >= 0) bytes = bytes.value_or(0) + used;
  }
  return bytes;
}

}  // namespace berth

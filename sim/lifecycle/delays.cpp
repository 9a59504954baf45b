#include "sim/lifecycle/delays.hpp"

#include <algorithm>

namespace berth {
namespace {

Duration drawn(const Quantiles& microseconds, std::uint64_t bits) { return Duration{microseconds.at(bits)}; }

std::string boot_model(const PoolSpec& pool, Orchestrator orchestrator) {
  if (pool.ami == "bottlerocket") return "ec2.boot.bottlerocket";
  return orchestrator == Orchestrator::eks ? "ec2.boot.eks_al2023" : "ec2.boot.ecs_al2023";
}

}  // namespace

Delays::Delays(const World& world)
    : world_(world),
      fargate_attach_(world.catalog().latency("fargate.network_attach")),
      fargate_prepare_(world.catalog().latency("fargate.machine_prepare")),
      fargate_register_(world.catalog().latency("fargate.eks.register")),
      ecs_attach_(world.catalog().latency("ecs.eni_attach")),
      pod_sandbox_(world.catalog().latency("eks.pod_sandbox")),
      manifest_(world.catalog().latency("pull.manifest")),
      cached_(world.catalog().latency("pull.cached")),
      start_fargate_(world.catalog().latency("container.start.fargate")),
      start_ec2_(world.catalog().latency("container.start.ec2")),
      exit_(world.catalog().latency("container.exit")),
      alb_register_(world.catalog().latency("alb.register")),
      ecs_report_(world.catalog().latency("ecs.status_report")),
      kubelet_report_(world.catalog().latency("kubelet.status_report")),
      launch_(world.catalog().latency("ec2.launch")),
      terminate_(world.catalog().latency("ec2.terminate")),
      join_ecs_(world.catalog().latency("node.join.ecs")),
      join_eks_(world.catalog().latency("node.join.eks")),
      group_reaction_(world.catalog().latency("asg.reaction")),
      create_fleet_(world.catalog().latency("karpenter.create_fleet")),
      readiness_period_(from_seconds(world.catalog().constant("kubelet.probe.period_s"))) {
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const PoolRow& pool = world[PoolId{static_cast<std::uint32_t>(p)}];
    boot_.push_back(&world.catalog().latency(boot_model(*pool.spec, world[pool.cluster].spec->orchestrator)));
  }
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const WorkloadSpec& spec = *world[ServiceId{static_cast<std::uint32_t>(s)}].spec;
    run_time_.push_back(spec.job ? spec.job->run_time.in_microseconds() : Quantiles{});
  }
}

Duration Delays::draw(const Latency& model, Purpose purpose, ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, purpose, name_hash(world_.name(row.service)), row.number};
  return drawn(model.microseconds, draws.at(row.restarts));
}

/// A container's own draws: kEach of them a restart of its replica.
Duration Delays::draw(const Latency& model, Purpose purpose, ReplicaId replica, ContainerIndex container) const {
  constexpr std::uint64_t kEach = 256;
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, purpose, name_hash(world_.name(row.service)), row.number};
  return drawn(model.microseconds, draws.at(row.restarts * kEach + container));
}

Duration Delays::draw(const Latency& model, Purpose purpose, NodeId node) const {
  const NodeRow& row = world_[node];
  const Draws draws{world_.spec().seed, purpose, name_hash(world_.name(row.pool)), row.number};
  return drawn(model.microseconds, draws.at(0));
}

Duration Delays::network_attach(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (world_[row.node].fargate) return draw(fargate_attach_, Purpose::network_attach, replica);
  if (is_eks(world_, row.cluster)) return draw(pod_sandbox_, Purpose::network_attach, replica);
  if (world_[row.service].spec->awsvpc) return draw(ecs_attach_, Purpose::network_attach, replica);
  return 0s;  // bridge and host mode use the instance's own interface
}

Duration Delays::machine_prepare(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (!world_[row.node].fargate) return 0s;
  const Duration prepared = draw(fargate_prepare_, Purpose::machine_prepare, replica);
  return is_eks(world_, row.cluster) ? prepared + draw(fargate_register_, Purpose::node_join, replica) : prepared;
}

Duration Delays::image_manifest(ReplicaId replica, ContainerIndex container) const {
  return draw(manifest_, Purpose::pull_manifest, replica, container);
}

Duration Delays::image_cached(ReplicaId replica, ContainerIndex container) const {
  return draw(cached_, Purpose::pull_cached, replica, container);
}

Duration Delays::container_start(ReplicaId replica) const {
  const bool fargate = world_[world_[replica].node].fargate;
  return draw(fargate ? start_fargate_ : start_ec2_, Purpose::container_start, replica);
}

Duration Delays::readiness(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (!is_eks(world_, row.cluster) || world_[row.service].spec->kind != WorkloadKind::service) return 0s;
  // The probe ticks from the pod's admission on, so the first tick after the start is uniformly late
  // (kubelet prober/worker.go).
  const Draws draws{world_.spec().seed, Purpose::probe_phase, name_hash(world_.name(row.service)), row.number};
  return Duration{
      static_cast<Duration::rep>(below(draws.at(row.restarts), static_cast<std::uint64_t>(readiness_period_.count())))};
}

Duration Delays::target_health(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, Purpose::health_check, name_hash(world_.name(row.service)), row.number};
  // A new target is healthy after its first successful check, wherever in the interval that falls
  // (ECS developer guide, load-balancer-healthcheck).
  const auto interval = static_cast<std::uint64_t>(world_[row.service].spec->health.interval.count());
  const Duration phase{static_cast<Duration::rep>(interval == 0 ? 0 : below(draws.at(row.restarts), interval))};
  return draw(alb_register_, Purpose::target_registration, replica) + phase;
}

Duration Delays::container_exit(ReplicaId replica) const {
  const Duration limit = world_[world_[replica].revision].stop_timeout;
  return std::min(draw(exit_, Purpose::container_exit, replica), limit);
}

Duration Delays::report(ReplicaId replica) const {
  const bool kubelet = is_eks(world_, world_[replica].cluster);
  return draw(kubelet ? kubelet_report_ : ecs_report_, Purpose::status_report, replica);
}

Duration Delays::run_time(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, Purpose::job_run_time, name_hash(world_.name(row.service)), row.number};
  return drawn(run_time_[index(row.service)], draws.at(row.attempt));
}

Duration Delays::launch_reaction(NodeId node, LaunchPath path) const {
  return draw(path == LaunchPath::group ? group_reaction_ : create_fleet_, Purpose::launch_reaction, node);
}

Duration Delays::instance_launch(NodeId node) const { return draw(launch_, Purpose::instance_launch, node); }

Duration Delays::instance_boot(NodeId node) const {
  return draw(*boot_[index(world_[node].pool)], Purpose::instance_boot, node);
}

Duration Delays::node_join(NodeId node) const {
  return draw(is_eks(world_, world_[node].cluster) ? join_eks_ : join_ecs_, Purpose::node_join, node);
}

Duration Delays::terminate(NodeId node) const { return draw(terminate_, Purpose::instance_terminate, node); }

}  // namespace berth

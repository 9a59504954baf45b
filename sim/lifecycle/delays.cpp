#include "sim/lifecycle/delays.hpp"

#include <algorithm>

namespace berth {
namespace {

Duration drawn(const Quantiles& microseconds, std::uint64_t bits) { return Duration{microseconds.at(bits)}; }

bool is_for(const Latency& model, const InstanceType& type) {
  return std::find(model.families.begin(), model.families.end(), type.family) != model.families.end();
}

}  // namespace

std::string boot_latency(Orchestrator orchestrator, std::string_view ami) {
  const bool eks = orchestrator == Orchestrator::eks;
  if (ami == "bottlerocket") return "ec2.boot.bottlerocket";
  if (ami == "al2") return eks ? "ec2.boot.eks_al2" : "ec2.boot.ecs_al2";
  return eks ? "ec2.boot.eks_al2023" : "ec2.boot.ecs_al2023";
}

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
      activation_(world.catalog().latency("ecs.activation")),
      exit_(world.catalog().latency("container.exit")),
      agent_(world.catalog().latency("ecs.agent")),
      ecs_deprovision_(world.catalog().latency("ecs.deprovision")),
      fargate_deprovision_(world.catalog().latency("fargate.deprovision")),
      ecs_report_(world.catalog().latency("ecs.status_report")),
      kubelet_report_(world.catalog().latency("kubelet.status_report")),
      api_call_(world.catalog().latency("eks.api_call")),
      launch_(world.catalog().latency("ec2.launch")),
      terminate_(world.catalog().latency("ec2.terminate")),
      join_ecs_(world.catalog().latency("node.join.ecs")),
      join_ecs_trunk_(world.catalog().latency("node.join.ecs_trunk")),
      join_eks_(world.catalog().latency("node.join.eks")),
      interface_attach_(world.catalog().latency("cni.eni_attach")),
      address_retry_(world.catalog().latency("kubelet.sandbox_retry")),
      group_reaction_(world.catalog().latency("asg.reaction")),
      warm_reaction_(world.catalog().latency("asg.warm_reaction")),
      create_fleet_(world.catalog().latency("karpenter.create_fleet")),
      boot_xen_(world.catalog().latency("ec2.boot.xen")),
      boot_stopped_(world.catalog().latency("ec2.boot.stopped")),
      boot_hibernated_(world.catalog().latency("ec2.boot.hibernated")),
      endpoint_(world.catalog().latency("eks.endpoint_programming")),
      register_{&world.catalog().latency("alb.register"), &world.catalog().latency("nlb.register"),
                &world.catalog().latency("clb.register")},
      check_timeout_{from_seconds(world.catalog().constant("alb.health.timeout_s")),
                     from_seconds(world.catalog().constant("nlb.health.timeout_s")),
                     from_seconds(world.catalog().constant("clb.health.timeout_s"))},
      read_free_mib_(world.catalog().constant("fargate.start_read_free_mib")),
      read_mib_per_s_(world.catalog().constant("fargate.start_read_mib_per_s")) {
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const PoolRow& pool = world[PoolId{static_cast<std::uint32_t>(p)}];
    boot_.push_back(
        pool.spec->launch == Launch::fargate
            ? nullptr  // AWS boots those
            : &world.catalog().latency(boot_latency(world[pool.cluster].spec->orchestrator, pool.spec->ami)));
  }
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const WorkloadSpec& spec = *world[ServiceId{static_cast<std::uint32_t>(s)}].spec;
    const bool by_law = spec.job && spec.job->run_times.empty();
    run_time_.push_back(by_law ? spec.job->run_time.in_microseconds() : Quantiles{});
  }
}

Draws Delays::draws(Purpose purpose, ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  return {world_.spec().seed, purpose, name_hash(world_.name(row.service)), row.number};
}

Duration Delays::draw(const Latency& model, Purpose purpose, ReplicaId replica, std::uint64_t n) const {
  return drawn(model.microseconds, draws(purpose, replica).at(n));
}

/// A number of its own for every run of every container, 0 for the first run of the first.
std::uint64_t Delays::run_of(ReplicaId replica, ContainerIndex container) const {
  return (std::uint64_t{container} << 32) + world_[replica].containers[container].restarts;
}

Duration Delays::draw(const Latency& model, Purpose purpose, NodeId node) const {
  const NodeRow& row = world_[node];
  const Draws draws{world_.spec().seed, purpose, name_hash(world_.name(row.pool)), row.number};
  return drawn(model.microseconds, draws.at(row.taken));
}

Duration Delays::network_attach(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (world_[row.node].fargate) return draw(fargate_attach_, Purpose::network_attach, replica);
  if (is_eks(world_, row.cluster)) return draw(pod_sandbox_, Purpose::network_attach, replica);
  // Bridge and host mode use the instance's own interface.
  const bool own = world_[row.service].spec->awsvpc;
  return agent(replica) + (own ? draw(ecs_attach_, Purpose::network_attach, replica) : 0s);
}

Duration Delays::agent(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (world_[row.node].fargate || is_eks(world_, row.cluster)) return 0s;
  return draw(agent_, Purpose::ecs_agent, replica);
}

Duration Delays::address_retry(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, Purpose::address_retry, name_hash(world_.name(row.service)), row.number};
  return drawn(address_retry_.microseconds, draws.at(row.address_tries));
}

Duration Delays::machine_prepare(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (!world_[row.node].fargate) return 0s;
  const Duration prepared = draw(fargate_prepare_, Purpose::machine_prepare, replica);
  return is_eks(world_, row.cluster) ? prepared + draw(fargate_register_, Purpose::node_join, replica) : prepared;
}

Duration Delays::image_manifest(ReplicaId replica, ContainerIndex container) const {
  return draw(manifest_, Purpose::pull_manifest, replica, run_of(replica, container));
}

Duration Delays::image_cached(ReplicaId replica, ContainerIndex container) const {
  return draw(cached_, Purpose::pull_cached, replica, run_of(replica, container));
}

Duration Delays::container_start(ReplicaId replica, ContainerIndex container) const {
  const bool fargate = world_[world_[replica].node].fargate;
  return draw(fargate ? start_fargate_ : start_ec2_, Purpose::container_start, replica, run_of(replica, container));
}

Duration Delays::image_read(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const ContainerRow& c = row.containers[container];
  if (!world_[row.node].fargate || c.lazy || c.restarts > 0) return 0s;
  Bytes unpacked;
  for (const LayerId layer : world_[world_[row.revision].images[container]].layers) unpacked += world_[layer].unpacked;
  const double beyond = static_cast<double>(unpacked.count()) / static_cast<double>(kMiB.count()) - read_free_mib_;
  return from_seconds(std::max(0.0, beyond) / read_mib_per_s_);
}

Duration Delays::activation(ReplicaId replica) const {
  return draw(activation_, Purpose::activation, replica, world_[replica].restarts);
}

Duration Delays::probe_phase(ReplicaId replica, ContainerIndex container, Duration period) const {
  const std::uint64_t bits = draws(Purpose::probe_phase, replica).at(world_[replica].containers[container].restarts);
  return Duration{static_cast<Duration::rep>(below(bits, static_cast<std::uint64_t>(period.count())))};
}

Duration Delays::target_registration(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const auto balancer = index(world_[row.service].load_balancer);
  const auto kind = static_cast<std::size_t>(world_.spec().load_balancers[balancer].kind);
  return draw(*register_[kind], Purpose::target_registration, replica, row.restarts);
}

Duration Delays::endpoint_programming(ReplicaId replica) const {
  return draw(endpoint_, Purpose::target_registration, replica, world_[replica].restarts);
}

Duration Delays::target_check_phase(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const auto interval = static_cast<std::uint64_t>(world_[row.service].spec->health.interval.count());
  const std::uint64_t bits = draws(Purpose::health_check, replica).at(row.restarts);
  return Duration{static_cast<Duration::rep>(interval == 0 ? 0 : below(bits, interval))};
}

Duration Delays::target_check_timeout(ReplicaId replica) const {
  const auto balancer = index(world_[world_[replica].service].load_balancer);
  return check_timeout_[static_cast<std::size_t>(world_.spec().load_balancers[balancer].kind)];
}

Duration Delays::container_exit(ReplicaId replica, ContainerIndex container) const {
  return draw(exit_, Purpose::container_exit, replica, run_of(replica, container));
}

Duration Delays::deprovision(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (is_eks(world_, row.cluster)) return 0s;  // the kubelet reports a pod's end before its sandbox is gone
  return draw(world_[row.node].fargate ? fargate_deprovision_ : ecs_deprovision_, Purpose::deprovision, replica);
}

Duration Delays::report(ReplicaId replica) const {
  if (!is_eks(world_, world_[replica].cluster)) return draw(ecs_report_, Purpose::status_report, replica);
  return draw(kubelet_report_, Purpose::status_report, replica) + draw(api_call_, Purpose::api_call, replica);
}

Duration Delays::work(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const JobSpec& job = *world_[row.service].spec->job;
  if (!job.run_times.empty()) return job.run_times[job.moment_of(row.arrival)];
  const Draws draws{world_.spec().seed, Purpose::job_run_time, name_hash(world_.name(row.service)), row.number};
  return drawn(run_time_[index(row.service)], draws.at(row.attempt));
}

Duration Delays::launch_reaction(NodeId node, LaunchPath path) const {
  return draw(path == LaunchPath::group ? group_reaction_ : create_fleet_, Purpose::launch_reaction, node);
}

Duration Delays::warm_reaction(NodeId node) const { return draw(warm_reaction_, Purpose::launch_reaction, node); }

Duration Delays::instance_launch(NodeId node) const { return draw(launch_, Purpose::instance_launch, node); }

Duration Delays::instance_boot(NodeId node) const {
  const NodeRow& row = world_[node];
  const PoolSpec& pool = *world_[row.pool].spec;
  const bool again = row.taken > 0 && pool.warm_pool.has_value();
  const Latency& resumed = again && pool.warm_pool->state == WarmState::hibernated ? boot_hibernated_ : boot_stopped_;
  const Duration boot = draw(again ? resumed : *boot_[index(row.pool)], Purpose::instance_boot, node);
  const bool xen = !again && is_for(boot_xen_, world_.catalog().instances()[row.type]);
  return boot + (xen ? draw(boot_xen_, Purpose::instance_boot, node) : 0s);
}

Duration Delays::node_join(NodeId node) const {
  if (is_eks(world_, world_[node].cluster)) return draw(join_eks_, Purpose::node_join, node);
  return draw(world_.own_addresses(node) > 1 ? join_ecs_trunk_ : join_ecs_, Purpose::node_join, node);
}

Duration Delays::interface_attach(NodeId node) const {
  const NodeRow& row = world_[node];
  const Draws draws{world_.spec().seed, Purpose::interface_attach, name_hash(world_.name(row.pool)), row.number};
  return drawn(interface_attach_.microseconds, draws.at(row.pods.attached_ever));
}

Duration Delays::terminate(NodeId node) const { return draw(terminate_, Purpose::instance_terminate, node); }

}  // namespace berth

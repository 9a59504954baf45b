// How long each step of a life takes: drawn from the catalog's latency models, keyed by the entity's name.
#pragma once

#include "sim/base/random.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Who asks EC2 for an instance: an Auto Scaling group that notices its new size, or one CreateFleet call.
enum class LaunchPath : std::uint8_t { group, fleet };

/// Same name, same luck: `web/17` draws the same quantile under every architecture, from that architecture's model.
class Delays {
 public:
  explicit Delays(const World& world);

  // A replica, in order of life.
  Duration network_attach(ReplicaId replica) const;   ///< placed → can reach the network
  Duration machine_prepare(ReplicaId replica) const;  ///< Fargate: the rest of a micro-VM's start
  Duration image_manifest(ReplicaId replica, ContainerIndex container) const;  ///< the registry names the layers
  Duration image_cached(ReplicaId replica, ContainerIndex container) const;    ///< the node finds that it has them
  Duration container_start(ReplicaId replica) const;
  Duration readiness(ReplicaId replica) const;       ///< can serve → the next readiness probe (EKS), 0 on ECS
  Duration target_health(ReplicaId replica) const;   ///< registration and the first successful check
  Duration container_exit(ReplicaId replica) const;  ///< SIGTERM → exit, at most its stop time-out
  Duration report(ReplicaId replica) const;          ///< until its control plane knows; constant for one replica
  Duration run_time(ReplicaId replica) const;        ///< of a job

  // A node.
  Duration launch_reaction(NodeId node, LaunchPath path) const;
  Duration instance_launch(NodeId node) const;
  Duration instance_boot(NodeId node) const;
  Duration node_join(NodeId node) const;
  Duration terminate(NodeId node) const;

 private:
  Duration draw(const Latency& model, Purpose purpose, ReplicaId replica) const;
  Duration draw(const Latency& model, Purpose purpose, ReplicaId replica, ContainerIndex container) const;
  Duration draw(const Latency& model, Purpose purpose, NodeId node) const;

  const World& world_;
  // Resolved once: names are fixed here, values are data.
  const Latency &fargate_attach_, &fargate_prepare_, &fargate_register_, &ecs_attach_, &pod_sandbox_, &manifest_,
      &cached_, &start_fargate_, &start_ec2_, &exit_, &alb_register_, &ecs_report_, &kubelet_report_, &launch_,
      &terminate_, &join_ecs_, &join_eks_, &group_reaction_, &create_fleet_;
  std::vector<const Latency*> boot_;  // by pool
  std::vector<Quantiles> run_time_;   // by service
  Duration readiness_period_;
};

}  // namespace berth

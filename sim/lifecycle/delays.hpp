// How long each step of a life takes: drawn from the catalog's latency models, keyed by the entity's name.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sim/base/random.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Who asks EC2 for an instance: an Auto Scaling group that notices its new size, or one CreateFleet call.
enum class LaunchPath : std::uint8_t { group, fleet };

/// The name of the latency with which that image boots; without it in the catalog the image did not exist that day.
std::string boot_latency(Orchestrator orchestrator, std::string_view ami);

/// Same name, same luck: `web/17` draws the same quantile under every architecture, from that architecture's model.
class Delays {
 public:
  explicit Delays(const World& world);

  // A replica, in order of life.
  Duration network_attach(ReplicaId replica) const;   ///< placed → can reach the network
  Duration agent(ReplicaId replica) const;            ///< a part of that on ECS: its agent takes the task up
  Duration address_retry(ReplicaId replica) const;    ///< until the kubelet asks for an address again
  Duration machine_prepare(ReplicaId replica) const;  ///< Fargate: the rest of a micro-VM's start
  Duration image_manifest(ReplicaId replica, ContainerIndex container) const;  ///< the registry names the layers
  Duration image_cached(ReplicaId replica, ContainerIndex container) const;    ///< the node finds that it has them
  Duration container_start(ReplicaId replica, ContainerIndex container) const;
  /// The first read of a large image on Fargate, which a start waits for; of one that is loaded lazily there is none.
  Duration image_read(ReplicaId replica, ContainerIndex container) const;
  Duration activation(ReplicaId replica) const;  ///< ECS: containers up → RUNNING, with Service Connect
  /// A moment of the kubelet's probing within one period, the same for all containers of a pod that start together.
  Duration probe_phase(ReplicaId replica, ContainerIndex container, Duration period) const;
  Duration target_registration(ReplicaId replica) const;   ///< until the load balancer's checks begin
  Duration endpoint_programming(ReplicaId replica) const;  ///< pod ready → kube-proxy sends to it
  Duration target_check_phase(ReplicaId replica) const;    ///< of those checks, within one interval
  Duration target_check_timeout(ReplicaId replica) const;  ///< of a check that nobody answers
  Duration container_exit(ReplicaId replica, ContainerIndex container) const;  ///< SIGTERM → exit, with no limit
  Duration deprovision(ReplicaId replica) const;  ///< exit → its interface and machine are given back (ECS)
  Duration report(ReplicaId replica) const;       ///< until its control plane knows; constant for one replica
  Duration work(ReplicaId replica) const;         ///< of a job: all of it, core time where it is CPU work

  // A node.
  Duration launch_reaction(NodeId node, LaunchPath path) const;
  Duration warm_reaction(NodeId node) const;  ///< the group notices its new size and starts an instance it has
  Duration instance_launch(NodeId node) const;
  Duration instance_boot(NodeId node) const;  ///< the first one, or out of the warm pool
  Duration node_join(NodeId node) const;
  Duration interface_attach(NodeId node) const;  ///< of a further interface that its CNI asks for
  Duration terminate(NodeId node) const;

 private:
  Draws draws(Purpose purpose, ReplicaId replica) const;
  /// Draw number `n` of the replica for that purpose.
  Duration draw(const Latency& model, Purpose purpose, ReplicaId replica, std::uint64_t n = 0) const;
  std::uint64_t run_of(ReplicaId replica, ContainerIndex container) const;
  Duration draw(const Latency& model, Purpose purpose, NodeId node) const;

  const World& world_;
  // Resolved once: names are fixed here, values are data.
  const Latency &fargate_attach_, &fargate_prepare_, &fargate_register_, &ecs_attach_, &pod_sandbox_, &manifest_,
      &cached_, &start_fargate_, &start_ec2_, &activation_, &exit_, &agent_, &ecs_deprovision_, &fargate_deprovision_,
      &ecs_report_, &kubelet_report_, &api_call_, &launch_, &terminate_, &join_ecs_, &join_ecs_trunk_, &join_eks_,
      &interface_attach_, &address_retry_, &group_reaction_, &warm_reaction_, &create_fleet_, &boot_xen_,
      &boot_stopped_, &boot_hibernated_, &endpoint_;
  std::array<const Latency*, 3> register_;  // by kind of load balancer
  std::array<Duration, 3> check_timeout_;   // likewise
  std::vector<const Latency*> boot_;        // by pool
  std::vector<Quantiles> run_time_;         // by service
  double read_free_mib_, read_mib_per_s_;   // of an image's first start on Fargate
};

}  // namespace berth

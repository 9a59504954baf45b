// The steps of build_run, by noun: each turns one part of the completed scenario into its spec.
#pragma once

#include <string>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// What all steps read and where they write.
struct Building {
  const Field& scenario;
  const Field& architecture;
  const Catalog& catalog;
  RunSpec& run;

  void assume(std::string subject, std::string assumed, std::string why, std::string knob) {
    run.assumptions.push_back({std::move(subject), std::move(assumed), std::move(why), std::move(knob)});
  }
  bool is_fargate(const std::string& cluster, const std::string& pool) const;
  bool any_fargate(const WorkloadSpec& workload) const;
  bool only_fargate(const WorkloadSpec& workload) const;
  Orchestrator orchestrator(const std::string& cluster) const;
  /// Of a cluster on EKS, when the run begins.
  KubeVersion kube_version(const std::string& cluster) const;
};

// Platform.
/// What routes depend on: zones, gateways, endpoints, registries.
NetworkSpec build_routing(const Field& network);
/// The same with the addresses of its subnets.
NetworkSpec build_network(const Field& network, const Catalog& catalog);
Registry build_registry(const Field& image);
std::vector<ImageSpec> build_images(const Field& images, const Catalog& catalog);
/// The root volume of an EC2 pool, how it pulls, and which images are there from the start.
void build_node_disk(const Field& field, const Catalog& catalog, PoolSpec& pool);
std::vector<LoadBalancerSpec> build_load_balancers(const Field& load_balancers, const Catalog& catalog);
/// On EKS: as many as Kubernetes makes of each. After the workloads.
void build_kubernetes_balancers(Building& building);
/// What clients, or callers, do after a failed request: an object, or only how often they try again.
RetrySpec build_retries(const Field& retries, const Catalog& catalog);
/// What the load balancer of a service on EKS registers, pods or nodes; InputError where it cannot.
void build_targets(Building& building, const Field& service, WorkloadSpec& workload);
/// Which pods calls to a service on EKS prefer; InputError where its Kubernetes has no such thing.
void build_traffic_distribution(const Building& building, const Field& service, WorkloadSpec& workload);
/// What fills the capacity units of a load balancer, and the way to it; InputError where its kind has no such thing.
void build_connections(const Field& balancer, LoadBalancerSpec& spec);
/// Of the logs of services, by platform.
void assume_logs(Building& building);
/// How often AWS takes the pool's spot machines back, and what happens with the notice.
void build_spot(const Field& pool, Orchestrator orchestrator, const Catalog& catalog, PoolSpec& spec);
/// `cluster` has its pools already.
ClusterAutoscalerSpec build_autoscaler(const Field& field, const ClusterSpec& cluster);
/// Marks the workloads whose pods keep Cluster Autoscaler from taking their node away.
void keep_nodes(Building& building);
/// How a pool buys its machines: its purchase, or what its requirements say of the capacity type.
struct Bought {
  bool on_demand = true, spot = false;
  bool only_spot() const { return spot && !on_demand; }
};
Bought bought_by(const Field& pool);
/// Karpenter's: instance types by requirements, limits, budgets. Before the groups.
void build_node_pools(Building& building);
/// What the Auto Scaling groups of the clusters that were built are asked for, and what that assumes.
void build_groups(Building& building);
/// Whether ECS drains their instances, where it is not written: that depends on how the workloads launch their tasks.
void build_managed_draining(Building& building);
/// What of kube-scheduler a cluster changes; InputError where kube-scheduler would not start with it.
KubeSchedulerSpec build_scheduler(const Field& field);
/// `begins`: the day of EKS's calendar on which the run begins.
ClusterSpec build_cluster(const Field& cluster, const Catalog& catalog, Instant begins);
/// The version of Kubernetes of a cluster, its support, its tier and its upgrades; InputError where EKS has it not, and
/// on ECS.
VersionSpec build_versions(const Field& cluster, const Catalog& catalog, Instant begins);
/// How a node group follows an upgrade.
NodeUpdateSpec build_node_update(const Field& pool, Orchestrator orchestrator, const Catalog& catalog);
/// What of versions, their support and upgrades is taken for granted.
void assume_versions(Building& building);

/// InputError where `object` has a length of time, or a count, that AWS refuses: below the constant NAME_minimum_s or
/// above NAME_maximum_s, without the _s of a count.
void check_length(const Field& object, const char* key, const Catalog& catalog, const std::string& name);
void check_count(const Field& object, const char* key, const Catalog& catalog, const std::string& name);

/// The moments of the run that a cron text, known to be right, means in the zone of its start.
std::vector<Time> cron_moments(const Building& building, const Field& cron);
/// The steps of a policy, a service's or a group's, without what differs: its threshold and its cooldown.
StepScalingSpec build_step_scaling(const Field& policy);

// Workloads.
std::vector<ContainerSpec> build_containers(const Field& containers, const Catalog& catalog);
ContainerSpec build_container(const Field& container, const Catalog& catalog);
DistributionSpec build_distribution(const Field& field);
/// Needs, GPUs and host ports.
void build_needs(const Field& workload, WorkloadSpec& spec);
/// Placement strategies and constraints of an `ecs` block.
void build_placement(const Building& building, const Field& ecs, WorkloadSpec& workload);
/// Labels of the pods of a workload whose kind and place are known, and where they may go on EKS.
void build_pods(const Building& building, const Field& workload, WorkloadSpec& spec);
/// The account's quotas, where the scenario has others than models/quotas.json.
void build_quotas(const Field& scenario, const Catalog& catalog, RunSpec& run);
/// Launch, size and compatibilities of the task definition of a service or a job whose place is known.
void build_task_definition(const Building& building, const Field& workload, WorkloadSpec& spec);
/// What ECS would refuse to register; sidecars have been added.
void check_task_definitions(const Building& building);
/// Ephemeral storage and volumes of a service or a job whose place and kind are known.
void build_volumes(Building& building, const Field& workload, WorkloadSpec& spec);
/// The cluster and the pools that runs_on gives it, or a Fargate profile; its kind is known.
void place_workload(Building& building, const std::string& group, WorkloadSpec& workload);
/// The selectors of all Fargate pools; InputError beyond the quotas of EKS.
void build_profiles(Building& building);
/// A service or a job with the pools of `home`, its entry in runs_on: the profile that takes its pods instead, or what
/// of them is left without profiles. InputError where the entry is for it alone and says something else.
void place_by_profile(Building& building, const Field& written, const Field& home, WorkloadSpec& workload);
/// The Fargate pool of a system workload of a cluster with profiles; empty: its EC2 pools.
std::vector<PoolShare> system_pools(const ClusterSpec& cluster, WorkloadSpec& system);
/// What of profiles is taken for granted, and what Fargate makes of priorities. After all workloads and faults.
void assume_profiles(Building& building);
/// How a service on EKS is rolled out, and its disruption budget.
void build_eks_rollout(const Building& building, const Field& service, WorkloadSpec& workload);
/// What each of its later revisions changes, in order of time.
std::vector<DeploymentSpec> build_deployments(const Field& workload, const Catalog& catalog);
/// Its strategy on EKS is Recreate.
bool is_recreated(const Field& service);
/// How a service scales: its policies and scheduled actions, and the resolution of its metrics.
void build_scaling(Building& building, const Field& service, WorkloadSpec& workload);
WorkloadSpec build_service(Building& building, const Field& service);
/// What services call, and externals. After the services.
void build_calls(Building& building);
/// Whether a workload of the run calls that service or external.
bool is_called(const RunSpec& run, const std::string& name);
/// After the queues.
WorkloadSpec build_job(Building& building, const Field& job);
std::vector<JobQueueSpec> build_queues(const Field& scenario);
/// Daemons on EC2, once for each cluster that has such pools; and, where refused, on Fargate, where they will wait.
std::vector<WorkloadSpec> build_daemons(Building& building);
/// Every daemon with on_fargate sidecar becomes a container of every replica that may run on Fargate.
void add_sidecars(Building& building);
/// Faults whose target this architecture has; the others are named as ignored. After the workloads. `whole` has all
/// architectures: a pool may be another's.
void build_faults(Building& building, const Field& whole);
/// How fast CPUs are taken to be, and what of CPU credits is taken for granted. After all workloads.
void assume_cpu(Building& building);
/// The container that requests run in says what it uses beside them, if only nothing. Its containers are in order.
void build_request_memory(Building& building, WorkloadSpec& workload);
/// What of interruptions and memory limits is taken for granted.
void assume_spot(Building& building);
/// CoreDNS, kube-proxy and so on, at the front of the workloads.
void add_system_workloads(Building& building);

}  // namespace berth

// What a cluster runs for itself, from models/system_workloads.json: placed and billed as platform overhead.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

bool has_scaler(const ClusterSpec& cluster, NodeScalerKind kind) {
  return std::any_of(cluster.pools.begin(), cluster.pools.end(),
                     [&](const PoolSpec& pool) { return pool.scaler.kind == kind; });
}

bool has_load_balancer(const RunSpec& run, const std::string& cluster) {
  return std::any_of(run.workloads.begin(), run.workloads.end(),
                     [&](const WorkloadSpec& w) { return w.cluster == cluster && !w.load_balancer.empty(); });
}

bool is_needed(const SystemWorkload& model, const ClusterSpec& cluster, const RunSpec& run) {
  if ((model.orchestrator == "eks") != (cluster.orchestrator == Orchestrator::eks)) return false;
  if (model.when == "karpenter") return has_scaler(cluster, NodeScalerKind::karpenter);
  if (model.when == "cluster_autoscaler") return has_scaler(cluster, NodeScalerKind::cluster_autoscaler);
  if (model.when == "load_balancer") return has_load_balancer(run, cluster.name);
  return model.kind != "agent";  // an agent is part of the node
}

/// Fargate profiles come first, but for daemons: each of their pods is made for a node.
std::vector<PoolShare> pools_for(const SystemWorkload& model, const ClusterSpec& cluster, WorkloadSpec& workload) {
  std::vector<PoolShare> ec2, fargate;
  if (model.kind != "daemon")
    if (auto selected = system_pools(cluster, workload); !selected.empty()) return selected;
  for (const PoolSpec& pool : cluster.pools) (pool.launch == Launch::ec2 ? ec2 : fargate).push_back({pool.name, 0, 1});
  if (!ec2.empty() || !model.on_fargate) return ec2;
  fargate.resize(1);
  return fargate;
}

/// An image that lies on the node already has nothing to pull.
ImageSpec image_of(const SystemWorkload& model, bool on_fargate) {
  ImageSpec image;
  image.name = "system/" + model.name;
  if (!model.in_ami || on_fargate) image.layers.push_back({image.name, model.compressed, model.unpacked});
  return image;
}

/// The priority classes are those of the manifests: system-node-critical once a node, else system-cluster-critical.
/// The manifests of aws-node and kube-proxy tolerate everything; those of the others leave alone what is tainted, but
/// for nodes that are kept for critical add-ons.
std::vector<Toleration> tolerations_of(const SystemWorkload& model) {
  return model.kind == "daemon" ? std::vector<Toleration>{{""}} : std::vector<Toleration>{{"CriticalAddonsOnly"}};
}

WorkloadSpec workload_of(const SystemWorkload& model, const ClusterSpec& cluster, const Catalog& catalog) {
  WorkloadSpec workload;
  workload.name = model.name;
  workload.kind = model.kind == "daemon" ? WorkloadKind::daemon : WorkloadKind::service;
  workload.system = true;
  workload.cluster = cluster.name;
  workload.desired = model.kind == "daemon" ? 1 : model.replicas;
  ContainerSpec container;
  container.name = model.name;
  container.image = "system/" + model.name;
  container.amount.cpu = model.cpu;
  container.amount.memory = model.memory;
  workload.containers = {container};
  if (model.host_network) workload.needs.push_back(Need::host_network);
  if (cluster.orchestrator == Orchestrator::eks) {
    workload.eks.name_space = kSystemNamespace;
    workload.eks.pod.tolerations = tolerations_of(model);
    workload.labels = model.labels;
    if (model.max_unavailable > 0)
      workload.eks.pdb = {PdbSpec::Keeps::max_unavailable, static_cast<double>(model.max_unavailable), false};
    workload.eks.pod.priority = model.kind == "daemon" ? kSystemNodeCritical : kSystemClusterCritical;
  }
  workload.rollout.max_surge = catalog.constant("kube.deployment.max_surge_pct");
  workload.rollout.max_unavailable = catalog.constant("kube.deployment.max_unavailable_pct");
  return workload;
}

void refuse_taken_name(const Building& building, const std::string& name) {
  for (const char* group : {"services", "daemons", "jobs"})
    if (auto taken = building.scenario.at(group).find(name))
      taken->fail("a name that no system workload of EKS has", "\"" + name + "\"",
                  "rename it, or write \"system_workloads\": \"none\" in the cluster");
}

}  // namespace

void add_system_workloads(Building& building) {
  std::vector<WorkloadSpec> system;
  const bool several = building.run.clusters.size() > 1;
  for (const ClusterSpec& cluster : building.run.clusters) {
    const Field field = building.architecture.at("clusters").at(cluster.name);
    if (field.at("system_workloads").text() == "none") {
      if (cluster.orchestrator == Orchestrator::eks)
        building.assume("cluster " + cluster.name, "no system workloads", "system_workloads is none",
                        field.pointer() + "/system_workloads");
      continue;
    }
    for (const SystemWorkload& model : building.catalog.system_workloads()) {
      if (!is_needed(model, cluster, building.run)) continue;
      WorkloadSpec workload = workload_of(model, cluster, building.catalog);
      workload.pools = pools_for(model, cluster, workload);
      if (workload.pools.empty()) continue;
      refuse_taken_name(building, model.name);
      const bool fargate = building.only_fargate(workload);
      workload.awsvpc = fargate;
      if (several) workload.name = cluster.name + "." + workload.name;
      const ImageSpec image = image_of(model, fargate);
      const auto& images = building.run.images;
      if (std::none_of(images.begin(), images.end(), [&](const ImageSpec& i) { return i.name == image.name; }))
        building.run.images.push_back(image);
      building.assume(
          "system workload " + workload.name,
          fmt::format("{}{}, {}{}",
                      model.kind == "daemon" ? "once a node: " : fmt::format("{} replicas of ", model.replicas),
                      say(model.cpu), say(model.memory), fargate ? ", as Fargate pods" : ""),
          model.source.text + ", " + model.source.day + (model.source.guess ? ", guess" : ""),
          field.pointer() + "/system_workloads");
      system.push_back(std::move(workload));
    }
  }
  building.run.workloads.insert(building.run.workloads.begin(), std::make_move_iterator(system.begin()),
                                std::make_move_iterator(system.end()));
}

}  // namespace berth

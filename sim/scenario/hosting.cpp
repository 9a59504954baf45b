// Room on nodes, and advice for what Fargate refuses.
#include "sim/scenario/hosting.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/policy/placement/fargate_refusal.hpp"

namespace berth {
namespace {

NodeRoom room_of(const InstanceType& type, Orchestrator orchestrator) {
  if (orchestrator == Orchestrator::eks) return {type.eks_cpu, type.eks_memory};
  return {kVcpu * type.vcpu, type.ecs_memory};
}

HostingAdvice storage_advice(const WorkloadSpec& workload, bool eks, const Catalog& catalog) {
  return {fmt::format("{} of ephemeral storage, {} on Fargate offers at most {}", say(workload.ephemeral_storage),
                      eks ? "EKS" : "ECS", say(catalog.fargate_storage_limit(eks))),
          eks ? "an EFS file system, or an EC2 pool with a larger root_volume or an EBS volume"
              : "an EBS volume attached to the task, an EFS file system, or an EC2 pool with a larger root_volume"};
}

HostingAdvice size_advice(const WorkloadSpec& workload, Orchestrator orchestrator, const Catalog& catalog) {
  const bool eks = orchestrator == Orchestrator::eks;
  const FargateSize ask = fargate_request(workload.containers, orchestrator, catalog);
  Cpu most_cpu;
  Bytes most_memory;
  for (const FargateSize& size : catalog.fargate_sizes(eks)) {
    most_cpu = std::max(most_cpu, size.cpu);
    most_memory = std::max(most_memory, size.memory);
  }
  return {fmt::format("a replica asks for {} and {}{}; Fargate sizes of {} on {} end at {} and {}", say(ask.cpu),
                      say(ask.memory), eks ? " (with what the kubelet takes)" : "", eks ? "EKS" : "ECS",
                      iso8601(catalog.key().date).substr(0, 10), say(most_cpu), say(most_memory)),
          "smaller replicas and more of them, or an EC2 pool"};
}

}  // namespace

NodeRoom largest_room(const PoolSpec& pool, Orchestrator orchestrator, const Catalog& catalog) {
  NodeRoom largest;
  for (const std::string& name : pool.instance_types) {
    const NodeRoom room = room_of(*catalog.instance(name), orchestrator);
    if (room.memory > largest.memory || (room.memory == largest.memory && room.cpu > largest.cpu)) largest = room;
  }
  return largest;
}

bool any_gpu(const PoolSpec& pool, const Catalog& catalog) {
  return std::any_of(pool.instance_types.begin(), pool.instance_types.end(),
                     [&](const std::string& name) { return catalog.instance(name)->gpus > 0; });
}

std::string larger_type(const PoolSpec& pool, Orchestrator orchestrator, Cpu cpu, Bytes memory,
                        const Catalog& catalog) {
  const std::string& family = catalog.instance(pool.instance_types.front())->family;
  const InstanceType* best = nullptr;
  for (const InstanceType& type : catalog.instances()) {
    const NodeRoom room = room_of(type, orchestrator);
    if (type.family != family || !type.usd_hour || type.bare_metal || room.cpu < cpu || room.memory < memory) continue;
    if (best == nullptr || *type.usd_hour < *best->usd_hour) best = &type;
  }
  return best != nullptr ? "use " + best->name + " in pool " + pool.name
                         : std::string("smaller replicas and more of them, or another family of instance types");
}

LayerBytes layers_of(const std::vector<const std::vector<ContainerSpec>*>& containers,
                     const std::vector<ImageSpec>& images) {
  LayerBytes sum;
  std::set<std::string> counted;
  for (const std::vector<ContainerSpec>* group : containers) {
    for (const ContainerSpec& container : *group) {
      const auto image =
          std::find_if(images.begin(), images.end(), [&](const ImageSpec& i) { return i.name == container.image; });
      if (image == images.end()) continue;  // a system container whose image lies in the AMI
      for (const LayerSpec& layer : image->layers) {
        if (!counted.insert(layer.name).second) continue;
        sum.compressed += layer.compressed;
        sum.unpacked += layer.unpacked;
      }
    }
  }
  return sum;
}

HostingAdvice fargate_advice(WaitReason reason, const WorkloadSpec& workload, Orchestrator orchestrator,
                             const Catalog& catalog) {
  const bool eks = orchestrator == Orchestrator::eks;
  switch (reason) {
    case WaitReason::fargate_daemon:
      return {eks ? "Fargate runs no DaemonSets" : "Fargate runs no daemon services",
              "a sidecar container in every replica: \"on_fargate\": \"sidecar\""};
    case WaitReason::fargate_profile:
      return {
          fmt::format("no Fargate profile selects its pods (namespace {}), and the cluster has no other nodes: they "
                      "stay Pending for good",
                      workload.eks.name_space),
          fmt::format("{{\"namespace\": \"{}\"}} among the selectors of a Fargate pool, or an EC2 pool for it in "
                      "runs_on",
                      workload.eks.name_space)};
    case WaitReason::fargate_privileged:
      return {eks ? "Fargate runs no privileged containers: the pod stays Pending for good"
                  : "Fargate runs no privileged containers: the task definition is refused",
              "an EC2 pool for it in runs_on"};
    case WaitReason::fargate_gpu:
      return {"Fargate has no GPUs", "an EC2 pool with a GPU instance type, such as g5.xlarge, for it in runs_on"};
    case WaitReason::fargate_host:
      return {"host network and host ports do not exist on Fargate",
              "every replica has an address of its own there: drop the need, or use an EC2 pool"};
    case WaitReason::fargate_storage:
      return storage_advice(workload, eks, catalog);
    case WaitReason::fargate_ebs:
      return {"pods on Fargate cannot have EBS volumes: the pod stays Pending for good",
              "EFS, provisioned statically; or an EC2 pool for it in runs_on"};
    case WaitReason::fargate_host_path:
      return {eks ? "Fargate has no disk of a node: a pod with a hostPath stays Pending for good"
                  : "Fargate has no disk of a node: a task definition with a host path is refused",
              "an ephemeral volume or EFS; or an EC2 pool for it in runs_on"};
    case WaitReason::too_big:
      return size_advice(workload, orchestrator, catalog);
    default:
      return {std::string(explain(reason)), "an EC2 pool for it in runs_on"};
  }
}

}  // namespace berth

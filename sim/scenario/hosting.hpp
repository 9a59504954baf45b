// How much room a node has, and what to do about what Fargate refuses.
#pragma once

#include <string>
#include <vector>

#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"
#include "sim/world/view.hpp"

namespace berth {

struct NodeRoom {
  Cpu cpu;
  Bytes memory;
  friend NodeRoom operator-(NodeRoom a, NodeRoom b) { return {a.cpu - b.cpu, a.memory - b.memory}; }
};

/// What an empty node of the pool's largest instance type offers to replicas (ECS registers, EKS allocates).
NodeRoom largest_room(const PoolSpec& pool, Orchestrator orchestrator, const Catalog& catalog);
bool any_gpu(const PoolSpec& pool, const Catalog& catalog);
/// "use m6i.2xlarge": the smallest type of the first one's family that holds it, else the advice to split.
std::string larger_type(const PoolSpec& pool, Orchestrator orchestrator, Cpu cpu, Bytes memory, const Catalog& catalog);

/// The layers of images, each once.
struct LayerBytes {
  Bytes compressed, unpacked;
};
LayerBytes layers_of(const std::vector<const std::vector<ContainerSpec>*>& containers,
                     const std::vector<ImageSpec>& images);

struct HostingAdvice {
  std::string why;
  std::string nearest;
};
HostingAdvice fargate_advice(WaitReason reason, const WorkloadSpec& workload, Orchestrator orchestrator,
                             const Catalog& catalog);

}  // namespace berth

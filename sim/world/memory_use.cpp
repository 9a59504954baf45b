#include "sim/world/memory_use.hpp"

namespace berth {

ContainerIndex serving_container(const std::vector<ContainerSpec>& containers) {
  std::size_t i = 0;
  while (i + 1 < containers.size() && (containers[i].init || !containers[i].essential)) ++i;
  return static_cast<ContainerIndex>(i);
}

std::optional<Bytes> memory_used(const World& world, const ReplicaRow& replica, ContainerIndex container) {
  const ContainerSpec& spec = world[replica.revision].containers[container];
  const ContainerRow& row = replica.containers[container];
  if (!spec.memory_use || row.stage != ContainerStage::running) return std::nullopt;
  const double grown = spec.memory_use->growth * seconds(world.now() - row.since);
  return spec.memory_use->idle + Bytes{static_cast<std::int64_t>(grown)} + requests_in(world, replica, container);
}

std::optional<Bytes> memory_used(const World& world, const ReplicaRow& replica) {
  std::optional<Bytes> sum;
  for (std::size_t i = 0; i < replica.containers.size(); ++i)
    if (const auto used = memory_used(world, replica, static_cast<ContainerIndex>(i)))
      sum = sum.value_or(Bytes{}) + *used;
  return sum;
}

std::optional<Bytes> memory_limit(const World& world, const ReplicaRow& replica, ContainerIndex container) {
  const Amount& amount = world[replica.revision].containers[container].amount;
  if (amount.memory_limit) return amount.memory_limit;
  if (world[replica.node].fargate && !is_eks(world, replica.cluster)) return std::nullopt;
  return amount.memory;
}

std::optional<Bytes> memory_limit(const World& world, const ReplicaRow& replica) {
  const RevisionRow& revision = world[replica.revision];
  if (world[replica.node].fargate && revision.fargate) return revision.fargate->memory;
  return is_eks(world, replica.cluster) ? std::nullopt : world[replica.service].spec->ecs.task_memory;
}

Bytes reserved_memory(const World& world, const ReplicaRow& replica) {
  const RevisionRow& revision = world[replica.revision];
  const bool fargate = replica.node != kNone<NodeId> && world[replica.node].fargate;
  return fargate && revision.fargate ? revision.fargate->memory : revision.memory;
}

Bytes requests_in(const World& world, const ReplicaRow& replica, ContainerIndex container) {
  if (replica.request_memory == 0) return {};
  const bool here = container == serving_container(world[replica.revision].containers);
  return here ? Bytes{replica.request_memory} : Bytes{};
}

}  // namespace berth

// The full sweep: everything added up again from the rows and compared with what the moves kept.
#include "sim/world/world.hpp"

namespace berth {

void World::check_everything() const {
  check_addresses();
  check_interfaces();
  std::vector<std::array<std::int32_t, kReplicaStages>> by_stage(services_.size()), by_seen(services_.size());
  replicas_.for_each([&](ReplicaId id, const ReplicaRow& row) {
    ++by_stage[index(row.service)][static_cast<int>(row.stage)];
    ++by_seen[index(row.service)][static_cast<int>(row.seen)];
    SIM_CHECK_SAY(holds_capacity(row.stage) ? row.node != kNone<NodeId> || row.stage == ReplicaStage::stopping : true,
                  name(id));
    if (row.target != kNone<TargetId>) SIM_CHECK(targets_[row.target].replica == id);
  });
  for (std::size_t s = 0; s < services_.size(); ++s) {
    SIM_CHECK_SAY(by_stage[s] == services_[s].by_stage, services_[s].spec->name);
    SIM_CHECK_SAY(by_seen[s] == services_[s].by_seen, services_[s].spec->name);
  }
  for (const ClusterRow& cluster : clusters_) {
    std::vector<std::uint32_t> listed(node_classes_.size());
    for (std::size_t p = 0; p < cluster.nodes.size(); ++p)
      if (is_registered(cluster.nodes.seen[p])) ++listed[cluster.nodes.node_class[p]];
    SIM_CHECK(listed == cluster.nodes_of_class);
  }
  nodes_.for_each([&](NodeId id, const NodeRow& row) {
    Cpu cpu, cpu_seen;
    Bytes memory;
    std::int32_t busy = 0, seen_busy = 0, gpus = 0, gpus_seen = 0;
    std::uint64_t ports = is_eks(*this, row.cluster) ? 0 : agent_ports_, ports_seen = ports;
    for (const ReplicaId r : row.replicas) {
      const ReplicaRow& replica = replicas_[r];
      SIM_CHECK_SAY(replica.node == id, name(r));
      const Cpu asked = revisions_[index(replica.revision)].cpu;
      const ServiceRow& service = services_[index(replica.service)];
      cpu_seen += asked;
      gpus_seen += service.gpus;
      ports_seen += service.ports;  // a port twice would carry, and not be equal
      if (service.spec->kind != WorkloadKind::daemon) ++seen_busy;
      if (replica.stage == ReplicaStage::stopped) continue;
      cpu += asked;
      gpus += service.gpus;
      ports += service.ports;
      memory += revisions_[index(replica.revision)].memory;
      if (service.spec->kind != WorkloadKind::daemon) ++busy;
    }
    SIM_CHECK_SAY(busy == row.busy, name(id));
    SIM_CHECK_SAY(seen_busy == row.seen_busy, name(id));
    if (row.fargate) {
      SIM_CHECK_SAY(row.replicas.size() <= 1, name(id));  // a Fargate node holds one replica
      return;
    }
    SIM_CHECK_SAY(cpu == row.cpu_used, name(id));
    SIM_CHECK_SAY(memory == row.memory_used, name(id));
    SIM_CHECK_SAY(gpus == row.gpus_used, name(id));
    SIM_CHECK_SAY(ports == row.ports_used, name(id));
    const NodeColumns& columns = clusters_[index(row.cluster)].nodes;
    SIM_CHECK_SAY(columns.node[row.position] == id, name(id));
    SIM_CHECK_SAY(columns.cpu_used[row.position] == cpu_seen.count(), name(id));
    SIM_CHECK_SAY(columns.gpus_used[row.position] == gpus_seen, name(id));
    SIM_CHECK_SAY(columns.ports_used[row.position] == ports_seen, name(id));
  });
  check_volumes();
}

}  // namespace berth

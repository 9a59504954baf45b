// What a cluster runs for itself, from system_workloads.json.
#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {

std::vector<SystemWorkload> read_system_workloads(const std::string& folder) {
  const ModelFile file(folder, "system_workloads.json");
  std::vector<SystemWorkload> workloads;
  for (const Field& row : file.field.at("system_workloads").members()) {
    SystemWorkload workload;
    workload.source =
        read_source(row, {"orchestrator", "kind", "when", "replicas", "cpu", "memory", "on_fargate", "compressed",
                          "unpacked", "in_ami", "host_network", "labels", "max_unavailable"});
    workload.name = row.key();
    workload.orchestrator = row.at("orchestrator").one_of({"ecs", "eks"});
    workload.kind = row.at("kind").one_of({"daemon", "service", "agent"});
    workload.when = row.at("when").one_of({"always", "karpenter", "cluster_autoscaler", "load_balancer"});
    if (workload.kind == "service") workload.replicas = row.at("replicas").whole(1, 1000);
    workload.cpu = row.at("cpu").cpu();
    workload.memory = row.at("memory").bytes();
    workload.on_fargate = row.at("on_fargate").truth();
    workload.compressed = row.at("compressed").bytes();
    workload.unpacked = row.at("unpacked").bytes();
    if (const auto host = row.find("host_network")) workload.host_network = host->truth();
    if (const auto labels = row.find("labels"))
      for (const Field& label : labels->members()) workload.labels[label.key()] = label.text();
    if (const auto budget = row.find("max_unavailable")) workload.max_unavailable = budget->whole(1, 1000);
    workload.in_ami = row.at("in_ami").truth();
    workloads.push_back(std::move(workload));
  }
  return workloads;
}

}  // namespace berth

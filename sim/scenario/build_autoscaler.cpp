// Flags of Cluster Autoscaler, and whose pods it moves nowhere.
#include <algorithm>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

std::vector<Expander> read_expanders(const Field& field) {
  std::vector<Expander> chosen;
  std::string rest = field.text();
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string one = rest.substr(0, comma);
    int e = 0;
    while (e < kExpanders && name(static_cast<Expander>(e)) != one) ++e;
    if (one == "price")
      field.fail("an expander that Cluster Autoscaler has on AWS", field.shown(),
                 "write \"least-waste\": it knows no prices of AWS and would not start");
    if (e == kExpanders)
      field.fail("random, most-pods, least-waste, least-nodes or priority, or several of them with commas",
                 field.shown(), "write \"least-waste\"");
    chosen.push_back(static_cast<Expander>(e));
    if (comma == std::string::npos) return chosen;
    rest.erase(0, comma + 1);
  }
}

}  // namespace

ClusterAutoscalerSpec build_autoscaler(const Field& field, const ClusterSpec& cluster) {
  ClusterAutoscalerSpec spec;
  const auto its = [](const PoolSpec& pool) { return pool.scaler.kind == NodeScalerKind::cluster_autoscaler; };
  if (std::none_of(cluster.pools.begin(), cluster.pools.end(), its))
    field.fail("a pool with \"scaler\": {\"cluster_autoscaler\": {}}", "none in " + cluster.name,
               "remove it, or give a pool that scaler");
  if (const auto expander = field.find("expander")) spec.expanders = read_expanders(*expander);
  if (const auto priorities = field.find("priorities"))
    for (const Field& pool : priorities->members()) {
      const bool there = std::any_of(cluster.pools.begin(), cluster.pools.end(),
                                     [&](const PoolSpec& p) { return p.name == pool.key() && its(p); });
      if (!there)
        pool.fail("a pool with the scaler cluster_autoscaler", "\"" + pool.key() + "\"", "name one of this cluster");
      spec.priorities[pool.key()] = pool.whole();
    }
  spec.balances_similar = field.at("balance_similar_node_groups").truth();
  spec.skips_local_storage = field.at("skip_nodes_with_local_storage").truth();
  spec.skips_system_pods = field.at("skip_nodes_with_system_pods").truth();
  spec.min_replicas = field.at("min_replica_count").whole();
  spec.fast_path = field.at("fastpath_binpacking").truth();
  spec.new_pod_delay = field.at("new_pod_scale_up_delay").duration();
  return spec;
}

/// kubernetes/autoscaler 1.30, simulator/drainability: the annotation cluster-autoscaler.kubernetes.io/safe-to-evict
/// goes before everything else.
void keep_nodes(Building& building) {
  for (WorkloadSpec& workload : building.run.workloads) {
    const auto cluster = std::find_if(building.run.clusters.begin(), building.run.clusters.end(),
                                      [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    const bool stored = workload.volumes.host_path > Bytes{} && cluster->autoscaler.skips_local_storage;
    workload.eks.keeps_node =
        workload.kind != WorkloadKind::daemon && workload.eks.safe_to_evict.value_or(!stored) == false;
  }
}

}  // namespace berth

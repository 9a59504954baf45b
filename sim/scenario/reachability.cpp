#include "sim/scenario/reachability.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/engine/network.hpp"
#include "sim/world/region_network.hpp"

namespace berth {
namespace {

std::string in_one_line(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool may_run_in(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
  return workload.cluster == cluster.name && std::any_of(workload.pools.begin(), workload.pools.end(),
                                                         [&](const PoolShare& s) { return s.pool == pool.name; });
}

/// The first image of each registry that the pool may have to pull something of.
std::map<Registry, std::string> images_of(const RunSpec& run, const ClusterSpec& cluster, const PoolSpec& pool) {
  std::map<Registry, std::string> images;
  const auto add = [&](const std::string& name) {
    for (const ImageSpec& image : run.images)
      if (image.name == name && !image.layers.empty()) images.emplace(image.registry, name);
  };
  for (const WorkloadSpec& workload : run.workloads) {
    if (!may_run_in(workload, cluster, pool)) continue;
    for (const ContainerSpec& container : workload.containers) add(container.image);
    for (const DeploymentSpec& deployment : workload.deployments)
      for (const auto& [name, container] : deployment.containers) add(container.image);
  }
  if (pool.warm_pool)
    for (const std::string& image : pool.warm_pool->images) add(image);
  return images;
}

std::string cure(const std::vector<Destination>& missing, Registry registry) {
  std::vector<std::string> endpoints;
  for (const Destination d : missing)
    if (d != Destination::internet) endpoints.emplace_back(name(d));
  const std::string nat = "write \"nat\": \"per_zone\" in /network";
  if (registry == Registry::pull_through && endpoints.empty())
    return nat + ", because the first pull goes to the registry behind the rule; or keep the image in ECR yourself";
  if (endpoints.size() < missing.size()) return nat + ", or keep the image in ECR and add endpoints for it";
  return fmt::format("add {} to /network/endpoints, or {}", in_one_line(endpoints), nat);
}

/// The zones of the pool that lack something; those that lack the same things together.
std::map<std::vector<Destination>, std::vector<std::string>> cut_off(const RunSpec& run, const RegionNetwork& region,
                                                                     const PoolSpec& pool, Registry registry) {
  std::map<std::vector<Destination>, std::vector<std::string>> zones;
  for (std::size_t i = 0; i < run.network.zones.size(); ++i) {
    const std::string& zone = run.network.zones[i];
    if (!pool.zones.empty() && std::find(pool.zones.begin(), pool.zones.end(), zone) == pool.zones.end()) continue;
    const auto missing = region.unreachable(static_cast<ZoneId>(i), registry);
    if (!missing.empty()) zones[missing].push_back(zone);
  }
  return zones;
}

}  // namespace

void refuse_unreachable(const Field& network, const RunSpec& run) {
  const RegionNetwork region(run.network);
  const std::string kind = run.network.public_subnets ? "public" : "private";
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools)
      for (const auto& [registry, image] : images_of(run, cluster, pool))
        for (const auto& [missing, zones] : cut_off(run, region, pool, registry)) {
          std::vector<std::string> names;
          for (const Destination d : missing) names.emplace_back(name(d));
          const char* const s = zones.size() > 1 ? "s" : "";
          network.fail(fmt::format("a way from the subnets of pool {} to the registry of image {}", pool.name, image),
                       fmt::format("the {} subnet{} of zone{} {} with no way to {}", kind, s, s, in_one_line(zones),
                                   in_one_line(names)),
                       cure(missing, registry));
        }
}

void refuse_unreachable_logs(const Field& scenario, const RunSpec& run) {
  const RegionNetwork region(run.network);
  for (const WorkloadSpec& workload : run.workloads) {
    if (!workload.demand || workload.demand->log_bytes.count() == 0) continue;
    for (std::size_t zone = 0; zone < region.zones(); ++zone)
      if (!region.way(static_cast<ZoneId>(zone), Destination::logs)) {
        const Field bytes = scenario.at("services").at(workload.name).at("demand").at("log_bytes");
        bytes.fail("a way from the subnets to CloudWatch Logs",
                   fmt::format("{}, and zone {} has none", bytes.shown(), run.network.zones[zone]),
                   "add logs to /network/endpoints, or write \"nat\": \"per_zone\" in /network");
      }
  }
}

namespace {

/// Layers that may come at once: every replica of a pool pulls, on nodes no more than there may be nodes.
std::int64_t flows_at_once(const RunSpec& run, const ClusterSpec& cluster, const PoolSpec& pool,
                           const Catalog& catalog) {
  const auto parallel =
      pool.pull.layers_in_parallel.value_or(static_cast<std::int64_t>(catalog.constant("pull.layers_in_parallel")));
  std::int64_t flows = 0;
  for (const WorkloadSpec& workload : run.workloads) {
    if (workload.kind != WorkloadKind::service || !may_run_in(workload, cluster, pool)) continue;
    std::int64_t replicas = workload.scale ? std::max(workload.scale->max, workload.desired) : workload.desired;
    if (pool.launch == Launch::ec2) replicas = std::min(replicas, pool.max);
    std::int64_t most = 0;  // of one replica: its largest image
    for (const ContainerSpec& container : workload.containers)
      for (const ImageSpec& image : run.images)
        if (image.name == container.image)
          most = std::max(most, std::min(parallel, static_cast<std::int64_t>(image.layers.size())));
    flows += replicas * most;
  }
  return flows;
}

/// SimGrid ends with an error where more flows than that are under way.
void warn_of_flows(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings) {
  if (run.network_engine != NetworkEngine::simgrid) return;
  std::int64_t flows = 0;
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools) flows += flows_at_once(run, cluster, pool, catalog);
  if (flows <= kFlowsOfSimgrid) return;
  const bool several = pulls_by_several_ways(run.network, registries_of(run));
  findings.push_back(
      {"network", Verdict::warning,
       fmt::format("up to {} layers may come at once, and SimGrid, which {}, carries {}: a surge of starts would end "
                   "the run",
                   flows, several ? "images that come by several ways need" : "/engine/network takes here",
                   kFlowsOfSimgrid),
       several ? "one registry for all images: ECR; its pull_through where no s3 endpoint parts the ways; or a mirror "
                 "where "
                 "no EKS cluster brings images of ECR"
               : "write \"fair_share\" in /engine/network, or let all variants pull from one registry"});
}

}  // namespace

void check_network(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings) {
  warn_of_flows(run, catalog, findings);
  for (const ClusterSpec& cluster : run.clusters) {
    for (const PoolSpec& pool : cluster.pools) {
      if (run.network.public_subnets && pool.launch == Launch::fargate && cluster.orchestrator == Orchestrator::eks)
        findings.push_back({"pool " + pool.name, Verdict::no,
                            "pods on Fargate run in private subnets only, and the subnets are public",
                            "write \"subnets\": \"private\" in /network, or take an EC2 pool"});
    }
  }
  if (run.network.public_subnets && run.network.nat != NatMode::none)
    findings.push_back({"network", Verdict::warning, "nothing uses the NAT gateways, because the subnets are public",
                        "write \"nat\": \"none\" in /network: they are billed all the same"});
}

}  // namespace berth

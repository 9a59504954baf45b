// The order in which a run is built from the completed scenario.
#include "sim/scenario/build.hpp"

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/field.hpp"
#include "sim/observe/meters.hpp"
#include "sim/scenario/cron.hpp"
#include "sim/scenario/fidelity.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/reachability.hpp"
#include "sim/scenario/scalars.hpp"
#include "sim/world/region_network.hpp"

namespace berth {
namespace {

const PoolSpec& pool_of(const RunSpec& run, const std::string& cluster, const std::string& pool) {
  for (const ClusterSpec& c : run.clusters)
    for (const PoolSpec& p : c.pools)
      if (c.name == cluster && p.name == pool) return p;
  check_failed("the pool exists", __FILE__, __LINE__, cluster + "/" + pool);
}

void build_frame(const LoadedScenario& scenario, const Field& root, const std::string& architecture,
                 const Catalog& catalog, RunSpec& run) {
  run.scenario = slug(scenario);
  run.architecture = architecture;
  run.variant = scenario.variant;
  run.seed = static_cast<std::uint64_t>(root.at("seed").whole(0, kLargestSeed));
  run.start = root.at("start").instant();
  run.duration = root.at("duration").duration();
  run.steady = root.at("begin").text() == "steady";
  run.sample_interval = root.at("limits").at("interval").duration();
  run.journal = root.at("limits").at("journal").text();
  run.trace_slices = root.at("limits").at("trace_slices").whole();
  const CatalogKey key = catalog_key(scenario);
  run.region = key.region;
  run.catalog_date = key.date;
  run.network = build_network(root.at("network"), catalog);
  run.network_engine =
      root.at("engine").at("network").text() == "fair_share" ? NetworkEngine::fair_share : NetworkEngine::simgrid;
  run.images = build_images(root.at("images"), catalog);
  run.load_balancers = build_load_balancers(root.at("load_balancers"), catalog);
  build_quotas(root, catalog, run);
}

/// What the model of a completed architecture assumes, and what the profile replaces.
void assume_completion(const LoadedScenario& scenario, Building& building) {
  const auto rows = scenario.completion_assumptions.find(building.run.architecture);
  if (rows != scenario.completion_assumptions.end())
    for (const Assumption& row : rows->second) building.run.assumptions.push_back(row);
  if (scenario.profile == Profile::tuned)
    building.assume("platform", "profile tuned: documented advice in place of the platforms' defaults",
                    "chosen with --profile; the numbers are in models/architectures.json", "--profile");
}

void assume_frame(const Field& root, Building& building) {
  if (!root.has("catalog"))
    building.assume("catalog", "prices, sizes and quotas of the day of start", "no catalog date is given", "/catalog");
  if (building.run.steady)
    building.assume("begin", "minimum capacity ready, replicas healthy, images cached on EC2",
                    "the run begins steady; such rows are marked initial", "/begin");
}

/// The image of each pool that names none, and what a warm pool is taken to do.
void assume_images(const Field& architecture, Building& building) {
  for (const ClusterSpec& cluster : building.run.clusters)
    for (const PoolSpec& pool : cluster.pools) {
      const Field written = architecture.at("clusters").at(cluster.name).at("pools").at(pool.name);
      if (pool.launch != Launch::ec2) continue;
      if (!written.has("ami"))
        building.assume("pool " + pool.name, pool.ami == "al2" ? "Amazon Linux 2 image" : "Amazon Linux 2023 image",
                        "Amazon's default: AL2023 on ECS since March 2023, on EKS since Kubernetes 1.30 "
                        "(models/constants.json)",
                        written.pointer() + "/ami");
      if (pool.warm_pool)
        building.assume("pool " + pool.name, "an instance that is still being prepared is not taken",
                        "the group launches a new one, as it does when the warm pool is empty",
                        written.pointer() + "/warm_pool");
    }
}

/// Of the services on EKS: who has given no probes is taken to have the usual one.
void assume_readiness(Building& building) {
  bool eks = false, assumed = false;
  for (const WorkloadSpec& w : building.run.workloads) {
    if (w.kind != WorkloadKind::service || building.orchestrator(w.cluster) != Orchestrator::eks) continue;
    eks = true;
    for (const ContainerSpec& c : w.containers) assumed = assumed || (!c.probes && !c.init);
  }
  if (assumed)
    building.assume("readiness",
                    "pods of services without eks.probes have a readiness probe every 10 s in each container, and a "
                    "readiness gate behind a load balancer",
                    "without them a roll-out takes pods away before new ones can serve", "/services/*/eks/probes");
  else if (eks)
    building.assume("readiness", "pods behind a load balancer have a readiness gate",
                    "without it a roll-out takes pods away before new ones are registered", "");
}

/// What the controllers of a platform take for granted that no key says yet.
void assume_control(Building& building) {
  bool karpenter = false;
  for (const ClusterSpec& cluster : building.run.clusters) {
    const bool written = cluster.controller_manager.qps && cluster.controller_manager.burst;
    if (cluster.orchestrator == Orchestrator::eks && !written)
      building.assume(
          "cluster " + cluster.name,
          fmt::format("each controller calls the API server {:g} times a second, {:g} at once",
                      building.catalog.constant("kube.client_qps"), building.catalog.constant("kube.client_burst")),
          "upstream's defaults; EKS does not publish its own",
          "/architectures/*/clusters/" + cluster.name + "/controller_manager");
    for (const PoolSpec& pool : cluster.pools) {
      karpenter = karpenter || pool.scaler.kind == NodeScalerKind::karpenter;
    }
  }
  assume_readiness(building);
  if (karpenter)
    building.assume("jobs", "marked do-not-disrupt: consolidation leaves their nodes alone",
                    "an evicted job begins again from nothing", "");
  building.assume("CPU of workloads without demand", "a job uses what it requests while it runs, others use none",
                  "nothing says what they use", "/services/*/demand");
}

/// fair_share knows one way in for each node.
void refuse_several_ways(const Field& root, const RunSpec& run) {
  if (run.network_engine != NetworkEngine::fair_share) return;
  if (!pulls_by_several_ways(run.network, registries_of(run))) return;
  const Field engine = root.at("engine").at("network");
  engine.fail("\"simgrid\" or \"auto\", because nodes pull images of several registries by several ways at once",
              engine.shown(), "write \"simgrid\"; or let all images come from one registry");
}

/// What subnets and interfaces are taken to be where no key says it.
void assume_addresses(Building& building) {
  const Catalog& catalog = building.catalog;
  const Field zones = building.scenario.at("network").at("zones");
  std::string without;
  for (const std::string& zone : building.run.network.zones)
    if (!zones.is(Value::Kind::object) || !zones.at(zone).has("private_cidr"))
      without += (without.empty() ? "" : ", ") + zone;
  if (!without.empty()) {
    const Source& source = catalog.constant_source("vpc.subnet.default_prefix");
    building.assume(
        "subnets",
        fmt::format("a private subnet of /{:.0f} in zone {}", catalog.constant("vpc.subnet.default_prefix"), without),
        source.text + ", " + source.day, "/network/zones/*/private_cidr");
  }
  for (const ClusterSpec& cluster : building.run.clusters)
    for (const PoolSpec& pool : cluster.pools)
      for (const std::string& type : pool.instance_types)
        if (pool.eni_trunking && catalog.instance(type)->ecs_trunk_tasks == 0)
          building.assume("pool " + pool.name, type + " without a trunk: one awsvpc task for each further interface",
                          "the type does not support ENI trunking",
                          "/architectures/*/clusters/" + cluster.name + "/pools/" + pool.name + "/instance_types");
}

}  // namespace

std::vector<Time> cron_moments(const Building& building, const Field& cron) {
  std::string why;
  const auto parsed = parse_cron(cron.text(), why);
  const Duration offset = zone_offset(building.scenario.at("start").text());
  return moments(*parsed, building.run.start, building.run.duration, offset);
}

bool Building::is_fargate(const std::string& cluster, const std::string& pool) const {
  return pool_of(run, cluster, pool).launch == Launch::fargate;
}

bool Building::any_fargate(const WorkloadSpec& workload) const {
  for (const PoolShare& share : workload.pools)
    if (is_fargate(workload.cluster, share.pool)) return true;
  return false;
}

bool Building::only_fargate(const WorkloadSpec& workload) const {
  for (const PoolShare& share : workload.pools)
    if (!is_fargate(workload.cluster, share.pool)) return false;
  return !workload.pools.empty();
}

Orchestrator Building::orchestrator(const std::string& cluster) const {
  for (const ClusterSpec& c : run.clusters)
    if (c.name == cluster) return c.orchestrator;
  check_failed("the cluster exists", __FILE__, __LINE__, cluster);
}

KubeVersion Building::kube_version(const std::string& cluster) const {
  for (const ClusterSpec& c : run.clusters)
    if (c.name == cluster) return *c.kubernetes.version;
  check_failed("the cluster exists", __FILE__, __LINE__, cluster);
}

RunSpec build_run(const LoadedScenario& scenario, const std::string& architecture, const Catalog& catalog,
                  std::int64_t replication) {
  const Value effective = effective_of(scenario, architecture);
  const Field root(effective, scenario.file);
  const Field chosen = root.at("architectures").at(architecture);
  RunSpec run;
  run.replication = replication;
  build_frame(scenario, root, architecture, catalog, run);
  Building building{root, chosen, catalog, run};
  const Instant begins = calendar_begin(run.start, run.catalog_date);
  for (const Field& cluster : chosen.at("clusters").members())
    run.clusters.push_back(build_cluster(cluster, catalog, begins));
  build_node_pools(building);
  build_groups(building);
  build_profiles(building);
  for (const Field& service : root.at("services").members()) run.workloads.push_back(build_service(building, service));
  build_calls(building);
  for (WorkloadSpec& daemon : build_daemons(building)) run.workloads.push_back(std::move(daemon));
  run.job_queues = build_queues(root);
  for (const Field& job : root.at("jobs").members()) run.workloads.push_back(build_job(building, job));
  assume_logs(building);
  build_kubernetes_balancers(building);
  build_managed_draining(building);
  assume_frame(root, building);
  assume_completion(scenario, building);
  assume_images(chosen, building);
  assume_control(building);
  assume_versions(building);
  assume_spot(building);
  assume_addresses(building);
  assume_cpu(building);
  build_faults(building, Field(scenario.effective, scenario.file));
  settle_fidelity(building);
  add_sidecars(building);
  check_task_definitions(building);
  add_system_workloads(building);
  keep_nodes(building);
  assume_profiles(building);
  refuse_unreachable(root.at("network"), run);
  refuse_unreachable_logs(root, run);
  refuse_several_ways(root, run);
  check_prices(run, catalog);  // a missing one is refused before the run
  return run;
}

}  // namespace berth

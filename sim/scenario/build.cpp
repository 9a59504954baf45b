// The order in which a run is built from the completed scenario.
#include "sim/scenario/build.hpp"

#include "sim/base/check.hpp"
#include "sim/base/field.hpp"
#include "sim/observe/meters.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/scalars.hpp"

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
  const CatalogKey key = catalog_key(scenario);
  run.region = key.region;
  run.catalog_date = key.date;
  run.network = build_network(root.at("network"));
  run.network_engine =
      root.at("engine").at("network").text() == "fair_share" ? NetworkEngine::fair_share : NetworkEngine::simgrid;
  run.images = build_images(root.at("images"), catalog);
  run.load_balancers = build_load_balancers(root.at("load_balancers"));
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

/// What the controllers of a platform take for granted that no key says yet.
void assume_control(Building& building) {
  bool eks = false, managed_scaling = false, karpenter = false;
  for (const ClusterSpec& cluster : building.run.clusters) {
    eks = eks || cluster.orchestrator == Orchestrator::eks;
    for (const PoolSpec& pool : cluster.pools) {
      managed_scaling = managed_scaling || pool.scaler.kind == NodeScalerKind::managed_scaling;
      karpenter = karpenter || pool.scaler.kind == NodeScalerKind::karpenter;
    }
  }
  if (eks)
    building.assume("readiness", "pods have a readiness probe every 10 s, and a readiness gate behind a load balancer",
                    "without them a roll-out takes pods away before new ones can serve", "/services/*/eks/probes");
  if (managed_scaling)
    building.assume("managed scaling", "managed termination protection: only instances without tasks go",
                    "the ECS guide pairs it with managed scaling", "");
  if (karpenter)
    building.assume("jobs", "marked do-not-disrupt: consolidation leaves their nodes alone",
                    "an evicted job begins again from nothing", "");
  building.assume("CPU of workloads without demand", "a job uses what it requests while it runs, others use none",
                  "nothing says what they use", "/services/*/demand");
}

}  // namespace

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

RunSpec build_run(const LoadedScenario& scenario, const std::string& architecture, const Catalog& catalog,
                  std::int64_t replication) {
  const Value effective = effective_of(scenario, architecture);
  const Field root(effective, scenario.file);
  const Field chosen = root.at("architectures").at(architecture);
  RunSpec run;
  run.replication = replication;
  build_frame(scenario, root, architecture, catalog, run);
  Building building{root, chosen, catalog, run};
  for (const Field& cluster : chosen.at("clusters").members()) run.clusters.push_back(build_cluster(cluster, catalog));
  for (const Field& service : root.at("services").members()) run.workloads.push_back(build_service(building, service));
  for (WorkloadSpec& daemon : build_daemons(building)) run.workloads.push_back(std::move(daemon));
  for (const Field& job : root.at("jobs").members()) run.workloads.push_back(build_job(building, job));
  assume_frame(root, building);
  assume_completion(scenario, building);
  assume_control(building);
  add_sidecars(building);
  add_system_workloads(building);
  for (const std::string& sku : skus_of(run)) catalog.price(sku);  // a missing price is refused before the run
  return run;
}

}  // namespace berth

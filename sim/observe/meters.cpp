#include "sim/observe/meters.hpp"

#include <algorithm>

#include "sim/observe/call_routes.hpp"
#include "sim/observe/network_metering.hpp"
#include "sim/observe/node_hops.hpp"
#include "sim/observe/rating.hpp"
#include "sim/observe/volume_metering.hpp"

namespace berth {
namespace {

constexpr const char* kGp3Iops = "ebs:gp3:iops_month";
constexpr const char* kGp3Throughput = "ebs:gp3:mbps_month";
constexpr const char* kAddress = "ipv4:hour";
constexpr const char* kExtraStorage = "fargate:ephemeral";

std::int64_t in_mib(Bytes b) { return (b.count() + kMiB.count() - 1) / kMiB.count(); }

std::string fargate_sku(const char* what, bool spot) {
  return std::string("fargate:") + what + ":x86" + (spot ? ":spot" : "");
}
std::string ec2_sku(const std::string& type, bool spot) { return "ec2:" + type + (spot ? ":spot" : ""); }

/// Its version, and so any later one at the earliest, gets out of standard support within the run.
bool may_be_extended(const RunSpec& spec, const ClusterSpec& cluster, const Catalog& catalog) {
  if (cluster.orchestrator != Orchestrator::eks || cluster.kubernetes.support == SupportPolicy::standard) return false;
  const Instant begins = calendar_begin(spec.start, spec.catalog_date);
  const EksVersion* version =
      catalog.eks_version(cluster.kubernetes.version.value_or(catalog.default_eks_version(begins)));
  return version != nullptr && version->standard_end < begins + spec.duration;
}

const char* root_volume_sku(const PoolSpec& pool) {
  return pool.disk.kind == DiskKind::gp2 ? "ebs:gp2:gb_month" : "ebs:gp3:gb_month";
}

/// Local disks come with the instance; of gp3 what is beyond the included performance is billed by itself.
void add_root_volume(const World& world, const PoolSpec& pool, std::vector<Meter>& meters) {
  if (pool.root_volume.count() == 0) return;
  meters.push_back({root_volume_sku(pool), in_mib(pool.root_volume)});
  const auto beyond = [&](std::int64_t provisioned, const char* included, const char* sku) {
    const std::int64_t more = provisioned - static_cast<std::int64_t>(world.catalog().constant(included));
    if (more > 0) meters.push_back({sku, more});
  };
  beyond(pool.disk.iops, "ebs.gp3.iops", kGp3Iops);
  beyond(pool.disk.mib_per_s, "ebs.gp3.mib_per_s", kGp3Throughput);
}

void add_pool_skus(const PoolSpec& pool, std::vector<std::string>& skus) {
  if (pool.launch == Launch::fargate) {
    skus.push_back(fargate_sku("vcpu", pool.spot));
    skus.push_back(fargate_sku("memory", pool.spot));
    return;
  }
  for (const std::string& type : pool.instance_types) skus.push_back(ec2_sku(type, pool.spot));
  if (pool.group.purchase)
    for (const std::string& type : pool.instance_types) skus.push_back(ec2_sku(type, true));
  if (pool.root_volume.count() > 0) skus.push_back(root_volume_sku(pool));
  if (pool.disk.iops > 0) skus.push_back(kGp3Iops);
  if (pool.disk.mib_per_s > 0) skus.push_back(kGp3Throughput);
}

void add_balancer_skus(const LoadBalancerSpec& balancer, std::vector<std::string>& skus) {
  const std::string kind = sku_prefix(balancer.kind);
  skus.push_back(kind + ":hour");
  skus.push_back(kind + (balancer.kind == LoadBalancerKind::clb ? ":gb" : ":lcu"));
  skus.push_back(kAddress);
  skus.push_back("egress:gb");
}

}  // namespace

const char* sku_prefix(LoadBalancerKind kind) {
  switch (kind) {
    case LoadBalancerKind::alb:
      return "alb";
    case LoadBalancerKind::nlb:
      return "nlb";
    case LoadBalancerKind::clb:
      return "clb";
  }
  SIM_CHECK(false);
}

NodeBill node_bill(const World& world, const NodeRow& node, NodeStage stage) {
  // AWS does not bill an instance that shuts down.
  if (node.fargate || stage == NodeStage::requested || stage >= NodeStage::terminating) return NodeBill::nothing;
  const std::optional<WarmPoolSpec>& warm_pool = world[node.pool].spec->warm_pool;
  const bool runs = stage != NodeStage::pooled || (warm_pool && warm_pool->state == WarmState::running);
  return runs ? NodeBill::all : NodeBill::disk;
}

std::vector<Meter> meters_of(const World& world, const NodeRow& node, NodeBill bill) {
  if (bill == NodeBill::nothing) return {};
  const PoolSpec& pool = *world[node.pool].spec;
  std::vector<Meter> meters;
  add_root_volume(world, pool, meters);
  if (bill == NodeBill::disk) return meters;
  meters.insert(meters.begin(), {ec2_sku(world.catalog().instances()[node.type].name, node.spot), 1});
  if (world.spec().network.public_subnets) meters.push_back({kAddress, 1});
  return meters;
}

std::vector<Meter> meters_of(const World& world, const ReplicaRow& replica) {
  const RevisionRow& revision = world[replica.revision];
  SIM_CHECK(revision.fargate.has_value());
  const bool spot = world[replica.pool].spec->spot;
  std::vector<Meter> meters{{fargate_sku("vcpu", spot), in_millicores(revision.fargate->cpu)},
                            {fargate_sku("memory", spot), in_mib(revision.fargate->memory)}};
  const Bytes disk = world.catalog().fargate_storage_provisioned(world[replica.service].spec->ephemeral_storage,
                                                                 is_eks(world, replica.cluster));
  const Bytes included = world.catalog().fargate_storage_included();
  if (disk > included) meters.push_back({kExtraStorage, in_mib(disk - included)});
  if (world.spec().network.public_subnets) meters.push_back({kAddress, 1});
  return meters;
}

Usd cost_of(const World& world, std::span<const Meter> meters, std::int64_t seconds) {
  Usd sum;
  const Duration month = month_of(world.spec().start);
  for (const Meter& m : meters)
    sum += amount(world.catalog().price(m.sku), static_cast<__int128>(m.per_second) * seconds, month);
  return sum;
}

std::int64_t hourly(const World& world, std::span<const Meter> meters) {
  return static_cast<std::int64_t>(cost_of(world, meters, 3600).tenth_nanos());
}

bool on_fargate(const World& world, const ReplicaRow& replica) {
  return replica.pool != kNone<PoolId> && world[replica.pool].spec->launch == Launch::fargate;
}

Time billed_from(const ReplicaRow& replica) {
  return std::min({replica.pull_started, replica.started, replica.healthy});
}

bool begins_bill(const ReplicaMoved& move) {
  return move.from == ReplicaStage::attaching && move.to >= ReplicaStage::pulling && move.to <= ReplicaStage::healthy;
}

Instant in_utc(const World& world, Time t) { return world.spec().start + t.time_since_epoch(); }

BilledSeconds billed_node(const World& world, const NodeRow& node, NodeBill bill, Time until) {
  if (bill == NodeBill::disk) return billed_seconds(in_utc(world, node.pooled), in_utc(world, until), 0);
  const auto minimum = static_cast<std::int64_t>(world.catalog().constant("ec2.bill_minimum_s"));
  return billed_seconds(in_utc(world, node.launched), in_utc(world, until), minimum);
}

BilledSeconds billed_replica(const World& world, const ReplicaRow& replica, Time until) {
  const auto minimum = static_cast<std::int64_t>(world.catalog().constant("fargate.bill_minimum_s"));
  return billed_seconds(in_utc(world, billed_from(replica)), in_utc(world, until), minimum);
}

std::vector<std::string> skus_of(const RunSpec& spec) {
  std::vector<std::string> skus;
  for (const ClusterSpec& cluster : spec.clusters) {
    if (cluster.orchestrator == Orchestrator::eks) {
      skus.push_back("eks:cluster");
      if (!cluster.kubernetes.tier.empty()) skus.push_back("eks:provisioned:" + cluster.kubernetes.tier);
    }
    for (const PoolSpec& pool : cluster.pools) add_pool_skus(pool, skus);
  }
  for (const WorkloadSpec& workload : spec.workloads) {
    if (workload.ephemeral_storage.count() > 0) skus.push_back(kExtraStorage);
    add_volume_skus(workload.volumes, skus);
    if (hops_between_nodes(workload) && spec.network.zones.size() > 1) skus.push_back(kBetweenZones);
  }
  for (const LoadBalancerSpec& balancer : spec.load_balancers) add_balancer_skus(balancer, skus);
  for (const std::string& sku : network_skus(spec)) skus.push_back(sku);
  for (const std::string& sku : byte_skus(spec)) skus.push_back(sku);
  std::sort(skus.begin(), skus.end());
  skus.erase(std::unique(skus.begin(), skus.end()), skus.end());
  return skus;
}

void check_prices(const RunSpec& spec, const Catalog& catalog) {
  for (const std::string& sku : skus_of(spec)) catalog.price(sku);
  for (const ClusterSpec& cluster : spec.clusters)
    if (may_be_extended(spec, cluster, catalog)) catalog.price("eks:cluster:extended");
  for (const ClusterSpec& cluster : spec.clusters)
    for (const PoolSpec& pool : cluster.pools)
      for (const std::string& type : pool.instance_types)
        if (const auto& burstable = catalog.instance(type)->burstable) catalog.price(burstable->sku);
}

}  // namespace berth

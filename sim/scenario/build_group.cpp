// What an Auto Scaling group is asked for: purchase options, its own scaling, and actions by the clock and by people.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"
#include "sim/world/standard_types.hpp"

namespace berth {
namespace {

PurchaseSpec build_mix(const Field& field) {
  const std::string allocation = field.at("allocation").text();
  PurchaseSpec mix;
  mix.on_demand_base = field.at("on_demand_base").whole();
  mix.on_demand_percent = field.at("on_demand_percent").percent();
  mix.allocation = allocation == "price_capacity_optimized" ? Allocation::price_capacity_optimized
                   : allocation == "lowest_price"           ? Allocation::lowest_price
                                                            : Allocation::capacity_optimized;
  return mix;
}

/// A type without a spot price is refused here, not in the middle of a run.
void check_spot_prices(const Field& pool, const Catalog& catalog) {
  for (const Field& type : pool.at("instance_types").items())
    if (!catalog.has_price("ec2:" + type.text() + ":spot"))
      type.fail("an instance type with a price for spot use in " + catalog.key().region, type.shown(),
                "choose another type or region; see `berth catalog`");
}

GroupMetric metric_of(const Field& policy) {
  const std::string metric = policy.at("metric").text();
  return metric == "cpu"               ? GroupMetric::cpu
         : metric == "cpu_reservation" ? GroupMetric::cpu_reservation
                                       : GroupMetric::memory_reservation;
}

GroupPolicySpec build_tracking(const Field& field) {
  GroupPolicySpec policy;
  policy.name = field.key();
  policy.metric = metric_of(field);
  policy.warmup = field.at("warmup").duration();
  policy.tracking = TargetTrackingSpec{field.at("target").percent(), {}, {}, field.at("scale_in").truth()};
  return policy;
}

GroupPolicySpec build_steps(const Field& field, const Catalog& catalog) {
  GroupPolicySpec policy;
  policy.name = field.key();
  policy.metric = metric_of(field);
  policy.warmup = field.at("warmup").duration();
  policy.datapoints = field.at("datapoints").whole();
  policy.simple = field.at("simple").truth();
  policy.steps = build_step_scaling(field);
  policy.steps->threshold = field.at("threshold").percent();
  const auto cooldown = field.find("cooldown");
  policy.steps->cooldown = cooldown ? cooldown->duration() : from_seconds(catalog.constant("asg.cooldown_s"));
  return policy;
}

std::optional<std::int64_t> whole(const Field& object, const char* key) {
  const auto there = object.find(key);
  return there ? std::optional(there->whole()) : std::nullopt;
}

/// An action after the end of the run is none.
ScheduledActionSpec build_action(const Building& building, const Field& field) {
  ScheduledActionSpec action;
  action.name = field.key();
  action.min = whole(field, "min");
  action.max = whole(field, "max");
  action.desired = whole(field, "desired");
  if (const auto at = field.find("at")) {
    if (at->duration() < building.run.duration) action.at = {Time{at->duration()}};
    return action;
  }
  action.at = cron_moments(building, field.at("cron"));
  return action;
}

void build_scaling(const Building& building, const Field& scaler, GroupSpec& group) {
  if (!scaler.is(Value::Kind::object)) return;
  if (const auto f = scaler.find("asg_target_tracking")) group.policies.push_back(build_tracking(*f));
  if (const auto all = scaler.find("asg_step"))
    for (const Field& f : all->members()) group.policies.push_back(build_steps(f, building.catalog));
  if (const auto all = scaler.find("scheduled"))
    for (const Field& f : all->members()) group.scheduled.push_back(build_action(building, f));
  if (const auto all = scaler.find("by_hand"))
    for (const Field& f : all->items()) group.by_hand.push_back(build_action(building, f));
}

Termination termination_of(const std::string& policy) {
  return policy == "oldest_instance"       ? Termination::oldest_instance
         : policy == "newest_instance"     ? Termination::newest_instance
         : policy == "allocation_strategy" ? Termination::allocation_strategy
                                           : Termination::standard;
}

/// What is not written is as AWS has it on that day.
GroupSpec build_group(const Building& building, const Field& pool, const PoolSpec& spec) {
  const Catalog& catalog = building.catalog;
  GroupSpec group;
  if (pool.at("purchase").is(Value::Kind::object)) {
    group.purchase = build_mix(pool.at("purchase"));
    check_spot_prices(pool, catalog);
  }
  group.az_rebalance = spec.scaler.kind != NodeScalerKind::cluster_autoscaler;
  group.health_check_grace = from_seconds(catalog.constant("asg.health_check_grace_s"));
  build_scaling(building, pool.at("scaler"), group);
  const auto written = pool.find("group");
  if (!written) return group;
  group.desired = whole(*written, "desired");
  group.termination = termination_of(written->at("termination_policy").text());
  group.detailed_monitoring = written->at("detailed_monitoring").truth();
  if (const auto f = written->find("az_rebalance")) group.az_rebalance = f->truth();
  if (const auto f = written->find("refresh"); f && f->at("at").duration() < building.run.duration)
    group.refresh = RefreshSpec{Time{f->at("at").duration()}, f->at("min_healthy").percent()};
  if (const auto f = written->find("health_check_grace")) group.health_check_grace = f->duration();
  return group;
}

double quota(const Building& building, const char* name) {
  const auto raised = building.run.quotas.find(name);
  return raised != building.run.quotas.end() ? raised->second : building.catalog.quota(name);
}

/// A group that may come to the quota is told of it: an account's own may be another.
void assume_quota(Building& building, const std::string& path, const PoolSpec& pool) {
  std::int64_t vcpu = 0;
  for (const std::string& name : pool.instance_types) {
    const InstanceType& type = *building.catalog.instance(name);
    if (is_standard(type)) vcpu = std::max(vcpu, type.vcpu);
  }
  const double most = quota(building, "ec2_standard_vcpu");
  if (static_cast<double>(vcpu * pool.max) <= most) return;
  building.assume("pool " + pool.name, fmt::format("EC2 lets the account have {:g} vCPU on demand", most),
                  fmt::format("{} may want {}; models/quotas.json has an established account's", path, vcpu * pool.max),
                  "/account/quotas/ec2_standard_vcpu");
}

/// How many a strategy may hold is a quota of the account, so the catalog's day decides.
void check_strategy_sizes(const Building& building, const Field& cluster) {
  const double most = quota(building, "ecs_capacity_providers_per_strategy");
  for (const Field& entry : cluster.at("runs_on").members())
    if (entry.is(Value::Kind::list) && static_cast<double>(entry.items().size()) > most)
      entry.fail(fmt::format("at most {:g} capacity providers in one strategy", most),
                 fmt::format("{}", entry.items().size()), "list fewer pools, or take a later catalog date");
}

bool is_written(const Field& object, const char* outer, const char* key) {
  const auto there = object.find(outer);
  return there && there->is(Value::Kind::object) && there->has(key);
}

void assume_group(Building& building, const Field& written, const PoolSpec& pool) {
  const std::string subject = "pool " + pool.name;
  if (pool.scaler.kind == NodeScalerKind::managed_scaling &&
      !is_written(written.at("scaler"), "managed_scaling", "termination_protection"))
    building.assume(subject, "managed termination protection: only instances without tasks go",
                    "the ECS guide pairs it with managed scaling; the console leaves it off",
                    written.pointer() + "/scaler/managed_scaling/termination_protection");
  if (pool.scaler.kind == NodeScalerKind::managed_scaling && pool.scaler.target_capacity < 100 && pool.min == 0)
    building.assume(subject, "one instance stays when no task is left",
                    "a target below 100 % cannot scale in to zero; how AWS rests there is not documented",
                    written.pointer() + "/scaler/managed_scaling/target_capacity");
  if (!is_written(written, "group", "az_rebalance"))
    building.assume(
        subject, pool.group.az_rebalance ? "the group balances its zones" : "the group leaves zones alone",
        pool.group.az_rebalance ? "AWS's default" : "the Cluster Autoscaler's guide wants AZRebalance suspended",
        written.pointer() + "/group/az_rebalance");
  if (pool.group.purchase && pool.group.purchase->allocation != Allocation::lowest_price)
    building.assume(subject, "spot capacity is where Spot Advisor saw fewest interruptions",
                    "how much spot capacity EC2 has is not published", written.pointer() + "/purchase/allocation");
  for (const GroupPolicySpec& policy : pool.group.policies)
    if (policy.metric == GroupMetric::cpu) {
      building.assume(subject, "an instance's CPU is what its replicas use", "the system's own use is not simulated",
                      "");
      return;
    }
}

/// Tasks by launch type know of no provider; a daemon's have no strategy that could name one.
bool is_capacity_provider(const Building& building, const ClusterSpec& cluster, const PoolSpec& pool) {
  if (pool.scaler.kind == NodeScalerKind::managed_scaling) return true;
  const auto takes = [&](const PoolShare& share) { return share.pool == pool.name; };
  return std::any_of(building.run.workloads.begin(), building.run.workloads.end(), [&](const WorkloadSpec& w) {
    return w.kind != WorkloadKind::daemon && w.cluster == cluster.name && !w.ecs.launch_type &&
           std::any_of(w.pools.begin(), w.pools.end(), takes);
  });
}

void build_draining(Building& building, const ClusterSpec& cluster, const Field& written, PoolSpec& pool) {
  if (is_written(written, "group", "draining")) {
    pool.group.draining = written.at("group").at("draining").truth();
    return;
  }
  const bool provider = is_capacity_provider(building, cluster, pool);
  pool.group.draining = provider && building.catalog.constant("ecs.managed_draining") != 0;
  building.assume("pool " + pool.name, pool.group.draining ? "managed draining" : "no managed draining",
                  provider ? "the default of capacity providers on the catalog's day"
                           : "it belongs to capacity providers, and all tasks here come by launch type",
                  written.pointer() + "/group/draining");
}

}  // namespace

void build_groups(Building& building) {
  for (ClusterSpec& cluster : building.run.clusters) {
    const bool ecs = cluster.orchestrator == Orchestrator::ecs;
    const Field written = building.architecture.at("clusters").at(cluster.name);
    if (ecs) check_strategy_sizes(building, written);
    const Field pools = written.at("pools");
    for (PoolSpec& pool : cluster.pools) {
      if (pool.launch != Launch::ec2 || pool.scaler.kind == NodeScalerKind::karpenter) continue;
      pool.group = build_group(building, pools.at(pool.name), pool);
      assume_group(building, pools.at(pool.name), pool);
      assume_quota(building, pools.at(pool.name).pointer() + "/max", pool);
    }
  }
}

void build_managed_draining(Building& building) {
  for (ClusterSpec& cluster : building.run.clusters) {
    if (cluster.orchestrator != Orchestrator::ecs) continue;
    const Field pools = building.architecture.at("clusters").at(cluster.name).at("pools");
    for (PoolSpec& pool : cluster.pools)
      if (pool.launch == Launch::ec2) build_draining(building, cluster, pools.at(pool.name), pool);
  }
}

}  // namespace berth

// Network, load balancers, clusters and pools.
#include "sim/lifecycle/delays.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/selectors.hpp"
#include "sim/scenario/subnets.hpp"
#include "sim/scenario/version_findings.hpp"

namespace berth {
namespace {

void build_managed_scaling(const Field& f, NodeScalerSpec& scaler) {
  scaler.kind = NodeScalerKind::managed_scaling;
  scaler.target_capacity = f.at("target_capacity").percent();
  scaler.instance_warmup = f.at("instance_warmup").duration();
  scaler.min_step = f.at("min_step").whole();
  scaler.max_step = f.at("max_step").whole();
  if (const auto protects = f.find("termination_protection")) scaler.termination_protection = protects->truth();
}

NodeScalerSpec build_scaler(const Field& field) {
  NodeScalerSpec scaler;
  if (field.is(Value::Kind::text)) return scaler;
  if (auto f = field.find("managed_scaling")) build_managed_scaling(*f, scaler);
  if (field.has("karpenter")) scaler.kind = NodeScalerKind::karpenter;  // its settings: build_node_pools
  if (auto f = field.find("cluster_autoscaler")) {
    scaler.kind = NodeScalerKind::cluster_autoscaler;
    scaler.unneeded_time = f->at("unneeded_time").duration();
    scaler.utilisation_threshold = f->at("utilisation_threshold").percent() / 100;
  }
  return scaler;
}

/// The type must exist and have a price: both are refused here, not in the middle of a run.
void check_instance_type(const Field& field, const Catalog& catalog, bool spot) {
  const InstanceType* type = catalog.instance(field.text());
  if (type == nullptr) {
    std::vector<std::string> known;
    for (const InstanceType& t : catalog.instances()) known.push_back(t.name);
    const std::string near = nearest(field.text(), known);
    field.fail("an instance type of models/instance_types.csv", field.shown(),
               near.empty() ? "see `berth catalog`" : "write \"" + near + "\"");
  }
  const std::string sku = "ec2:" + type->name + (spot ? ":spot" : "");
  if (!catalog.has_price(sku))
    field.fail("an instance type with a price for " + std::string(spot ? "spot" : "on-demand") + " use in " +
                   catalog.key().region,
               field.shown(), "choose another type or region; see `berth catalog`");
}

/// The image that was asked for, where it existed on the catalog's day; else Amazon's default of that day, on EKS of
/// the cluster's version.
std::string build_ami(const Field& pool, const ClusterSpec& cluster, const Catalog& catalog) {
  const Orchestrator orchestrator = cluster.orchestrator;
  const auto exists = [&](const std::string& ami) { return catalog.has_latency(boot_latency(orchestrator, ami)); };
  const auto asked = pool.find("ami");
  if (!asked) {
    const double is_default = orchestrator == Orchestrator::eks
                                  ? catalog.constant("eks.ami.al2023_is_default", *cluster.kubernetes.version)
                                  : catalog.constant("ecs.ami.al2023_is_default");
    return is_default != 0 && exists("al2023") ? "al2023" : "al2";
  }
  if (!exists(asked->text()))
    asked->fail("an image that exists on " + iso8601(catalog.key().date).substr(0, 10), asked->shown(),
                "write \"al2\", or choose a later catalog date");
  return asked->text();
}

WarmPoolSpec build_warm_pool(const Field& field) {
  WarmPoolSpec spec;
  spec.min = field.at("min").whole();
  if (auto most = field.find("max_prepared")) spec.max_prepared = most->whole();
  const std::string state = field.at("state").text();
  spec.state = state == "running"      ? WarmState::running
               : state == "hibernated" ? WarmState::hibernated
                                       : WarmState::stopped;
  spec.reuse = field.at("reuse").truth();
  if (auto images = field.find("images"))
    for (const Field& image : images->items()) spec.images.push_back(image.text());
  return spec;
}

PoolSpec build_pool(const Field& field, const ClusterSpec& cluster, const Catalog& catalog) {
  const Orchestrator orchestrator = cluster.orchestrator;
  PoolSpec pool;
  pool.name = field.key();
  pool.launch = field.at("kind").text() == "fargate" ? Launch::fargate : Launch::ec2;
  pool.spot = bought_by(field).only_spot();
  build_spot(field, orchestrator, catalog, pool);
  if (pool.launch == Launch::fargate) return pool;
  if (const auto types = field.find("instance_types"))
    for (const Field& type : types->items()) {
      check_instance_type(type, catalog, pool.spot);
      pool.instance_types.push_back(type.text());
    }
  if (auto zones = field.find("zones"))
    for (const Field& zone : zones->items()) pool.zones.push_back(zone.text());
  pool.min = field.at("min").whole();
  if (const auto max = field.find("max")) pool.max = max->whole();
  pool.ami = build_ami(field, cluster, catalog);
  pool.update = build_node_update(field, orchestrator, catalog);
  if (const auto credits = field.find("cpu_credits")) pool.unlimited_credits = credits->text() == "unlimited";
  if (const auto trunking = field.find("eni_trunking")) pool.eni_trunking = trunking->truth();
  if (const auto labels = field.find("labels")) {
    if (orchestrator == Orchestrator::eks) pool.labels = read_labels(*labels);
    else
      for (const Field& label : labels->members()) pool.labels[label.key()] = label.text();
  }
  if (const auto taints = field.find("taints"))
    for (const Field& taint : taints->items()) pool.taints.push_back(read_taint(taint));
  if (auto warm = field.find("warm_pool")) pool.warm_pool = build_warm_pool(*warm);
  build_node_disk(field, catalog, pool);
  pool.scaler = build_scaler(field.at("scaler"));
  if (field.at("scaler").is(Value::Kind::object))
    for (const char* on_group : {"asg_target_tracking", "asg_step"})
      if (field.at("scaler").has(on_group)) pool.scaler.kind = NodeScalerKind::policies;
  return pool;
}

std::optional<double> bandwidth(const Field& object, const char* key) {
  const auto there = object.find(key);
  return there ? std::optional(there->bytes_per_second()) : std::nullopt;
}

RegistryLimits build_limits(const Field& registry) {
  return {bandwidth(registry, "per_connection"), bandwidth(registry, "per_client")};
}

/// kubernetes v1.30.0, pkg/scheduler/apis/config/validation: at least one resource, with a weight of 1 to 100.
void build_weights(const Field& resources, KubeSchedulerSpec& spec) {
  constexpr std::int64_t kMostWeight = 100;
  if (resources.members().empty())
    resources.fail("at least one resource", "none", "write {\"cpu\": 1, \"memory\": 1}, or remove it");
  const auto weight = [&](const char* name) {
    const auto written = resources.find(name);
    return written ? written->whole(1, kMostWeight) : 0;
  };
  spec.cpu_weight = weight("cpu");
  spec.memory_weight = weight("memory");
}

}  // namespace

/// Points as kube-scheduler accepts them: ascending, from 0 to 100 % and from 0 to 10.
KubeSchedulerSpec build_scheduler(const Field& field) {
  using Score = KubeSchedulerSpec::Score;
  KubeSchedulerSpec spec;
  const std::string score = field.at("score").text();
  spec.score = score == "most_allocated"    ? Score::most_allocated
               : score == "least_allocated" ? Score::least_allocated
                                            : Score::requested_to_capacity_ratio;
  if (const auto percent = field.find("percent_of_nodes")) {
    spec.percent_of_nodes = static_cast<std::int64_t>(percent->percent());
    if (spec.percent_of_nodes < 1 || spec.percent_of_nodes > 100)
      percent->fail("1 to 100 percent", percent->shown(), "remove it: the number of nodes decides then");
  }
  if (const auto qps = field.find("qps")) spec.qps = qps->number(1, 1e5);
  if (const auto burst = field.find("burst")) spec.burst = static_cast<double>(burst->whole(1, 1'000'000));
  if (const auto resources = field.find("resources")) build_weights(*resources, spec);
  const auto shape = field.find("shape");
  const bool by_shape = spec.score == Score::requested_to_capacity_ratio;
  if (shape.has_value() != by_shape)
    field.fail(by_shape ? "the shape of requested_to_capacity_ratio" : "a shape only of requested_to_capacity_ratio",
               by_shape ? "none" : "one",
               by_shape ? "write \"shape\": [{\"utilisation\": 0, \"score\": 0}, {\"utilisation\": 100, \"score\": 10}]"
                        : "remove " + shape->pointer());
  if (!shape) return spec;
  for (const Field& point : shape->items()) {
    const auto utilisation = static_cast<std::int64_t>(point.at("utilisation").percent());
    const bool ascends = spec.shape.empty() || utilisation > spec.shape.back().utilisation;
    if (utilisation > 100 || !ascends)
      point.at("utilisation")
          .fail("ascending percents up to 100", point.at("utilisation").shown(), "put lower ones first");
    spec.shape.push_back({utilisation, point.at("score").whole(0, 10)});
  }
  if (spec.shape.empty()) shape->fail("at least one point", "none", "write [{\"utilisation\": 0, \"score\": 10}]");
  return spec;
}

namespace {

/// EKS user guide, control-plane-configuration.
void check_sync_period(const Field& period, const VersionSpec& kubernetes, const Catalog& catalog) {
  const Duration least = from_seconds(catalog.constant("eks.hpa_sync_least_s"));
  const Duration most = from_seconds(catalog.constant("hpa.period_s"));
  if (!sets_parameters(catalog, *kubernetes.version))
    period.fail("no such key before 2026-08-12 and Kubernetes 1.31: EKS syncs HPAs every " + say(most), period.shown(),
                "remove it, or choose a later catalog date and a later version");
  if (kubernetes.tier.empty())
    period.fail("a Provisioned Control Plane: with the standard one EKS syncs HPAs every " + say(most), period.shown(),
                "remove it, or write \"control_plane\": \"xl\" in the cluster");
  if (period.duration() < least || period.duration() > most)
    period.fail(say(least) + " to " + say(most), period.shown(), "write \"" + say(least) + "\"");
}

}  // namespace

NetworkSpec build_routing(const Field& network) {
  NetworkSpec spec;
  spec.zones = zone_names(network.at("zones"));
  const std::string nat = network.at("nat").text();
  spec.nat = nat == "single" ? NatMode::single : nat == "none" ? NatMode::none : NatMode::per_zone;
  for (const Field& endpoint : network.at("endpoints").items()) spec.endpoints.push_back(endpoint.text());
  spec.public_subnets = network.at("subnets").text() == "public";
  const Field registries = network.at("registry");
  spec.ecr = build_limits(registries.at("ecr"));
  spec.outside = build_limits(registries.at("public"));
  spec.mirror = build_limits(registries.at("mirror"));
  spec.mirror_rate = bandwidth(registries.at("mirror"), "rate");
  return spec;
}

NetworkSpec build_network(const Field& network, const Catalog& catalog) {
  NetworkSpec spec = build_routing(network);
  build_addresses(network, catalog, spec);
  return spec;
}

std::vector<LoadBalancerSpec> build_load_balancers(const Field& load_balancers, const Catalog& catalog) {
  std::vector<LoadBalancerSpec> specs;
  for (const Field& lb : load_balancers.members()) {
    const std::string kind = lb.at("kind").text();
    specs.push_back({lb.key(),
                     kind == "nlb"   ? LoadBalancerKind::nlb
                     : kind == "clb" ? LoadBalancerKind::clb
                                     : LoadBalancerKind::alb,
                     lb.at("scheme").text() == "internal",
                     {}});
    if (const auto zones = lb.find("zones")) specs.back().zones = zone_names(*zones);
    specs.back().written = lb.key();
    const auto cross_zone = lb.find("cross_zone");
    specs.back().cross_zone = cross_zone ? cross_zone->truth() : catalog.constant(kind + ".cross_zone") != 0;
    if (const auto ingress = lb.find("ingress")) specs.back().ingress_each = ingress->text() == "one_each";
    build_connections(lb, specs.back());
  }
  return specs;
}

ClusterSpec build_cluster(const Field& cluster, const Catalog& catalog, Instant begins) {
  ClusterSpec spec;
  spec.name = cluster.key();
  spec.orchestrator = cluster.at("orchestrator").text() == "eks" ? Orchestrator::eks : Orchestrator::ecs;
  spec.kubernetes = build_versions(cluster, catalog, begins);
  if (const auto manager = cluster.find("controller_manager")) {
    if (spec.orchestrator == Orchestrator::ecs)
      manager->fail("no such key on ECS: it has no controller manager", manager->shown(), "remove it");
    if (const auto qps = manager->find("qps")) spec.controller_manager.qps = qps->number();
    if (const auto burst = manager->find("burst")) spec.controller_manager.burst = burst->whole();
    if (const auto period = manager->find("hpa_sync_period")) {
      check_sync_period(*period, spec.kubernetes, catalog);
      spec.controller_manager.hpa_sync_period = period->duration();
    }
  }
  if (const auto scheduler = cluster.find("scheduler")) spec.scheduler = build_scheduler(*scheduler);
  if (const auto resolution = cluster.find("metrics_resolution")) {
    const Duration least = from_seconds(catalog.constant("hpa.least_resolution_s"));
    if (spec.orchestrator == Orchestrator::ecs)
      resolution->fail("no such key on ECS, which has CloudWatch and no metrics-server", resolution->shown(),
                       "remove it; ecs/scaling of a service has \"metric_period\"");
    if (resolution->duration() < least)
      resolution->fail("at least " + say(least) + ", the least of metrics-server", resolution->shown(),
                       "write \"" + say(least) + "\"");
    spec.metrics_resolution = resolution->duration();
  }
  for (const Field& pool : cluster.at("pools").members()) spec.pools.push_back(build_pool(pool, spec, catalog));
  if (const auto autoscaler = cluster.find("cluster_autoscaler")) spec.autoscaler = build_autoscaler(*autoscaler, spec);
  return spec;
}

}  // namespace berth

// Network, load balancers, clusters and pools.
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

void build_managed_scaling(const Field& f, NodeScalerSpec& scaler) {
  scaler.kind = NodeScalerKind::managed_scaling;
  scaler.target_capacity = f.at("target_capacity").percent();
  scaler.instance_warmup = f.at("instance_warmup").duration();
  scaler.min_step = f.at("min_step").whole();
  scaler.max_step = f.at("max_step").whole();
}

NodeScalerSpec build_scaler(const Field& field) {
  NodeScalerSpec scaler;
  if (field.is(Value::Kind::text)) return scaler;
  if (auto f = field.find("managed_scaling")) build_managed_scaling(*f, scaler);
  if (auto f = field.find("karpenter")) {
    scaler.kind = NodeScalerKind::karpenter;
    scaler.consolidate_after = f->at("consolidate_after").duration();
  }
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

PoolSpec build_pool(const Field& field, const Catalog& catalog) {
  PoolSpec pool;
  pool.name = field.key();
  pool.launch = field.at("kind").text() == "fargate" ? Launch::fargate : Launch::ec2;
  pool.spot = field.at("purchase").text() == "spot";
  if (pool.launch == Launch::fargate) return pool;
  for (const Field& type : field.at("instance_types").items()) {
    check_instance_type(type, catalog, pool.spot);
    pool.instance_types.push_back(type.text());
  }
  if (auto zones = field.find("zones"))
    for (const Field& zone : zones->items()) pool.zones.push_back(zone.text());
  pool.min = field.at("min").whole();
  pool.max = field.at("max").whole();
  pool.ami = field.at("ami").text();
  build_node_disk(field, catalog, pool);
  pool.scaler = build_scaler(field.at("scaler"));
  return pool;
}

}  // namespace

NetworkSpec build_network(const Field& network) {
  NetworkSpec spec;
  spec.zones.clear();
  for (const Field& zone : network.at("zones").items()) spec.zones.push_back(zone.text());
  const std::string nat = network.at("nat").text();
  spec.nat = nat == "single" ? NatMode::single : nat == "none" ? NatMode::none : NatMode::per_zone;
  for (const Field& endpoint : network.at("endpoints").items()) spec.endpoints.push_back(endpoint.text());
  return spec;
}

std::vector<LoadBalancerSpec> build_load_balancers(const Field& load_balancers) {
  std::vector<LoadBalancerSpec> specs;
  for (const Field& lb : load_balancers.members()) {
    const std::string kind = lb.at("kind").text();
    specs.push_back({lb.key(),
                     kind == "nlb"   ? LoadBalancerKind::nlb
                     : kind == "clb" ? LoadBalancerKind::clb
                                     : LoadBalancerKind::alb,
                     lb.at("scheme").text() == "internal"});
  }
  return specs;
}

ClusterSpec build_cluster(const Field& cluster, const Catalog& catalog) {
  ClusterSpec spec;
  spec.name = cluster.key();
  spec.orchestrator = cluster.at("orchestrator").text() == "eks" ? Orchestrator::eks : Orchestrator::ecs;
  for (const Field& pool : cluster.at("pools").members()) spec.pools.push_back(build_pool(pool, catalog));
  return spec;
}

}  // namespace berth

#include "sim/observe/capacity_units.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/observe/meters.hpp"

namespace berth {
namespace {

/// Of a GB of transfer (models/prices.json: 2^30 bytes).
constexpr std::int64_t kTransferGb = 1'073'741'824;
constexpr double kHour_s = 3600;

}  // namespace

/// As many connections are open as begin in their life (Little's law).
std::int64_t micro_capacity_units(const LoadBalancerSpec& balancer, const BalancedTraffic& traffic,
                                  const Catalog& catalog) {
  const ConnectionSpec& spec = balancer.connections;
  const std::string of = std::string(sku_prefix(balancer.kind)) + (spec.tls ? ".tls.lcu." : ".lcu.");
  const double on_one =
      spec.requests ? static_cast<double>(*spec.requests) : catalog.constant("alb.requests_per_connection");
  const double life_s = spec.life ? seconds(*spec.life) : catalog.constant("balancer.connection_life_s");
  const auto requests = static_cast<double>(traffic.requests);
  const double connections = requests / on_one;
  const double by_new = connections / (catalog.constant(of + "new_connections_per_s") * kHour_s);
  const double by_open = connections * life_s / kHour_s / catalog.constant(of + "active_connections");
  const double by_bytes = static_cast<double>(traffic.bytes) / (catalog.constant(of + "gb_per_hour") * kTransferGb);
  double most = std::max({by_new, by_open, by_bytes});
  if (balancer.kind == LoadBalancerKind::alb) {
    const double rules = std::max(0.0, static_cast<double>(spec.rules) - catalog.constant("alb.free_rules"));
    most = std::max(most, requests * rules / (catalog.constant("alb.lcu.rule_evaluations_per_s") * kHour_s));
  }
  return static_cast<std::int64_t>(std::ceil(most * 1e6));
}

bool billed_between_zones(const LoadBalancerSpec& balancer, const Catalog& catalog) {
  return catalog.constant(std::string(sku_prefix(balancer.kind)) + ".between_zones_billed") != 0;
}

std::vector<Assumption> balancer_assumptions(const RunSpec& spec, const Catalog& catalog) {
  std::vector<Assumption> rows;
  if (spec.load_balancers.empty()) return rows;
  const auto any = [&](auto&& is) { return std::any_of(spec.load_balancers.begin(), spec.load_balancers.end(), is); };
  const auto bills_zones = [&](const LoadBalancerSpec& b) { return b.cross_zone && billed_between_zones(b, catalog); };
  const auto add = [&](std::string assumed, const char* why, const char* knob) {
    rows.push_back({"load balancers", std::move(assumed), why, knob});
  };
  if (any([](const LoadBalancerSpec& b) { return b.kind != LoadBalancerKind::clb && !b.connections.requests; }))
    add(fmt::format("{:g} requests on a connection", catalog.constant("alb.requests_per_connection")),
        "capacity units count new connections, traces count requests", "/load_balancers/*/requests_per_connection");
  if (any([](const LoadBalancerSpec& b) { return b.kind != LoadBalancerKind::clb && !b.connections.life; }))
    add(fmt::format("a connection is open for {:g} s", catalog.constant("balancer.connection_life_s")),
        "capacity units count open connections, traces count requests", "/load_balancers/*/connection_life");
  if (any([](const LoadBalancerSpec& b) { return b.kind == LoadBalancerKind::alb && b.connections.rules == 0; }))
    add(fmt::format("no request is held against more than {:g} rules", catalog.constant("alb.free_rules")),
        "so many cost nothing", "/load_balancers/*/rules");
  add("those that face the internet have one public address per zone, their answers are egress",
      "internet-facing is AWS's default scheme", "/load_balancers/*/scheme");
  if (any([&](const LoadBalancerSpec& b) { return !bills_zones(b); }))
    add("traffic to targets in other zones is not billed", "as AWS does behind ALB and CLB", "");
  if (any(bills_zones) && spec.network.zones.size() > 1)
    add("an NLB with cross-zone load balancing sends to other zones what their share of the targets is, billed in both "
        "directions",
        "clients spread evenly over its addresses", "/load_balancers/*/cross_zone");
  return rows;
}

}  // namespace berth

// Links are made ahead of their use and lent, because a flow model may not take new ones late.
#include "sim/lifecycle/pull_routes.hpp"

namespace berth {
namespace {

constexpr double kBytesPerMiB = 1024.0 * 1024.0;
constexpr double kBytesPerGbit = 1e9 / 8;

}  // namespace

PullRoutes::PullRoutes(const World& world, Network& network)
    : world_(world),
      network_(network),
      region_(world.spec().network),
      connection_rate_(world.catalog().constant("pull.connection_mib_per_s") * kBytesPerMiB) {
  const double nat_rate = world.catalog().constant("nat.gbit_per_s") * kBytesPerGbit;
  for (std::size_t nat = 0; nat < region_.nat_gateways(); ++nat)
    gateways_.push_back({network_.add_link("nat/" + std::to_string(nat), nat_rate), {}});
  const double endpoint_rate = world.catalog().constant("s3_endpoint.gbit_per_s") * kBytesPerGbit;
  gateways_.push_back({network_.add_link("s3-endpoint", endpoint_rate), {}});
}

void PullRoutes::open(NodeId node) {
  if (lent_.count(node) != 0) return;
  const std::size_t via = gateway_of(world_[node].zone);
  std::vector<LinkId>& idle = gateways_[via].idle;
  if (idle.empty()) idle.push_back(network_.add_link(world_.name(node), nic_rate(node)));
  const LinkId link = idle.back();
  idle.pop_back();
  network_.set_capacity(link, nic_rate(node));
  lent_.emplace(node, Lent{via, link});
}

void PullRoutes::close(NodeId node) {
  const auto known = lent_.find(node);
  if (known == lent_.end()) return;
  gateways_[known->second.gateway].idle.push_back(known->second.link);
  lent_.erase(known);
}

FlowId PullRoutes::download(NodeId node, Bytes bytes) {
  const Lent& lent = lent_.at(node);
  return network_.start(Route{lent.link, gateways_[lent.gateway].link}, bytes, connection_rate_);
}

std::size_t PullRoutes::gateway_of(ZoneId zone) const {
  const std::optional<WayOut> way = region_.way_to_registry(zone);
  SIM_CHECK(way.has_value());  // refused when the scenario was read
  return way->kind == WayOut::Kind::nat_gateway ? way->gateway : gateways_.size() - 1;
}

double PullRoutes::nic_rate(NodeId node) const {
  const NodeRow& row = world_[node];
  if (row.fargate) return world_.catalog().constant("fargate.network_mib_per_s") * kBytesPerMiB;
  return world_.catalog().instances()[row.type].network_burst;
}

}  // namespace berth

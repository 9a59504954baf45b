// Links are made ahead of their use and lent, because a flow model may not take new ones late.
#include "sim/lifecycle/node_links.hpp"

#include <algorithm>

namespace berth {

NodeLinks::NodeLinks(const World& world, Agenda& agenda, Network& network, std::size_t shelves)
    : world_(world),
      agenda_(agenda),
      network_(network),
      idle_(shelves),
      fargate_rate_(world.catalog().constant("fargate.network_mib_per_s") * static_cast<double>(kMiB.count())),
      burst_(from_seconds(world.catalog().constant("network.burst_s"))) {}

void NodeLinks::lend(NodeId node, std::size_t shelf, double most) {
  SIM_CHECK(!lent(node));
  Interface* const interface = interface_of(node);
  const NodeRow& row = world_[node];
  const double rate = interface != nullptr ? interface->credits.rate()
                      : row.fargate        ? fargate_rate_
                                           : world_.catalog().instances()[row.type].network_baseline;
  std::vector<Link>& idle = idle_[shelf];
  if (idle.empty()) idle.push_back({network_.add_link(world_.name(node), rate), 0});
  const Lent& lent = lent_.emplace(node, Lent{idle.back(), shelf, most, 0, 0}).first->second;
  idle.pop_back();
  if (interface != nullptr) follow(node, lent, *interface);
  else network_.set_capacity(lent.link.id, std::min(rate, most));
}

void NodeLinks::take_back(NodeId node) {
  const auto known = lent_.find(node);
  SIM_CHECK(known != lent_.end());
  Lent& lent = known->second;
  if (Interface* const interface = interface_of(node)) count(lent, *interface, lent.came);
  lent.link.passed += lent.came;
  idle_[lent.shelf].push_back(lent.link);
  lent_.erase(known);
}

LinkId NodeLinks::link_to_start(NodeId node) {
  Lent& lent = lent_.at(node);
  Interface* const interface = interface_of(node);
  if (interface != nullptr && interface->credits.spent()) {  // it may have earned some by now
    count(lent, *interface, network_.carried(lent.link.id) - lent.link.passed);
    follow(node, lent, *interface);
  }
  return lent.link.id;
}

void NodeLinks::came(NodeId node, Bytes bytes) { lent_.at(node).came += static_cast<double>(bytes.count()); }

void NodeLinks::on(const BurstOver& e) {
  Interface& interface = interfaces_.at(e.node);
  interface.asked = false;
  const auto known = lent_.find(e.node);
  if (known == lent_.end()) return;  // it rests, and its credits rise
  Lent& lent = known->second;
  count(lent, interface, network_.carried(lent.link.id) - lent.link.passed);
  follow(e.node, lent, interface);
}

void NodeLinks::stopped(NodeId node) {
  const auto known = interfaces_.find(node);
  if (known != interfaces_.end()) known->second.asked = false;
}

/// Its credits up to now, where it has any; null where it goes at one rate for ever.
NodeLinks::Interface* NodeLinks::interface_of(NodeId node) {
  const NodeRow& row = world_[node];
  if (row.fargate) return nullptr;
  const InstanceType& type = world_.catalog().instances()[row.type];
  if (type.network_burst <= type.network_baseline) return nullptr;
  const auto known = interfaces_.find(node);
  if (known == interfaces_.end()) {
    const NicCredits full(type.network_baseline, type.network_burst, burst_, agenda_.now());
    return &interfaces_.emplace(node, Interface{full}).first->second;
  }
  if (!lent(node)) known->second.credits.pass(agenda_.now(), 0);
  return &known->second;
}

void NodeLinks::count(Lent& lent, Interface& interface, double total) {
  interface.credits.pass(agenda_.now(), std::max(0.0, total - lent.counted));
  lent.counted = std::max(lent.counted, total);
}

void NodeLinks::follow(NodeId node, const Lent& lent, Interface& interface) {
  network_.set_capacity(lent.link.id, std::min(interface.credits.rate(), lent.most));
  if (interface.credits.spent() || interface.asked) return;
  interface.asked = true;
  agenda_.then(node, interface.credits.lasts(), BurstOver{node});
}

}  // namespace berth

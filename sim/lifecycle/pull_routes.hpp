// The ways that image layers take to a node: the links of the network, the node's own lent to it while it pulls.
#pragma once

#include <map>
#include <vector>

#include "sim/engine/network.hpp"
#include "sim/world/region_network.hpp"
#include "sim/world/world.hpp"

namespace berth {

class PullRoutes {
 public:
  PullRoutes(const World& world, Network& network);

  /// Lends the node its link; a node that has one keeps it.
  void open(NodeId node);
  /// Takes it back; nothing may be under way.
  void close(NodeId node);
  /// A transfer from the registry to an open node.
  FlowId download(NodeId node, Bytes bytes);

 private:
  /// A node's link, behind one of the gateways.
  struct Lent {
    std::size_t gateway;
    LinkId link;
  };
  /// A way out of the subnets, and the node links behind it that nobody uses now.
  struct Gateway {
    LinkId link;
    std::vector<LinkId> idle;
  };

  std::size_t gateway_of(ZoneId zone) const;
  double nic_rate(NodeId node) const;

  const World& world_;
  Network& network_;
  RegionNetwork region_;
  std::vector<Gateway> gateways_;  // the NAT gateways, then the S3 endpoint
  std::map<NodeId, Lent> lent_;
  double connection_rate_;
};

}  // namespace berth

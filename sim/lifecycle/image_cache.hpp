// Image layers on nodes: what is there, what is on its way, and who waits for it. A layer is pulled once for all
// waiters.
#pragma once

#include <map>
#include <vector>

#include "sim/engine/network.hpp"
#include "sim/lifecycle/agenda.hpp"
#include "sim/world/region_network.hpp"
#include "sim/world/world.hpp"

namespace berth {

class ImageCache {
 public:
  ImageCache(World& world, Agenda& agenda, Network& network);

  /// Brings the replica's missing layers to its node; ImagePulled{replica} follows, at once when none is missing.
  void pull(ReplicaId replica);
  /// The replica no longer waits. A transfer whose last waiter left is broken off.
  void abandon(ReplicaId replica);
  /// The layers were on the node before the run began.
  void begin_cached(NodeId node, const std::vector<LayerId>& layers);
  /// The node is gone: so are its disk and its link.
  void forget(NodeId node);

  /// A transfer of the network has ended.
  void finished(FlowId flow);
  void on(const LayerDownloaded& e);
  void on(const LayerUnpacked& e);

 private:
  enum class Step : std::uint8_t { queued, downloading, downloaded, unpacking };
  struct Pull {
    LayerId layer;
    Step step = Step::queued;
    FlowId flow{};
    std::vector<ReplicaId> waiters;
  };
  /// What a node is pulling, in the order in which it was asked for, over a link lent to it meanwhile.
  struct PullingNode {
    std::size_t gateway;
    LinkId link;
    std::vector<Pull> pulls;
  };
  /// A way out of the subnets, and the node links behind it that nobody uses now.
  struct Gateway {
    LinkId link;
    std::vector<LinkId> idle;
  };

  PullingNode& pulling(NodeId node);
  void rest(NodeId node);
  void go_on(NodeId node);
  void start_download(NodeId node, Pull& pull);
  void start_unpack(NodeId node, Pull& pull);
  void drop(NodeId node, std::size_t pull);
  Pull& find(NodeId node, LayerId layer);
  std::size_t gateway_of(ZoneId zone) const;
  double nic_rate(NodeId node) const;
  double unpack_rate(NodeId node) const;

  World& world_;
  Agenda& agenda_;
  Network& network_;
  RegionNetwork region_;
  std::vector<Gateway> gateways_;  // the NAT gateways, then the S3 endpoint
  std::map<NodeId, PullingNode> nodes_;
  std::map<FlowId, std::pair<NodeId, LayerId>> flows_;
  std::map<ReplicaId, std::uint32_t> missing_;  // layers each waiting replica still lacks
  std::size_t downloads_in_parallel_, unpacks_in_parallel_;
  double connection_rate_;
};

}  // namespace berth

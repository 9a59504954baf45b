// The ways that image layers take to a node: which server sends them, what they pass, and how fast they may come.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/network.hpp"
#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/node_links.hpp"
#include "sim/world/region_network.hpp"
#include "sim/world/world.hpp"

namespace berth {

class PullRoutes {
 public:
  PullRoutes(World& world, Agenda& agenda, Network& network);

  /// Lends the node its link; a node that has one keeps it.
  void open(NodeId node);
  /// Takes it back; nothing may be under way.
  void close(NodeId node);
  /// The node stops; it is closed.
  void interrupt(NodeId node) { nodes_.interrupt(node); }

  /// So many bytes of the layer, from its registry to an open node.
  FlowId download(NodeId node, LayerId layer, Bytes bytes);
  /// It has arrived; LayerTransferred is told. How much came.
  Bytes finished(FlowId flow);
  /// It is broken off; LayerTransferred is told of what came.
  Bytes cancel(FlowId flow);

  void on(const BurstOver& e) { nodes_.on(e); }

 private:
  /// What the links of a zone's nodes have behind them where all pulls come by one way.
  struct Shelf {
    std::size_t number = 0;
    double per_client = kUnlimited;
  };
  /// Who serves a layer the first time, and ever after.
  struct Source {
    LayerServer first, later;
  };
  struct Transfer {
    NodeId node;
    LayerId layer;
    LayerServer from;
    Bytes bytes;
  };

  std::vector<Shelf> shelves_by_zone() const;
  std::size_t shelf_of(const Way& way) const;
  std::vector<Source> sources() const;
  LayerServer server_of(LayerId layer) const;
  Route route(NodeId node, const Way& way, LayerServer server);
  LinkId client_link(NodeId node, LayerServer server);
  Bytes over(FlowId flow, Bytes came);

  World& world_;
  Network& network_;
  RegionNetwork region_;
  std::vector<Source> sources_;  // by layer
  bool several_ways_;
  std::vector<Shelf> shelves_;  // by zone
  NodeLinks nodes_;
  std::vector<bool> in_ecr_;                                     // layers that a pull-through rule has brought there
  std::vector<std::optional<LinkId>> gateways_;                  // by shelf: nothing, the NAT gateways, the mirror
  std::map<std::pair<NodeId, LayerServer>, LinkId> clients_;     // what a server allows a node, in several ways
  std::array<std::vector<LinkId>, kLayerServers> idle_clients_;  // those that no node needs now
  std::array<double, kLayerServers> connection_rate_, client_rate_;
  std::map<FlowId, Transfer> transfers_;
};

}  // namespace berth

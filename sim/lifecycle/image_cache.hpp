// Image layers on nodes: what is there, what is on its way, and who waits for it. A layer is pulled once for all
// waiters.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sim/engine/network.hpp"
#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/pull_routes.hpp"
#include "sim/world/world.hpp"

namespace berth {

class ImageCache {
 public:
  ImageCache(World& world, Agenda& agenda, Network& network);

  /// Brings the missing layers of that container's image to the node; ImagePulled follows, at once when none is
  /// missing.
  void pull(ReplicaId replica, ContainerIndex container);
  /// None of its containers waits any longer. A transfer whose last waiter left is broken off.
  void abandon(ReplicaId replica);
  /// Brings layers to a node of the warm pool, for nobody in particular; InstancePooled follows.
  void prepare(NodeId node, const std::vector<LayerId>& layers);
  /// The layers were on the node before the run began.
  void begin_cached(NodeId node, const std::vector<LayerId>& layers);
  /// The node is gone: so are its disk and its link.
  void forget(NodeId node);

  /// A transfer of the network has ended.
  void finished(FlowId flow);
  void on(const LayerDownloaded& e);
  void on(const LayerUnpacked& e);
  void on(const BurstOver& e) { routes_.on(e); }

 private:
  struct Waiter {
    ReplicaId replica;
    ContainerIndex container;
    friend bool operator<(const Waiter& a, const Waiter& b) {
      return std::pair(a.replica, a.container) < std::pair(b.replica, b.container);
    }
  };
  struct Pull {
    LayerId layer;
    LayerStage stage = LayerStage::queued;
    FlowId flow{};
    std::vector<Waiter> waiters;
  };
  std::vector<Pull>& pulling(NodeId node);
  void rest(NodeId node);
  void go_on(NodeId node);
  void start_download(NodeId node, Pull& pull);
  void start_unpack(NodeId node, Pull& pull);
  void drop(NodeId node, std::size_t pull);
  void advance(NodeId node, Pull& pull, LayerStage to);
  Pull& find(NodeId node, LayerId layer);
  double unpack_rate(NodeId node) const;

  World& world_;
  Agenda& agenda_;
  PullRoutes routes_;
  std::map<NodeId, std::vector<Pull>> nodes_;  // what each node is pulling, in the order in which it was asked for
  std::map<FlowId, std::pair<NodeId, LayerId>> flows_;
  std::set<NodeId> preparing_;               // warm nodes whose last layer ends their preparation
  std::map<Waiter, std::uint32_t> missing_;  // layers that each waiting container still lacks
  std::size_t downloads_in_parallel_, unpacks_in_parallel_;
};

}  // namespace berth

// Image layers on their way to nodes: downloaded, unpacked, or loaded lazily, within the limits of each image.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/disk_links.hpp"
#include "sim/lifecycle/image_store.hpp"
#include "sim/lifecycle/pull_routes.hpp"
#include "sim/lifecycle/pull_rules.hpp"

namespace berth {

/// A layer that several images lack comes once, within the limits of the image that wanted it first. With one unpack
/// at a time an image's layers are unpacked from the lowest up, because each is laid over the one below; whoever
/// unpacks several at a time (SOCI's parallel mode) does so in the order in which they arrive.
class LayerPulls {
 public:
  LayerPulls(World& world, Agenda& agenda, Network& network, ImageStore& store);

  /// The image, which is being pulled to the node, lacks the layer. `lazy`: it can be used as soon as the bytes of a
  /// start are there; the rest follows, a layer at a time. Whom the layer's bytes count for: the replica that asked
  /// first, none where that was the preparation of an instance.
  ReplicaId want(NodeId node, LayerId layer, ImageId image, bool lazy, ReplicaId replica);
  /// The replica ends. What comes for it counts for the next on the node that needs it, else for none.
  void leave(NodeId node, ReplicaId replica);
  /// The image is not pulled any more. What nobody else wants is broken off, but an unpack that has begun is finished:
  /// containerd keeps the layer for the next who asks.
  void give_up(NodeId node, ImageId image);
  /// Starts what the limits allow, the oldest first. The first layer for which the disk has no room, if any.
  std::optional<LayerId> go_on(NodeId node, const PullRules& rules);
  /// The bytes that have to come before a container can start.
  Bytes before_start(LayerId layer, bool lazy) const;

  void finished(FlowId flow);
  /// Whether the layer lies on the node now.
  bool on(const LayerUnpacked& e);
  void on(const BurstOver& e) { routes_.on(e); }
  /// The layer was cleaned up: what still loads of it is broken off.
  void removed(NodeId node, LayerId layer);
  /// The node stops: what comes to it is broken off.
  void interrupt(NodeId node);

 private:
  struct LayerPull {
    LayerId layer{};
    LayerStage stage = LayerStage::queued;
    bool lazy = false;
    bool moving = false;  // `flow` is under way
    FlowId flow{};
    ReplicaId counts_for = kNone<ReplicaId>;
    std::vector<ImageId> wanted_by;  // in the order in which they were begun
  };
  struct Node {
    std::vector<LayerPull> layers;  // in order of asking
    bool open = false;              // it has its link of the network
  };
  struct Moving {
    NodeId node = kNone<NodeId>;
    LayerId layer{};
  };

  static LayerPull* find(Node& node, LayerId layer);
  static std::size_t busy(const Node& node, const LayerPull& like, LayerStage stage);
  bool is_next(NodeId node, const LayerPull& pull) const;
  void start_download(NodeId node, LayerPull& pull);
  void start_unpack(NodeId node, LayerPull& pull);
  void start_rest(NodeId node, Node& there);
  void move(NodeId node, LayerPull& pull, FlowId flow);
  ReplicaId heir(NodeId node, LayerId layer, ReplicaId of) const;
  void count(const LayerPull& pull, Bytes came);
  Moving take(FlowId flow);
  void advance(NodeId node, LayerPull& pull, LayerStage to);
  void drop(NodeId node, Node& there, std::size_t position);
  void rest(NodeId node, Node& there);

  World& world_;
  Agenda& agenda_;
  Network& network_;
  ImageStore& store_;
  PullRoutes routes_;
  DiskLinks disks_;
  double needed_share_;  // of a lazily loaded layer, before the start
  NodeSlots<Node> nodes_;
  std::deque<Moving> flows_;      // by flow, from first_flow_ on; those without a node are over
  std::uint32_t first_flow_ = 0;  // flows are numbered in order of start
};

}  // namespace berth

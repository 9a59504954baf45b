// Pulls: a container asks for its image, by the rules of its node's agent or kubelet, until it is there or has failed.
#pragma once

#include <vector>

#include "sim/lifecycle/delays.hpp"
#include "sim/lifecycle/layer_pulls.hpp"

namespace berth {

class ImageCache {
 public:
  ImageCache(World& world, Agenda& agenda, const Delays& delays, Network& network);

  /// Brings the missing layers of that container's image to the node. ImagePulled or PullFailed follows: ECS gives up
  /// after its attempts, the kubelet after each one.
  void pull(ReplicaId replica, ContainerIndex container);
  /// Brings images to a node for nobody in particular, as the user data of a warm instance does. `ready` follows when
  /// all are there or do not fit, at once when none is missing.
  void prepare(NodeId node, const std::vector<ImageId>& images, const Event& ready);
  /// None of its containers waits any longer. A transfer whose last waiter left is broken off.
  void abandon(ReplicaId replica);
  /// Its containers are gone: their images may be cleaned up when nobody else uses them.
  void let_go(ReplicaId replica);
  /// It was on the node, with its images, before the run began.
  void begin_cached(ReplicaId replica);
  /// They were on the node before the run began.
  void begin_cached(NodeId node, const std::vector<ImageId>& images);
  /// The node stops: what comes to it is broken off, what is on its disk stays.
  void interrupt(NodeId node);
  /// The node is gone: so are its disk and its link.
  void forget(NodeId node);

  /// A transfer of the network has ended.
  void finished(FlowId flow) { layers_.finished(flow); }
  void on(const PullBegins& e);
  void on(const ManifestRead& e);
  void on(const LayerDownloaded& e);
  void on(const LayerUnpacked& e);
  void on(const PullTimedOut& e);
  void on(const ImagesToCleanUp& e);
  void on(const BurstOver& e) { layers_.on(e); }

  const ImageStore& store() const { return store_; }

 private:
  /// Of one container. `backing_off`: between two attempts of the ECS agent.
  enum class Step : std::uint8_t { queued, asking, coming, backing_off };
  struct Pull {
    ReplicaId replica{};
    ContainerIndex container = 0;
    Step step = Step::queued;
    bool lazy = false;
    std::uint8_t attempts = 0;
    std::uint32_t missing = 0;  // layers
    ImageId image{};
    Time begun{};
  };
  struct Node {
    std::vector<Pull> pulls;  // those that come, in the order in which they were begun, behind those that wait
    Time clean_up = kNever;   // the cycle that is on the calendar
    double tokens = -1;       // of the kubelet's registry bucket; below 0: full, never used
    Time refilled{};
    std::vector<ImageId> preparing;  // for nobody in particular
    Event ready;                     // when that is done
  };

  const PullRules& rules(NodeId node) const { return rules_[index(world_[node].pool)]; }
  Pull* find(Node& node, ReplicaId replica, ContainerIndex container);
  /// Null when it pulls nothing.
  Pull* find(NodeId node, ReplicaId replica, ContainerIndex container);
  void hold_image(ReplicaId replica, ContainerIndex container);
  void begin_next(NodeId node);
  bool take_token(Node& there, const PullRules& rules);
  void go_on(NodeId node);
  void complete(NodeId node, const Pull& pull);
  void give_up(NodeId node, ReplicaId replica, ContainerIndex container);
  void fail_attempt(NodeId node, ReplicaId replica, ContainerIndex container);
  void fail(NodeId node, ReplicaId replica, ContainerIndex container);
  void stop_coming(NodeId node, ImageId image);
  bool needs(ImageId image, LayerId layer) const;
  void end_preparing(NodeId node, std::size_t position);
  void settle_preparing(NodeId node);
  Duration agent_back_off(ReplicaId replica, std::uint8_t attempts) const;
  void plan_clean_up(NodeId node);
  void tell_removed(NodeId node, const std::vector<LayerId>& gone);

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ImageStore store_;
  LayerPulls layers_;
  Duration pull_timeout_;         // of the ECS agent
  std::vector<PullRules> rules_;  // by pool
  NodeSlots<Node> nodes_;
};

}  // namespace berth

// What is to be seen of the start of a few replicas: every moment that a waterfall is made of, collected from facts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// From a moment on.
template <class What>
struct Since {
  Time at;
  What what;
};

struct ObservedPart {
  AttachPart part;
  Time at;
  bool last = false;  ///< nothing else was missing then
};

struct ObservedContainer {
  std::string name, image;
  std::string written_at;  ///< its path in the scenario
  bool init = false;
  Duration start{0};            ///< from its start until it can serve
  std::vector<LayerId> layers;  ///< of its image
  std::vector<Since<ContainerStage>> moves;
};

/// A layer that came to the replica's node, for it or for others.
struct ObservedLayer {
  LayerId layer;
  std::string name;
  Bytes compressed;
  std::array<Time, kLayerStages> reached;  ///< kNever where it did not get so far
};

/// One start, until the replica was healthy for the first time, or stopped, or the observation ended.
struct ObservedStart {
  std::string replica, service, architecture, cluster, pool, node, zone, machine;
  bool ecs = true, fargate = false, seen = false;
  Time decided{}, placed = kNever, warmed = kNever, healthy = kNever;
  Time until{};  ///< the end of what was seen
  StopReason why = StopReason::none;
  std::string limit;                        ///< of the account that held it back
  std::vector<Since<WaitReason>> waits;     ///< why it was pending
  std::vector<Since<NodeStage>> node_life;  ///< of the node it was placed on, up to then; EC2
  std::vector<ObservedPart> parts;
  std::vector<Since<ReplicaStage>> moves;
  std::vector<ObservedContainer> containers;
  std::vector<ObservedLayer> layers;
  Bytes pulled_bytes, cached_bytes;
};

class StartProbe final : public Observer {
 public:
  /// Looks at the replicas of these names ("web/17").
  StartProbe(const World& world, std::vector<std::string> replicas);

  void hear(const Fact& fact, Time at) override;
  /// In order of the names. What has not ended is taken as seen up to `now`; call once, at the end.
  std::vector<ObservedStart> take(Time now);

 private:
  // One line a fact that tells of a start.
  template <class Other>
  void on(const Other&, Time) {}
  void on(const ReplicaCreated& f, Time at);
  void on(const ReplicaWaits& f, Time at);
  void on(const Throttled& f, Time at);
  void on(const ReplicaPlaced& f, Time at);
  void on(const ReplicaMoved& f, Time at);
  void on(const PartAttached& f, Time at);
  void on(const ContainerMoved& f, Time at);
  void on(const NodeCreated& f, Time at);
  void on(const NodeMoved& f, Time at);
  void on(const LayerMoved& f, Time at);

  ObservedStart* watched(ReplicaId replica);
  void close(ReplicaId replica, Time at);
  void keep_layer(ObservedStart& start, const std::pair<NodeId, LayerId>& key);

  const World& world_;
  std::vector<std::string> names_;
  std::vector<ObservedStart> starts_;  // by name
  struct Watched {
    std::size_t start;
    NodeId node = kNone<NodeId>;
  };
  std::map<ReplicaId, Watched> watched_;  // those whose start has not ended
  std::map<NodeId, std::vector<Since<NodeStage>>> nodes_;
  std::map<std::pair<NodeId, LayerId>, std::array<Time, kLayerStages>> moving_;  // layers on their way
};

}  // namespace berth

// What is to be seen of the start of a few replicas: every moment that a waterfall is made of, collected from facts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/observe/kube_ranking.hpp"
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

/// A pull on its way: the registry is asked, has answered, or the agent pauses before it asks again.
enum class PullMark : std::uint8_t { asked, known, known_lazily, backed_off };

struct ObservedContainer {
  std::string name, image;
  std::string written_at;  ///< its path in the scenario
  bool init = false;
  Duration start{0};            ///< from its start until it can serve
  std::vector<LayerId> layers;  ///< of its image
  std::vector<Since<ContainerStage>> moves;
  bool sidecar = false;                   ///< an init container that runs on
  bool checked = false;                   ///< something looks whether it can serve
  Registry registry = Registry::ecr;      ///< of its image
  bool soci = false;                      ///< its image has an index
  bool never_pulled = false;              ///< by its pull policy
  std::vector<StartCondition> waits_for;  ///< ECS
  std::vector<Since<PullMark>> pull;
  std::vector<Time> ready;
  Duration image_read{0};  ///< Fargate: of its first start, what the first read of a large image takes
};

/// A layer that came to the replica's node, for it or for others.
struct ObservedLayer {
  LayerId layer;
  std::string name;
  Bytes compressed;
  std::array<Time, kLayerStages> reached;  ///< kNever where it did not get so far
};
inline Time reached(const ObservedLayer& layer, LayerStage stage) {
  return layer.reached[static_cast<std::size_t>(stage)];
}

/// A limit of the account or of ECS held it back.
struct LimitHold {
  Limit limit;
  Time from, to = kNever;
  std::string quota;  ///< its name in the account; empty: it is no quota
};

/// One start, until the replica was healthy for the first time, or stopped, or the observation ended.
struct ObservedStart {
  std::string replica, service, architecture, cluster, pool, node, zone, machine;
  bool ecs = true, fargate = false, seen = false;
  Time decided{}, placed = kNever, warmed = kNever, healthy = kNever;
  Time until{};  ///< the end of what was seen
  StopReason why = StopReason::none;
  std::vector<LimitHold> holds;             ///< while it was pending or attached, in order
  std::vector<Since<WaitReason>> waits;     ///< why it was pending
  std::vector<Since<NodeStage>> node_life;  ///< of the node it was placed on, up to then; EC2
  std::vector<ObservedPart> parts;
  std::vector<Since<ReplicaStage>> moves;
  std::vector<ObservedContainer> containers;
  std::vector<ObservedLayer> layers;
  KubeRanking ranking;  ///< EKS on EC2: of the nodes, when it was placed
  Bytes pulled_bytes, cached_bytes;
  Time taken = kNever;                        ///< out of the warm pool: its node
  Time address_asked = kNever, addressed{};   ///< while it waited for an address of its node's subnet
  Duration agent{0};                          ///< of the network part, what ECS's agent took
  Duration first_read{0};                     ///< of a snapshot's data
  std::vector<Since<VolumeStage>> volumes;    ///< since it was placed
  bool own_interface = false;                 ///< awsvpc on EC2
  bool connect = false;                       ///< ECS: RUNNING only when the proxy of Service Connect stands
  bool karpenter = false;                     ///< else its nodes come from an Auto Scaling group
  bool instance_store = false;                ///< the node's images lie on local disks
  bool over_nat = false;                      ///< layers of ECR come through a NAT gateway
  Time registered = kNever, serves = kNever;  ///< its target: the balancer's checks begin, have passed
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
  void on(const LimitHolds& f, Time at);
  void on(const LimitPasses& f, Time at);
  void on(const ReplicaPlaced& f, Time at);
  void on(const ReplicaMoved& f, Time at);
  void on(const PartAttached& f, Time at);
  void on(const ContainerMoved& f, Time at);
  void on(const NodeCreated& f, Time at);
  void on(const NodeMoved& f, Time at);
  void on(const LayerMoved& f, Time at);
  void on(const NodeSeen& f, Time at);
  void on(const VolumesMoved& f, Time at);
  void on(const AddressAssigned& f, Time at);
  void on(const ImageAsked& f, Time at);
  void on(const ImageKnown& f, Time at);
  void on(const BackedOff& f, Time at);
  void on(const ContainerReady& f, Time at);
  void on(const TargetRegistered& f, Time at);
  void on(const TargetServes& f, Time at);

  ObservedStart* watched(ReplicaId replica);
  void describe(ObservedStart& start, const NodeRow& node) const;
  void note_read(ReplicaId replica, ContainerIndex container, ObservedContainer& observed) const;
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
  struct NodeLife {
    std::vector<Since<NodeStage>> moves;
    Time taken = kNever;  // out of the warm pool
  };
  std::map<NodeId, NodeLife> nodes_;
  std::map<std::pair<NodeId, LayerId>, std::array<Time, kLayerStages>> moving_;  // layers on their way
};

}  // namespace berth

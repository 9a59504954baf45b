// How fast kube-scheduler of a cluster binds: pods for which a node was chosen wait for its API client.
#pragma once

#include <deque>
#include <vector>

#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

/// A binding is a call of the client, which may make so many a second; and a scheduling cycle before it takes its time.
/// Until then only the scheduler knows the pod's node, where it counts the room as taken.
class PodBindings final : public Limiter {
 public:
  PodBindings(World& world, ClusterId cluster);

  struct Chosen {
    ReplicaId pod;
    NodeId node;
    Time at;  ///< its turn
  };
  /// The pod may be bound at once. Else it waits here from now on.
  bool may_bind(ReplicaId pod, NodeId node);
  /// Those whose turn has come, in order of choice; stopped ones are among them.
  std::vector<Chosen> take_due();
  /// When the next one's turn comes; empty: nobody waits.
  std::optional<Time> next() const { return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().at); }
  /// Puts those that wait where their nodes are.
  void put_on(Overlay& view) const;
  double tokens(Time now) const { return client_.tokens(now); }
  std::optional<Held> held_by(ReplicaId pod) const override;

 private:
  World& world_;
  TokenBucket client_, cycles_;
  std::deque<Chosen> waiting_;
};

}  // namespace berth

// New replicas on their way to a place: dealt to their service's pools, then to the waiting room or to Fargate.
#pragma once

#include <deque>
#include <vector>

#include "sim/control/aws/fargate_launches.hpp"
#include "sim/control/mailbox.hpp"
#include "sim/control/waiting_room.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {

class Starts {
 public:
  Starts(Hands hands, Mailbox& mailbox, FargateLaunches& fargate);

  /// In that zone only, where one is named.
  void start(ServiceId service, RevisionId revision, std::int64_t count, ZoneId only_zone = kNone<ZoneId>);
  /// As many as desired: starts what is missing, ends what is too many. Outside of roll-outs.
  void keep_desired(ServiceId service);
  /// One more try of a job's work.
  void start_job(ServiceId job, std::uint32_t attempt);

  WaitingRoom& room(ClusterId cluster) { return rooms_[index(cluster)]; }
  /// The pool that the next replica of the service goes to.
  PoolId next_pool_of(ServiceId service) const;

 private:
  void send(ReplicaId replica);

  Hands hands_;
  Mailbox& mailbox_;
  FargateLaunches& fargate_;
  std::deque<WaitingRoom> rooms_;  // by cluster
};

/// The placement strategies of a service; empty = the default.
Strategies strategies_of(const WorkloadSpec& spec);

/// The replicas that the control plane takes to be pending, coming up or healthy: what it compares with desired.
std::int64_t wanted_count(const ServiceRow& service);

/// A daemon's replica has one node to go to, or none.
Placement place_on_only_node(const World& world, const ReplicaRow& replica, const Ask& ask);

/// Why replicas of the group wait, in words of their pool rather than of single nodes.
WaitReason pool_reason(const World& world, RevisionId revision, PoolId pool, WaitReason from_nodes);

/// The same for one replica; a daemon's has no other node to hope for.
WaitReason reason_of(const World& world, ReplicaId replica, WaitReason from_nodes);

/// The `count` replicas of `candidates`, in order of birth, that the service's platform would end first.
std::vector<ReplicaId> victims(const World& world, ServiceId service, const std::vector<ReplicaId>& candidates,
                               std::size_t count);

/// Ends `count` replicas of the service, chosen by its platform's rule and so that the split over its pools stays.
/// `only_old`: of revisions before the newest.
void stop_some(Hands hands, ServiceId service, std::int64_t count, bool only_old, StopReason why);

}  // namespace berth

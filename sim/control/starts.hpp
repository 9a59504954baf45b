// New replicas on their way to a place: dealt to their service's pools, then, as fast as ECS starts them, to the
// waiting room or to Fargate.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "sim/control/aws/fargate_launches.hpp"
#include "sim/control/ecs/provisioning.hpp"
#include "sim/control/ecs/run_task_calls.hpp"
#include "sim/control/ecs/service_launches.hpp"
#include "sim/control/eks/controller_clients.hpp"
#include "sim/control/limiter.hpp"
#include "sim/control/mailbox.hpp"
#include "sim/control/waiting_room.hpp"
#include "sim/policy/placement/placement.hpp"

namespace berth {

/// So many replicas of a job, each a try of its work.
struct JobStart {
  ServiceId job;
  std::uint32_t arrival = 0, attempt = 0;
  std::int64_t count = 1;
  PoolId pool = kNone<PoolId>;                ///< none: dealt
  std::span<const std::int64_t> work_left{};  ///< of the first of them, from earlier tries; the others begin anew
};

class Starts {
 public:
  Starts(Hands hands, Mailbox& mailbox, FargateLaunches& fargate);

  /// In that zone only, where one is named.
  void start(ServiceId service, RevisionId revision, std::int64_t count, ZoneId only_zone = kNone<ZoneId>);
  /// As many as desired: starts what is missing, ends what is too many. Outside of roll-outs.
  void keep_desired(ServiceId service);
  /// EKS: deletes so many pods of the revision, as fast as the ReplicaSet controller may.
  void remove(ServiceId service, RevisionId revision, std::int64_t count, StopReason why);
  /// EKS: a pod that was just decided on goes on, or waits for its controller's client; whether it may now.
  bool may_create(ReplicaId pod) { return clients_.may_create(pod); }
  /// … and the controller deletes it when it may.
  void remove(ReplicaId pod, StopReason why) { clients_.remove(pod, why); }
  /// On ECS by calls of RunTask. Gives the replicas out, of which some may have been refused at once.
  std::vector<ReplicaId> start_job(const JobStart& start);
  /// It goes to the waiting room of its cluster, on ECS as far as PROVISIONING has room.
  void wait_for_room(ReplicaId replica);
  /// ECS, after a round of placements: lets more tasks into PROVISIONING; whether there were any.
  bool let_more_in(ClusterId cluster);
  /// … and after the last round: RunTask fails for who found no room and waits for none.
  void placed_all(ClusterId cluster);

  void on(const ServiceLaunchDue& e);
  /// Pods of DaemonSets that are created now are given back: they have a node to go to.
  std::vector<ReplicaId> on(const ControllerCallsDue& e);
  void on(const StartDelayOver& e);
  void on(const RunTaskDue& e);
  void on(const ProvisioningDue& e);
  /// Who leaves without having been placed makes room for others in PROVISIONING; and starts that failures delay.
  void hear(const Fact& fact, Time at);

  WaitingRoom& room(ClusterId cluster) { return rooms_[index(cluster)]; }
  /// What holds the replica back before it may wait for room or be launched.
  std::optional<Held> held_by(ReplicaId replica) const;
  /// Starts of the service that its failures hold back, revision by revision.
  std::vector<HeldBesides> held_starts(ServiceId service) const;
  /// When ECS stops a task that waits in PROVISIONING; empty: it does not wait there.
  std::optional<Time> gives_up(ReplicaId replica) const { return provisioning_.gives_up(replica); }
  /// When services of the cluster by launch type look for room again.
  std::optional<Time> looks_again(ClusterId cluster) const { return rooms_[index(cluster)].next_try(); }
  /// The pool that the next replica of the service goes to.
  PoolId next_pool_of(ServiceId service) const;

 private:
  std::optional<Held> held_in_room(ReplicaId replica) const;
  struct Delayed {
    RevisionId revision;
    std::int32_t starts = 0;
    Time until = Time::min();
  };
  void send(ReplicaId replica);
  void send_all(const std::vector<ReplicaId>& replicas);
  void delay(const StartDelayed& delayed);
  template <class IsOver>
  void end_delays(ServiceId service, IsOver is_over);

  Hands hands_;
  Mailbox& mailbox_;
  FargateLaunches& fargate_;
  ServiceLaunches services_;
  ControllerClients clients_;
  RunTaskCalls run_task_;
  Provisioning provisioning_;
  std::deque<WaitingRoom> rooms_;              // by cluster
  std::vector<std::vector<Delayed>> delayed_;  // by service, one a revision: starts that its failures hold back
  std::vector<bool> has_launch_type_jobs_;     // by cluster
  std::vector<Time> looks_again_;              // by cluster: when services by launch type look for room
};

/// The replicas that the control plane takes to be pending, coming up or healthy, and does not mean to end: what it
/// compares with desired.
std::int64_t wanted_count(const ServiceRow& service);

/// A daemon's replica has one node to go to, or none.
Placement place_on_only_node(const World& world, const ReplicaRow& replica, const Ask& ask, const ClusterView& view);

}  // namespace berth

// The life of one replica, from its placement to its end; every stage can be interrupted.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "sim/lifecycle/containers.hpp"
#include "sim/lifecycle/job_work.hpp"
#include "sim/lifecycle/network_interfaces.hpp"
#include "sim/lifecycle/slow_checks.hpp"
#include "sim/lifecycle/volumes.hpp"
#include "sim/world/world.hpp"

namespace berth {

class ReplicaLifecycle {
 public:
  ReplicaLifecycle(World& world, Agenda& agenda, const Delays& delays, ImageCache& images,
                   NetworkInterfaces& interfaces, Volumes& volumes)
      : world_(world),
        agenda_(agenda),
        delays_(delays),
        images_(images),
        interfaces_(interfaces),
        volumes_(volumes),
        containers_(world, agenda, delays, images),
        work_(world, agenda, delays),
        first_successes_{static_cast<std::int64_t>(world.catalog().constant("alb.health.first_successes")),
                         static_cast<std::int64_t>(world.catalog().constant("nlb.health.first_successes"))} {}

  /// On a node that is ready and has the room.
  void place(ReplicaId replica, NodeId node);
  /// On a micro-VM of its own, in this pool and zone.
  void launch_on_fargate(ReplicaId replica, PoolId pool, ZoneId zone);
  /// Already there when the run began: healthy, if it ever can be; its images cached on an EC2 node.
  void begin_healthy(ReplicaId replica, NodeId node);

  void on(const NetworkAttached& e);
  void on(const VolumesAttached& e);
  void on(const MachinePrepared& e);
  void on(const ImagePulled& e) { settle(e.replica, containers_.on(e)); }
  void on(const PullFailed& e) { settle(e.replica, containers_.on(e)); }
  void on(const ContainerStarted& e) { settle(e.replica, containers_.on(e)); }
  void on(const StartTimedOut& e) { settle(e.replica, containers_.on(e)); }
  void on(const ContainerChecked& e) { settle(e.replica, containers_.on(e)); }
  void on(const StartMoved& e);
  void on(const ContainerExited& e);
  void on(const MemoryExceeded& e);
  void on(const BackOffOver& e) { settle(e.replica, containers_.on(e)); }
  void on(const Activated& e);
  void on(const RegistrationDone& e);
  void on(const TargetChecked& e);
  void on(const EndpointProgrammed& e);
  void on(const TargetFoundDead& e);
  void on(const RunFinished& e);
  /// The end of a slice: checks of these replicas may have been answered late since the last one.
  void look_at_checks(const std::vector<ReplicaId>& slow, Answers& answers);
  /// Blue/green: the targets of that revision serve from now on, the others stand by.
  void shift_traffic(ServiceId service, RevisionId to);

  /// In good order, from any stage; a second call changes nothing but may not be later than the first.
  void stop(ReplicaId replica, StopReason why);
  void on(const TargetDrained& e);
  void on(const ReplicaExited& e);
  /// A pod that waits for it: its machine goes, unless it has died already and its own report follows.
  void delete_ended(ReplicaId replica) {
    if (world_[replica].stage != ReplicaStage::stopped) end(replica, world_[replica].why);
  }
  /// It ends now, whatever it still had to do.
  void kill(ReplicaId replica);
  /// Its node is no more: stopped at once, nothing is drained, and nobody reports it but the loss of the node.
  void lose(ReplicaId replica, StopReason why);

  void on(const ReplicaReported& e);

 private:
  void attach(ReplicaId replica);
  bool mounts_first(ReplicaId replica) const;
  void prepare_machine(ReplicaId replica);
  void begin_containers(ReplicaId replica);
  void activate(ReplicaId replica);
  void settle(ReplicaId replica, Ending ending);
  void update_target(ReplicaId replica);
  void check_target(ReplicaId replica);
  void target_failed(ReplicaId replica);
  void plan_target_checks(TargetId target);
  void program_endpoint(ReplicaId replica);
  void remove_target(ReplicaId replica);
  void lose_target(ReplicaId replica);
  void summarise(ReplicaId replica);
  void advance(ReplicaId replica, ReplicaStage to);
  void finish(ReplicaId replica);
  Duration left_to_drain(ReplicaId replica) const;
  void terminate_containers(ReplicaId replica);
  void end_by_itself(ReplicaId replica);
  void end(ReplicaId replica, StopReason why);
  void stop_in_the_world(ReplicaId replica, StopReason why);
  void report(ReplicaId replica);
  TargetPlan plan_checks_of(const ReplicaRow& row) const;
  void look_at_checks(ReplicaId replica, SlowReplica& slow, Answers& answers);
  CheckRule rule_of(const ReplicaRow& row, SlowCheck check, ReplicaId replica) const;
  CheckRule target_rule(const ReplicaRow& row, ReplicaId replica) const;
  CheckRule container_rule(const ReplicaRow& row, ReplicaId replica) const;
  CheckRule probe_rule(const ReplicaRow& row, SlowCheck check, ReplicaId replica) const;
  void fails(ReplicaId replica, SlowCheck check);
  void recovers(ReplicaId replica, SlowCheck check);

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ImageCache& images_;
  NetworkInterfaces& interfaces_;
  Volumes& volumes_;
  Containers containers_;
  JobWork work_;
  std::map<ReplicaId, SlowReplica> slow_;
  Time looked_{};                                // at checks of slow replicas
  std::array<std::int64_t, 2> first_successes_;  // of a new target, by LoadBalancerKind: ALB, NLB
};

}  // namespace berth

// The containers of a replica: in which order they start, what their checks say, how they end and start again.
#pragma once

#include <optional>
#include <vector>

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/delays.hpp"
#include "sim/lifecycle/health.hpp"
#include "sim/lifecycle/image_cache.hpp"

namespace berth {

/// What a step of a container means for its replica: it goes on (empty), or it has to end for this reason.
using Ending = std::optional<StopReason>;

class Containers {
 public:
  Containers(World& world, Agenda& agenda, const Delays& delays, ImageCache& images);

  /// Pulls and starts what may be pulled and started now. ECS: whatever has its conditions met, several at once. A
  /// pod: one after the other, the init containers first (facts of the ECS agent and of the kubelet's SyncPod).
  void go_on(ReplicaId replica);
  /// All were there when the run began and run; `healthy`: their checks had passed.
  void begin_running(ReplicaId replica, bool healthy);

  Ending on(const ImagePulled& e);
  Ending on(const PullFailed& e);
  Ending on(const ContainerStarted& e);
  Ending on(const StartTimedOut& e);
  Ending on(const ContainerChecked& e);
  /// It takes longer or shorter than its checks were planned for; it is not over yet.
  void on(const StartMoved& e);
  Ending on(const ContainerExited& e);
  Ending on(const MemoryExceeded& e);
  Ending on(const BackOffOver& e);

  /// SIGTERM to all that run, in their order: ECS, and a pod's sidecars, in reverse order of their start. A
  /// ContainerExited follows from each. False when none runs.
  bool terminate(ReplicaId replica);
  /// An unhealthy task of an ECS service runs on until its service has replaced it: since 2023-10.
  bool keeps_unhealthy(const ReplicaRow& row) const;
  /// One that was asked to end has ended; whether it was the last.
  bool ended(const ContainerExited& e);
  /// Those of a job whose work is done.
  void end_all(ReplicaId replica);
  /// The kubelet's of one container; without any written, what the platform is assumed to have.
  ProbesSpec probes_of(const ReplicaRow& row, const ContainerSpec& spec) const;

 private:
  void agent_goes_on(ReplicaId replica);
  void kubelet_goes_on(ReplicaId replica);
  bool conditions_hold(ReplicaId replica, ContainerIndex container) const;
  void pull(ReplicaId replica, ContainerIndex container);
  void start(ReplicaId replica, ContainerIndex container);
  Duration wait_for_image(ReplicaId replica, ContainerIndex container);
  void plan_end(ReplicaId replica, ContainerIndex container);
  void plan_memory(ReplicaId replica, ContainerIndex container);
  void plan_checks(ReplicaId replica, ContainerIndex container);
  ContainerPlan plan_of(ReplicaId replica, ContainerIndex container) const;
  /// Of one that runs: another still waits for more than its start.
  bool is_waited_for(const ReplicaRow& row, ContainerIndex container) const;
  Ending task_goes_on_without(ReplicaId replica, ContainerIndex container) const;
  Ending pod_goes_on_without(ReplicaId replica, ContainerIndex container);
  void restart_later(ReplicaId replica, ContainerIndex container);
  void wait(ReplicaId replica, ContainerIndex container, Duration length, BackOff why);
  std::vector<Duration> task_exits(ReplicaId replica) const;
  std::vector<Duration> pod_exits(ReplicaId replica) const;

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ImageCache& images_;
  /// A pause that doubles with every failure in a row.
  struct Pause {
    Duration first, maximum;
    Duration after(std::uint32_t failures) const;  ///< failures >= 1
  };
  Pause kubelet_pull_;
  Duration crash_first_, crash_maximum_, crash_reset_;
  Duration agent_start_limit_, agent_stop_timeout_, minimum_grace_;
  Duration most_grace_unneeded_;  // Cluster Autoscaler waits no longer for a pod that it evicts
  bool replacement_first_;
  bool pull_upfront_, fargate_pulls_upfront_;  // images of containers that wait for others
  ProbeSpec usual_probe_;
};

/// Has reached its end and is not started again.
bool is_over(const World& world, const ReplicaRow& row, ContainerIndex container);
/// Whether every container runs or is over.
bool containers_run(const World& world, const ReplicaRow& row);
/// The same, and nothing else stands before it: ECS RUNNING.
bool all_run(const World& world, const ReplicaRow& row);
/// Whether those that count say that they can serve: in a task the essential ones (ECS task health), in a pod all
/// that run.
bool all_ready(const World& world, const ReplicaRow& row);
/// From when on all its running containers can serve, whatever their checks say; kNever: never.
Time serves_from(const World& world, const ReplicaRow& row);
/// The replica's stage as a summary of its containers and its target. Of one that is placed, attached and wanted.
ReplicaStage stage_of(const World& world, const ReplicaRow& row);

}  // namespace berth

// The Deployment controller and its ReplicaSets: keeps the desired count of pods and carries rolling updates.
#pragma once

#include "sim/control/daemons.hpp"
#include "sim/policy/rollout/kube_rolling.hpp"

namespace berth {

class DeploymentController {
 public:
  DeploymentController(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons)
      : hands_(hands),
        mailbox_(mailbox),
        starts_(starts),
        daemons_(daemons),
        progress_deadline_(from_seconds(hands.world.catalog().constant("kube.deployment.progress_deadline_s"))),
        states_(hands.world.service_count()) {}
  void on(const DeploymentControllerDue& e);
  void on(const ProgressDue& e);

 private:
  /// One revision's. Its size is what was decided; its pods may be fewer or more for a while.
  struct ReplicaSet {
    RevisionId revision;
    std::int64_t size = 0;     ///< spec.replicas
    std::int64_t desired = 0;  ///< of its Deployment when it was sized last (annotation desired-replicas)
    std::int64_t bound = 0;    ///< … with the surge (annotation max-replicas)
  };
  struct Pods {
    std::int64_t there = 0, available = 0;
  };
  /// How far a roll-out has come, and when it last came further.
  struct Progress {
    DeploymentId deployment = kNone<DeploymentId>;
    RolloutCounts pods;
    Time at{};
  };
  struct State {
    std::vector<ReplicaSet> sets;  ///< oldest first; one outside of roll-outs
    Progress progress;
    Time look = Time::min();  ///< when the next pod will have been ready long enough
  };

  void keep(ServiceId service);
  void roll(ServiceId service);
  void begin_newest(ServiceId service);
  bool is_scaled(ServiceId service) const;
  void scale(ServiceId service, const std::vector<Pods>& pods);
  void advance(ServiceId service, const std::vector<Pods>& pods);
  void recreate(ServiceId service);
  void set_size(ServiceId service, ReplicaSet& set, std::int64_t size) const;
  std::vector<Pods> count(ServiceId service);
  void reconcile(ServiceId service, const std::vector<Pods>& pods);
  void note(ServiceId service, std::int64_t fresh, std::int64_t old, std::int64_t available);
  Fenceposts fences_of(ServiceId service) const;
  Duration progress_deadline_of(ServiceId service) const;

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
  Duration progress_deadline_;
  std::vector<State> states_;  // by service
};

}  // namespace berth

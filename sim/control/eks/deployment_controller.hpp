// The Deployment controller and its ReplicaSets: keeps the desired count of pods and carries rolling updates.
#pragma once

#include "sim/control/daemons.hpp"

namespace berth {

class DeploymentController {
 public:
  DeploymentController(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons)
      : hands_(hands),
        mailbox_(mailbox),
        starts_(starts),
        daemons_(daemons),
        progress_deadline_(from_seconds(hands.world.catalog().constant("kube.deployment.progress_deadline_s"))),
        progress_(hands.world.service_count()) {}
  void on(const DeploymentControllerDue& e);
  void on(const ProgressDue& e);

 private:
  /// How far a roll-out has come, and when it last came further.
  struct Progress {
    DeploymentId deployment = kNone<DeploymentId>;
    std::int64_t fresh = 0, old = 0, available = 0;  ///< pods
    Time at{};
  };
  void roll(ServiceId service);
  void note(ServiceId service, std::int64_t fresh, std::int64_t old, std::int64_t available);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
  Duration progress_deadline_;
  std::vector<Progress> progress_;  // by service, of its newest roll-out
};

}  // namespace berth

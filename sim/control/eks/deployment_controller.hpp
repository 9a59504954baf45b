// The Deployment controller and its ReplicaSets: keeps the desired count of pods and carries rolling updates.
#pragma once

#include "sim/control/daemons.hpp"

namespace berth {

class DeploymentController {
 public:
  DeploymentController(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons)
      : hands_(hands), mailbox_(mailbox), starts_(starts), daemons_(daemons) {}
  void on(const DeploymentControllerDue& e);

 private:
  void roll(ServiceId service);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
};

}  // namespace berth

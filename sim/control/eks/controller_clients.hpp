// The controller manager's clients: each controller calls the API server so often a second, and whom it would create
// or delete next waits for its turn.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

/// Each controller of a cluster has a client of its own (facts: upstream builds them from the same settings). The
/// burst of 500 or 250 pods a sync and the batches of 1, 2, 4 … calls at a time end within milliseconds of one another:
/// the client's rate is what holds pods back.
class ControllerClients final : public Limiter {
 public:
  explicit ControllerClients(Hands hands);

  /// Whether its controller may create the pod now; else it waits its turn here.
  bool may_create(ReplicaId pod);
  /// Ends the pod when its controller may call; one that has not been created yet costs no call.
  void remove(ReplicaId pod, StopReason why);
  /// Pods that are created now, in order of their decision; those whose turn it is to be deleted end.
  std::vector<ReplicaId> begin(const ControllerCallsDue& e);
  std::optional<Held> held_by(ReplicaId replica) const override;

 private:
  struct Call {
    ReplicaId pod;
    StopReason why;  ///< none: it is created
  };
  struct Client {
    TokenBucket bucket;
    std::deque<Call> waiting;
    bool due = false;
  };
  Client& client_of(ReplicaId pod);
  const Client& client_of(ReplicaId pod) const;
  bool still_meant(const Call& call) const;
  void come_back(ClusterId cluster, KubeController controller, Client& client);

  Hands hands_;
  std::vector<std::array<Client, kKubeControllers>> clients_;  // by cluster
};

}  // namespace berth

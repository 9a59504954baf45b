// ECS waits before it starts tasks of a service again that end before they run, longer each time.
#pragma once

#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

class StartBackOff {
 public:
  explicit StartBackOff(Hands hands);
  /// Tasks that end before they have run, of a service's newest revision or of the one that has its traffic.
  void hear(const ReplicaSeen& seen, Time at);
  /// Whether no task of that revision may start now; the scheduler looks again when one may.
  bool holds(ServiceId service, RevisionId revision);

 private:
  struct Throttle {
    RevisionId revision{};
    std::uint32_t failures = 0;  ///< each after the delay of the one before
    Time until = Time::min();
    bool told = true;  ///< that nothing starts before `until`
  };

  Throttle* find(ServiceId service, RevisionId revision);
  Throttle& throttle_of(const ReplicaRow& row);

  Hands hands_;
  Duration first_, maximum_;
  double factor_;
  std::vector<std::vector<Throttle>> throttles_;  // by service: one a revision that starts tasks
};

/// It ended by itself: all other reasons are somebody's decision or a lost node.
bool failed_by_itself(StopReason why);

}  // namespace berth

// Application Auto Scaling of ECS services: alarms on what CloudWatch has published, policies, scheduled actions.
#pragma once

#include "sim/control/aws/cloudwatch.hpp"
#include "sim/policy/replica_scaling/service_scaling.hpp"
#include "sim/policy/replica_scaling/target_tracking.hpp"

namespace berth {

class ApplicationAutoScaling {
 public:
  explicit ApplicationAutoScaling(Hands hands);
  /// Every service's alarms are looked at once a period, each at a moment of its own; actions by the clock come late.
  void begin();
  void on(const AlarmsDue& e);
  void on(const ScheduledActionDue& e);

 private:
  struct Policy {
    ScalingPolicySpec spec;
    MetricTiming timing;
    Alarm high, low;  ///< of steps: the one that the policy is for
    AlarmMemory high_memory, low_memory;
    Time looked = Time::min();
  };
  struct Scaled {
    std::vector<Policy> policies;
    Duration every{0};  ///< between two looks at the alarms
    Bounds bounds;      ///< as scheduled actions have left them: between two of one moment not always in order
    ServiceScalingMemory memory;
    bool held = false;  ///< it has been told that scale-in is held back
  };
  Policy policy_of(const ScalingPolicySpec& spec, bool high_resolution) const;
  void begin_schedule(ServiceId service);
  PolicyState look(ServiceId service, Policy& policy);
  void decide(ServiceId service, Scaled& scaled);

  Hands hands_;
  TargetTrackingParameters parameters_;
  std::vector<Scaled> scaled_;       // by service; empty for those that do not scale
  std::vector<PolicyState> states_;  // of the service that is looked at
};

}  // namespace berth

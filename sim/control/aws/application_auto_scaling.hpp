// Application Auto Scaling: target tracking of ECS services on what CloudWatch has published.
#pragma once

#include "sim/control/hands.hpp"
#include "sim/policy/replica_scaling/target_tracking.hpp"

namespace berth {

class ApplicationAutoScaling {
 public:
  explicit ApplicationAutoScaling(Hands hands);
  void begin();
  void on(const AlarmsDue& e);

 private:
  void track(ServiceId service);

  Hands hands_;
  Duration evaluation_period_;
  TargetTrackingParameters parameters_;
  std::vector<TargetTrackingMemory> memory_;  // by service
};

/// The points that have been published by `now`.
std::vector<PublishedPoint> published(const MetricSeries& series, Time now);

}  // namespace berth

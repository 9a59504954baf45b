// CloudWatch for ECS services: once a period, what was used of what was reserved and how many requests came to a
// target, readable after a delay.
#pragma once

#include "sim/control/hands.hpp"

namespace berth {

/// When a metric has points, and when its alarms are looked at.
struct MetricTiming {
  Duration period, publish_delay, evaluation;

  /// The end of the newest period of which a point can be read at `now`.
  Time newest_readable(Time now) const;
};
/// CPU and memory of a service may be of high resolution; requests never are.
MetricTiming metric_timing(const Catalog& catalog, bool high_resolution);

class CloudWatch {
 public:
  explicit CloudWatch(Hands hands);
  /// The first periods begin now.
  void begin();
  /// Lanes have been settled up to now.
  void on(const MetricsDue& e);

 private:
  /// A service that scales: nobody reads the metrics of the others.
  struct Watched {
    ServiceId service;
    bool memory = false, requests = false;  ///< some policy reads it
    std::int64_t arrived = 0;               ///< at the end of the last period
  };
  void publish_use(const Watched& watched, const MetricTiming& timing);
  void publish_requests(Watched& watched);
  std::int64_t healthy_targets(const ServiceRow& row) const;

  Hands hands_;
  MetricTiming standard_, high_;
  std::vector<Watched> watched_;
};

/// What utilisation is measured against: the task's size on Fargate, its request on EC2.
Cpu reserved_cpu(const World& world, const ReplicaRow& replica);

}  // namespace berth

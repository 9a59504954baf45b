// CloudWatch for ECS services: once a period, what was used of what was reserved, published after its delay.
#pragma once

#include "sim/control/hands.hpp"

namespace berth {

class CloudWatch {
 public:
  explicit CloudWatch(Hands hands);
  /// The first period begins now.
  void begin();
  /// Lanes have been settled up to now.
  void on(const MetricsDue& e);

 private:
  void publish(ServiceId service);

  Hands hands_;
  Duration period_, delay_;
  std::vector<std::int64_t> arrived_;  // by service, at the end of the last period
};

/// What utilisation is measured against: the task's size on Fargate, its request on EC2.
Cpu reserved_cpu(const World& world, const ReplicaRow& replica);

}  // namespace berth

// Metrics-server and the HPA controller of a cluster: samples every 15 s, a decision every 15 s.
#pragma once

#include "sim/control/hands.hpp"
#include "sim/policy/replica_scaling/hpa.hpp"

namespace berth {

class HpaController {
 public:
  explicit HpaController(Hands hands);
  void begin();
  /// Lanes have been settled up to now.
  void on(const KubeMetricsDue& e);
  void on(const HpaDue& e);

 private:
  std::optional<HpaProposal> propose(ServiceId service) const;

  Hands hands_;
  Duration resolution_, period_;
  HpaParameters parameters_;
  HpaBehaviour behaviour_;
  std::vector<HpaMemory> memory_;         // by service
  std::vector<std::int64_t> arrived_;     // by service, at the last sample
  std::vector<std::int64_t> per_minute_;  // by service
};

}  // namespace berth

// The HPA controller: every HPA is synced each 15 s, in a moment of its own, and moves the replicas of its Deployment.
#pragma once

#include "sim/control/eks/metrics_server.hpp"
#include "sim/policy/replica_scaling/hpa.hpp"

namespace berth {

class HpaController {
 public:
  HpaController(Hands hands, const MetricsServer& metrics);
  /// An HPA is queued again a fixed interval after its last sync (workqueue of podautoscaler), so that it keeps the
  /// moment in which it was created: any one of the interval, drawn by its name.
  void begin();
  void on(const HpaDue& e);

 private:
  /// One HPA: what it is, and what it remembers; first what every sync reads.
  struct Scaled {
    Duration period{0};
    std::int64_t min = 0, max = 0;
    HpaMemory memory;
    HpaParameters parameters{};
    HpaSpec spec;
  };
  /// What a pod of a revision requests, of all its containers or of the one that a metric names.
  struct Request {
    std::int64_t cpu_milli = 0, memory = 0;
  };
  std::optional<HpaProposal> propose(ServiceId service, const Scaled& hpa, std::size_t metric) const;
  std::optional<HpaProposal> of_pods(ServiceId service, const Scaled& hpa, const HpaMetricSpec& metric) const;
  HpaPod pod_of(const ReplicaRow& replica) const;
  Request request_of(RevisionId revision, const HpaMetricSpec& metric) const;
  std::optional<std::int64_t> usage_of(const ReplicaRow& replica, const HpaMetricSpec& metric) const;
  void publish_cpu(ServiceId service, const Scaled& hpa);

  Hands hands_;
  const MetricsServer& metrics_;
  Duration period_;  ///< where its cluster has no other
  Duration down_window_;
  std::vector<Scaled> scaled_;                         // by service; without metrics: no HPA
  std::vector<std::optional<HpaProposal>> proposals_;  // of one sync
};

}  // namespace berth

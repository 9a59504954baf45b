// metrics-server of a cluster, and the adapter of other metrics beside it: every 15 s, what the pods used.
#pragma once

#include "sim/control/hands.hpp"

namespace berth {

/// How long it must have watched a container to say what it uses: of a fresh one 10 s from its start, of others one
/// period from the last scrape, which must have found it (metrics-server pkg/storage/pod.go). Empty: nothing yet.
std::optional<Duration> metrics_window(Duration age, Duration resolution, Duration fresh);

class MetricsServer {
 public:
  explicit MetricsServer(Hands hands);
  void begin();
  /// Lanes have been settled up to now.
  void on(const KubeMetricsDue& e);

  Duration resolution(ClusterId cluster) const;
  /// Thousandths of a request per second that came to the service, over the last period; empty before the first.
  std::optional<std::int64_t> requests_milli(ServiceId service) const { return requests_milli_[index(service)]; }

 private:
  /// A service with an HPA: nobody reads the metrics of the others.
  struct Watched {
    bool any = false;
    bool pods = false;  ///< some metric is read from them, not only of the whole or from a trace
    bool memory = false;
  };
  void scrape(ReplicaRow& replica, bool memory, Duration resolution);
  std::optional<Duration> window_of(const ReplicaRow& replica, Duration resolution) const;

  Hands hands_;
  Duration fresh_;
  std::vector<Watched> watched_;                             // by service
  std::vector<std::int64_t> arrived_;                        // by service, at the last scrape
  std::vector<std::optional<std::int64_t>> requests_milli_;  // by service
};

}  // namespace berth

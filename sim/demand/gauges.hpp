// Outside metrics of HPAs, each a trace: what an adapter reads of them, written where control finds it.
#pragma once

#include <memory>
#include <vector>

#include "sim/demand/lanes.hpp"

namespace berth {

class Gauges {
 public:
  /// The trace of every external metric must be in `traces`.
  Gauges(World& world, const Traces& traces);

  /// Every value of the cluster's services now, in thousandths.
  void read(ClusterId cluster);

 private:
  struct Gauge {
    ServiceId service;
    std::size_t metric;  ///< of its HPA
    std::shared_ptr<const LoadSeries> series;
  };
  World& world_;
  std::vector<Gauge> gauges_;  // by service
};

}  // namespace berth

// pools.csv: how many nodes each pool had in which stage, and how full they were.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/gauge.hpp"
#include "sim/observe/memory_meter.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

/// Allocatable counts nodes that are ready or draining; on Fargate, the sizes billed of placed replicas. Stranded is
/// what is free and cannot be used: of CPU, what is left over when the node's free memory is filled in the node's own
/// proportion (and likewise of memory); all of it when there are no slots left; on Fargate, what rounding added.
class PoolsObserver final : public Observer {
 public:
  PoolsObserver(const World& world, const Lanes& lanes, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  struct Kind {  // of capacity: CPU grains or bytes
    Gauge allocatable, reserved, stranded;
  };
  struct Levels {
    Gauge requested, booting, ready, draining, usd_hour;
    Gauge spot;  // of those that run: booting, ready or draining
    Kind cpu, memory;
    std::int64_t cpu_used = 0;  // of the lanes, at the last sample
    double request_memory = 0;  // likewise
  };
  struct Stranded {
    std::int64_t cpu = 0, memory = 0;
  };
  void node_moved(const NodeMoved& fact, Time at);
  void replica_placed(const ReplicaRow& row, int sign, Time at);
  Stranded stranded_on(const NodeRow& node) const;
  void put_provider_reservation(CsvRow& row, PoolId pool) const;
  void strand(NodeId node, Stranded now, Time at);
  void count_stage(Levels& levels, NodeStage stage, int sign, Time at);

  const World& world_;
  const Lanes& lanes_;
  std::unique_ptr<CsvFile> file_;
  MemoryMeter memory_;
  std::vector<Levels> levels_;  // by pool
  std::map<NodeId, Stranded> stranded_;
  Gauge ec2_nodes_;
};

}  // namespace berth

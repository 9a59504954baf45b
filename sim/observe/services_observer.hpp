// services.csv: what each service had, used and cost, interval by interval.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/gauge.hpp"
#include "sim/observe/node_shares.hpp"
#include "sim/observe/memory_meter.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

/// Levels follow facts; only what lanes count is asked for at the end of an interval.
/// unhealthy = was healthy before and is on its way back. usd = compute and its storage: Fargate at its size, EC2 by
/// the larger share.
class ServicesObserver final : public Observer {
 public:
  ServicesObserver(const World& world, const Lanes& lanes, NodeShares& shares, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  enum class State : std::uint8_t { pending, starting, healthy, unhealthy, stopping, stopped };
  static constexpr int kStates = 6;
  struct Levels {
    Gauge desired, old_revision, cpu_reserved, memory_reserved, serving, usd_hour;
    Gauge by_state[kStates];
    std::int64_t cpu_used = 0, cpu_demanded = 0, arrived = 0;  // of the lanes, at the last sample
    double rps_per_target = 0;
    double request_memory = 0;  // likewise
  };
  Levels& of(ReplicaId replica) { return levels_[index(world_[replica].service)]; }
  State state_of(const ReplicaRow& row) const;
  void enter(ReplicaId replica, State state, Time at);
  void moved(const ReplicaMoved& fact, Time at);
  void count_old(ServiceId service, Time at);
  void put_cpu(CsvRow& row, ServiceId service, Levels& levels, Duration window) const;
  void put_demand(CsvRow& row, ServiceId service, Levels& levels, Time to, Duration window) const;
  Usd spent(ServiceId service, Levels& levels, Time to);

  const World& world_;
  const Lanes& lanes_;
  NodeShares& shares_;
  std::unique_ptr<CsvFile> file_;
  MemoryMeter memory_;
  std::vector<Levels> levels_;             // by service
  std::vector<State> states_;              // by replica
  std::vector<std::int64_t> of_revision_;  // replicas not stopped, by revision
  std::vector<std::int64_t> of_service_;   // … by service
  Gauge placed_;                           // services' replicas that hold capacity
};

}  // namespace berth

// Meter readings of a run: hears nodes, replicas and layers, asks lanes for traffic, and hands usage to the bill.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/call_flows.hpp"
#include "sim/observe/call_routes.hpp"
#include "sim/observe/capacity_units.hpp"
#include "sim/observe/cost.hpp"
#include "sim/observe/log_meter.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/network_metering.hpp"
#include "sim/observe/node_hops.hpp"
#include "sim/observe/node_shares.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

/// Writes usage.csv and cost.csv. Bills begin with the run and end with it: what is alive at the end is billed up to
/// there.
class Metering final : public Observer {
 public:
  /// InputError when something that this run may be billed for has no price in the catalog.
  Metering(const World& world, const Lanes& lanes, const NodeShares& shares, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  void sample_balancers(Time from);
  void sample_calls(Time from);
  void sample_logs(Time from);
  void book(const NodeRow& node, NodeBill bill, Time until);
  void book(const ReplicaRow& replica, Time until);
  void book(const VolumeSetRow& volumes, Time until);
  void book_while_it_runs(const std::string& sku, const std::string& resource, std::int64_t how_many, Time end);
  void book_alive(Time end);
  void book_fixed(Time end);
  void book_control_plane(ClusterId cluster, Time end);
  void book_between(const std::string& sku, const std::string& resource, Time from, Time until);
  void book_file_systems(Time end);
  const std::string& disks_of(ServiceId service);
  void book_traffic();
  void book_surplus(const CpuCredits::Charges& charges, Time at);
  std::int64_t hour_of(Time t) const;
  /// Remembers whose a resource is, and returns it.
  const std::string& owned(std::string resource, CostOwner owner);

  const World& world_;
  const Lanes& lanes_;
  const NodeShares& shares_;
  NetworkMetering network_;
  NodeHops hops_;
  UsageLedger ledger_;
  std::map<std::string, CostOwner> owners_;                                      // by resource
  std::map<std::pair<LoadBalancerId, std::int64_t>, BalancedTraffic> balanced_;  // by hour
  std::vector<std::vector<std::pair<Time, KubeVersion>>> versions_;              // by cluster: each from then on
  std::vector<LaneTotals> seen_;                                                 // by service, at the last sample
  std::vector<std::int64_t> seen_clients_;                                       // answers, by service
  CpuCredits::Charges charged_;                                                  // millicore-seconds that are booked
  CallFlows calls_;
  CallRoutes routes_;
  LogMeter logs_;
  std::unique_ptr<CsvFile> usage_file_, cost_file_;
};

/// What the bill takes for granted; rows of assumptions.csv.
std::vector<Assumption> billing_assumptions(const RunSpec& spec, const Catalog& catalog);

}  // namespace berth

// subnets.csv: what the addresses of each zone's subnet were with.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/gauge.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// One row a subnet and interval, of time-weighted means. used: instances, interfaces and replicas; warm: on EKS nodes
/// for their next pods; cooling: a pod had them a moment ago. `free` is empty where the subnets have no size.
class SubnetsObserver final : public Observer {
 public:
  SubnetsObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<AddressesMoved>(); }
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  using ByUse = std::array<Gauge, kAddressUses>;

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::vector<ByUse> subnets_;  // by zone
};

}  // namespace berth

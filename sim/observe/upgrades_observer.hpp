// upgrades.csv: upgrades of clusters on EKS, a row for the control plane and one for each pool whose nodes follow.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

class UpgradesObserver final : public Observer {
 public:
  UpgradesObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override {
    return only<UpgradeStarted, UpgradeRefused, ControlPlaneUpgraded, PoolUpgradeStarted, PoolUpgradeEnded,
                NodeMoved>();
  }
  void finish(Time end, Summary& summary) override;

 private:
  struct Part {
    ClusterId cluster;
    PoolId pool;  ///< none: the control plane
    KubeVersion from, to;
    Time started;
    Time finished = kNever;
    std::string outcome = "in_progress";
    std::int64_t nodes = 0;  ///< older ones that have gone since
    bool by_eks = false;
  };
  Part* open(ClusterId cluster, PoolId pool);
  void begin(const PoolUpgradeStarted& fact, Time at);
  void count(const NodeMoved& fact);

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::vector<Part> parts_;
};

}  // namespace berth

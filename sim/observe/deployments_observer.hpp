// deployments.csv: how long each roll-out took and what it waited for longest.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// outcome: completed | failed | superseded (by a newer one, before it was done) | stalled (past Kubernetes' progress
/// deadline) | in_progress.
/// waited_for: the longest step in the life of the new replica that was healthy last.
class DeploymentsObserver final : public Observer {
 public:
  DeploymentsObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  void finish(Time end, Summary& summary) override;

 private:
  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::map<RevisionId, std::string> longest_step_;
};

/// "place", "network", "pull", "container start", "application start and health checks": the longest one.
std::string longest_step(const ReplicaRow& healthy);

}  // namespace berth

// deployments.csv: how long each roll-out took and what it waited for longest; in a run that begins cold the creation
// of each service is its first.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// outcome: completed | failed | rolled_back (failed, and the last completed revision was deployed again) | superseded
/// (by a newer one, before it was done) | stalled (past Kubernetes' progress deadline) | stuck (ECS can neither start
/// nor stop anything) | in_progress.
/// waited_for: what ECS was stuck for longest, with the seconds; else the longest step in the life of the new replica
/// that was healthy last.
class DeploymentsObserver final : public Observer {
 public:
  DeploymentsObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<ServiceStuck, ServiceMoves, ReplicaMoved>(); }
  void finish(Time end, Summary& summary) override;

 private:
  /// How long a deployment could not go on, by reason.
  struct Waits {
    std::array<Duration, kStuck> total{};
    std::optional<Stuck> now;
    Time since{};

    void begin(Stuck why, Time at) { now = why, since = at; }
    void end(Time at);
    std::string text() const;
  };

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::map<RevisionId, std::string> longest_step_;
  std::map<DeploymentId, Waits> waits_;
};

/// "place", "network", "pull", "container start", "application start and health checks": the longest one.
std::string longest_step(const ReplicaRow& healthy);

}  // namespace berth

// Tells when an ECS service can neither start nor stop what it should, why, and when it moves again.
#pragma once

#include <optional>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

class StuckServices {
 public:
  explicit StuckServices(World& world) : world_(world), states_(world.service_count()) {}
  /// What its scheduler has just found; told when it is news.
  void look(ServiceId service, std::optional<Stuck> why);

 private:
  struct State {
    std::optional<Stuck> why;
    DeploymentId deployment = kNone<DeploymentId>;
  };

  World& world_;
  std::vector<State> states_;  // by service
};

/// What keeps a task from its place is more than a moment's wait.
bool lacks_capacity(const World& world, ReplicaId waiting);

}  // namespace berth

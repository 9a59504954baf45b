// ECS's own blue/green deployment, all at once: the new tasks beside the old ones, the traffic moves when all are
// healthy, the old ones stay for the bake time.
#pragma once

#include <optional>
#include <vector>

#include "sim/control/ecs/service_tasks.hpp"
#include "sim/control/ecs/start_back_off.hpp"
#include "sim/control/starts.hpp"
#include "sim/policy/rollout/ecs_rolling.hpp"

namespace berth {

class BlueGreen {
 public:
  BlueGreen(Hands hands, const ServiceTasks& tasks, Starts& starts, StartBackOff& back_off);
  /// Of a service with a deployment in progress: whether it is over, and what green may start and stop in this step.
  struct Step {
    bool over = false;
    bool moved = false;
    bool held = false;  ///< by the back-off of failing starts
  };
  Step step(ServiceId service);
  /// The traffic goes back to that revision, whose tasks are still there.
  void take_back(ServiceId service, RevisionId to);

 private:
  struct Phase {
    DeploymentId deployment = kNone<DeploymentId>;
    std::optional<Time> baked;  ///< when the bake time ends; none before the traffic has moved
  };
  void begin(ServiceId service, Phase& phase);
  Step keep_green(ServiceId service);
  bool keep_blue(ServiceId service);
  /// Of blue on draining instances: those that do not count as healthy, or all.
  void stop_leaving_blue(ServiceId service, bool counted_too);
  void shift(ServiceId service, Phase& phase);
  void end(ServiceId service, TaskGroup group, StopReason why);

  Hands hands_;
  const ServiceTasks& tasks_;
  Starts& starts_;
  StartBackOff& back_off_;
  std::vector<Phase> phases_;  // by service
};

}  // namespace berth

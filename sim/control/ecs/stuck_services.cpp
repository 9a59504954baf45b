#include "sim/control/ecs/stuck_services.hpp"

namespace berth {

void StuckServices::look(ServiceId service, std::optional<Stuck> why) {
  State& state = states_[index(service)];
  const DeploymentId deployment = world_[service].deployment;
  if (state.why == why && (!why || state.deployment == deployment)) return;
  if (state.why) world_.publish(ServiceMoves{service, state.deployment});
  state = {why, deployment};
  if (why) world_.publish(ServiceStuck{service, deployment, *why});
}

bool lacks_capacity(const World& world, ReplicaId waiting) {
  const ReplicaRow& row = world[waiting];
  const bool tried = world[row.pool].spec->launch == Launch::fargate || row.tried_at_epoch != ~std::uint64_t{0};
  const WaitReason why = row.main_reason;
  const bool its_turn_comes =
      why == WaitReason::capacity_on_its_way || why == WaitReason::launch_rate || why == WaitReason::service_rate;
  return tried && !its_turn_comes;
}

}  // namespace berth

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
  return tried && row.main_reason != WaitReason::capacity_on_its_way && row.main_reason != WaitReason::launch_rate;
}

}  // namespace berth

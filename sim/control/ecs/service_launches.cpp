#include "sim/control/ecs/service_launches.hpp"

#include <algorithm>

namespace berth {
namespace {

bool on_fargate(const World& world, ServiceId service) {
  const std::vector<PoolId>& pools = world[service].pools;
  return std::any_of(pools.begin(), pools.end(), [&](PoolId p) { return world[p].spec->launch == Launch::fargate; });
}

}  // namespace

ServiceLaunches::ServiceLaunches(Hands hands) : hands_(hands) {
  const World& world = hands.world;
  const double fargate = world.quota("ecs_service_launches_per_min_fargate");
  const double ec2 = world.quota("ecs_service_launches_per_min_ec2");
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const double per_min = on_fargate(world, ServiceId{static_cast<std::uint32_t>(s)}) ? fargate : ec2;
    queues_.push_back({TokenBucket(std::max(1.0, per_min), per_min / 60), {}, false});
  }
}

bool ServiceLaunches::may_start(ReplicaId replica) {
  const ServiceId service = hands_.world[replica].service;
  Queue& queue = queues_[index(service)];
  if (queue.waiting.empty() && queue.bucket.take(hands_.world.now())) return true;
  queue.waiting.push_back(replica);
  hands_.world.hold(replica, Limit::service_launch, WaitReason::service_rate);
  come_back(service, queue);
  return false;
}

std::optional<Held> ServiceLaunches::held_by(ReplicaId replica) const {
  const Queue& queue = queues_[index(hands_.world[replica].service)];
  const auto ahead = ahead_of(hands_.world, queue.waiting, replica);
  if (!ahead) return std::nullopt;
  return held_by_bucket(Limit::service_launch, queue.bucket, hands_.world.now(), *ahead, *ahead);
}

void ServiceLaunches::come_back(ServiceId service, Queue& queue) {
  if (std::exchange(queue.due, true)) return;
  hands_.agenda.at(queue.bucket.next(hands_.world.now()), ServiceLaunchDue{service});
}

std::vector<ReplicaId> ServiceLaunches::begin(const ServiceLaunchDue& e) {
  Queue& queue = queues_[index(e.service)];
  queue.due = false;
  std::vector<ReplicaId> turns;
  for (; !queue.waiting.empty(); queue.waiting.pop_front()) {
    if (!hands_.world.still_waits(queue.waiting.front())) continue;
    if (!queue.bucket.take(hands_.world.now())) break;
    hands_.world.let_pass(queue.waiting.front());
    turns.push_back(queue.waiting.front());
  }
  if (!queue.waiting.empty()) come_back(e.service, queue);
  return turns;
}

}  // namespace berth

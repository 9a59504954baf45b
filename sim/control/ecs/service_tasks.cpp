#include "sim/control/ecs/service_tasks.hpp"

#include <algorithm>

namespace berth {

ServiceTasks::ServiceTasks(const World& world)
    : world_(world),
      healthy_after_running_(from_seconds(world.catalog().constant("ecs.healthy_after_running_s"))),
      replacement_first_(world.catalog().constant("ecs.unhealthy.replacement_first") != 0),
      groups_(world.service_count()),
      ripening_(world.service_count()) {}

void ServiceTasks::hear(const Fact& fact) {
  if (const auto* f = std::get_if<ReplicaSeen>(&fact)) {
    sort(f->replica);
  } else if (const auto* f = std::get_if<ReplicaCreated>(&fact)) {
    sort(f->replica);
  } else if (const auto* f = std::get_if<ReplicaFailing>(&fact)) {
    sort(f->replica);
  } else if (const auto* f = std::get_if<NodeSeen>(&fact)) {
    if (f->stage != NodeStage::draining) return;
    for (const ReplicaId r : world_[f->node].replicas) sort(r);
  } else if (const auto* f = std::get_if<DeploymentStarted>(&fact)) {
    for (const ReplicaId r : world_[world_[f->deployment].service].replicas) sort(r);
  }
}

bool ServiceTasks::concerns(const ReplicaRow& row) const {
  return !is_eks(world_, row.cluster) && world_[row.service].spec->kind == WorkloadKind::service;
}

void ServiceTasks::sort(ReplicaId replica) {
  if (concerns(world_[replica])) put(replica, group_of(replica));
}

TaskGroup ServiceTasks::group_of(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  if (row.seen == ReplicaStage::stopped) return TaskGroup::none;
  const bool draining = leaves(row);
  if (!is_wanted(row.seen)) {
    const bool made_room = row.why == StopReason::replaced || (row.why == StopReason::node_drained && draining) ||
                           (row.why == StopReason::check_failed && replacement_first_);
    return made_room ? TaskGroup::replaced : TaskGroup::stopping;
  }
  const bool counted = counts(replica);
  if (row.revision != world_[row.service].revision) {
    if (!counted) return TaskGroup::old_coming;
    return draining ? TaskGroup::old_leaving : TaskGroup::old_counted;
  }
  if (draining) return counted ? TaskGroup::leaving_counted : TaskGroup::leaving_coming;
  if (row.failing != 0) return TaskGroup::failing;
  return counted ? TaskGroup::counted : TaskGroup::coming;
}

/// The checks of a load balancer and of essential containers decide, of both where there are both; without any a task
/// counts as healthy 40 s after RUNNING (ECS developer guide, service_definition_parameters).
bool ServiceTasks::counts(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  if (row.failing != 0) return false;
  if (is_checked(row)) return row.seen == ReplicaStage::healthy;
  if (!is_running(row.seen)) return false;
  const Time counts_from = row.seen_running + healthy_after_running_;
  if (counts_from <= world_.now() || row.initial) return true;
  if (row.seen_running == world_.now()) ripening_[index(row.service)].push_back({counts_from, replica});
  return false;
}

bool ServiceTasks::is_checked(const ReplicaRow& row) const {
  if (world_[row.service].load_balancer != kNone<LoadBalancerId>) return true;
  const std::vector<ContainerSpec>& containers = world_[row.revision].containers;
  return std::any_of(containers.begin(), containers.end(),
                     [](const ContainerSpec& c) { return c.essential && !c.init && c.health_check; });
}

Time ServiceTasks::ripen(ServiceId service) {
  std::deque<Ripening>& ripening = ripening_[index(service)];
  while (!ripening.empty() && ripening.front().at <= world_.now()) {
    const ReplicaId replica = ripening.front().replica;
    ripening.pop_front();
    if (world_.replicas().has(replica)) sort(replica);
  }
  return ripening.empty() ? kNever : ripening.front().at;
}

/// The last of its old group takes its place there.
void ServiceTasks::put(ReplicaId replica, TaskGroup group) {
  if (index(replica) >= places_.size()) places_.resize(index(replica) + 1);
  Place& place = places_[index(replica)];
  if (place.group == group) return;
  auto& groups = groups_[index(world_[replica].service)];
  if (place.group != TaskGroup::none) {
    std::vector<ReplicaId>& from = groups[static_cast<std::size_t>(place.group)];
    from[place.at] = from.back();
    places_[index(from.back())].at = place.at;
    from.pop_back();
  }
  place.group = group;
  if (group == TaskGroup::none) return;
  std::vector<ReplicaId>& to = groups[static_cast<std::size_t>(group)];
  place.at = static_cast<std::uint32_t>(to.size());
  to.push_back(replica);
}

}  // namespace berth

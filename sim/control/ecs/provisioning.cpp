#include "sim/control/ecs/provisioning.hpp"

namespace berth {

Provisioning::Provisioning(Hands hands)
    : hands_(hands),
      most_(static_cast<std::int64_t>(hands.world.quota("ecs_provisioning_tasks"))),
      time_out_(from_seconds(hands.world.catalog().constant("ecs.provisioning_timeout_s"))),
      inside_(hands.world.cluster_count()),
      outside_(hands.world.cluster_count()),
      told_(hands.world.cluster_count()),
      due_(hands.world.cluster_count()) {}

bool Provisioning::admit(ReplicaId task) {
  const ClusterId cluster = hands_.world[task].cluster;
  std::deque<ReplicaId>& outside = outside_[index(cluster)];
  outside.push_back(task);
  if (outside.size() > 1 || hands_.world[cluster].provisioning >= most_) return false;
  return !admit_more(cluster).empty();
}

std::vector<ReplicaId> Provisioning::admit_more(ClusterId cluster) {
  std::vector<ReplicaId> admitted;
  std::deque<ReplicaId>& outside = outside_[index(cluster)];
  std::size_t& told = told_[index(cluster)];
  for (; !outside.empty(); outside.pop_front()) {
    if (hands_.world.still_waits(outside.front())) {
      if (hands_.world[cluster].provisioning >= most_) break;
      hands_.world.let_pass(outside.front());
      hands_.world.begin_provisioning(outside.front());
      inside_[index(cluster)].push_back({hands_.world.now(), outside.front()});
      admitted.push_back(outside.front());
    }
    if (told > 0) --told;
  }
  return admitted;
}

void Provisioning::placed_all(ClusterId cluster) {
  const std::deque<ReplicaId>& outside = outside_[index(cluster)];
  for (std::size_t& told = told_[index(cluster)]; told < outside.size(); ++told)
    if (hands_.world.still_waits(outside[told]))
      hands_.world.hold(outside[told], Limit::provisioning_tasks, WaitReason::provisioning_full);
  forget_gone(cluster);
  come_back(cluster);
}

void Provisioning::forget_gone(ClusterId cluster) {
  std::deque<Inside>& inside = inside_[index(cluster)];
  while (!inside.empty() && !hands_.world.still_waits(inside.front().task)) inside.pop_front();
}

void Provisioning::come_back(ClusterId cluster) {
  if (inside_[index(cluster)].empty() || due_[index(cluster)]) return;
  due_[index(cluster)] = true;
  hands_.agenda.at(inside_[index(cluster)].front().since + time_out_, ProvisioningDue{cluster});
}

/// Nobody can know when others leave.
std::optional<Held> Provisioning::held_by(ReplicaId replica) const {
  const auto ahead = ahead_of(hands_.world, outside_[index(hands_.world[replica].cluster)], replica);
  if (!ahead) return std::nullopt;
  return Held{Limit::provisioning_tasks, *ahead};
}

std::optional<Time> Provisioning::gives_up(ReplicaId task) const {
  for (const Inside& i : inside_[index(hands_.world[task].cluster)])
    if (i.task == task) return i.since + time_out_;
  return std::nullopt;
}

std::vector<ReplicaId> Provisioning::begin(const ProvisioningDue& e) {
  std::deque<Inside>& inside = inside_[index(e.cluster)];
  due_[index(e.cluster)] = false;
  std::vector<ReplicaId> late;
  forget_gone(e.cluster);
  for (; !inside.empty() && inside.front().since + time_out_ <= hands_.world.now(); forget_gone(e.cluster)) {
    late.push_back(inside.front().task);
    inside.pop_front();
  }
  come_back(e.cluster);
  return late;
}

}  // namespace berth

#include "sim/control/eks/pod_scheduler.hpp"

#include <algorithm>
#include <utility>

#include "sim/control/eks/karpenter_controller.hpp"
#include "sim/control/gangs.hpp"
#include "sim/control/wait_reasons.hpp"

namespace berth {

PodScheduler::PodScheduler(Hands hands, Mailbox& mailbox, Starts& starts)
    : hands_(hands),
      mailbox_(mailbox),
      starts_(starts),
      preemption_(hands),
      memory_(hands.world.cluster_count()),
      wakes_at_(hands.world.cluster_count(), Time::min()),
      refused_(hands.world.cluster_count()) {
  for (std::uint32_t c = 0; c < hands.world.cluster_count(); ++c) {
    const ClusterId cluster{c};
    profiles_.push_back(kube_profile(hands.world[cluster].spec->scheduler));
    queues_.emplace_back(hands.world, cluster, starts.room(cluster));
    bindings_.emplace_back(hands.world, cluster);
  }
  if (hands.world.cluster_count() == 1 && is_eks(hands.world, ClusterId{0}))
    hands.world.show_tokens(Limit::scheduler_rate, [this](Time now) { return bindings_.front().tokens(now); });
  preemption_.count([this](ClusterId cluster, Overlay& trial) { bindings_[index(cluster)].put_on(trial); });
}

namespace {

/// The pool in the list of its service, which outlives its pods.
std::span<const PoolId> pool_in(const std::vector<PoolId>& pools, PoolId pool) {
  const auto at = std::find(pools.begin(), pools.end(), pool);
  SIM_CHECK(at != pools.end());
  return {&*at, 1};
}

/// A node had all other room: then its attachments are why the pod waits, whatever the others lack.
WaitReason unless_only_attachments_lack(const Placement& answer) {
  const bool attachments = answer.refused[static_cast<std::size_t>(WaitReason::volume_limit)] > 0;
  return attachments && answer.main != WaitReason::volume_zone ? WaitReason::volume_limit : answer.main;
}

}  // namespace

void PodScheduler::on(const KubeSchedulerDue& e) {
  mailbox_.begin(e);
  trial_.reset();
  queues_[index(e.cluster)].try_all([&](ReplicaId replica) { return place(replica); },
                                    [&](WaitingRoom::Group& group) {
                                      if (!preemption_.try_for(group)) return;
                                      group.told = false;  // some of them wait for others to end
                                      trial_.reset();
                                    });
  trial_.reset();
  // Equal pods may have been refused before: then nobody was tried, and still they wait for a node.
  if (karpenter_ != nullptr)
    for (const PoolId pool : starts_.room(e.cluster).pools_with_newcomers()) karpenter_->pods_wait(pool);
  come_back(e.cluster);
}

void PodScheduler::come_back(ClusterId cluster) {
  const std::optional<Time> next = queues_[index(cluster)].next_try();
  Time& wakes_at = wakes_at_[index(cluster)];
  if (!next || (wakes_at > hands_.world.now() && wakes_at <= *next)) return;
  wakes_at = *next;
  hands_.agenda.at(*next, KubeSchedulerDue{cluster});
}

Placement PodScheduler::place(ReplicaId replica) {
  World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const ClusterId cluster = row.cluster;
  Placement answer = choose_unless_refused(replica);
  if (answer.position && !gang_fits(replica)) {
    answer.position.reset();
    answer.main = WaitReason::gang;
  }
  if (!answer.position) {
    answer.main = reason_of(world, replica, unless_only_attachments_lack(answer));
    if (karpenter_ != nullptr) karpenter_->pods_wait(row.pool);
    return answer;
  }
  const NodeId node = world.view(cluster).node[*answer.position];
  PodBindings& bindings = bindings_[index(cluster)];
  const bool nobody_waited = !bindings.next();
  if (bindings.may_bind(replica, node)) {
    hands_.replicas.place(replica, node);
    return answer;
  }
  if (trial_) trial_->put_on(*answer.position, world.ask(row.revision));
  if (nobody_waited) hands_.agenda.at(*bindings.next(), PodBindDue{cluster});
  return answer;
}

/// As Volcano's gang plug-in, and the co-scheduling one, have it: there is room for all of its pods, or none is bound.
bool PodScheduler::gang_fits(ReplicaId replica) {
  const World& world = hands_.world;
  const std::int64_t together = placed_together(world, replica);
  if (together == 1) return true;
  const ReplicaRow& row = world[replica];
  const Ask ask = scheduled_ask(world, replica);
  Overlay trial(world.view(row.cluster));
  bindings_[index(row.cluster)].put_on(trial);
  KubeMemory memory = memory_[index(row.cluster)];
  list_images(world, row, images_);
  for (std::int64_t i = 0; i < together; ++i) {
    const Placement next = place_kube(trial.view(), ask, profiles_[index(row.cluster)], memory, images_, 0);
    if (!next.position) return false;
    trial.put_on(*next.position, ask);
  }
  return true;
}

/// Pods of many workloads ask for the same: nodes that refuse one of them are not looked at again for the others.
Placement PodScheduler::choose_unless_refused(ReplicaId replica) {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  if (row.only_node != kNone<NodeId> || preemption_.keeps_room_from(replica)) return choose(replica);
  RefusedAsks& refused = refused_[index(row.cluster)];
  if (std::exchange(refused.epoch, world[row.cluster].epoch) != refused.epoch) refused.all.clear();
  const Ask ask = scheduled_ask(world, replica);
  for (const auto& [other, answer] : refused.all)
    if (refused_alike(other, ask)) return answer;
  const Placement answer = choose(replica);
  if (!answer.position) {
    refused.all.emplace_back(ask, answer);
    const bool one_pool = !ask.pools.empty();  // its column may move: of the service's own list it stays
    if (one_pool) refused.all.back().first.pools = pool_in(world[row.service].pools, row.pool);
  }
  return answer;
}

void PodScheduler::on(const PodBindDue& e) {
  PodBindings& bindings = bindings_[index(e.cluster)];
  for (const PodBindings::Chosen& chosen : bindings.take_due()) bind(e.cluster, chosen);
  if (bindings.next()) hands_.agenda.at(*bindings.next(), e);
}

/// One that stopped leaves its room to others; one whose node went away meanwhile, or was filled, is queued again.
void PodScheduler::bind(ClusterId cluster, const PodBindings::Chosen& chosen) {
  World& world = hands_.world;
  if (!world.still_waits(chosen.pod)) return world.raise_epoch(cluster);
  const bool there = world.nodes().has(chosen.node) && world[chosen.node].position != ~0u;
  if (there && !refusal(world.view(cluster), scheduled_ask(world, chosen.pod), world[chosen.node].position)) {
    hands_.replicas.place(chosen.pod, chosen.node);
    return;
  }
  world.let_pass(chosen.pod);
  starts_.wait_for_room(chosen.pod);
}

std::optional<Held> PodScheduler::held_by(ReplicaId replica) const {
  return bindings_[index(hands_.world[replica].cluster)].held_by(replica);
}

Placement PodScheduler::choose(ReplicaId replica) {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const PodBindings& bindings = bindings_[index(row.cluster)];
  if (preemption_.keeps_room_from(replica)) {
    Overlay kept(world.view(row.cluster));
    bindings.put_on(kept);
    preemption_.keep_room(replica, kept);
    return choose(row, scheduled_ask(world, replica), kept.view());
  }
  if (!bindings.next()) return choose(row, scheduled_ask(world, replica), world.view(row.cluster));
  if (!trial_) bindings.put_on(trial_.emplace(world.view(row.cluster)));
  return choose(row, scheduled_ask(world, replica), trial_->view());
}

Placement PodScheduler::choose(const ReplicaRow& row, const Ask& ask, const ClusterView& view) {
  const World& world = hands_.world;
  if (row.only_node != kNone<NodeId>) return place_on_only_node(world, row, ask, view);
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(row.service)), row.number};
  list_images(world, row, images_);
  return place_kube(view, ask, profiles_[index(row.cluster)], memory_[index(row.cluster)], images_,
                    draws.at(row.restarts));
}

Ask scheduled_ask(const World& world, ReplicaId pod) {
  const ReplicaRow& row = world[pod];
  Ask ask = world.ask(row.revision);
  if (!world[row.service].any_pool) ask.pools = {&row.pool, 1};
  ask.zone = world.pinned_zone(pod);
  return ask;
}

void list_images(const World& world, const ReplicaRow& pod, std::vector<ImageColumn>& images) {
  images.clear();
  for (const ImageId image : world[pod.revision].images) {
    const ImageOnNodes& on = world[pod.cluster].images[index(image)];
    images.push_back({world[image].compressed, on.present, on.nodes_with});
  }
}

}  // namespace berth

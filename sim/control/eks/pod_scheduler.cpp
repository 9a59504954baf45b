#include "sim/control/eks/pod_scheduler.hpp"

#include "sim/control/eks/karpenter_controller.hpp"
#include "sim/control/wait_reasons.hpp"

namespace berth {

PodScheduler::PodScheduler(Hands hands, Mailbox& mailbox, Starts& starts)
    : hands_(hands), mailbox_(mailbox), starts_(starts), preemption_(hands), memory_(hands.world.cluster_count()) {
  for (std::uint32_t c = 0; c < hands.world.cluster_count(); ++c)
    profiles_.push_back(kube_profile(hands.world[ClusterId{c}].spec->scheduler));
}

namespace {

/// A node had all other room: then its attachments are why the pod waits, whatever the others lack.
WaitReason unless_only_attachments_lack(const Placement& answer) {
  const bool attachments = answer.refused[static_cast<std::size_t>(WaitReason::volume_limit)] > 0;
  return attachments && answer.main != WaitReason::volume_zone ? WaitReason::volume_limit : answer.main;
}

}  // namespace

void PodScheduler::on(const KubeSchedulerDue& e) {
  mailbox_.begin(e);
  const auto place = [&](ReplicaId replica) {
    Placement answer = choose(replica);
    const PoolId pool = hands_.world[replica].pool;
    if (answer.position) {
      hands_.replicas.place(replica, hands_.world.view(e.cluster).node[*answer.position]);
    } else {
      answer.main = reason_of(hands_.world, replica, unless_only_attachments_lack(answer));
      if (karpenter_ != nullptr) karpenter_->pods_wait(pool);
    }
    return answer;
  };
  starts_.room(e.cluster).try_all(place, [&](const WaitingRoom::Group& group) { preemption_.try_for(group); });
  // Equal pods may have been refused before: then nobody was tried, and still they wait for a node.
  if (karpenter_ != nullptr)
    for (const PoolId pool : starts_.room(e.cluster).pools_with_newcomers()) karpenter_->pods_wait(pool);
}

Placement PodScheduler::choose(ReplicaId replica) {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  Ask ask = world.ask(row.revision);
  if (!world[row.service].any_pool) ask.pools = {&row.pool, 1};
  ask.zone = world.pinned_zone(replica);
  if (preemption_.keeps_room_from(replica)) {
    Overlay kept(world.view(row.cluster));
    preemption_.keep_room(replica, kept);
    return choose(row, ask, kept.view());
  }
  return choose(row, ask, world.view(row.cluster));
}

Placement PodScheduler::choose(const ReplicaRow& row, const Ask& ask, const ClusterView& view) {
  const World& world = hands_.world;
  if (row.only_node != kNone<NodeId>) return place_on_only_node(world, row, ask, view);
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(row.service)), row.number};
  list_images(row);
  return place_kube(view, ask, profiles_[index(row.cluster)], memory_[index(row.cluster)], images_,
                    draws.at(row.restarts));
}

void PodScheduler::list_images(const ReplicaRow& replica) {
  const World& world = hands_.world;
  images_.clear();
  for (const ImageId image : world[replica.revision].images) {
    const ImageOnNodes& on = world[replica.cluster].images[index(image)];
    images_.push_back({world[image].compressed, on.present, on.nodes_with});
  }
}

}  // namespace berth

// Nodes that refuse a replica for its volumes, and the planners that respect them.
#include "sim/policy/node_scaling/karpenter_consolidation.hpp"
#include "sim/policy/node_scaling/managed_scaling.hpp"
#include "sim/policy/placement/ecs_placement.hpp"
#include "sim/policy/placement/kube_placement.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

constexpr ZoneId kZoneA{0}, kZoneB{1};

Ask with_volumes(std::int32_t volumes, ZoneId zone = kNone<ZoneId>) {
  Ask ask = ask_for(kVcpu, kGiB);
  ask.volumes = volumes;
  ask.zone = zone;
  return ask;
}

Placement placed_by_kube(const ClusterView& view, const Ask& ask) {
  KubeMemory memory;
  return place_kube(view, ask, default_kube_profile(), memory, {}, 0);
}

std::uint16_t count_of(const Placement& p, WaitReason r) { return p.refused[static_cast<std::size_t>(r)]; }

}  // namespace

TEST_CASE("a replica with volumes goes where attachments are left, on both platforms") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 16 * kGiB).volumes(24, 24).node(2 * kVcpu, 4 * kGiB).volumes(24, 23);
  CHECK(place_ecs(nodes.view(), with_volumes(1), {}, 0).position == 1);
  CHECK(placed_by_kube(nodes.view(), with_volumes(1)).position == 1);
  const Placement refused = placed_by_kube(nodes.view(), with_volumes(2));
  CHECK_FALSE(refused.position);
  CHECK(refused.main == WaitReason::volume_limit);
  CHECK(count_of(refused, WaitReason::volume_limit) == 2);
}

TEST_CASE("a replica without volumes does not mind a node that can attach no more") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 16 * kGiB).volumes(24, 24);
  CHECK(placed_by_kube(nodes.view(), ask_for(kVcpu, kGiB)).position == 0);
}

TEST_CASE("volumes bind a replica to their zone, and that is the reason when another zone has room") {
  ViewBuilder nodes;
  nodes.node(kVcpu, kGiB, 110, kZoneA)
      .volumes(24)
      .used(kVcpu, kGiB)
      .node(8 * kVcpu, 16 * kGiB, 110, kZoneB)
      .volumes(24);
  CHECK(placed_by_kube(nodes.view(), with_volumes(1, kZoneB)).position == 1);
  const Placement refused = placed_by_kube(nodes.view(), with_volumes(1, kZoneA));
  CHECK_FALSE(refused.position);
  CHECK(refused.main == WaitReason::volume_zone);
  CHECK(count_of(refused, WaitReason::cpu) == 1);
  CHECK(count_of(refused, WaitReason::volume_zone) == 1);
}

TEST_CASE("without room anywhere the zone is not to blame") {
  ViewBuilder nodes;
  nodes.node(kVcpu, kGiB, 110, kZoneA).volumes(24).used(kVcpu, kGiB);
  nodes.node(kVcpu, kGiB, 110, kZoneB).volumes(24).used(kVcpu, kGiB);
  CHECK(placed_by_kube(nodes.view(), with_volumes(1, kZoneA)).main == WaitReason::cpu);
}

TEST_CASE("a plan puts volumes on and takes them off like everything else") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 16 * kGiB, 110, kZoneA).volumes(2);
  Overlay plan(nodes.view());
  CHECK(plan.fits(0, with_volumes(2)));
  CHECK_FALSE(plan.fits(0, with_volumes(2, kZoneB)));
  plan.put_on(0, with_volumes(1));
  CHECK_FALSE(plan.fits(0, with_volumes(2)));
  plan.take_off(0, with_volumes(1));
  CHECK(plan.fits(0, with_volumes(2, kZoneA)));
}

TEST_CASE("Karpenter launches where the volumes are, and nowhere when its pool is not there") {
  const ZoneId zones[] = {kZoneA, kZoneB};
  Offering types[] = {offering(1, 4 * kVcpu, 8 * kGiB, 10)};
  types[0].volumes = 3;
  const KarpenterPool pool{PoolId{0}, types, zones, 10};
  const PendingPod pods[] = {{with_volumes(1, kZoneB), Time{}}, {with_volumes(1, kZoneB), Time{}}};
  const KarpenterPlan plan = karpenter_provision(ClusterView{}, pool, pods);
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].zone == kZoneB);
  const PendingPod elsewhere[] = {{with_volumes(1, ZoneId{2}), Time{}}};
  const KarpenterPlan none = karpenter_provision(ClusterView{}, pool, elsewhere);
  REQUIRE(none.refused.size() == 1);
  CHECK(none.refused[0].why == WaitReason::volume_zone);
}

TEST_CASE("Karpenter packs pods of two zones on two nodes, and no more volumes than a type attaches") {
  const ZoneId zones[] = {kZoneA, kZoneB};
  Offering types[] = {offering(1, 8 * kVcpu, 16 * kGiB, 10)};
  types[0].volumes = 3;
  const KarpenterPool pool{PoolId{0}, types, zones, 10};
  const PendingPod two_zones[] = {{with_volumes(1, kZoneA), Time{}}, {with_volumes(1, kZoneB), Time{}}};
  CHECK(karpenter_provision(ClusterView{}, pool, two_zones).launch.size() == 2);
  const PendingPod two_full[] = {{with_volumes(2), Time{}}, {with_volumes(2), Time{}}};
  CHECK(karpenter_provision(ClusterView{}, pool, two_full).launch.size() == 2);
  const PendingPod too_many[] = {{with_volumes(4), Time{}}};
  CHECK(karpenter_provision(ClusterView{}, pool, too_many).refused.at(0).why == WaitReason::too_big);
}

TEST_CASE("Karpenter replaces a node by one in the zone of its pods' volumes") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 16 * kGiB, 110, kZoneB).volumes(24).used(kVcpu, kGiB);
  const ZoneId zones[] = {kZoneA, kZoneB};
  Offering types[] = {offering(1, 2 * kVcpu, 4 * kGiB, 5)};
  types[0].volumes = 24;
  const KarpenterPool pool{PoolId{0}, types, zones, 10};
  const auto plan_in = [&](std::span<const KarpenterPool> pools) {
    const DisruptionCandidate node[] = {{0, 0, Usd{1'000'000'000}, false, {with_volumes(1, kZoneB)}}};
    const DisruptionRoom room[] = {{1, 1, 1}};
    return karpenter_disrupt({nodes.view(), pools, node, room});
  };
  const DisruptionPlan plan = plan_in({&pool, 1});
  REQUIRE(plan.replacements.size() == 1);
  CHECK(plan.replacements[0].zone == kZoneB);
  const KarpenterPool elsewhere{PoolId{0}, types, std::span(zones).first(1), 10};
  CHECK(plan_in({&elsewhere, 1}).remove.empty());
}

TEST_CASE("managed scaling counts attachments like any other dimension") {
  Offering types[] = {offering(1, 64 * kVcpu, 128 * kGiB, 10)};
  types[0].volumes = 10;
  const ProvisioningGroup tasks[] = {{kVcpu, kGiB, 1, 25, 1}};
  ManagedScalingState state;
  state.provisioning = tasks;
  state.offerings = types;
  CHECK(nodes_needed(state) == 3);
}

}  // namespace berth

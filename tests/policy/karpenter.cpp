// Karpenter: packing pending pods onto nodes of its NodePools, and what EC2 is asked for.
#include <vector>

#include "sim/policy/node_scaling/karpenter.hpp"
#include "sim/world/pod_rules.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

const std::vector<Offering> kOfferings = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(1, 4 * kVcpu, 16 * kGiB, 20),
                                          offering(2, 8 * kVcpu, 32 * kGiB, 40)};
const ZoneId kTwoZones[] = {ZoneId{0}, ZoneId{1}};

KarpenterPool pool_with_room(std::int64_t room) { return {PoolId{0}, kOfferings, kTwoZones, room}; }

std::vector<PendingPod> pods(std::size_t count, Cpu cpu, Bytes memory) {
  return std::vector<PendingPod>(count, {ask_for(cpu, memory), Time{}});
}

}  // namespace

TEST_CASE("one pod gets the cheapest offering that holds it, five share a larger one") {
  auto plan = karpenter_provision(ClusterView{}, pool_with_room(10), pods(1, kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].offerings.front() == 0);
  plan = karpenter_provision(ClusterView{}, pool_with_room(10), pods(5, kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].offerings == std::vector<std::uint32_t>{2});
  CHECK(plan.launch[0].pods.size() == 5);
}

TEST_CASE("pods go first onto nodes that exist or are on their way") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::booting);
  const auto plan = karpenter_provision(nodes.view(), pool_with_room(10), pods(3, kVcpu, kGiB));
  CHECK(plan.onto.size() == 2);
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].pods.size() == 1);
  CHECK(plan.launch[0].zone == ZoneId{1});  // zone 0 has the booting node
}

TEST_CASE("large pods are packed first and small ones fill what they leave") {
  auto pending = pods(2, kVcpu, kGiB);
  pending.push_back({ask_for(6 * kVcpu, kGiB), Time{}});
  const auto plan = karpenter_provision(ClusterView{}, pool_with_room(10), pending);
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].pods == std::vector<std::uint32_t>{2, 0, 1});
}

TEST_CASE("a pod that no offering holds is too big, and one beyond the pool's maximum waits for room") {
  auto pending = pods(2, 8 * kVcpu, kGiB);
  pending.push_back({ask_for(9 * kVcpu, kGiB), Time{}});
  const auto plan = karpenter_provision(ClusterView{}, pool_with_room(1), pending);
  CHECK(plan.launch.size() == 1);
  REQUIRE(plan.refused.size() == 2);
  CHECK(plan.refused[0].pod == 2);
  CHECK(plan.refused[0].why == WaitReason::too_big);
  CHECK(plan.refused[1].pod == 1);
  CHECK(plan.refused[1].why == WaitReason::pool_at_max);
}

TEST_CASE("the heaviest NodePool that has a node for the pod gets it, the next when its limits are reached") {
  const KarpenterPool light{PoolId{0}, kOfferings, kTwoZones, 10};
  const std::vector<SoldType> sold = {{2, 8 * kGiB}, {4, 16 * kGiB}, {8, 32 * kGiB}};
  KarpenterPool heavy{PoolId{1}, kOfferings, kTwoZones, 10, sold, 10};
  const KarpenterPool both[] = {heavy, light};
  const auto plan = karpenter_provision(ClusterView{}, both, pods(2, 7 * kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 2);
  CHECK(plan.launch[0].pool == 0);
  CHECK(plan.launch[1].pool == 1);  // 8 of 10 vCPU are taken: none of 8 is left
}

TEST_CASE("until it is launched a planned node counts in the limits as the largest that it may be") {
  const std::vector<SoldType> sold = {{2, 8 * kGiB}, {4, 16 * kGiB}, {8, 32 * kGiB}};
  auto pending = pods(1, kVcpu, 20 * kGiB);  // only the largest holds it
  pending.push_back({ask_for(kVcpu, 15 * kGiB), Time{}});
  const KarpenterPool memory{PoolId{0}, kOfferings, kTwoZones, 10, sold, std::nullopt, 40 * kGiB};
  auto plan = karpenter_provision(ClusterView{}, memory, pending);
  REQUIRE(plan.refused.size() == 1);  // 8 GiB are left beside the 32
  CHECK(plan.refused[0].why == WaitReason::pool_at_max);
  const KarpenterPool enough{PoolId{0}, kOfferings, kTwoZones, 10, sold, std::nullopt, 48 * kGiB};
  CHECK(karpenter_provision(ClusterView{}, enough, pending).refused.empty());
}

TEST_CASE("a pod goes to no NodePool that it may not use, and says why") {
  const PoolId other{7};
  auto pending = pods(1, kVcpu, kGiB);
  pending[0].ask.pools = {&other, 1};
  const auto plan = karpenter_provision(ClusterView{}, pool_with_room(9), pending);
  REQUIRE(plan.refused.size() == 1);
  CHECK(plan.refused[0].why == WaitReason::wrong_pool);
}

TEST_CASE("what EC2 had none of a moment ago is not planned, in that zone") {
  std::uint8_t refused[] = {1, 0, 1, 1, 1, 1};  // type 0 is left in the second zone
  KarpenterPool pool = pool_with_room(9);
  pool.refused = refused;
  auto plan = karpenter_provision(ClusterView{}, pool, pods(1, kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].zone == ZoneId{1});
  CHECK(plan.launch[0].offerings == std::vector<std::uint32_t>{0});
  refused[1] = 1;
  plan = karpenter_provision(ClusterView{}, pool, pods(1, kVcpu, kGiB));
  REQUIRE(plan.refused.size() == 1);
  CHECK(plan.refused[0].why == WaitReason::ec2_shortage);
}

TEST_CASE("pods that must be spread over zones get planned nodes in different zones") {
  PodRules rules;
  rules.topologies = {{false, 2, {0, 1}}};
  rules.hard_spread = {{0, 1, 2, true, {ServiceId{0}}, {1, 1}}};
  std::vector<Offering> offerings = kOfferings;
  const std::uint16_t classes[] = {0, 1};  // by zone
  for (Offering& o : offerings) o.class_in_zone = classes;
  auto pending = pods(2, kVcpu, kGiB);
  for (PendingPod& pod : pending) {
    pod.ask.service = ServiceId{0};
    pod.ask.rules = &rules;
  }
  ViewBuilder nobody;
  nobody.with(2, 1);
  const KarpenterPool pool{PoolId{0}, offerings, kTwoZones, 9};
  const auto plan = karpenter_provision(nobody.view(), pool, pending);
  REQUIRE(plan.launch.size() == 2);
  CHECK(plan.launch[0].zone != plan.launch[1].zone);
  CHECK(plan.launch[0].zone_matters);
}

namespace {

/// The same three types on demand, then as spot for half the price.
std::vector<Offering> both_ways() {
  std::vector<Offering> all = kOfferings;
  for (Offering o : kOfferings) {
    o.spot = true;
    o.usd_hour = scaled(o.usd_hour, 1, 2);
    all.push_back(o);
  }
  return all;
}

std::vector<std::uint32_t> offerings_chosen(const KarpenterPool& pool, PlannedNode node, std::size_t most = 60) {
  std::vector<std::uint32_t> chosen;
  for (const LaunchChoice& c : launch_choices(pool, node, most)) chosen.push_back(c.offering);
  return chosen;
}

const ZoneId kOneZone[] = {ZoneId{0}};

}  // namespace

TEST_CASE("a node that may be spot is launched as spot, the cheapest first, of equal ones the most seldom reclaimed") {
  const std::vector<Offering> offerings = both_ways();
  const std::vector<SoldType> sold = {{2, {}}, {4, {}}, {8, {}}, {2, {}, 3}, {4, {}, 0}, {8, {}, 0}};
  const KarpenterPool pool{PoolId{0}, offerings, kOneZone, 9, sold};
  // Cheapest first: spot 0, then type 0 on demand and spot 1 for the same, and so on.
  CHECK(offerings_chosen(pool, {{3, 0, 4, 1, 5, 2}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{3, 4});
  CHECK(offerings_chosen(pool, {{0, 1, 2}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{0, 1, 2});
  std::vector<Offering> alike = offerings;
  alike[3].usd_hour = alike[4].usd_hour;
  const KarpenterPool equal{PoolId{0}, alike, kOneZone, 9, sold};
  CHECK(offerings_chosen(equal, {{3, 4}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{4, 3});
}

TEST_CASE("spot that costs more than the cheapest on demand is not wanted") {
  std::vector<Offering> offerings = both_ways();
  offerings[3].usd_hour = offerings[4].usd_hour = offerings[5].usd_hour = offerings[2].usd_hour;
  const KarpenterPool pool{PoolId{0}, offerings, kOneZone, 9};
  CHECK(offerings_chosen(pool, {{0, 1, 2, 3, 4, 5}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("bare metal and GPUs are launched only where nothing else would do, and EC2 is asked for so many types") {
  const std::vector<SoldType> sold = {{2, {}, 0, true}, {4, {}}, {8, {}}};
  const KarpenterPool pool{PoolId{0}, kOfferings, kOneZone, 9, sold};
  CHECK(offerings_chosen(pool, {{0, 1, 2}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{1, 2});
  CHECK(offerings_chosen(pool, {{0}, ZoneId{0}, {}}) == std::vector<std::uint32_t>{0});
  CHECK(offerings_chosen(pool, {{1, 2}, ZoneId{0}, {}}, 1) == std::vector<std::uint32_t>{1});
}

TEST_CASE("EC2 may launch a node in another zone than planned, unless a pod's volumes are in that one") {
  PlannedNode node{{0}, ZoneId{1}, {}};
  const auto zones = [&] {
    std::vector<ZoneId> all;
    for (const LaunchChoice& c : launch_choices(pool_with_room(9), node, 60)) all.push_back(c.zone);
    return all;
  };
  CHECK(zones() == std::vector<ZoneId>{ZoneId{1}, ZoneId{0}});
  node.zone_matters = true;
  CHECK(zones() == std::vector<ZoneId>{ZoneId{1}});
}

}  // namespace berth

// kube-scheduler's choice of a node and a ReplicaSet's choice of pods to remove.
#include "sim/base/random.hpp"
#include "sim/policy/placement/kube_placement.hpp"
#include "sim/policy/placement/kube_victims.hpp"
#include "sim/world/pod_rules.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

KubeProfile resources_only() {
  auto profile = default_kube_profile();
  profile.spread = 0;
  return profile;
}

VictimView pod(std::uint32_t position, ReplicaStage seen, Time healthy_since = kNever) {
  VictimView v;
  v.position = position;
  v.zone = ZoneId{0};
  v.seen = seen;
  v.healthy_since = healthy_since;
  return v;
}

VictimView beside(std::int64_t siblings, VictimView v) {
  v.siblings = siblings;
  return v;
}

}  // namespace

TEST_CASE("a pod goes to the node with most left, or with least left under most-allocated") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).used(2 * kVcpu, 4 * kGiB, 1);
  nodes.node(4 * kVcpu, 8 * kGiB).used(kVcpu, 2 * kGiB, 1);
  KubeMemory memory;
  auto profile = resources_only();
  CHECK(place_kube(nodes.view(), ask_for(kVcpu, 2 * kGiB), profile, memory, {}, 0).position == 1u);
  profile.fit_score = FitScore::most_allocated;
  CHECK(place_kube(nodes.view(), ask_for(kVcpu, 2 * kGiB), profile, memory, {}, 0).position == 0u);
}

TEST_CASE("a pod that fits nowhere waits with its reasons") {
  ViewBuilder nodes;
  nodes.node(kVcpu, 8 * kGiB);
  nodes.node(4 * kVcpu, kGiB);
  nodes.node(4 * kVcpu, kGiB).seen(NodeStage::joining);
  KubeMemory memory;
  const auto p = place_kube(nodes.view(), ask_for(2 * kVcpu, 2 * kGiB), default_kube_profile(), memory, {}, 0);
  CHECK_FALSE(p.position);
  CHECK(p.refused[static_cast<int>(WaitReason::cpu)] == 1);
  CHECK(p.refused[static_cast<int>(WaitReason::memory)] == 1);
  CHECK(p.refused[static_cast<int>(WaitReason::not_ready)] == 1);
  CHECK(p.main == WaitReason::cpu);  // one each: the first of the list
}

TEST_CASE("an empty cluster has no nodes") {
  KubeMemory memory;
  const auto p = place_kube(ClusterView{}, ask_for(kVcpu, kGiB), default_kube_profile(), memory, {}, 0);
  CHECK_FALSE(p.position);
  CHECK(p.main == WaitReason::no_nodes);
}

TEST_CASE("among nodes of the top score every one is chosen for its share of the draws") {
  ViewBuilder nodes;
  for (int i = 0; i < 4; ++i) nodes.node(4 * kVcpu, 8 * kGiB);
  const std::uint64_t quarter = std::uint64_t{1} << 62;
  for (std::uint32_t i = 0; i < 4; ++i) {
    KubeMemory memory;
    const auto p = place_kube(nodes.view(), ask_for(kVcpu, kGiB), default_kube_profile(), memory, {}, quarter * i);
    CHECK(p.position == i);
  }
}

TEST_CASE("the default spreading keeps pods of one service apart where resources are equal") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB, 110, ZoneId{0});
  nodes.node(4 * kVcpu, 8 * kGiB, 110, ZoneId{0});
  nodes.node(4 * kVcpu, 8 * kGiB, 110, ZoneId{1});
  const NodeCount here[] = {{0, 1}};
  const std::uint32_t by_zone[] = {1, 0};
  Ask ask = ask_for(kVcpu, kGiB);
  ask.same_service = here;
  ask.same_service_by_zone = by_zone;
  KubeMemory memory;
  CHECK(place_kube(nodes.view(), ask, default_kube_profile(), memory, {}, 0).position == 2u);
}

TEST_CASE("a node that has the pod's image wins over equal ones") {
  ViewBuilder nodes;
  for (int i = 0; i < 3; ++i) nodes.node(4 * kVcpu, 8 * kGiB);
  const std::uint8_t present[] = {0, 0, 1};
  const ImageColumn images[] = {{900 * kMiB, present, 1}};
  KubeMemory memory;
  const auto p = place_kube(nodes.view(), ask_for(kVcpu, kGiB), default_kube_profile(), memory, images, 0);
  CHECK(p.position == 2u);
}

TEST_CASE("a search stops at enough nodes that fit and the next one goes on from there") {
  ViewBuilder nodes;
  for (int i = 0; i < 1'000; ++i) nodes.node(4 * kVcpu, 8 * kGiB);
  const auto view = nodes.view();
  KubeMemory memory;
  place_kube(view, ask_for(kVcpu, kGiB), default_kube_profile(), memory, {}, 0);
  CHECK(memory.next_start == 1'000 * (50 - 1'000 / 125) / 100);  // 42 % of 1,000
  memory.next_start = 990;
  const auto p = place_kube(view, ask_for(kVcpu, kGiB), default_kube_profile(), memory, {}, 0);
  CHECK(p.position == 990u);
  CHECK(memory.next_start == 410);  // 10 to the end, 410 from the front
}

TEST_CASE("integer scores by doubles equal those by integer division") {
  const Draws draws(5, Purpose::placement, 1);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::int64_t whole = 1 + static_cast<std::int64_t>(below(draws.at(2 * i), std::uint64_t{1} << 46));
    const auto end = static_cast<std::uint64_t>(whole) + 1;
    const auto used = static_cast<std::int64_t>(below(draws.at(2 * i + 1), end));
    const std::int64_t allocatable_column[] = {whole}, used_column[] = {used};
    const ScoredResource one[] = {{allocatable_column, used_column, 0, 1}};
    const std::uint32_t node[] = {0};
    std::int64_t total[] = {0};
    least_allocated(one, node, 1, total);
    CHECK(total[0] == (whole - used) * 100 / whole);
  }
}

TEST_CASE("a ReplicaSet removes pods not assigned, then pending, then not ready, then crowded, then young ones") {
  const Time now = at_second(10'000);
  const VictimView pods[] = {
      pod(0, ReplicaStage::healthy, at_second(0)),                 // old, alone
      beside(2, pod(1, ReplicaStage::healthy, at_second(0))),      // old, beside the next one
      beside(2, pod(1, ReplicaStage::healthy, at_second(9'990))),  // young, beside the one before
      pod(2, ReplicaStage::warming),                               // runs, not ready
      pod(2, ReplicaStage::pulling),                               // assigned, not running
      VictimView{},                                                // not assigned
  };
  CHECK(pick_kube_victims(pods, 6, now) == std::vector<std::uint32_t>{5, 4, 3, 2, 1, 0});
  CHECK(pick_kube_victims(pods, 2, now) == std::vector<std::uint32_t>{5, 4});
}

TEST_CASE("siblings of other revisions and those that are not ready crowd a node too") {
  const VictimView pods[] = {
      beside(1, pod(0, ReplicaStage::healthy, at_second(9'990))),
      beside(3, pod(1, ReplicaStage::healthy, at_second(0))),
  };
  CHECK(pick_kube_victims(pods, 1, at_second(10'000)) == std::vector<std::uint32_t>{1});
}

TEST_CASE("pods of about the same age are equal, and then the last born goes first") {
  const Time now = at_second(10'000);
  const VictimView pods[] = {pod(0, ReplicaStage::healthy, at_second(100)),
                             pod(1, ReplicaStage::healthy, at_second(50))};
  CHECK(pick_kube_victims(pods, 1, now) == std::vector<std::uint32_t>{1});
}

TEST_CASE("a taint that is merely avoided, a preferred label and an image decide between equal nodes") {
  const std::vector<LabelledClass> classes = {{{{"kind", "new"}}, {{"old", "", TaintEffect::prefer_no_schedule}}},
                                              {{{"kind", "old"}}, {}}};
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).node_class(0).node(4 * kVcpu, 8 * kGiB).node_class(1).with(2, 1);
  const auto chosen = [&](const PodSpec& spec, std::span<const ImageColumn> images) {
    const LabelledPods pods{ServiceId{0}, {}, &spec};
    const PodRules rules = compile_pod_rules(pods, {&pods, 1}, classes);
    Ask ask = ask_for(kVcpu, 2 * kGiB);
    ask.rules = &rules;
    KubeMemory memory;
    return *place_kube(nodes.view(), ask, default_kube_profile(), memory, images, 0).position;
  };
  PodSpec plain, tolerant, prefers;
  tolerant.tolerations = {{"old"}};
  prefers.tolerations = {{"old"}};
  prefers.nodes.preferred = {{1, {{"kind", LabelRequirement::Operator::in, {"old"}}}}};
  const std::uint8_t on_first[] = {1, 0}, on_second[] = {0, 1};
  const ImageColumn first{2000 * kMiB, on_first, 1}, second{2000 * kMiB, on_second, 1};
  CHECK(chosen(plain, {&first, 1}) == 1);
  CHECK(chosen(tolerant, {&first, 1}) == 0);
  CHECK(chosen(tolerant, {&second, 1}) == 1);
  CHECK(chosen(prefers, {&first, 1}) == 1);
}

TEST_CASE("pods that a pod likes pull it to their node, those that it does not push it away") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).holds(ServiceId{1}, 1).node(4 * kVcpu, 8 * kGiB).holds(ServiceId{2}, 1).with(1, 3);
  const std::vector<LabelledClass> classes = {{{{std::string(kHostname), ""}}, {}}};
  PodSpec likes, other;
  likes.together = {{selector_of("app", "friend"), std::string(kHostname), 10}};
  PodSpec dislikes;
  dislikes.apart = {{selector_of("app", "friend"), std::string(kHostname), 10}};
  for (const PodSpec* spec : {&likes, &dislikes}) {
    const std::vector<LabelledPods> pods = {{ServiceId{0}, {{"app", "web"}}, spec},
                                            {ServiceId{1}, {{"app", "friend"}}, &other},
                                            {ServiceId{2}, {{"app", "stranger"}}, &other}};
    const PodRules rules = compile_pod_rules(pods.front(), pods, classes);
    Ask ask = ask_for(kVcpu, 2 * kGiB);
    ask.rules = &rules;
    KubeMemory memory;
    CHECK(place_kube(nodes.view(), ask, default_kube_profile(), memory, {}, 0).position == (spec == &likes ? 0u : 1u));
  }
}

TEST_CASE("under a requested-to-capacity shape the fuller node is chosen, as far as the shape says") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).used(kVcpu, 2 * kGiB, 1).node(4 * kVcpu, 8 * kGiB).used(2 * kVcpu, 4 * kGiB, 1);
  auto profile = resources_only();
  profile.fit_score = FitScore::requested_to_capacity_ratio;
  profile.shape = {{0, 0}, {100, 10}};
  KubeMemory memory;
  CHECK(place_kube(nodes.view(), ask_for(kVcpu, 2 * kGiB), profile, memory, {}, 0).position == 1u);
  profile.shape = {{0, 10}, {100, 0}};
  CHECK(place_kube(nodes.view(), ask_for(kVcpu, 2 * kGiB), profile, memory, {}, 0).position == 0u);
}

TEST_CASE("pods are refused alike that ask for as much of the same nodes, whatever workload they are of") {
  const PoolId one{0}, other{1};
  Ask web = ask_for(kVcpu, 2 * kGiB), shop = web;
  web.service = ServiceId{0};
  shop.service = ServiceId{1};
  web.pools = shop.pools = {&one, 1};
  CHECK(refused_alike(web, shop));
  Ask larger = shop, elsewhere = shop, with_port = shop, in_zone = shop;
  larger.memory = 3 * kGiB;
  elsewhere.pools = {&other, 1};
  with_port.ports = 1;
  in_zone.zone = ZoneId{1};
  for (const Ask& ask : {larger, elsewhere, with_port, in_zone}) CHECK_FALSE(refused_alike(web, ask));
}

TEST_CASE("pods that tolerate other taints or look at other pods are not refused alike") {
  PodRules tolerant, picky, plain;
  tolerant.tolerated = {0, 1};
  picky.apart = {{0, {ServiceId{0}}}};
  Ask web = ask_for(kVcpu, 2 * kGiB), shop = web;
  shop.rules = &plain;  // nothing in it refuses a node
  CHECK(refused_alike(web, shop));
  shop.rules = &tolerant;
  CHECK_FALSE(refused_alike(web, shop));
  web.rules = &tolerant;
  CHECK(refused_alike(web, shop));
  web.rules = shop.rules = &picky;
  CHECK_FALSE(refused_alike(web, shop));
}

}  // namespace berth

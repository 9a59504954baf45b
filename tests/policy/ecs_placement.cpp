// ECS placement: filters, strategies, ties and the order of scale-in.
#include "sim/policy/placement/ecs_placement.hpp"
#include <algorithm>
#include <cstdlib>

#include "tests/policy/placing.hpp"

namespace berth {

namespace {

using Kind = EcsStrategy::Kind;

VictimView task(std::uint32_t position, ZoneId zone, ReplicaStage seen = ReplicaStage::healthy) {
  VictimView v;
  v.position = position;
  v.zone = zone;
  v.seen = seen;
  v.cpu = kVcpu;
  v.memory = kGiB;
  return v;
}

}  // namespace

TEST_CASE("strategies are written as in scenarios, and anything else is no strategy") {
  CHECK(parse_ecs_strategy("binpack(memory)")->kind == Kind::binpack_memory);
  CHECK(parse_ecs_strategy("spread(zone)")->kind == Kind::spread_zone);
  CHECK(parse_ecs_strategy("spread(attribute:rack)")->attribute == "rack");
  CHECK(say(*parse_ecs_strategy("spread(attribute:rack)")) == "spread(attribute:rack)");
  CHECK(parse_ecs_strategy("spread(attribute:ecs.availability-zone)")->kind == Kind::spread_zone);
  CHECK_FALSE(parse_ecs_strategy("spread(attribute:)"));
  CHECK_FALSE(parse_ecs_strategy("spread(attribute:a b)"));
  CHECK_FALSE(parse_ecs_strategy("spread(rack)"));
  CHECK_FALSE(parse_ecs_strategy("spread"));
}

TEST_CASE("the account's interfaces are asked for last: where any node would take the task, they are why it waits") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB);
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB);
  nodes.node(2 * kVcpu, 8 * kGiB);
  ClusterView view = nodes.view();
  view.out_of_interfaces = true;
  Ask ask = ask_for(kVcpu, kGiB);
  CHECK(place_ecs(view, ask, {}, 0).position == 2u);  // it shares its node's
  ask.address = true;
  const Placement waits = place_ecs(view, ask, {}, 0);
  CHECK_FALSE(waits.position);
  CHECK(waits.main == WaitReason::network_interfaces);
  CHECK(waits.refused[static_cast<int>(WaitReason::cpu)] == 2);
  CHECK(waits.refused[static_cast<int>(WaitReason::network_interfaces)] == 1);
  const std::vector<NodeCount> there = {{2, 1}};
  ask.same_service = there;
  ask.distinct_instance = true;
  CHECK(place_ecs(view, ask, {}, 0).main == WaitReason::cpu);
  CHECK(refusal(view, ask, 2) == WaitReason::constraint);
}

TEST_CASE("a task that fits nowhere waits, with the nodes counted by the first thing they lack") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB);
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, 8 * kGiB);
  nodes.node(2 * kVcpu, 8 * kGiB).used(kVcpu, 8 * kGiB);
  nodes.node(2 * kVcpu, 8 * kGiB, 3).used(kVcpu, kGiB, 3);
  nodes.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::booting);
  nodes.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::gone);
  const auto p = place_ecs(nodes.view(), ask_for(kVcpu, kGiB), {}, 0);
  CHECK_FALSE(p.position);
  CHECK(p.refused[static_cast<int>(WaitReason::cpu)] == 2);
  CHECK(p.refused[static_cast<int>(WaitReason::memory)] == 1);
  CHECK(p.refused[static_cast<int>(WaitReason::slots)] == 1);
  CHECK(p.refused[static_cast<int>(WaitReason::not_ready)] == 1);
  CHECK(p.main == WaitReason::cpu);
}

TEST_CASE("filters stand in AWS's order: CPU, memory, GPUs, ports, interfaces, constraints") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB, 0).used(2 * kVcpu, 8 * kGiB);  // lacks everything
  nodes.node(2 * kVcpu, 8 * kGiB, 0).used(kVcpu, 8 * kGiB);      // all but CPU
  nodes.node(2 * kVcpu, 8 * kGiB, 0).gpus(2, 2).ports(1);        // room, but GPU, port and slot
  nodes.node(2 * kVcpu, 8 * kGiB, 0).gpus(2, 1).ports(1);
  nodes.node(2 * kVcpu, 8 * kGiB, 0).gpus(2, 1).ports(2);
  nodes.node(2 * kVcpu, 8 * kGiB, 1).gpus(2, 1).ports(2);  // only the constraint
  nodes.node(2 * kVcpu, 8 * kGiB, 1).gpus(2, 1).ports(2);
  Ask ask = ask_for(kVcpu, kGiB);
  ask.gpus = 1;
  ask.ports = 1;
  ask.distinct_instance = true;
  const NodeCount here[] = {{5, 1}};
  ask.same_service = here;
  const WaitReason expected[] = {WaitReason::cpu,  WaitReason::memory, WaitReason::gpu,
                                 WaitReason::port, WaitReason::slots,  WaitReason::constraint};
  for (std::uint32_t p = 0; p < 6; ++p) CHECK(refusal_ecs(nodes.view(), ask, {}, p) == expected[p]);
  CHECK_FALSE(refusal_ecs(nodes.view(), ask, {}, 6));
  CHECK(place_ecs(nodes.view(), ask, {}, 0).position == 6u);
}

TEST_CASE("spread over an attribute takes a node under the value with fewest tasks, none being a value too") {
  ViewBuilder nodes;
  for (std::uint16_t c : {0, 1, 1, 2}) nodes.node(2 * kVcpu, 8 * kGiB).node_class(c);
  const NodeAttributes classes[] = {{{"rack", "1"}}, {{"rack", "2"}}, {}};
  Strategies chain = {*parse_ecs_strategy("spread(attribute:rack)")};
  bind_to_classes(chain, classes);
  const NodeCount here[] = {{0, 1}, {1, 1}, {2, 1}, {3, 3}};
  Ask ask = ask_for(kVcpu, kGiB);
  ask.same_service = here;
  CHECK(place_ecs(nodes.view(), ask, chain, 0).position == 0u);  // 1 under rack 1, 2 under rack 2, 3 without
}

TEST_CASE("without a node of its pools a task waits for nodes, however many other pools have") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB, 110, ZoneId{0}, PoolId{1});
  const PoolId own[] = {PoolId{2}};
  Ask ask = ask_for(kVcpu, kGiB);
  ask.pools = own;
  const auto p = place_ecs(nodes.view(), ask, {}, 0);
  CHECK_FALSE(p.position);
  CHECK(p.main == WaitReason::no_nodes);
  CHECK(p.refused[static_cast<int>(WaitReason::wrong_pool)] == 1);
}

TEST_CASE("a service spreads over zones first, then takes the node with fewest of its tasks, ties go to the lowest") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 8 * kGiB, 110, ZoneId{0});
  nodes.node(8 * kVcpu, 8 * kGiB, 110, ZoneId{1});
  nodes.node(8 * kVcpu, 8 * kGiB, 110, ZoneId{1});
  nodes.node(8 * kVcpu, 8 * kGiB, 110, ZoneId{1});
  const NodeCount here[] = {{0, 2}, {1, 1}};
  const std::uint32_t by_zone[] = {2, 1};
  Ask ask = ask_for(kVcpu, kGiB);
  ask.same_service = here;
  ask.same_service_by_zone = by_zone;
  CHECK(place_ecs(nodes.view(), ask, {}, 0).position == 2u);  // zone 1; nodes 2 and 3 have none
}

TEST_CASE("binpack takes the node with least left that still fits, and a later strategy only decides ties") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).used(kVcpu, 5 * kGiB);      // 3 GiB left
  nodes.node(4 * kVcpu, 8 * kGiB).used(kVcpu, 7 * kGiB);      // 1 GiB left: too little
  nodes.node(4 * kVcpu, 8 * kGiB).used(2 * kVcpu, 5 * kGiB);  // 3 GiB left, less CPU
  const Ask ask = ask_for(kVcpu, 2 * kGiB);
  CHECK(place_ecs(nodes.view(), ask, {{Kind::binpack_memory}}, 0).position == 0u);
  CHECK(place_ecs(nodes.view(), ask, {{Kind::binpack_memory}, {Kind::binpack_cpu}}, 0).position == 2u);
}

TEST_CASE("random is even over the nodes that fit, by the draw alone") {
  ViewBuilder nodes;
  for (int i = 0; i < 4; ++i) nodes.node(4 * kVcpu, 8 * kGiB);
  const Ask ask = ask_for(kVcpu, kGiB);
  const std::uint64_t quarter = std::uint64_t{1} << 62;
  for (std::uint32_t i = 0; i < 4; ++i) {
    CHECK(place_ecs(nodes.view(), ask, {{Kind::random}}, quarter * i).position == i);
  }
}

TEST_CASE("scale-in without a strategy takes the fullest zone and in it the fullest node, task by task") {
  // Zone 0 has three tasks, two of them on node 0; zone 1 has two.
  const VictimView tasks[] = {task(1, ZoneId{0}), task(0, ZoneId{0}), task(0, ZoneId{0}), task(2, ZoneId{1}),
                              task(3, ZoneId{1})};
  const auto victims = pick_ecs_victims(tasks, {}, 3, Draws(1, Purpose::placement, name_hash("web")));
  REQUIRE(victims.size() == 3);
  CHECK(tasks[victims[0]].position == 0);  // 3 against 2, node 0 has 2 of them
  // Now 2 against 2: every node has one; after the second the other zone is the fuller one.
  CHECK(tasks[victims[1]].zone != tasks[victims[2]].zone);
}

TEST_CASE("scale-in with binpack stops the task whose end leaves its node most free") {
  VictimView tasks[] = {task(0, ZoneId{0}), task(1, ZoneId{0}), task(2, ZoneId{0})};
  tasks[0].node_memory_free = kGiB.count();
  tasks[1].node_memory_free = (5 * kGiB).count();
  tasks[2].node_memory_free = (3 * kGiB).count();
  const Draws draws(1, Purpose::placement, name_hash("web"));
  CHECK(pick_ecs_victims(tasks, {{Kind::binpack_memory}}, 2, draws) == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("scale-in with spread over an attribute keeps its values balanced") {
  const NodeAttributes classes[] = {{{"rack", "1"}}, {{"rack", "2"}}};
  Strategies chain = {*parse_ecs_strategy("spread(attribute:rack)")};
  bind_to_classes(chain, classes);
  VictimView tasks[] = {task(0, ZoneId{0}), task(1, ZoneId{1}), task(2, ZoneId{0}), task(3, ZoneId{1})};
  tasks[1].node_class = tasks[2].node_class = tasks[3].node_class = 1;
  const auto victims = pick_ecs_victims(tasks, chain, 2, Draws(1, Purpose::placement, name_hash("web")));
  REQUIRE(victims.size() == 2);
  CHECK(tasks[victims[0]].node_class == 1);  // 3 against 1
  CHECK(tasks[victims[1]].node_class == 1);  // 2 against 1
}

TEST_CASE("scale-in by spread draws evenly among equal tasks") {
  std::vector<VictimView> tasks;
  for (std::uint32_t i = 0; i < 4; ++i) tasks.push_back(task(i, ZoneId{0}));
  int taken[4] = {};
  for (std::uint64_t seed = 0; seed < 4'000; ++seed)
    ++taken[pick_ecs_victims(tasks, {{Kind::spread_zone}}, 1, Draws(seed, Purpose::placement, 1)).front()];
  for (const int n : taken) CHECK(std::abs(n - 1'000) < 120);  // four standard deviations
}

TEST_CASE("scale-in of half of a large service is not quadratic") {
  std::vector<VictimView> tasks;
  for (std::uint32_t i = 0; i < 40'000; ++i) tasks.push_back(task(i / 8, ZoneId{static_cast<std::uint8_t>(i / 8 % 3)}));
  const auto victims = pick_ecs_victims(tasks, {}, 20'000, Draws(1, Purpose::placement, 1));
  std::vector<int> left(5'000, 8);
  for (const std::uint32_t v : victims) --left[tasks[v].position];
  CHECK(*std::max_element(left.begin(), left.end()) - *std::min_element(left.begin(), left.end()) <=
        2);  // one, and one by the zones
}

TEST_CASE("scale-in takes tasks of an old revision before all others, and tasks not yet running before running ones") {
  VictimView tasks[] = {task(0, ZoneId{0}), task(1, ZoneId{0}, ReplicaStage::pulling), task(2, ZoneId{0})};
  tasks[2].old_revision = true;
  const Draws draws(1, Purpose::placement, name_hash("web"));
  CHECK(pick_ecs_victims(tasks, {}, 2, draws) == std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("asked for more victims than there are tasks, scale-in names them all once") {
  const VictimView tasks[] = {task(0, ZoneId{0}), task(0, ZoneId{0})};
  CHECK(pick_ecs_victims(tasks, {}, 5, Draws(1, Purpose::placement, 1)).size() == 2);
}

}  // namespace berth

// How far rolling updates may go at once, on ECS and on Kubernetes.
#include "sim/policy/rollout/ecs_rolling.hpp"
#include "sim/policy/rollout/kube_rolling.hpp"
#include "sim/policy/rollout/zone_balance.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

/// All of `desired` are old, running and healthy.
EcsRollingState all_old(std::int64_t desired) {
  EcsRollingState s;
  s.desired = s.old_wanted = s.old_healthy = desired;
  return s;
}

}  // namespace

TEST_CASE("ECS rounds the lower bound up and the upper bound down") {
  CHECK(ecs_bounds(2, 75, 200).least == 2);  // 1.5
  CHECK(ecs_bounds(3, 100, 125).most == 3);  // 3.75
  CHECK(ecs_bounds(4, 50, 200).least == 2);
  CHECK(ecs_bounds(4, 50, 200).most == 8);
}

TEST_CASE("4 tasks at 50 %: two old ones may stop before a new one starts") {
  const auto step = ecs_rolling(all_old(4), ecs_bounds(4, 50, 100));
  CHECK(step.stop_old == 2);
  CHECK(step.start_new == 0);
}

TEST_CASE("2 tasks at 75 %: nothing may stop first") {
  CHECK(ecs_rolling(all_old(2), ecs_bounds(2, 75, 200)).stop_old == 0);
}

TEST_CASE("4 tasks at 100/200 %: four new ones start before any old one stops") {
  auto state = all_old(4);
  const auto bounds = ecs_bounds(4, 100, 200);
  CHECK(ecs_rolling(state, bounds).start_new == 4);
  CHECK(ecs_rolling(state, bounds).stop_old == 0);
  state.new_wanted = 4;
  state.new_healthy = 3;
  CHECK(ecs_rolling(state, bounds).start_new == 0);
  CHECK(ecs_rolling(state, bounds).stop_old == 3);  // 7 healthy, 4 must stay
}

TEST_CASE("3 tasks at 125 %: nothing new may start") {
  CHECK(ecs_rolling(all_old(3), ecs_bounds(3, 100, 125)).start_new == 0);
}

TEST_CASE("at 100/100 % a healthy service cannot move at all") {
  const auto step = ecs_rolling(all_old(4), ecs_bounds(4, 100, 100));
  CHECK(step.start_new == 0);
  CHECK(step.stop_old == 0);
}

TEST_CASE("a failing task stays until its replacement is healthy or fails too, or gives way where there is no room") {
  struct Case {
    std::int64_t healthy, coming, failing, stopping, most;
    std::int64_t starts, stops_failing;
  };
  // Of 4 desired tasks.
  for (const Case& c : {Case{3, 0, 1, 0, 8, 1, 0},  // its replacement starts first
                        Case{3, 1, 1, 0, 8, 0, 0},  // … and is not healthy yet
                        Case{4, 0, 1, 0, 8, 0, 1},  // … and is
                        Case{3, 0, 2, 0, 8, 1, 1},  // … or fails too: one of the two goes
                        Case{3, 0, 1, 0, 4, 0, 1},  // no room for a replacement
                        Case{2, 0, 2, 0, 4, 0, 1},  // … one at a time
                        Case{2, 0, 1, 1, 4, 0, 0},  // … whose place is not free yet
                        Case{0, 0, 4, 0, 8, 4, 0}}) {
    EcsRollingState s;
    s.desired = 4;
    s.new_healthy = c.healthy;
    s.new_wanted = c.healthy + c.coming;
    s.failing = c.failing;
    s.stopping = c.stopping;
    const EcsRollingStep step = ecs_rolling(s, {0, c.most});
    CHECK(step.start_new == c.starts);
    CHECK(step.stop_failing == c.stops_failing);
  }
}

TEST_CASE("zones are filled from the heaviest until none differs by more than one") {
  using Tasks = std::vector<std::int64_t>;
  using Fill = std::vector<std::size_t>;
  CHECK(zones_to_fill(Tasks{2, 2, 2}, 9).empty());
  CHECK(zones_to_fill(Tasks{3, 2, 2}, 9).empty());
  CHECK(zones_to_fill(Tasks{4, 0}, 9) == Fill{1, 1});
  CHECK(zones_to_fill(Tasks{6, 0, 0}, 9) == Fill{1, 2, 1, 2});
  CHECK(zones_to_fill(Tasks{6, 0, 0}, 1) == Fill{1});
  CHECK(zones_to_fill(Tasks{}, 9).empty());
}

TEST_CASE("draining at a maximum of 100 %: a replacement starts only after draining tasks have stopped") {
  EcsRollingState state;
  state.desired = 4;
  state.new_wanted = state.new_healthy = 2;  // elsewhere
  state.old_wanted = state.old_healthy = 2;  // on the draining node
  const auto bounds = ecs_bounds(4, 50, 100);
  CHECK(ecs_rolling(state, bounds).start_new == 0);
  CHECK(ecs_rolling(state, bounds).stop_old == 2);
  state.old_wanted = state.old_healthy = 0;
  state.stopping = 2;
  CHECK(ecs_rolling(state, bounds).start_new == 0);  // stopping tasks count towards the upper bound
  state.stopping = 0;
  CHECK(ecs_rolling(state, bounds).start_new == 2);
}

TEST_CASE("old tasks that are not healthy go first and cost no healthy one") {
  auto state = all_old(4);
  state.old_healthy = 3;
  const auto step = ecs_rolling(state, ecs_bounds(4, 100, 200));
  CHECK(step.stop_old == 1);
}

TEST_CASE("a Deployment of 10 at 25 %/25 % starts 3 and, while they start, removes 2 old pods") {
  const auto fences = fenceposts(10, 25, true, 25, true);
  CHECK(fences.surge == 3);        // 2.5 up
  CHECK(fences.unavailable == 2);  // 2.5 down
  ReplicaSetState old[] = {{10, 10}};
  auto step = kube_rolling(10, fences, old, {0, 0});
  CHECK(step.new_size == 3);
  CHECK(step.old_sizes == std::vector<std::int64_t>{10});  // grown in this sync: nothing shrinks
  step = kube_rolling(10, fences, old, {3, 0});
  CHECK(step.new_size == 3);
  CHECK(step.old_sizes == std::vector<std::int64_t>{8});  // 13 − 8 that must be available − 3 not yet available
}

TEST_CASE("of the old ReplicaSets the oldest shrinks first, and unhealthy pods before healthy ones") {
  const Fenceposts fences{0, 2};
  const ReplicaSetState old[] = {{2, 2}, {8, 7}};
  // 10 − 8 = 2 may go: the unhealthy one of the second set, then one of the oldest; 9 are available, 8 must be.
  CHECK(old_replica_set_sizes(10, fences, old, {0, 0}) == std::vector<std::int64_t>{1, 7});
}

TEST_CASE("what a Deployment gains or loses in a roll-out is shared in proportion, the rest goes to the largest") {
  struct Case {
    std::int64_t desired, surge;
    std::vector<SizedSet> sets;
    std::vector<std::int64_t> sizes;
  };
  const Case cases[] = {
      {15, 3, {{8, 13}, {5, 13}}, {11, 7}},  // kubernetes.io, "Proportional scaling"
      {10, 3, {{11, 18}, {7, 18}}, {8, 5}},  // and back
      {12, 0, {{5, 10}, {5, 10}}, {6, 6}},
      {11, 0, {{5, 10}, {5, 10}}, {5, 6}},  // of equal ones the newest grows first …
      {9, 0, {{5, 10}, {5, 10}}, {4, 5}},   // … and the oldest shrinks first
      {0, 0, {{5, 10}, {5, 10}}, {0, 0}},
      {10, 0, {{5, 10}, {0, 10}, {5, 10}}, {5, 0, 5}},
      {20, 0, {{1, 10}, {0, 10}, {9, 10}}, {2, 0, 18}},  // one that has no pods gets none
  };
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    CHECK(proportional_sizes(c.desired, c.surge, c.sets) == c.sizes);
  }
}

TEST_CASE("a rollout is complete when every pod is new and available and no old one is left") {
  CHECK(rollout_complete(3, 3, 3, 3));
  CHECK_FALSE(rollout_complete(3, 4, 3, 4));
  CHECK_FALSE(rollout_complete(3, 3, 3, 2));
}

}  // namespace berth

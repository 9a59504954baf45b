// Actions by the clock, of services and of groups: how late they are, and in which order they come.
#include "sim/control/aws/scheduled_actions.hpp"

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Without the constant latencies of other tests.
const Catalog& shipped() {
  static const Catalog catalog = Catalog::load(models_folder(), {"us-east-1", test_day(), "defaults"});
  return catalog;
}

std::vector<Time> every(Duration step, std::int64_t count) {
  std::vector<Time> at;
  for (std::int64_t i = 0; i < count; ++i) at.push_back(Time{step * i});
  return at;
}

RunSpec scheduled(const std::vector<ScheduledActionSpec>& actions) {
  PoolSpec pool = ec2_pool(1, 8);
  pool.name = "web";  // the same luck as the service of that name
  pool.group.scheduled = actions;
  WorkloadSpec web = service("web", 1, millicores(100), 256 * kMiB, "web");
  web.scale = ScaleSpec{1, 8, ScaleMetric::cpu, 0, 300s, 300s};
  web.scale->scheduled = actions;
  return run_of(Orchestrator::ecs, {pool}, {web});
}

TEST_CASE("most actions by the clock are seconds late, none by more than two minutes") {
  const std::vector<ScheduledActionSpec> actions = {{"often", every(1h, 5000), {}, {}, 2}};
  Scene scene(scheduled(actions), {}, shipped());
  std::vector<Duration> late;
  for (const TakenUp& taken : taken_up(scene.world(), "web", actions))
    late.push_back(taken.at - actions[0].at[late.size()]);
  std::sort(late.begin(), late.end());
  CHECK(late.front() > 0s);
  CHECK(seconds(late[late.size() / 2]) == doctest::Approx(5).epsilon(0.1));
  CHECK(late[late.size() * 9 / 10] < 40s);
  CHECK(late.back() == 120s);
}

TEST_CASE("a service's action and a group's of one name at one moment are late by the same law") {
  const std::vector<ScheduledActionSpec> actions = {{"up", {Time{10min}}, 4, {}, {}}};
  Scene scene(scheduled(actions), {}, shipped());
  const Time due = taken_up(scene.world(), "web", actions).at(0).at;
  scene.run_until(due.time_since_epoch() - 1us);
  CHECK(scene.row("web").desired == 1);
  CHECK(scene.pool().desired == 1);
  scene.run_until(due.time_since_epoch());
  CHECK(scene.row("web").desired == 4);
  CHECK(scene.pool().desired == 4);
}

TEST_CASE("the actions of one owner are taken up in their order: one that is late holds up the next") {
  const std::vector<ScheduledActionSpec> actions = {{"one", every(2s, 300), {}, {}, 1},
                                                    {"other", every(1s, 600), {}, {}, 2}};
  Scene scene(scheduled(actions), {}, shipped());
  const std::vector<TakenUp> all = taken_up(scene.world(), "web", actions);
  REQUIRE(all.size() == 900);
  CHECK(std::is_sorted(all.begin(), all.end(), [](const TakenUp& a, const TakenUp& b) { return a.at < b.at; }));
  CHECK(all[0].action == 0);  // as listed, at one moment
  CHECK(all[1].action == 1);
  CHECK(all[2].action == 1);  // after a second
  CHECK(all[3].action == 0);
  CHECK(all.back().at <= Time{599s + 120s});
}

}  // namespace
}  // namespace berth::test

// Faults, spot interruptions and memory use as they are written: what is refused, what an architecture ignores.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace {

struct BadFault {
  const char* json;
  const char* place;
  const char* says;  ///< in the expectation, the finding or the cure
};

const BadFault kBadFaults[] = {
    {R"([{"at": "1 min", "kind": "instanceloss", "target": "ec2"}])", "/faults/0/kind", "write \"instance_loss\""},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": "ec3"}])", "/faults/0/target", "write \"ec2\""},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": "ec3/7"}])", "/faults/0/target", "write \"ec2/7\""},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": "ec2/0"}])", "/faults/0/target", "a number from 1"},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": ""}])", "/faults/0/target", "a pool"},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": "////"}])", "/faults/0/target", "a pool"},
    {R"([{"at": "1 min", "kind": "instance_loss", "target": "ec2", "for": "1 h"}])", "/faults/0/for", "remove"},
    {R"([{"at": "1 min", "kind": "zone_loss", "target": "d", "for": "1 h"}])", "/faults/0/target", "a, b, c"},
    {R"([{"at": "1 min", "kind": "zone_loss", "target": "a"}])", "/faults/0", "\"for\""},
    {R"([{"at": "1 min", "kind": "zone_loss", "target": "a", "for": "0 s"}])", "/faults/0/for", "more than zero"},
    {R"([{"at": "1 min", "kind": "container_exit", "target": "wbe/2"}])", "/faults/0/target", "write \"web/2\""},
    {R"([{"at": "1 min", "kind": "container_exit", "target": "web", "code": 256}])", "/faults/0/code", "256"},
    {R"([{"at": "1 min", "kind": "oom", "target": "web", "code": 3}])", "/faults/0/code", "only with container_exit"},
    {R"([{"at": "1 min", "kind": "task_retirement", "target": "ec2"}])", "/faults/0/target", "Fargate pool"},
    {R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "m6i.lrge", "for": "1 h"}])", "/faults/0/target",
     "write \"m6i.large\""},
    {R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "m6i.large@", "for": "1 h"}])", "/faults/0/target",
     "after the @"},
    {R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "m6i.large@z", "for": "1 h"}])", "/faults/0/target",
     "a, b, c"},
    {R"([{"every": "0 s", "kind": "oom", "target": "web"}])", "/faults/0/every", "more than zero"},
    {R"([{"every": "1 ms", "kind": "oom", "target": "web"}])", "/faults/0/every", "at least one second"},
    {R"([{"hazard": "2 /s", "kind": "oom", "target": "web"}])", "/faults/0/hazard", "at most 1 /s"},
    {R"([{"hazard": "0.1", "kind": "oom", "target": "web"}])", "/faults/0/hazard", "/s"},
    {R"([{"at": "1 min", "every": "1 min", "kind": "oom", "target": "web"}])", "/faults/0", "exactly one of"},
    {R"([{"at": "1 min", "kind": "oom"}])", "/faults/0", "\"target\""},
};

/// Of the shop on that architecture.
berth::RunSpec run_with(const std::string& faults, const std::string& architecture, scene::Changes more = {}) {
  more.emplace_back("/faults", faults);
  return scene::run_of(scene::loaded(more), architecture);
}

bool ignores(const berth::RunSpec& run, const std::string& why) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(), [&](const berth::Assumption& a) {
    return scene::has(a.subject, "fault ") && scene::has(a.why, why);
  });
}

const char* const kSpotPool = R"({"clusters": {"main": {"orchestrator": "ecs", "pools": {"ec2": {"kind": "ec2",
  "instance_types": ["m6i.large"], "max": 4, "purchase": "spot" %}}, "runs_on": {"*": "ec2"}}}})";

berth::PoolSpec spot_pool(const std::string& settings) {
  std::string text = kSpotPool;
  text.replace(text.find('%'), 1, settings);
  return scene::run_of(scene::loaded({{"/architectures", "{\"mine\": " + text + "}"}}), "mine").clusters[0].pools[0];
}

}  // namespace

TEST_CASE("a fault that cannot be is refused with its place and the cure") {
  for (const BadFault& row : kBadFaults) {
    const char* const json = row.json;
    CAPTURE(json);
    const auto error = scene::error_of([&] { run_with(json, "ecs-ec2"); });
    CHECK(error.place == row.place);
    CHECK(scene::has(error.expected + " | " + error.found + " | " + error.cure, row.says));
  }
}

TEST_CASE("every kind of fault is built with its target where the architecture has it") {
  const auto run = run_with(R"([
    {"at": "1 min", "kind": "instance_loss", "target": "ec2/3"},
    {"every": "2 min", "kind": "instance_loss", "target": "main/ec2"},
    {"hazard": "0.1 /h", "kind": "container_exit", "target": "web", "code": 3},
    {"at": "3 min", "kind": "zone_loss", "target": "b", "for": "30 min"},
    {"at": "3 min", "kind": "insufficient_capacity", "target": "ec2@b", "for": "30 min"},
    {"at": "9 h", "kind": "oom", "target": "web/17"},
    {"at": "9 h", "kind": "oom", "target": "web/17"}])",
                            "ecs-ec2");
  REQUIRE(run.faults.size() == 7);
  CHECK(run.faults[0].number == 3);
  CHECK(run.faults[0].pools.at(0).pool == "ec2");
  CHECK(run.faults[1].every == std::chrono::minutes{2});
  CHECK(run.faults[2].hazard == doctest::Approx(0.1 / 3600));
  CHECK(run.faults[2].code == 3);
  CHECK(run.faults[3].zone == "b");
  CHECK(run.faults[3].lasts == std::chrono::minutes{30});
  CHECK(run.faults[4].zone == "b");
  CHECK(run.faults[5].name == "oom of web/17");
  CHECK(run.faults[6].name == "oom of web/17 #2");  // luck of its own
}

TEST_CASE("what does not concern an architecture is ignored there, and said") {
  const std::string loss = R"([{"at": "1 min", "kind": "instance_loss", "target": "ec2"}])";
  CHECK(run_with(loss, "ecs-ec2").faults.size() == 1);
  CHECK(run_with(loss, "ecs-fargate").faults.empty());
  CHECK(ignores(run_with(loss, "ecs-fargate"), "no such pool"));
  const std::string retired = R"([{"at": "1 min", "kind": "task_retirement", "target": "web"}])";
  CHECK(ignores(run_with(retired, "ecs-ec2"), "does not run on Fargate"));
  CHECK(run_with(retired, "ecs-fargate").faults.size() == 1);
  const std::string spot = R"([{"at": "1 min", "kind": "spot_interruption", "target": "ec2"}])";
  CHECK(ignores(run_with(spot, "ecs-ec2"), "buys on demand"));
  const std::string fargate_spot = R"([{"at": "1 min", "kind": "fargate_spot_interruption", "target": "web"}])";
  CHECK(ignores(run_with(fargate_spot, "ecs-fargate"), "Fargate Spot"));
  const std::string shortage =
      R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "x2gd.metal", "for": "1 h"}])";
  CHECK(ignores(run_with(shortage, "ecs-ec2"), "no pool has that type"));
  const std::string on_fargate =
      R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "fargate", "for": "1 h"}])";
  CHECK(run_with(on_fargate, "ecs-fargate").faults.size() == 1);
  std::string own = kSpotPool;
  own.replace(own.find("\"ec2\": {"), 5, "\"big\"");
  own.replace(own.find("\"*\": \"ec2\""), 10, "\"*\": \"big\"");
  own.erase(own.find('%'), 1);
  const std::string elsewhere = R"([{"at": "1 min", "kind": "insufficient_capacity", "target": "big", "for": "1 h"}])";
  const scene::Changes mine = {{"/architectures", "{\"mine\": " + own + "}"}};
  CHECK(run_with(elsewhere, "mine", mine).faults.size() == 1);
  CHECK(ignores(run_with(elsewhere, "ecs-ec2", mine), "no such pool"));
}

TEST_CASE("spot machines are taken back by their band unless the pool says otherwise") {
  using berth::Interruptions;
  CHECK(spot_pool("").interruption.interruptions == Interruptions::by_band);
  CHECK_FALSE(spot_pool("").interruption.draining);  // ECS_ENABLE_SPOT_INSTANCE_DRAINING=false
  CHECK(spot_pool(R"(, "spot": {"draining": true})").interruption.draining);
  CHECK(spot_pool(R"(, "spot": {"interruptions": "none"})").interruption.interruptions == Interruptions::none);
  const auto often = spot_pool(R"(, "spot": {"interruptions": "0.1 /h"})").interruption;
  CHECK(often.interruptions == Interruptions::rate);
  CHECK(often.per_second == doctest::Approx(0.1 / 3600));
  CHECK(scene::has(scene::error_of([] { spot_pool(R"(, "spot": {"interruptions": "by_bnd"})"); }).cure, "by_band"));
  const auto on_demand = scene::error_of([] { spot_pool(R"(, "purchase": "on_demand", "spot": {"draining": true})"); });
  CHECK_FALSE(on_demand.place.empty());
}

TEST_CASE("memory use is what is idle and what grows, in any unit of time") {
  const auto run = scene::run_of(
      scene::loaded({{"/services/web/containers/app/memory_use", R"({"idle": "200 MiB", "growth": "36 MiB/h"})"}}),
      "ecs-ec2");
  const auto& use = scene::workload(run, "web")->containers[0].memory_use;
  REQUIRE(use.has_value());
  CHECK(use->idle == 200 * berth::kMiB);
  CHECK(use->growth == doctest::Approx(36.0 / 3600 * 1024 * 1024));
  const auto error = scene::error_of([] {
    scene::loaded({{"/services/web/containers/app/memory_use", R"({"idle": "200 MiB", "grows": "1 B/s"})"}});
  });
  CHECK(scene::has(error.expected + error.cure, "growth"));
}

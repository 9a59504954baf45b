// Placement in scenarios: what is read, what is refused with place and cure, and what `check` says before a run.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const char* const kOwn = R"x({"clusters": {"main": {"orchestrator": "ecs", "runs_on": {"*": "ec2"}, "pools": {"ec2": {
  "kind": "ec2", "instance_types": ["m6i.large", "g5.xlarge"], "min": 2, "max": 4, "labels": {"stack": "prod"}}}}}})x";

scene::Changes with(const std::string& path, const std::string& json) {
  return {{"/architectures/mine", kOwn}, {path, json}};
}

std::vector<berth::Finding> found(const scene::Changes& changes, const char* architecture = "mine") {
  const auto scenario = scene::loaded(changes);
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, architecture, catalog), catalog);
}

bool says(const std::vector<berth::Finding>& findings, berth::Verdict verdict, const std::string& part) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const berth::Finding& f) { return f.verdict == verdict && scene::has(f.why, part); });
}

}  // namespace

TEST_CASE("strategies, constraints, labels, GPUs and host ports come from the scenario") {
  scene::Changes changes = with("/services/web/ecs",
                                R"x({"placement": ["spread(attribute:stack)", "binpack(cpu)"],
                                    "constraints": ["distinctInstance", "memberOf(attribute:stack == prod)"]})x");
  changes.push_back({"/services/web/needs", R"x(["gpu:2", "host_port:443", "host_port:80"])x"});
  changes.push_back({"/jobs/report/ecs", R"x({"placement": ["random"], "constraints": ["distinctInstance"]})x"});
  const auto run = scene::run_of(scene::loaded(changes), "mine");
  const auto* web = scene::workload(run, "web");
  CHECK(web->ecs.placement == std::vector<std::string>{"spread(attribute:stack)", "binpack(cpu)"});
  CHECK(web->ecs.constraints.size() == 2);
  CHECK(web->gpus == 2);
  CHECK(web->host_ports == std::vector<std::uint16_t>{80, 443});
  CHECK(scene::workload(run, "report")->ecs.placement == std::vector<std::string>{"random"});
  CHECK(run.clusters.front().pools.front().labels.at("stack") == "prod");
}

TEST_CASE("wrong placement is refused with place, expectation and cure") {
  struct Row {
    const char *path, *json, *place, *expected, *cure;
  };
  const Row rows[] = {
      {"/services/web/ecs/placement", R"x(["spread(zne)"])x", "/services/web/ecs/placement/0", "spread(attribute:NAME)",
       "spread(zone)"},
      {"/services/web/ecs/placement", R"x(["random", "random", "random", "random", "random"])x",
       "/services/web/ecs/placement", "at most 4", "leave 1 out"},
      {"/services/web/ecs/constraints", R"x(["memberOf(attribute:stack = prod)"])x", "/services/web/ecs/constraints/0",
       "an operator: ==, !=, >, >=, <, <=, in, !in, =~, !~, exists or !exists at character 26",
       "attribute:NAME == VALUE"},
      {"/services/web/ecs/constraints", R"x(["distinct"])x", "/services/web/ecs/constraints/0", "distinctInstance",
       "memberOf("},
      {"/services/web/ecs/constraints", R"x([""])x", "/services/web/ecs/constraints/0", "distinctInstance",
       "memberOf("},
      {"/services/web/ecs/constraints",
       R"x(["distinctInstance", "distinctInstance", "distinctInstance", "distinctInstance", "distinctInstance",
             "distinctInstance", "distinctInstance", "distinctInstance", "distinctInstance", "distinctInstance",
             "distinctInstance"])x",
       "/services/web/ecs/constraints", "at most 10", "leave 1 out"},
      {"/services/web/needs", R"x(["host_port:70000"])x", "/services/web/needs/0", "from 1 to 65535", "host_port:80"},
      {"/services/web/needs", R"x(["host_port:0"])x", "/services/web/needs/0", "from 1 to 65535", "host_port:80"},
      {"/services/web/needs", R"x(["host_port"])x", "/services/web/needs/0", "number of the port", "host_port:80"},
      {"/services/web/needs", R"x(["gpu:99999999999999999999"])x", "/services/web/needs/0", "from 1 to 1000", "gpu:1"},
      {"/architectures/mine/clusters/main/pools/ec2/labels", R"x({"ecs.os-type": "linux"})x",
       "/architectures/mine/clusters/main/pools/ec2/labels/ecs.os-type", "does not begin with ecs.", "another name"},
      {"/architectures/mine/clusters/main/pools/ec2/labels", R"x({"a b": "linux"})x",
       "/architectures/mine/clusters/main/pools/ec2/labels/a b", "1 to 128", "another name"},
      {"/architectures/mine/clusters/main/pools/ec2/labels", R"x({"a": " b"})x",
       "/architectures/mine/clusters/main/pools/ec2/labels/a", "1 to 128", "another value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const auto error = scene::error_of([&] { scene::run_of(scene::loaded(with(row.path, row.json)), "mine"); });
    CHECK(error.place == row.place);
    CHECK_MESSAGE(scene::has(error.expected, row.expected), error.expected);
    CHECK_MESSAGE(scene::has(error.cure, row.cure), error.cure);
  }
}

TEST_CASE("a scenario has at most 64 different host ports, and equal ones count once") {
  std::string ports;
  for (int p = 1; p <= 65; ++p) ports += (ports.empty() ? "\"host_port:" : ", \"host_port:") + std::to_string(p) + "\"";
  const auto error = scene::error_of([&] { scene::loaded({{"/services/web/needs", "[" + ports + "]"}}); });
  CHECK(error.place == "/services/web/needs/64");
  CHECK(scene::has(error.expected, "at most 64"));
  const scene::Changes equal = {{"/services/web/needs", R"x(["host_port:80"])x"},
                                {"/jobs/report/needs", R"x(["host_port:80"])x"}};
  CHECK(scene::error_of([&] { scene::loaded(equal); }).place.empty());
}

TEST_CASE("check names constraints that no instance of the pool could ever meet") {
  const auto constraint = [](const std::string& query) {
    return found(with("/services/web/ecs/constraints", "[\"memberOf(" + query + ")\"]"));
  };
  const auto never = constraint("attribute:ecs.instance-type =~ m5.*");
  CHECK(says(never, berth::Verdict::no, "can ever meet its constraint"));
  CHECK(berth::can_simulate(never));
  CHECK_FALSE(berth::can_host(constraint("attribute:stack == test")));
  CHECK_FALSE(berth::can_host(constraint("attribute:ecs.availability-zone == us-east-1f")));
  CHECK(berth::can_host(constraint("attribute:ecs.instance-type =~ g5.* and attribute:stack == prod")));
  CHECK(berth::can_host(constraint("task:group == service:none")));  // groups come and go
}

TEST_CASE("check warns of one replica a node, of agents' ports, and of GPUs that no type has") {
  using berth::Verdict;
  CHECK(says(found(with("/services/web/needs", R"x(["host_port:80"])x")), Verdict::warning, "its host port allows"));
  CHECK(says(found(with("/services/web/ecs/constraints", R"x(["distinctInstance"])x")), Verdict::warning,
             "of 10 replicas 4 have a node"));
  CHECK_FALSE(
      says(found(with("/services/web/scale", R"x({"min": 2, "max": 4, "target": 60})x")), Verdict::warning, "a node"));
  CHECK(says(found(with("/services/web/needs", R"x(["host_port:22"])x")), Verdict::no, "the ECS agent keeps port 22"));
  CHECK(says(found(with("/services/web/needs", R"x(["gpu:2"])x")), Verdict::no, "2 GPUs"));
  CHECK(berth::can_host(found(with("/services/web/needs", R"x(["gpu:1"])x"))));
  CHECK(says(found(with("/services/web/needs", R"x(["host_network"])x")), Verdict::warning, "no host ports are named"));
  CHECK(says(found(with("/services/web/ecs/constraints", R"x(["distinctInstance"])x"), "ecs-fargate"), Verdict::note,
             "Fargate has no placement constraints"));
}

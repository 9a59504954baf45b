// What is written about bytes and their ways: how it is read, and what is refused.
#include <doctest/doctest.h>

#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

constexpr const char* kNearCatalog =
    R"({"containers": {"app": {"image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB"}},
  "desired": 2, "eks": {"traffic_distribution": "prefer_close"},
  "demand": {"service_time": "40 ms", "cpu_per_request": "5 ms", "request_bytes": "1 KiB", "response_bytes": "8 KiB"}})";
constexpr const char* kZonedDatabase =
    R"({"service_time": "20 ms", "zone": "b", "request_bytes": "2 KiB", "bytes": "4 KiB"})";

scene::Changes with_bytes(const scene::Changes& more = {}) {
  scene::Changes changes = {
      {"/services/catalog", kNearCatalog},
      {"/externals", "{\"database\": " + std::string(kZonedDatabase) + "}"},
      {"/services/web/calls", R"([{"to": "catalog", "response_bytes": "1 MiB", "direct": true}, {"to": "database"}])"}};
  changes.insert(changes.end(), more.begin(), more.end());
  return changes;
}

const CallSpec& call_of_web(const RunSpec& run, std::size_t i) { return scene::workload(run, "web")->calls.at(i); }

bool takes_for_granted(const RunSpec& run, const std::string& subject, const std::string& words) {
  for (const Assumption& a : run.assumptions)
    if (a.subject == subject && scene::has(a.assumed, words)) return true;
  return false;
}

}  // namespace

TEST_CASE("a call carries what its callee's demand says, or what it says itself") {
  const auto scenario = scene::loaded(with_bytes());
  const RunSpec run = scene::run_of(scenario, "eks-ec2");
  CHECK(call_of_web(run, 0).request_bytes == 1 * kKiB);
  CHECK(call_of_web(run, 0).response_bytes == 1 * kMiB);
  CHECK(call_of_web(run, 0).direct);
  CHECK(call_of_web(run, 1).request_bytes == 2 * kKiB);
  CHECK(call_of_web(run, 1).response_bytes == 4 * kKiB);
  CHECK(run.externals.front().zone == "b");
  CHECK(scene::workload(run, "catalog")->eks.own_zone_first);
  CHECK_FALSE(scene::workload(scene::run_of(scenario, "ecs-ec2"), "catalog")->eks.own_zone_first);
  CHECK(takes_for_granted(run, "calls between services", "billed in both directions"));
}

TEST_CASE("what fills capacity units is read, and one second guesses nothing") {
  const auto scenario = scene::loaded({{"/load_balancers/public", R"({"requests_per_connection": 5, "rules": 20,
                                        "connection_life": "10 min"})"}});
  const ConnectionSpec& connections = scene::run_of(scenario, "ecs-ec2").load_balancers.front().connections;
  CHECK(connections.requests == 5);
  CHECK(connections.life == 10min);
  CHECK(connections.rules == 20);
}

TEST_CASE("each platform's way of logs to CloudWatch is an assumption of its own") {
  const auto scenario = scene::loaded({{"/services/web/demand/log_bytes", "\"300 B\""}});
  CHECK(takes_for_granted(scene::run_of(scenario, "ecs-fargate"), "logs", "awslogs"));
  CHECK(takes_for_granted(scene::run_of(scenario, "eks-ec2"), "logs", "agent on every node"));
  CHECK(takes_for_granted(scene::run_of(scenario, "eks-fargate"), "logs", "Fluent Bit router"));
  CHECK_FALSE(takes_for_granted(scene::run_of(scene::loaded(), "eks-ec2"), "logs", ""));
}

TEST_CASE("ways and knobs that cannot be are refused where they stand") {
  struct Case {
    scene::Changes changes;
    const char* place;
    const char* words;
  };
  const Case cases[] = {
      {with_bytes({{"/externals/database/via", "\"internet\""}, {"/externals/database/zone", "\"a\""}}),
       "/externals/database/zone", "not in the network"},
      {{{"/externals", R"({"api": {"service_time": "1 ms", "via": "internet"}})"}},
       "/externals/api/via",
       "NAT gateway"},
      {{{"/externals", R"({"api": {"service_time": "1 ms", "via": "nat"}})"}, {"/network", R"({"subnets": "public"})"}},
       "/externals/api/via",
       "public subnets"},
      {with_bytes({{"/externals/database/zone", "\"x\""}}), "/externals/database/zone", "a, b, c"},
      {with_bytes({{"/services/web/calls/1/direct", "true"}}), "/services/web/calls/1/direct", "external"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.place);
    const auto error = scene::error_of([&] { scene::loaded(c.changes); });
    CHECK(error.place == c.place);
    CHECK_MESSAGE(scene::has(error.expected, c.words), error.expected);
  }
  const Case built[] = {
      {{{"/load_balancers/public", R"({"kind": "nlb", "rules": 3})"}}, "/load_balancers/public/rules", "no ALB"},
      {{{"/load_balancers/public", R"({"tls": true})"}}, "/load_balancers/public/tls", "no NLB"},
      {{{"/load_balancers/public", R"({"client_routing": "own_zone"})"}},
       "/load_balancers/public/client_routing",
       "NLB"},
      {{{"/load_balancers/public", R"({"kind": "clb", "connection_life": "1 min"})"}},
       "/load_balancers/public/connection_life",
       "Classic"},
      {{{"/load_balancers/public", R"({"connection_life": "400 d"})"}},
       "/load_balancers/public/connection_life",
       "365 d"},
      {{{"/services/web/demand/log_bytes", "\"1 KiB\""},
        {"/network", R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})"}},
       "/services/web/demand/log_bytes",
       "CloudWatch Logs"},
  };
  for (const Case& c : built) {
    CAPTURE(c.place);
    const auto error = scene::error_of([&] { scene::run_of(scene::loaded(c.changes), "ecs-fargate"); });
    CHECK(error.place == c.place);
    CHECK_MESSAGE(scene::has(error.expected, c.words), error.expected);
  }
}

TEST_CASE("trafficDistribution needs Kubernetes 1.31") {
  const std::string old = R"({"mine": {"clusters": {"main": {"orchestrator": "eks", "version": "1.30",
    "pools": {"fargate": {"kind": "fargate"}}, "runs_on": {"*": "fargate"}}}}})";
  const auto error = scene::error_of([&] {
    scene::run_of(scene::loaded(with_bytes({{"/architectures", old}, {"/catalog", "\"2025-03\""}})), "mine");
  });
  CHECK(error.place == "/services/catalog/eks/traffic_distribution");
  CHECK(scene::has(error.found, "1.30"));
}

}  // namespace berth

// Who may be behind which load balancer, where it is, and what its target group takes.
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const std::string kKind = "/load_balancers/public/kind", kHealth = "/services/web/health";

std::vector<berth::Finding> hosting_of(const scene::Changes& changes, const std::string& architecture) {
  const auto scenario = scene::loaded(changes);
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, architecture, catalog), catalog);
}

/// The first one about the load balancer; an empty one when there is none.
berth::Finding about_balancer(const std::vector<berth::Finding>& findings, berth::Verdict verdict) {
  for (const berth::Finding& f : findings)
    if (f.verdict == verdict && (scene::has(f.why, "oad balancer") || scene::has(f.why, "Load Balancer"))) return f;
  return {};
}

TEST_CASE("every platform hosts services behind an ALB or an NLB") {
  for (const char* kind : {"\"alb\"", "\"nlb\""})
    for (const std::string& architecture : scene::loaded().architectures)
      for (const char* mode : {"\"awsvpc\"", "\"bridge\""})
        CHECK(berth::can_host(hosting_of({{kKind, kind}, {"/services/web/network_mode", mode}}, architecture)));
}

TEST_CASE("a Classic Load Balancer takes tasks with a static host port, and no others") {
  struct Case {
    const char *architecture, *path, *json, *why, *nearest;
  };
  const Case cases[] = {
      {"ecs-fargate", "/services/web/desired", "2", "tasks on Fargate have addresses of their own", "\"alb\""},
      {"ecs-ec2", "/services/web/network_mode", "\"awsvpc\"", "tasks in awsvpc mode have addresses", "bridge"},
      {"ecs-ec2", "/services/web/network_mode", "\"bridge\"", "one host port", "host_port:8080"},
      {"ecs-ec2", "/services/web/desired", "2", "one host port", "one task an instance"},
      {"eks-fargate", "/services/web/desired", "2", "pods on Fargate", "addresses of pods"},
      {"ecs-ec2", "/services/web/needs", "[\"host_port:80\"]", "", ""},
      {"ecs-ec2", "/services/web/network_mode", "\"host\"", "", ""},
      {"eks-ec2", "/services/web/desired", "2", "", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.architecture);
    CAPTURE(c.json);
    const auto findings = hosting_of({{kKind, "\"clb\""}, {c.path, c.json}}, c.architecture);
    const auto finding = about_balancer(findings, berth::Verdict::no);
    CHECK_MESSAGE(scene::has(finding.why, c.why), finding.why);
    CHECK_MESSAGE(scene::has(finding.nearest, c.nearest), finding.nearest);
    CHECK(berth::can_simulate(findings) == (c.why[0] == 0));  // run refuses what ECS refuses
  }
}

TEST_CASE("behind a Classic Load Balancer each task needs an instance of its own, and check says so") {
  const scene::Changes changes = {{kKind, "\"clb\""}, {"/services/web/needs", "[\"host_port:80\"]"}};
  CHECK(scene::has(about_balancer(hosting_of(changes, "ecs-ec2"), berth::Verdict::note).why, "one task each"));
}

TEST_CASE("a load balancer must be in every zone of the replicas behind it") {
  const std::string zones = "/load_balancers/public/zones";
  for (const char* architecture : {"ecs-ec2", "ecs-fargate", "eks-ec2"}) {
    const auto finding = about_balancer(hosting_of({{zones, R"(["a", "b"])"}}, architecture), berth::Verdict::no);
    CHECK(scene::has(finding.why, "zone c"));
    CHECK(scene::has(finding.nearest, zones));
    CHECK(berth::can_host(hosting_of({{zones, R"(["a", "b", "c"])"}}, architecture)));
  }
  const auto refused = [&](const char* json, const char* kind) {
    return scene::error_of([&] { scene::loaded({{kKind, kind}, {zones, json}}); });
  };
  CHECK(refused(R"(["a"])", "\"alb\"").place == zones);
  CHECK(refused(R"(["a"])", "\"nlb\"").place.empty());
  CHECK(scene::has(refused(R"(["a", "z"])", "\"alb\"").expected, "/network/zones"));
  CHECK(scene::has(scene::error_of([] {
                     scene::loaded({{"/load_balancers/public/cross_zone", "false"}});
                   }).expected,
                   "not simulated yet"));
}

TEST_CASE("a target drains at most an hour, and one of a Classic Load Balancer at least a second") {
  const auto error = [](const char* kind, const char* delay) {
    return scene::error_of([&] {
      scene::run_of(scene::loaded({{kKind, std::string("\"") + kind + "\""},
                                   {kHealth, std::string("{\"deregistration_delay\": \"") + delay + "\"}"}}),
                    "ecs-ec2");
    });
  };
  for (const char* kind : {"alb", "nlb", "clb"}) {
    CHECK(error(kind, "3600 s").place.empty());
    CHECK(error(kind, "3601 s").place == kHealth + "/deregistration_delay");
    CHECK(error(kind, "0 s").place.empty() == (std::string(kind) != "clb"));
  }
}

TEST_CASE("a slow start behind an NLB or a CLB is refused with the reason, and should not outlast the grace period") {
  for (const char* kind : {"\"nlb\"", "\"clb\""}) {
    const auto error = scene::error_of([&] {
      scene::run_of(scene::loaded({{kKind, kind}, {kHealth, R"({"slow_start": "60 s"})"}}), "ecs-ec2");
    });
    CHECK(error.place == kHealth + "/slow_start");
    CHECK(scene::has(error.expected, "Application Load Balancer"));
  }
  const auto warned = [](const char* health, const char* architecture) {
    for (const berth::Finding& f : hosting_of({{kHealth, health}}, architecture))
      if (f.verdict == berth::Verdict::warning && scene::has(f.why, "slow start")) return true;
    return false;
  };
  CHECK(warned(R"({"slow_start": "60 s"})", "ecs-fargate"));
  CHECK(warned(R"({"slow_start": "60 s", "grace": "59 s"})", "ecs-ec2"));
  CHECK_FALSE(warned(R"({"slow_start": "60 s", "grace": "60 s"})", "ecs-ec2"));
  CHECK_FALSE(warned(R"({"slow_start": "60 s"})", "eks-ec2"));  // no grace period there
}

}  // namespace

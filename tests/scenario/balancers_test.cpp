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

namespace {

const std::string kApi = R"({"containers": {"app": {"image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB"}},
  "load_balancer": "public"})";

berth::RunSpec with_api(const std::string& balancer, const std::string& architecture, scene::Changes changes = {}) {
  changes.insert(changes.begin(), {{"/services/api", kApi}, {"/load_balancers/public", balancer}});
  return scene::run_of(scene::loaded(changes), architecture);
}

std::vector<std::string> balancers_of(const berth::RunSpec& run) {
  std::vector<std::string> names;
  for (const berth::LoadBalancerSpec& b : run.load_balancers) names.push_back(b.name);
  return names;
}

bool assumes_of(const berth::RunSpec& run, const std::string& subject, const std::string& part) {
  for (const berth::Assumption& a : run.assumptions)
    if (a.subject == subject && scene::has(a.assumed, part)) return true;
  return false;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("services that share a load balancer on ECS have one each on EKS, unless their Ingresses share an ALB") {
  const Names one = {"public"}, two = {"public/web", "public/api"};
  for (const char* ecs : {"ecs-ec2", "ecs-fargate"})
    for (const char* balancer : {R"({"kind": "nlb"})", "{}", R"({"ingress": "one_each"})"})
      CHECK(balancers_of(with_api(balancer, ecs)) == one);
  for (const char* eks : {"eks-ec2", "eks-fargate", "eks-mix"}) {
    CHECK(balancers_of(with_api("{}", eks)) == one);
    CHECK(balancers_of(with_api(R"({"ingress": "grouped"})", eks)) == one);
    CHECK(balancers_of(with_api(R"({"ingress": "one_each"})", eks)) == two);
    CHECK(balancers_of(with_api(R"({"kind": "nlb"})", eks)) == two);
  }
  const auto run = with_api(R"({"kind": "nlb", "scheme": "internal", "zones": ["a", "b", "c"]})", "eks-ec2");
  CHECK(scene::workload(run, "web")->load_balancer == "public/web");
  CHECK(scene::workload(run, "api")->load_balancer == "public/api");
  for (const berth::LoadBalancerSpec& b : run.load_balancers) {
    CHECK(b.internal);
    CHECK(b.zones.size() == 3);
    CHECK(b.kind == berth::LoadBalancerKind::nlb);
  }
  CHECK(assumes_of(run, "load balancer public", "2 of them"));
  CHECK(assumes_of(with_api("{}", "eks-ec2"), "load balancer public", "IngressGroup"));
  CHECK_FALSE(assumes_of(with_api("{}", "ecs-ec2"), "load balancer public", "IngressGroup"));
  CHECK_FALSE(assumes_of(scene::run_of(scene::loaded(), "eks-ec2"), "load balancer public", "IngressGroup"));
}

TEST_CASE("a load balancer with one service on EKS keeps its name, and one without stays") {
  const auto run = scene::run_of(scene::loaded({{kKind, "\"nlb\""}, {"/load_balancers/idle", "{}"}}), "eks-ec2");
  CHECK(balancers_of(run) == Names{"public", "idle"});
  CHECK(scene::workload(run, "web")->load_balancer == "public");
}

TEST_CASE("each cluster of EKS makes an ALB for its own group, and what ECS has is none of theirs") {
  const char* const clusters = R"x({"clusters": {
    "a": {"orchestrator": "eks", "runs_on": {"web": "f", "report": "f"}, "pools": {"f": {"kind": "fargate"}}},
    "b": {"orchestrator": "OTHER", "runs_on": {"api": "f"}, "pools": {"f": {"kind": "fargate"}}}}})x";
  const auto with_other = [&](const std::string& other) {
    std::string text = clusters;
    text.replace(text.find("OTHER"), 5, other);
    return balancers_of(with_api("{}", "two", {{"/architectures/two", text}}));
  };
  CHECK(with_other("eks") == Names{"public/a", "public/b"});
  CHECK(with_other("ecs") == Names{"public/a", "public"});
}

TEST_CASE("each load balancer that Kubernetes makes must be in the zones of its own pods, and check names the key") {
  const auto findings = hosting_of(
      {{"/services/api", kApi}, {"/load_balancers/public", R"({"kind": "nlb", "zones": ["a", "b"]})"}}, "eks-ec2");
  const auto finding = about_balancer(findings, berth::Verdict::no);
  CHECK(scene::has(finding.why, "load balancer public/web is not there"));
  CHECK(scene::has(finding.nearest, "/load_balancers/public/zones"));
}

TEST_CASE("instance targets are nodes, which Fargate has none of, and a Classic Load Balancer takes nothing else") {
  const std::string type = "/services/web/eks/target_type";
  const auto refused = [&](const char* json, const char* kind, const char* architecture) {
    return scene::error_of([&] { scene::run_of(scene::loaded({{type, json}, {kKind, kind}}), architecture); });
  };
  const auto port = [&](const scene::Changes& changes, const char* architecture) {
    return scene::workload(scene::run_of(scene::loaded(changes), architecture), "web")->eks.node_port;
  };
  for (const char* kind : {"\"alb\"", "\"nlb\""}) {
    CHECK(refused("\"ip\"", kind, "eks-ec2").place.empty());
    CHECK(refused("\"ip\"", kind, "eks-fargate").place.empty());
    CHECK(refused("\"instance\"", kind, "eks-fargate").place == type);
    CHECK(scene::has(refused("\"instance\"", kind, "eks-fargate").expected, "no node whose port"));
    CHECK(refused("\"instance\"", kind, "ecs-ec2").place.empty());  // ECS ignores the block, and check says so
    CHECK(port({{type, "\"instance\""}, {kKind, kind}}, "eks-ec2").has_value());
    CHECK_FALSE(port({{type, "\"instance\""}, {kKind, kind}}, "ecs-ec2").has_value());
    CHECK_FALSE(port({{kKind, kind}}, "eks-ec2").has_value());
  }
  CHECK(scene::has(refused("\"ip\"", "\"clb\"", "eks-ec2").expected, "which registers nodes"));
  CHECK(port({{kKind, "\"clb\""}}, "eks-ec2").has_value());
  CHECK(assumes_of(scene::run_of(scene::loaded(), "eks-ec2"), "service web", "IP targets"));
  CHECK_FALSE(assumes_of(scene::run_of(scene::loaded(), "eks-fargate"), "service web", "IP targets"));
  CHECK(assumes_of(scene::run_of(scene::loaded({{kKind, "\"clb\""}}), "eks-ec2"), "service web", "every node"));
}

TEST_CASE("an external traffic policy belongs to a load balancer that registers nodes") {
  const std::string policy = "/services/web/eks/external_traffic_policy", type = "/services/web/eks/target_type";
  const auto local = [&](scene::Changes changes) {
    changes.push_back({policy, "\"local\""});
    return scene::workload(scene::run_of(scene::loaded(changes), "eks-ec2"), "web")->eks.node_port->local;
  };
  CHECK(local({{type, "\"instance\""}}));
  CHECK(local({{kKind, "\"clb\""}}));
  for (const char* json : {"\"local\"", "\"cluster\""}) {
    const auto error = scene::error_of([&] {
      scene::run_of(scene::loaded({{policy, json}, {type, "\"ip\""}}), "eks-ec2");
    });
    CHECK(error.place == policy);
    CHECK(scene::has(error.cure, "\"instance\""));
  }
  const auto run = scene::run_of(scene::loaded({{type, "\"instance\""}}), "eks-ec2");
  CHECK_FALSE(scene::workload(run, "web")->eks.node_port->local);
  CHECK(assumes_of(run, "service web", "ready pod at random"));
  CHECK(assumes_of(run, "service web", "no readiness gate"));
}

TEST_CASE("more nodes times services than a load balancer has targets is a warning that names the quota") {
  const auto warned = [](const scene::Changes& more) {
    scene::Changes changes = {{"/services/web/eks/target_type", "\"instance\""}};
    changes.insert(changes.end(), more.begin(), more.end());
    std::string all;
    for (const berth::Finding& f : hosting_of(changes, "eks-ec2"))
      if (f.verdict == berth::Verdict::warning && scene::has(f.why, "of its targets")) all += f.nearest;
    return all;
  };
  CHECK(warned({}).empty());
  CHECK(scene::has(warned({{"/account/quotas/alb_targets", "1"}}), "alb_targets"));
  CHECK(scene::has(warned({{"/account/quotas/target_group_targets", "1"}}), "target_group_targets"));
  CHECK(scene::has(warned({{kKind, "\"nlb\""}, {"/account/quotas/nlb_targets_per_zone", "1"}}), "per_zone"));
}

TEST_CASE("the controller of EKS checks targets as its annotations have it: more often for an NLB, and three times") {
  const auto health = [](const char* kind, const char* architecture) {
    return scene::workload(scene::run_of(scene::loaded({{kKind, kind}}), architecture), "web")->health;
  };
  using namespace std::chrono_literals;
  CHECK(health("\"alb\"", "eks-ec2").interval == 15s);
  CHECK(health("\"alb\"", "eks-ec2").healthy_threshold == 2);
  CHECK(health("\"nlb\"", "eks-ec2").interval == 10s);
  CHECK(health("\"nlb\"", "eks-ec2").healthy_threshold == 3);
  CHECK(health("\"nlb\"", "eks-ec2").unhealthy_threshold == 3);
  CHECK(health("\"nlb\"", "ecs-ec2").interval == 30s);
  CHECK(health("\"clb\"", "eks-ec2").unhealthy_threshold == 6);  // of the cloud controller manager
  CHECK(health("\"clb\"", "eks-ec2").deregistration_delay == 0s);
  const scene::Changes local = {{kKind, "\"nlb\""},
                                {"/services/web/eks/target_type", "\"instance\""},
                                {"/services/web/eks/external_traffic_policy", "\"local\""}};
  CHECK(scene::workload(scene::run_of(scene::loaded(local), "eks-ec2"), "web")->health.unhealthy_threshold == 2);
}

TEST_CASE("only an ALB has Ingresses that could share it") {
  const auto refused = [](const char* balancer) {
    return scene::error_of([&] { scene::loaded({{"/load_balancers/public", balancer}}); });
  };
  CHECK(refused(R"({"kind": "nlb", "ingress": "grouped"})").place == "/load_balancers/public/ingress");
  CHECK(refused(R"({"kind": "clb", "ingress": "one_each"})").place == "/load_balancers/public/ingress");
  CHECK(refused(R"({"kind": "alb", "ingress": "one_each"})").place.empty());
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
}

TEST_CASE("cross-zone load balancing is on for an ALB and off for others, and an assumption says so") {
  struct Case {
    const char *kind, *written;
    bool on, assumed;
  };
  const Case cases[] = {{"\"alb\"", "", true, false},       {"\"nlb\"", "", false, true},
                        {"\"alb\"", "false", false, false}, {"\"nlb\"", "true", true, false},
                        {"\"nlb\"", "false", false, false}, {"\"clb\"", "", false, true}};
  for (const Case& c : cases) {
    CAPTURE(c.kind);
    CAPTURE(c.written);
    scene::Changes changes = {{kKind, c.kind}};
    if (c.written[0] != 0) changes.push_back({"/load_balancers/public/cross_zone", c.written});
    for (const char* architecture : {"ecs-ec2", "eks-ec2"}) {
      const auto run = scene::run_of(scene::loaded(changes), architecture);
      CHECK(run.load_balancers.at(0).cross_zone == c.on);
      int told = 0;
      for (const auto& row : run.assumptions) told += row.knob == "/load_balancers/public/cross_zone";
      CHECK(told == c.assumed);
    }
  }
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

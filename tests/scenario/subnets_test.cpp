// Zones with ranges of addresses, the CNI's settings and trunks: what is built from them, and what is refused where.
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

constexpr const char* kOwnZones = R"({"x": {"private_cidr": "10.0.0.0/24"}, "y": {"public_cidr": "10.0.1.0/28"}})";

berth::RunSpec run_with(const scene::Changes& changes, const char* architecture = "eks-ec2") {
  return scene::run_of(scene::loaded(changes), architecture);
}

auto refusal_of(const scene::Changes& changes, const char* architecture = "eks-ec2") {
  return scene::error_of([&] { run_with(changes, architecture); });
}

TEST_CASE("a subnet has the addresses of its range without those that AWS keeps") {
  const berth::RunSpec run = run_with({{"/network/zones", kOwnZones}});
  CHECK(run.network.zones == std::vector<std::string>{"x", "y"});
  REQUIRE(run.network.subnets.size() == 2);
  CHECK(run.network.subnets[0].addresses == 256 - 5);
  CHECK(run.network.subnets[1].addresses == 4096 - 5);  // no private range is given: a /20
}

TEST_CASE("zones without ranges have a /20 each, and that is said") {
  const berth::RunSpec run = run_with({});
  REQUIRE(run.network.subnets.size() == 3);
  CHECK(run.network.subnets[2].addresses == 4091);
  const auto said = [](const berth::RunSpec& spec) {
    return std::count_if(spec.assumptions.begin(), spec.assumptions.end(),
                         [](const berth::Assumption& a) { return a.subject == "subnets"; });
  };
  CHECK(said(run) == 1);
  CHECK(said(run_with({{"/network/zones", kOwnZones}})) == 1);  // for y
  CHECK(said(run_with({{"/network/zones", R"({"x": {"private_cidr": "10.0.0.0/16"}})"}})) == 0);
}

TEST_CASE("a range that is none, too large, too small, crooked or taken is refused in its place") {
  struct Range {
    const char* text;
    const char* says;
  };
  for (const Range r : {Range{"10.0.0.0", "CIDR"}, Range{"10.0.0/24", "CIDR"}, Range{"10.0.0.256/24", "CIDR"},
                        Range{"10.0.0.0/33", "CIDR"}, Range{"10.0.00.0/24", "CIDR"}, Range{"10.0.0.0/24 ", "CIDR"},
                        Range{"::/64", "CIDR"}, Range{"10.0.0.0/-1", "CIDR"}, Range{"10.0.0.0/15", "/16 to /28"},
                        Range{"10.0.0.0/29", "/16 to /28"}, Range{"10.0.0.1/24", "first address"}}) {
    CAPTURE(r.text);
    const auto error = refusal_of({{"/network/zones", "{\"x\": {\"private_cidr\": \"" + std::string(r.text) + "\"}}"}});
    CHECK(error.place == "/network/zones/x/private_cidr");
    CHECK(scene::has(error.expected, r.says));
    CHECK(!error.cure.empty());
  }
  const auto overlap = refusal_of(
      {{"/network/zones", R"({"x": {"private_cidr": "10.0.0.0/20"}, "y": {"public_cidr": "10.0.15.0/24"}})"}});
  CHECK(overlap.place == "/network/zones/y/public_cidr");
  CHECK(scene::has(overlap.found, "/network/zones/x/private_cidr"));
  CHECK(refusal_of({{"/network/zones", "{}"}}).place == "/network/zones");
  CHECK(refusal_of({{"/network/zones", R"({"x": {"private_cdir": "10.0.0.0/20"}})"}}).place ==
        "/network/zones/x/private_cdir");
}

TEST_CASE("the CNI has its own defaults, and takes its settings by their names") {
  const berth::CniSpec usual = run_with({}).network.cni;
  CHECK(usual.warm_eni_target == 1);
  CHECK(usual.warm_ip_target == 0);
  CHECK(usual.max_pods == 0);
  const berth::CniSpec cni =
      run_with({{"/network/cni", R"({"warm_ip_target": 5, "minimum_ip_target": 10, "custom_networking": true,
                                     "max_pods": "capped"})"}})
          .network.cni;
  CHECK(cni.warm_ip_target == 5);
  CHECK(cni.minimum_ip_target == 10);
  CHECK(cni.custom_networking);
  CHECK(cni.capped_pods);
  CHECK(run_with({{"/network/cni", R"({"max_pods": 58})"}}).network.cni.max_pods == 58);
}

TEST_CASE("a target that its mode passes over is refused") {
  CHECK(refusal_of({{"/network/cni", R"({"warm_prefix_target": 2})"}}).place == "/network/cni/warm_prefix_target");
  CHECK(refusal_of({{"/network/cni", R"({"warm_eni_target": 2, "prefix_delegation": true})"}}).place ==
        "/network/cni/warm_eni_target");
  CHECK(refusal_of({{"/network/cni", R"({"max_pods": 0})"}}).place == "/network/cni/max_pods");
  CHECK(refusal_of({{"/network/cni", R"({"warm_ip_target": -1})"}}).place == "/network/cni/warm_ip_target");
}

TEST_CASE("pods in the host's network are those whose add-ons are") {
  for (const berth::WorkloadSpec& w : run_with({}).workloads)
    if (w.system) CHECK(w.on_host_network() == (w.name == "aws-node" || w.name == "kube-proxy"));
}

constexpr const char* kTrunked = R"({"clusters": {"main": {"orchestrator": "ORCHESTRATOR", "pools":
    {"ec2": {"kind": "KIND", EC2 "eni_trunking": true}}, "runs_on": {"*": "ec2"}}}})";

scene::Changes with_trunks(const std::string& orchestrator, const std::string& kind) {
  std::string text = kTrunked;
  const auto put = [&](const std::string& what, const std::string& by) {
    text.replace(text.find(what), what.size(), by);
  };
  put("EC2", kind == "ec2" ? "\"instance_types\": [\"m6i.large\", \"t3.large\"], \"max\": 4, \"zones\": [\"y\"]," : "");
  put("ORCHESTRATOR", orchestrator);
  put("KIND", kind);
  return {{"/network/zones", kOwnZones}, {"/architectures/mine", text}};
}

TEST_CASE("trunks are of ECS instances, and a type without them is told") {
  const berth::RunSpec run = run_with(with_trunks("ecs", "ec2"), "mine");
  CHECK(run.clusters[0].pools[0].eni_trunking);
  CHECK(run.clusters[0].pools[0].zones == std::vector<std::string>{"y"});  // of the map of zones
  CHECK(std::count_if(run.assumptions.begin(), run.assumptions.end(), [](const berth::Assumption& a) {
          return scene::has(a.assumed, "t3.large without a trunk");
        }) == 1);
  CHECK(refusal_of(with_trunks("eks", "ec2"), "mine").place ==
        "/architectures/mine/clusters/main/pools/ec2/eni_trunking");
  CHECK(refusal_of(with_trunks("ecs", "fargate"), "mine").place ==
        "/architectures/mine/clusters/main/pools/ec2/eni_trunking");
}

}  // namespace

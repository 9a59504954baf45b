// One workload on five architectures: what each neutral intent becomes, and what was assumed.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/policy/placement/fargate_refusal.hpp"
#include "tests/scenario/scene.hpp"

namespace {

using berth::kGiB;
using berth::kMiB;
using berth::kVcpu;
using namespace std::chrono_literals;

bool assumes(const berth::RunSpec& run, const std::string& subject, const std::string& assumed) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(), [&](const berth::Assumption& a) {
    return a.subject == subject && scene::has(a.assumed, assumed);
  });
}

const std::string kMain = "/architectures/mine/clusters/main";
const char* const kTwoPools =
    R"({"orchestrator": "eks", "runs_on": {"*": "ec2",
  "web": [{"pool": "ec2", "base": 2, "weight": 0}, {"pool": "far", "weight": 3}]},
  "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 4,
    "scaler": {"karpenter": {"consolidate_after": "90 s"}}}, "far": {"kind": "fargate"}}})";

}  // namespace

TEST_CASE("a scenario without architectures is completed to five") {
  const auto scenario = scene::loaded();
  CHECK(scenario.architectures ==
        std::vector<std::string>{"ecs-ec2", "ecs-fargate", "eks-ec2", "eks-fargate", "eks-mix"});
  CHECK(scenario.completed == scenario.architectures);
  for (const std::string& name : scenario.architectures) CHECK_FALSE(scene::run_of(scenario, name).assumptions.empty());
  const auto error = scene::error_of([&] { scene::run_of(scenario, "ecs-ec3"); });
  CHECK(scene::has(error.cure, "ecs-ec2"));
}

TEST_CASE("an architecture that is written is kept, and only the missing ones are completed") {
  const auto scenario =
      scene::loaded({{"/architectures/ecs-ec2/clusters/main", R"({"orchestrator": "ecs", "runs_on": {"*": "ec2"},
    "pools": {"ec2": {"kind": "ec2", "instance_types": ["c6i.xlarge"], "max": 9}}})"}});
  CHECK(scenario.architectures.size() == 5);
  CHECK(scenario.completed.size() == 4);
  const berth::RunSpec run = scene::run_of(scenario, "ecs-ec2");
  CHECK(run.clusters[0].pools[0].max == 9);
  CHECK(run.clusters[0].pools[0].scaler.kind == berth::NodeScalerKind::none);
}

TEST_CASE("on EC2 a daemon stays a daemon, on Fargate it is a sidecar of every replica") {
  const auto scenario = scene::loaded();
  const berth::RunSpec ec2 = scene::run_of(scenario, "ecs-ec2"), fargate = scene::run_of(scenario, "ecs-fargate");
  CHECK(scene::workload(ec2, "logs")->kind == berth::WorkloadKind::daemon);
  CHECK(scene::workload(ec2, "web")->containers.size() == 1);
  CHECK(scene::workload(fargate, "logs") == nullptr);
  for (const char* name : {"web", "report"}) {
    const auto& containers = scene::workload(fargate, name)->containers;
    REQUIRE(containers.size() == 2);
    CHECK(containers[1].name == "logs-agent");
    CHECK_FALSE(containers[1].essential);
  }
  CHECK(assumes(fargate, "service web", "daemon logs is a sidecar"));
}

TEST_CASE("the sidecar is there before the size is rounded up") {
  const auto scenario = scene::loaded();
  const auto catalog = scene::catalog_of(scenario);
  const auto size = [&](const char* architecture, berth::Orchestrator orchestrator) {
    const auto run = scene::run_of(scenario, architecture);
    return *berth::fargate_size(scene::workload(run, "web")->containers, orchestrator, catalog);
  };
  // 0.25 + 0.1 vCPU and 512 + 128 MiB: alone it would be 0.25 vCPU with 512 MiB.
  const auto ecs = size("ecs-fargate", berth::Orchestrator::ecs);
  CHECK(ecs.cpu == berth::cpu_units(512));
  CHECK(ecs.memory == 1 * kGiB);
  // EKS adds 256 MiB: 512 + 128 + 256 = 896 MiB, still 1 GiB.
  CHECK(size("eks-fargate", berth::Orchestrator::eks).memory == 1 * kGiB);
}

TEST_CASE("a daemon that refuses Fargate is a workload there that waits, one that is dropped is not") {
  const auto refused = scene::run_of(scene::loaded({{"/daemons/logs/on_fargate", "\"refuse\""}}), "eks-fargate");
  REQUIRE(scene::workload(refused, "logs") != nullptr);
  CHECK(scene::workload(refused, "logs")->pools[0].pool == "fargate");
  CHECK(scene::workload(refused, "web")->containers.size() == 1);
  const auto dropped = scene::run_of(scene::loaded({{"/daemons/logs/on_fargate", "\"drop\""}}), "eks-fargate");
  CHECK(scene::workload(dropped, "logs") == nullptr);
  CHECK(scene::workload(dropped, "web")->containers.size() == 1);
  CHECK(assumes(dropped, "service web", "left out"));
}

TEST_CASE("in the mix services run on EC2 and jobs on Fargate") {
  const auto run = scene::run_of(scene::loaded(), "eks-mix");
  CHECK(scene::workload(run, "web")->pools[0].pool == "ec2");
  CHECK(scene::workload(run, "report")->pools[0].pool == "fargate");
  CHECK(scene::workload(run, "coredns")->pools[0].pool == "ec2");
  CHECK(assumes(run, "pool fargate", "selects the pods of Jobs"));
  CHECK(scene::workload(run, "logs")->kind == berth::WorkloadKind::daemon);
  CHECK(scene::workload(run, "web")->containers.size() == 1);
  CHECK(scene::workload(run, "report")->containers.size() == 2);
}

TEST_CASE("EKS brings its system workloads, first in the list, and none can turn them off") {
  const auto scenario = scene::loaded();
  const auto ec2 = scene::run_of(scenario, "eks-ec2"), fargate = scene::run_of(scenario, "eks-fargate");
  CHECK(ec2.workloads.front().system);
  CHECK(scene::workload(ec2, "kube-proxy")->kind == berth::WorkloadKind::daemon);
  CHECK(scene::workload(ec2, "karpenter")->desired == 2);
  CHECK(scene::workload(ec2, "coredns")->pools[0].pool == "ec2");
  CHECK(scene::workload(fargate, "kube-proxy") == nullptr);
  CHECK(scene::workload(fargate, "karpenter") == nullptr);
  CHECK(scene::workload(fargate, "coredns")->pools[0].pool == "fargate");
  CHECK(scene::workload(fargate, "coredns")->containers.size() == 1);
  CHECK(scene::workload(scene::run_of(scenario, "ecs-ec2"), "coredns") == nullptr);
  berth::LoadOptions none;
  none.sets = {"/architectures/eks-ec2/clusters/main/system_workloads=none"};
  CHECK_FALSE(scene::run_of(scene::loaded({}, none), "eks-ec2").workloads.front().system);
}

TEST_CASE("a service may not have the name of a system workload") {
  const auto taken = scene::loaded(
      {{"/services/coredns", R"({"containers": {"a": {"image": "web", "cpu": "1 vCPU", "memory": "1 GiB"}}})"}});
  CHECK(scene::error_of([&] { scene::run_of(taken, "eks-ec2"); }).place == "/services/coredns");
  CHECK_NOTHROW(scene::run_of(taken, "ecs-ec2"));
}

TEST_CASE("--eks-scaler ca puts the Cluster Autoscaler in Karpenter's place") {
  berth::LoadOptions options;
  options.eks_scaler = "ca";
  const auto run = scene::run_of(scene::loaded({}, options), "eks-ec2");
  CHECK(run.clusters[0].pools[0].scaler.kind == berth::NodeScalerKind::cluster_autoscaler);
  CHECK(run.clusters[0].pools[0].scaler.unneeded_time == 10min);
  CHECK(scene::workload(run, "karpenter") == nullptr);
  CHECK(scene::workload(run, "cluster-autoscaler") != nullptr);
  options.eks_scaler = "kea";
  CHECK(scene::error_of([&] { scene::loaded({}, options); }).place == "--eks-scaler");
}

TEST_CASE("what nobody says is the platform's own") {
  const auto scenario = scene::loaded();
  const auto* ecs = scene::workload(scene::run_of(scenario, "ecs-ec2"), "web");
  const auto run = scene::run_of(scenario, "eks-ec2");
  const auto* eks = scene::workload(run, "web");
  CHECK(eks->health.interval == 15s);  // the AWS Load Balancer Controller's
  CHECK(eks->health.deregistration_delay == 300s);
  CHECK(eks->rollout.max_surge == 25);
  CHECK(eks->rollout.max_surge_is_percent);
  CHECK(eks->desired == 2);  // scale.min
  CHECK(assumes(run, "service web", "health checks every 15 s"));
  static_cast<void>(ecs);
  const auto other = scene::run_of(scenario, "ecs-ec2");
  CHECK(scene::workload(other, "web")->health.interval == 30s);
  CHECK(scene::workload(other, "web")->rollout.min_healthy_percent == 100);
  CHECK(scene::workload(other, "web")->scale->out_cooldown == 300s);
}

TEST_CASE("the tuned profile replaces the platforms' defaults, not what the scenario says") {
  berth::LoadOptions tuned;
  tuned.profile = berth::Profile::tuned;
  const auto run =
      scene::run_of(scene::loaded({{"/services/web/health/deregistration_delay", "\"60 s\""}}, tuned), "ecs-ec2");
  CHECK(scene::workload(run, "web")->health.interval == 5s);
  CHECK(scene::workload(run, "web")->health.deregistration_delay == 60s);
  CHECK(assumes(run, "platform", "profile tuned"));
}

TEST_CASE("a neutral rollout means the same to both platforms, and eks.rollout lies over it") {
  const scene::Changes changes = {
      {"/services/web/rollout", R"({"min_healthy_percent": "50 %", "max_percent": "150 %"})"}};
  const auto neutral = scene::run_of(scene::loaded(changes), "eks-ec2");
  const auto& rollout = scene::workload(neutral, "web")->rollout;
  CHECK(rollout.min_healthy_percent == 50);
  CHECK(rollout.max_unavailable == 100 - 50);
  CHECK(rollout.max_surge == 150 - 100);
  const auto own = scene::run_of(
      scene::loaded({{"/services/web/eks/rollout", R"({"max_surge": 3, "max_unavailable": "10 %"})"}}), "eks-ec2");
  CHECK(scene::workload(own, "web")->rollout.max_surge == 3);
  CHECK_FALSE(scene::workload(own, "web")->rollout.max_surge_is_percent);
  CHECK(scene::workload(own, "web")->rollout.max_unavailable_is_percent);
  const auto stuck =
      scene::loaded({{"/services/web/rollout", R"({"min_healthy_percent": "100 %", "max_percent": "100 %"})"}});
  CHECK(scene::error_of([&] { scene::run_of(stuck, "eks-ec2"); }).place == "/services/web");
  CHECK_NOTHROW(scene::run_of(stuck, "ecs-ec2"));  // legal there: the run shows that it is stuck
}

TEST_CASE("requests per replica are counted per minute") {
  const auto run = scene::run_of(
      scene::loaded({{"/services/web/scale", R"({"max": 3, "metric": "requests_per_replica", "target": "10 /s"})"}}),
      "ecs-ec2");
  CHECK(scene::workload(run, "web")->scale->target == doctest::Approx(10 * 60));
}

TEST_CASE("each deployment is laid over the revision before") {
  const auto run = scene::run_of(scene::loaded({{"/services/web/deployments", R"([
    {"at": "10 min", "change": {"containers": {"app": {"image": "web-2"}}}},
    {"at": "20 min", "change": {"containers": {"app": {"memory": "1 GiB"}}}}])"}}),
                                 "ecs-fargate");
  const auto& deployments = scene::workload(run, "web")->deployments;
  REQUIRE(deployments.size() == 2);
  CHECK(deployments[0].containers.at("app").image == "web-2");
  CHECK(deployments[1].containers.at("app").image == "web-2");
  CHECK(deployments[1].containers.at("app").amount.memory == 1 * kGiB);
}

TEST_CASE("a service may be split over pools by base and weight") {
  const auto run = scene::run_of(scene::loaded({{kMain, kTwoPools}}), "mine");
  const auto* web = scene::workload(run, "web");
  REQUIRE(web->pools.size() == 2);
  CHECK(web->pools[0].base == 2);
  CHECK(web->pools[0].weight == 0);
  CHECK(web->pools[1].weight == 3);
  CHECK(web->containers.size() == 2);  // one revision: replicas on EC2 carry the sidecar too
  CHECK(assumes(run, "service web", "sidecar"));
  CHECK(run.clusters[0].pools[0].scaler.karpenter.consolidate_after == 90s);
  CHECK(run.clusters[0].pools[0].root_volume == 30 * kGiB);
}

TEST_CASE("managed scaling holds the reservation that the pool says") {
  const auto run = scene::run_of(scene::loaded({{"/architectures/ecs-ec2/clusters/main", kTwoPools},
                                                {"/architectures/ecs-ec2/clusters/main/orchestrator", "\"ecs\""},
                                                {"/architectures/ecs-ec2/clusters/main/runs_on", R"({"*": "ec2"})"},
                                                {"/architectures/ecs-ec2/clusters/main/pools/ec2/scaler",
                                                 R"({"managed_scaling": {"target_capacity": 90}})"}}),
                                 "ecs-ec2");
  CHECK(run.clusters[0].pools[0].scaler.target_capacity == 90);
}

TEST_CASE("Poisson arrivals of a job depend on the seed and the job's name alone") {
  const std::string job =
      R"({"arrivals": {"poisson": "30 /h"}, "run_time": "1 min",
          "containers": {"m": {"image": "web", "cpu": "1 vCPU", "memory": "1 GiB"}}})";
  const auto alone = scene::run_of(scene::loaded({{"/jobs/a", job}, {"/duration", "\"100 h\""}}), "ecs-ec2");
  const auto beside =
      scene::run_of(scene::loaded({{"/jobs/b", job}, {"/jobs/a", job}, {"/duration", "\"100 h\""}}), "eks-fargate");
  const auto& at = scene::workload(alone, "a")->job->at;
  CHECK(at == scene::workload(beside, "a")->job->at);
  CHECK(at != scene::workload(beside, "b")->job->at);
  CHECK(std::is_sorted(at.begin(), at.end()));
  CHECK(at.size() == doctest::Approx(30 * 100).epsilon(0.06));  // 3,000 arrivals, sigma 55
}

TEST_CASE("a region without a price is refused before anything runs") {
  berth::LoadOptions options;
  options.sets = {"/region=eu-north-7"};
  const auto scenario = scene::loaded({}, options);
  CHECK_FALSE(scene::error_of([&] { scene::run_of(scenario, "ecs-fargate"); }).expected.empty());
}

TEST_CASE("the shipped web shop builds on all architectures") {
  berth::LoadOptions options;
  options.file = std::string(BERTH_SOURCE_DIR) + "/workloads/web-shop.json";
  for (const char* variant : {"", "arm", "more headroom"}) {
    options.what_if = variant;
    const auto scenario = berth::load_scenario(options);
    CHECK(berth::slug(scenario) == "web-shop");
    CHECK(scenario.architectures.size() == 5);
    for (const std::string& name : scenario.architectures) CHECK(scene::run_of(scenario, name).workloads.size() >= 4);
  }
}

// What a pool of EC2 nodes says of its image and its warm pool, and what is refused.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace {

const std::string kCluster = "/architectures/mine/clusters/main";
const std::string kWarmPool = kCluster + "/pools/ec2/warm_pool";

/// One pool on that platform, with one key more.
scene::Changes pool_with(const std::string& orchestrator, const std::string& key, const std::string& json) {
  const std::string cluster = R"({"orchestrator": ")" + orchestrator + R"(", "runs_on": {"*": "ec2"},
    "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 1, "max": 4}}})";
  scene::Changes changes = {{kCluster, cluster}};
  if (!key.empty()) changes.push_back({kCluster + "/pools/ec2/" + key, json});
  return changes;
}

std::string image_on(const std::string& orchestrator, const std::string& day, const std::string& asked = "") {
  scene::Changes changes = asked.empty() ? pool_with(orchestrator, "", "") : pool_with(orchestrator, "ami", asked);
  changes.push_back({"/catalog", "\"" + day + "\""});
  return scene::run_of(scene::loaded(changes), "mine").clusters[0].pools[0].ami;
}

berth::InputError::Parts refusal_of_warm_pool(const std::string& json, const scene::Changes& more = {},
                                              const std::string& orchestrator = "ecs") {
  scene::Changes changes = pool_with(orchestrator, "warm_pool", json);
  changes.insert(changes.end(), more.begin(), more.end());
  return scene::error_of([&] { scene::run_of(scene::loaded(changes), "mine"); });
}

}  // namespace

TEST_CASE("a pool that names no image gets Amazon's default of the day, and that is written down") {
  CHECK(image_on("ecs", "2021-09-01") == "al2");
  CHECK(image_on("ecs", "2023-04-01") == "al2023");
  CHECK(image_on("eks", "2023-04-01") == "al2");
  CHECK(image_on("eks", "2026-03-01") == "al2023");
  CHECK(image_on("eks", "2026-03-01", "\"al2\"") == "al2");
  const berth::RunSpec run = scene::run_of(scene::loaded(pool_with("ecs", "", "")), "mine");
  const auto row = std::find_if(run.assumptions.begin(), run.assumptions.end(),
                                [](const berth::Assumption& a) { return a.knob == kCluster + "/pools/ec2/ami"; });
  REQUIRE(row != run.assumptions.end());
  CHECK(row->assumed == "Amazon Linux 2023 image");
}

TEST_CASE("an image that did not exist on the catalog's day is refused with one that did") {
  for (const char* orchestrator : {"ecs", "eks"}) {
    const auto error = scene::error_of([&] { image_on(orchestrator, "2022-06-01", "\"al2023\""); });
    CHECK(error.place == kCluster + "/pools/ec2/ami");
    CHECK(scene::has(error.expected, "2022-06-01"));
    CHECK(scene::has(error.cure, "al2"));
    CHECK(image_on(orchestrator, "2022-06-01", "\"bottlerocket\"") == "bottlerocket");
  }
}

TEST_CASE("the shipped architectures run on any day, with the image of that day") {
  const auto scenario = scene::loaded({{"/catalog", "\"2021-09-01\""}});
  for (const char* name : {"ecs-ec2", "eks-ec2", "eks-mix"})
    CHECK(scene::run_of(scenario, name).clusters[0].pools[0].ami == "al2");
}

TEST_CASE("a warm pool is what is written, and stopped instances of the pool's maximum by default") {
  const auto built = [](const std::string& json) {
    return *scene::run_of(scene::loaded(pool_with("ecs", "warm_pool", json)), "mine").clusters[0].pools[0].warm_pool;
  };
  const berth::WarmPoolSpec plain = built("{}");
  CHECK(plain.min == 0);
  CHECK_FALSE(plain.max_prepared.has_value());
  CHECK(plain.state == berth::WarmState::stopped);
  CHECK_FALSE(plain.reuse);
  const berth::WarmPoolSpec full =
      built(R"({"min": 1, "max_prepared": 3, "state": "hibernated", "reuse": true, "images": ["web"]})");
  CHECK(full.min == 1);
  CHECK(full.max_prepared == 3);
  CHECK(full.state == berth::WarmState::hibernated);
  CHECK(full.reuse);
  CHECK(full.images == std::vector<std::string>{"web"});
  CHECK_FALSE(scene::run_of(scene::loaded(pool_with("ecs", "", "")), "mine").clusters[0].pools[0].warm_pool);
}

TEST_CASE("what only a warm pool pulls must be reachable from its subnets") {
  const scene::Changes outside = {{"/images/web-2/registry", "\"public\""},
                                  {"/network", R"({"nat": "none", "endpoints": ["s3", "ecr.api", "ecr.dkr"]})"}};
  const std::string prepared = R"({"images": ["web-2"]})";
  const auto refused = scene::error_of([&] {
    auto changes = pool_with("ecs", "warm_pool", prepared);
    changes.insert(changes.end(), outside.begin(), outside.end());
    scene::run_of(scene::loaded(changes), "mine");
  });
  CHECK(refused.place == "/network");
  CHECK(scene::has(refused.expected, "the registry of image web-2"));
}

TEST_CASE("a warm pool that AWS would not keep is refused in its place, with the cure") {
  const auto karpenter = refusal_of_warm_pool("{}", {{kCluster + "/pools/ec2/scaler", R"({"karpenter": {}})"}}, "eks");
  CHECK(karpenter.place == kWarmPool);
  CHECK(scene::has(karpenter.cure, "cluster_autoscaler"));
  const auto spot = refusal_of_warm_pool("{}", {{kCluster + "/pools/ec2/purchase", "\"spot\""}});
  CHECK(spot.place == kWarmPool);
  CHECK(scene::has(spot.cure, "on_demand"));
  const auto image = refusal_of_warm_pool(R"({"images": ["wbe"]})");
  CHECK(image.place == kWarmPool + "/images/0");
  CHECK(scene::has(image.cure, "\"web\""));
  CHECK(refusal_of_warm_pool(R"({"min": 3, "max_prepared": 2})").place == kWarmPool + "/max_prepared");
  CHECK(refusal_of_warm_pool(R"({"max_prepared": 0})").place == kWarmPool + "/max_prepared");
  CHECK(refusal_of_warm_pool(R"({"state": "asleep"})").place == kWarmPool + "/state");
  const auto fargate = scene::error_of([] {
    scene::loaded({{kCluster, R"({"orchestrator": "ecs", "runs_on": {"*": "far"},
      "pools": {"far": {"kind": "fargate", "warm_pool": {}}}})"}});
  });
  CHECK(fargate.place == kCluster + "/pools/far/warm_pool");
  CHECK(refusal_of_warm_pool("{}", {{kCluster + "/pools/ec2/scaler", R"({"cluster_autoscaler": {}})"}}, "eks")
            .place.empty());
}

// NodePools of Karpenter as written: requirements, ways of buying, limits, budgets; and what is refused.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace {

const std::string kPool = "/architectures/mine/clusters/main/pools/ec2";

/// One NodePool with these keys more.
scene::Changes node_pool(const scene::Changes& more = {}) {
  scene::Changes changes = {{"/architectures/mine/clusters/main", R"({"orchestrator": "eks", "runs_on": {"*": "ec2"},
    "pools": {"ec2": {"kind": "ec2", "max": 40, "scaler": {"karpenter": {}}}}})"}};
  for (const auto& [key, json] : more) changes.push_back({kPool + key, json});
  return changes;
}

berth::PoolSpec pool_of(const scene::Changes& more = {}) {
  return scene::run_of(scene::loaded(node_pool(more)), "mine").clusters[0].pools[0];
}

berth::InputError::Parts error_with(const scene::Changes& more) {
  return scene::error_of([&] { pool_of(more); });
}

bool has_type(const berth::PoolSpec& pool, const std::string& type) {
  return std::find(pool.instance_types.begin(), pool.instance_types.end(), type) != pool.instance_types.end();
}

}  // namespace

TEST_CASE("a NodePool that says nothing has the types of Karpenter's getting-started guide, and that is written down") {
  const berth::RunSpec run = scene::run_of(scene::loaded(node_pool()), "mine");
  const berth::PoolSpec& pool = run.clusters[0].pools[0];
  CHECK(pool.instance_types.size() > 200);
  CHECK(has_type(pool, "m6i.large"));
  CHECK(has_type(pool, "r5.large"));
  CHECK_FALSE(has_type(pool, "m6g.large"));  // arm64
  CHECK_FALSE(has_type(pool, "t3.large"));   // another category
  CHECK_FALSE(has_type(pool, "m1.large"));   // too old
  CHECK_FALSE(pool.buys_spot);
  const bool told = std::any_of(run.assumptions.begin(), run.assumptions.end(),
                                [](const berth::Assumption& a) { return a.knob == kPool + "/requirements"; });
  CHECK(told);
}

TEST_CASE("requirements are lists, or selectors as kubectl writes them, and all of them hold") {
  const auto types = [](const std::string& json) { return pool_of({{"/requirements", json}}).instance_types; };
  CHECK(types(R"j({"instance_family": ["m6i"], "instance_size": "large"})j") == std::vector<std::string>{"m6i.large"});
  CHECK(types(R"j({"instance_family": "in (m6i, c6i)", "instance_cpu": "> 2, < 8", "instance_memory": "< 10000"
})j") == std::vector<std::string>{"c6i.xlarge"});
  CHECK(types(R"j({"instance_family": "m6i", "instance_size": "notin (metal, large)", "instance_cpu": "< 5"
  })j") == std::vector<std::string>{"m6i.xlarge"});
  CHECK(types(R"j({"arch": "arm64", "instance_family": "in (m6i, m6g)", "instance_size": "large"
  })j") == std::vector<std::string>{"m6g.large"});
}

TEST_CASE("requirements leave of listed types what meets them, and zones of the network") {
  const auto pool = pool_of({{"/instance_types", R"j(["m6i.xlarge", "m6g.large", "m6i.large"])j"},
                             {"/requirements", R"j({"arch": "amd64", "zone": "notin (us-east-1a)"})j"}});
  CHECK(pool.instance_types == std::vector<std::string>{"m6i.xlarge", "m6i.large"});
  CHECK(std::find(pool.zones.begin(), pool.zones.end(), "a") == pool.zones.end());
  CHECK_FALSE(pool.zones.empty());
}

TEST_CASE("a NodePool buys on demand, spot or both: by its purchase, or by the capacity type that it requires") {
  const auto ways = [](const scene::Changes& more) {
    const berth::PoolSpec pool = pool_of(more);
    return std::pair(!pool.spot, pool.buys_spot);
  };
  using Ways = std::pair<bool, bool>;
  CHECK(ways({}) == Ways{true, false});
  CHECK(ways({{"/purchase", R"j(["spot", "on_demand"])j"}}) == Ways{true, true});
  CHECK(ways({{"/purchase", R"j(["spot"])j"}}) == Ways{false, true});
  CHECK(ways({{"/requirements", R"j({"capacity_type": ["spot", "on-demand"]})j"}}) == Ways{true, true});
  CHECK(ways({{"/requirements", R"j({"capacity_type": "spot"})j"}}) == Ways{false, true});
}

TEST_CASE("limits, weight and disruption are as written, and Karpenter's defaults where nothing is") {
  const auto plain = pool_of().scaler.karpenter;
  CHECK(plain.weight == 0);
  CHECK_FALSE(plain.only_empty);
  CHECK(plain.consolidate_after == berth::Duration{0});
  CHECK(plain.expire_after == std::chrono::hours{720});
  CHECK(plain.budgets.empty());
  const auto pool = pool_of({{"/weight", "10"},
                             {"/limits", R"j({"cpu": "100 vCPU", "memory": "400 GiB", "nodes": 7})j"},
                             {"/scaler/karpenter", R"j({"consolidation": "when_empty", "consolidate_after": "never",
                               "expire_after": "never", "spot_to_spot": true, "drift": ["10 min"],
                               "budgets": [{"nodes": "20 %"}, {"nodes": 0, "reasons": ["drifted"],
                                            "schedule": "@daily", "duration": "30 min"}]})j"}});
  const auto& spec = pool.scaler.karpenter;
  CHECK(pool.max == 7);
  CHECK(spec.weight == 10);
  CHECK(spec.most_vcpu == 100);
  CHECK(spec.most_memory == 400 * berth::kGiB);
  CHECK(spec.only_empty);
  CHECK_FALSE(spec.consolidate_after);
  CHECK_FALSE(spec.expire_after);
  CHECK(spec.spot_to_spot);
  CHECK(spec.drifts.size() == 1);
  REQUIRE(spec.budgets.size() == 2);
  CHECK(spec.budgets[0].percent == 20);
  CHECK(spec.budgets[1].nodes == 0);
  CHECK(spec.budgets[1].reasons == std::vector<berth::DisruptionReason>{berth::DisruptionReason::drifted});
  REQUIRE(spec.budgets[1].windows.size() == 1);  // the run begins at midnight
  CHECK(spec.budgets[1].windows[0].to == berth::Time{std::chrono::minutes{30}});
}

TEST_CASE("what no NodePool can be is refused where it stands, with a cure") {
  const struct {
    scene::Changes more;
    const char* place;
  } cases[] = {
      {{{"/requirements", R"j({"instance_family": "m99"})j"}}, "/requirements/instance_family"},
      {{{"/requirements", R"j({"instance_type": ["m6i.large", "m6i.larg"]})j"}}, "/requirements/instance_type"},
      {{{"/requirements", R"j({"instance_family": "m6i", "instance_cpu": "> 4000"})j"}}, "/requirements"},
      {{{"/requirements", R"j({"capacity_type": ["spot", "on_demand"]})j"}}, "/requirements/capacity_type"},
      {{{"/requirements", R"j({"instance_famly": "m6i"})j"}}, "/requirements/instance_famly"},
      {{{"/requirements", R"j({"instance_cpu": "> many"})j"}}, "/requirements/instance_cpu"},
      {{{"/requirements", R"j({"capacity_type": "reserved"})j"}}, "/requirements/capacity_type"},
      {{{"/requirements", R"j({"zone": "z"})j"}}, "/requirements/zone"},
      {{{"/purchase", "[]"}}, "/purchase"},
      {{{"/weight", "101"}}, "/weight"},
      {{{"/scaler/karpenter", R"j({"budgets": [{"nodes": "101 %"}]})j"}}, "/scaler/karpenter/budgets/0/nodes"},
      {{{"/scaler/karpenter", R"j({"budgets": [{"nodes": 1, "schedule": "@daily"}]})j"}},
       "/scaler/karpenter/budgets/0"},
      {{{"/scaler/karpenter", R"j({"budgets": [{"nodes": 1, "schedule": "daily", "duration": "1 h"}]})j"}},
       "/scaler/karpenter/budgets/0/schedule"},
      {{{"/scaler", R"j({"cluster_autoscaler": {}})j"}, {"/instance_types", R"j(["m6i.large"])j"}, {"/weight", "5"}},
       "/weight"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.place);
    const auto error = error_with(c.more);
    CHECK(error.place == kPool + c.place);
    CHECK_FALSE(error.cure.empty());
  }
}

TEST_CASE("between NodePools there are no shares: their weights decide") {
  const scene::Changes two = {{"/architectures/mine/clusters/main", R"j({"orchestrator": "eks",
    "runs_on": {"*": [{"pool": "a", "weight": 2}, {"pool": "b"}]},
    "pools": {"a": {"kind": "ec2", "max": 4, "scaler": {"karpenter": {}}},
              "b": {"kind": "ec2", "max": 4, "scaler": {"karpenter": {}}}}})j"}};
  const auto error = scene::error_of([&] { scene::run_of(scene::loaded(two), "mine"); });
  CHECK(error.place == "/architectures/mine/clusters/main/runs_on/*/0/weight");
}

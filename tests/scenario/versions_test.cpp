// What a scenario says of versions of Kubernetes: which EKS has, how it supports them, in which steps one gets on.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace berth::versions_test {
namespace {

const std::string kCluster = "/architectures/mine/clusters/main";

/// The shop on a cluster of ORCHESTRATOR with so much more JSON in the cluster and in its pool.
scene::Changes on(const std::string& orchestrator, const std::string& in_cluster = "",
                  const std::string& in_pool = "") {
  return {{"/architectures",
           R"({"mine": {"clusters": {"main": {"orchestrator": ")" + orchestrator + "\", " + in_cluster +
               R"("pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 2, "max": 4, )" + in_pool +
               R"("zones": ["a", "b"]}}, "runs_on": {"*": "ec2"}}}}})"}};
}

scene::Changes begins(scene::Changes changes, const std::string& start, const std::string& duration = "1 h") {
  changes.push_back({"/start", "\"" + start + "\""});
  changes.push_back({"/duration", "\"" + duration + "\""});
  return changes;
}

RunSpec run_with(const scene::Changes& changes) { return scene::run_of(scene::loaded(changes), "mine"); }
const VersionSpec& versions_of(const RunSpec& run) { return run.clusters.front().kubernetes; }
InputError::Parts refused(const scene::Changes& changes) {
  return scene::error_of([&] { run_with(changes); });
}

std::vector<std::string> warnings(const scene::Changes& changes) {
  const LoadedScenario scenario = scene::loaded(changes);
  const Catalog catalog = scene::catalog_of(scenario);
  std::vector<std::string> said;
  for (const Finding& f : feasibility(scenario, build_run(scenario, "mine", catalog), catalog))
    if (f.verdict == Verdict::warning) said.push_back(f.why);
  return said;
}
bool warns(const scene::Changes& changes, const std::string& part) {
  const auto all = warnings(changes);
  return std::any_of(all.begin(), all.end(), [&](const std::string& w) { return scene::has(w, part); });
}

TEST_CASE("a cluster on EKS has the newest version in standard support on the day of its start, and says so") {
  const RunSpec run = run_with(on("eks"));
  CHECK(versions_of(run).version == KubeVersion{35});
  CHECK(versions_of(run).support == SupportPolicy::extended);
  const auto row = std::find_if(run.assumptions.begin(), run.assumptions.end(),
                                [](const Assumption& a) { return a.assumed == "Kubernetes 1.35"; });
  REQUIRE(row != run.assumptions.end());
  CHECK(row->why == "the newest in standard support on 2026-03-02");
  const RunSpec written = run_with(on("eks", R"("version": "1.33", )"));
  CHECK(versions_of(written).version == KubeVersion{33});
  CHECK(std::none_of(written.assumptions.begin(), written.assumptions.end(),
                     [](const Assumption& a) { return scene::has(a.assumed, "Kubernetes 1."); }));
}

TEST_CASE("a catalog of another time takes the calendar with it") {
  scene::Changes changes = on("eks");
  changes.push_back({"/catalog", "\"2024-09-01\""});
  CHECK(versions_of(run_with(changes)).version == KubeVersion{30});
  changes.back().second = "\"2026-02-20\"";
  CHECK(versions_of(run_with(changes)).version == KubeVersion{35});
}

TEST_CASE("a version that EKS does not have yet is refused with the one that it has") {
  const auto error = refused(on("eks", R"("version": "1.36", )"));
  CHECK(error.place == kCluster + "/version");
  CHECK(scene::has(error.cure, "write \"1.35\""));
  CHECK(scene::has(error.cure, "2026-06-02"));
  CHECK(refused(begins(on("eks", R"("version": "1.36", )"), "2026-06-02T00:00Z")).place.empty());
  CHECK(refused(on("eks", R"("version": "1.99", )")).place == kCluster + "/version");
  CHECK(refused(on("eks", R"("version": "1.34.2", )")).cure == "write \"1.34\"");
}

TEST_CASE("a version past its support is refused: EKS has upgraded every cluster that had it") {
  const auto error = refused(begins(on("eks", R"("version": "1.29", )"), "2026-03-23T00:00Z"));
  CHECK(error.place == kCluster + "/version");
  CHECK(scene::has(error.cure, "write \"1.30\""));
  CHECK(refused(begins(on("eks", R"("version": "1.29", )"), "2026-03-22T00:00Z")).place.empty());
  const auto standard = refused(on("eks", R"("version": "1.31", "support": "standard", )"));
  CHECK(standard.place == kCluster + "/version");
  CHECK(scene::has(standard.cure, "write \"1.32\", or \"support\": \"extended\""));
}

TEST_CASE("EKS upgrades one minor version at a time, and never back") {
  const auto upgrades = [](const std::string& list) {
    return on("eks", R"("version": "1.33", "upgrades": )" + list + ", ");
  };
  const RunSpec run =
      run_with(upgrades(R"([{"at": "5 min", "to": "1.34"}, {"at": "40 min", "to": "1.35", "nodes": false}])"));
  REQUIRE(versions_of(run).upgrades.size() == 2);
  CHECK(versions_of(run).upgrades[0].nodes);
  CHECK_FALSE(versions_of(run).upgrades[1].nodes);
  const auto two = refused(upgrades(R"([{"at": "5 min", "to": "1.35"}])"));
  CHECK(two.place == kCluster + "/upgrades/0/to");
  CHECK(two.cure == "add an upgrade to \"1.34\" before it");
  CHECK(refused(upgrades(R"([{"at": "5 min", "to": "1.32"}])")).cure == "write \"1.34\", or remove it");
  CHECK(refused(upgrades(R"([{"at": "5 min", "to": "1.34"}, {"at": "5 min", "to": "1.35"}])")).place ==
        kCluster + "/upgrades/1/at");
  const auto early = refused(
      upgrades(R"([{"at": "1 min", "to": "1.34"}, {"at": "20 min", "to": "1.35"}, {"at": "40 min", "to": "1.36"}])"));
  CHECK(early.place == kCluster + "/upgrades/2/to");
}

TEST_CASE("an upgrade after the end of support begins where EKS has brought the cluster") {
  const auto with = [](const std::string& to) {
    return begins(
        on("eks", R"("version": "1.32", "support": "standard", "upgrades": [{"at": "2 d", "to": ")" + to + "\"}], "),
        "2026-03-22T00:00Z", "3 d");
  };
  CHECK(refused(with("1.33")).place == kCluster + "/upgrades/0/to");
  CHECK(refused(with("1.34")).place.empty());
}

TEST_CASE("ECS has no versions of Kubernetes") {
  for (const char* key : {R"("version": "1.34", )", R"("support": "standard", )", R"("control_plane": "xl", )",
                          R"("upgrades": [{"at": "1 h", "to": "1.35"}], )"})
    CHECK(scene::has(refused(on("ecs", key)).expected, "ECS"));
  CHECK(refused(on("ecs", "", R"("update": {}, )")).place == kCluster + "/pools/ec2/update");
}

TEST_CASE("a tier of the control plane is sold since its day") {
  CHECK(versions_of(run_with(on("eks", R"("control_plane": "4xl", )"))).tier == "4xl");
  CHECK(versions_of(run_with(on("eks", R"("control_plane": "standard", )"))).tier.empty());
  CHECK(refused(on("eks", R"("control_plane": "8xl", )")).place == kCluster + "/control_plane");
  CHECK(refused(begins(on("eks", R"("control_plane": "8xl", )"), "2026-03-21T00:00Z")).place.empty());
}

TEST_CASE("the sync period of HPAs can be set since August 2026, with a Provisioned Control Plane, to 10 s at least") {
  const auto with = [](const std::string& period, const std::string& tier, const std::string& start) {
    return begins(on("eks", R"("control_plane": ")" + tier + R"(", "controller_manager": {"hpa_sync_period": ")" +
                                period + "\"}, "),
                  start);
  };
  const std::string place = kCluster + "/controller_manager/hpa_sync_period";
  CHECK(run_with(with("10 s", "xl", "2026-08-12T00:00Z")).clusters.front().controller_manager.hpa_sync_period ==
        Duration{10s});
  CHECK(refused(with("10 s", "xl", "2026-08-11T00:00Z")).place == place);
  CHECK(scene::has(refused(with("10 s", "standard", "2026-08-12T00:00Z")).cure, "\"control_plane\": \"xl\""));
  CHECK(refused(with("5 s", "xl", "2026-08-12T00:00Z")).expected == "10 s to 15 s");
  CHECK(refused(with("30 s", "xl", "2026-08-12T00:00Z")).place == place);
}

TEST_CASE("an HPA has a tolerance of its own from 1.35 on") {
  const auto with = [](const std::string& version) {
    scene::Changes changes = on("eks", R"("version": ")" + version + "\", ");
    changes.push_back({"/services/web/eks", R"({"hpa": {"behavior": {"up": {"tolerance": "5 %"}}}})"});
    return changes;
  };
  CHECK(refused(with("1.35")).place.empty());
  const auto error = refused(with("1.34"));
  CHECK(error.place == "/services/web/eks/hpa/behavior/up/tolerance");
  CHECK(scene::has(error.cure, "\"version\": \"1.35\""));
}

TEST_CASE("how EKS's own scheduler scores can be set since August 2026, before a second one places the pods") {
  const std::string packed = R"("scheduler": {"score": "most_allocated"}, )";
  CHECK(warns(on("eks", packed), "EKS's own scheduler cannot have score most_allocated"));
  CHECK_FALSE(warns(begins(on("eks", packed), "2026-08-12T00:00Z"), "EKS's own scheduler"));
  CHECK(warns(begins(on("eks", R"("version": "1.31", )" + packed), "2026-11-01T00:00Z"), "extended support"));
  CHECK(
      warns(begins(on("eks", R"("scheduler": {"percent_of_nodes": 50}, )"), "2026-08-12T00:00Z"), "percent_of_nodes"));
  const RunSpec run = run_with(on("eks", packed));
  CHECK(std::any_of(run.assumptions.begin(), run.assumptions.end(),
                    [](const Assumption& a) { return scene::has(a.assumed, "a second scheduler"); }));
}

TEST_CASE("check tells what a version costs for its age, and when its support ends within the run") {
  CHECK(warns(on("eks", R"("version": "1.31", )"), "costs 0.60 instead of 0.10 USD an hour"));
  const auto across = [](const std::string& more) {
    return begins(on("eks", R"("version": "1.32", )" + more), "2026-03-22T00:00Z", "2 d");
  };
  CHECK(warns(across(""), "ends on 2026-03-23, within the run: its control plane costs 0.60"));
  CHECK(warns(across(R"("support": "standard", )"), "EKS upgrades the control plane"));
  CHECK_FALSE(warns(begins(on("eks", R"("version": "1.32", )"), "2026-03-22T00:00Z", "1 d"), "standard support"));
}

TEST_CASE("check tells of a budget that no update of nodes can respect") {
  const auto with = [](const std::string& budget) {
    scene::Changes changes = on("eks", R"("version": "1.34", "upgrades": [{"at": "5 min", "to": "1.35"}], )");
    changes.push_back({"/services/web/eks", R"({"pdb": )" + budget + "}"});
    return changes;
  };
  CHECK(warns(with(R"({"min_available": "100 %"})"), "PodEvictionFailure"));
  CHECK_FALSE(warns(with(R"({"max_unavailable": 1})"), "PodEvictionFailure"));
}

TEST_CASE("the image of nodes is Amazon's default for the cluster's version") {
  const auto image = [](const std::string& version) {
    return run_with(begins(on("eks", R"("version": ")" + version + "\", "), "2024-11-15T00:00Z"))
        .clusters.front()
        .pools.front()
        .ami;
  };
  CHECK(image("1.29") == "al2");
  CHECK(image("1.30") == "al2023");
}

TEST_CASE("a node group is updated one node at a time, or as it says, and Karpenter's nodes drift instead") {
  const auto update = [](const std::string& text) { return on("eks", "", R"("update": )" + text + ", "); };
  const auto built = [&](const std::string& text) {
    return run_with(update(text)).clusters.front().pools.front().update;
  };
  CHECK(built("{}").max_unavailable == 1);
  CHECK(built(R"({"max_unavailable": "33 %"})").is_percent);
  CHECK(built(R"({"strategy": "minimal", "force": true})").minimal);
  const std::string place = kCluster + "/pools/ec2/update";
  CHECK(refused(update(R"({"max_unavailable": 0})")).place == place + "/max_unavailable");
  CHECK(refused(update(R"({"max_unavailable": 101})")).expected == "1 to 100 nodes");
  CHECK(refused(on("eks", "", R"("scaler": {"karpenter": {}}, "update": {}, )")).place == place);
}

}  // namespace
}  // namespace berth::versions_test

// Disruption budgets and the settings of controllers, as the scenario says them.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPdb = "/services/web/eks/pdb";

RunSpec run_with(const std::string& path, const std::string& value, const std::string& architecture = "eks-ec2") {
  return scene::run_of(scene::loaded({{path, value}}), architecture);
}

InputError::Parts refused(const std::string& path, const std::string& value) {
  return scene::error_of([&] { run_with(path, value); });
}

TEST_CASE("a disruption budget is a number or a part of the pods, those that stay or those that may be missing") {
  const auto pdb_of = [](const std::string& written) {
    return scene::workload(run_with(kPdb, written), "web")->eks.pdb;
  };
  const auto least = pdb_of(R"({"min_available": 2})");
  REQUIRE(least);
  CHECK(least->keeps == PdbSpec::Keeps::min_available);
  CHECK(least->value == 2);
  CHECK_FALSE(least->is_percent);
  const auto most = pdb_of(R"({"max_unavailable": "25 %"})");
  REQUIRE(most);
  CHECK(most->keeps == PdbSpec::Keeps::max_unavailable);
  CHECK(most->value == 25);
  CHECK(most->is_percent);
}

TEST_CASE("ECS has no disruption budgets") {
  CHECK_FALSE(scene::workload(run_with(kPdb, R"({"min_available": 2})", "ecs-ec2"), "web")->eks.pdb);
}

TEST_CASE("a disruption budget says one of the two, and no more than all") {
  CHECK(refused(kPdb, R"({"min_available": 2, "max_unavailable": 1})").place == kPdb);
  CHECK(refused(kPdb, "{}").place == kPdb);
  CHECK(refused(kPdb, R"({"min_available": "120 %"})").place == std::string(kPdb) + "/min_available");
}

TEST_CASE("the roll-out of a Deployment has a strategy, a time to be ready and a deadline of its own") {
  const RunSpec run =
      run_with("/services/web/eks",
               R"({"rollout": {"strategy": "recreate"}, "min_ready": "20 s", "progress_deadline": "5 min"})");
  const EksSpec& web = scene::workload(run, "web")->eks;
  CHECK(web.recreate);
  CHECK(web.min_ready == 20s);
  CHECK(web.progress_deadline == 5min);
  const EksSpec none = scene::workload(scene::run_of(scene::loaded(), "eks-ec2"), "web")->eks;
  CHECK_FALSE(none.recreate);
  CHECK(none.min_ready == 0s);
  CHECK_FALSE(none.progress_deadline);
}

TEST_CASE("Recreate has no bounds, and neutral ones do not touch it") {
  const char* rollout = "/services/web/eks/rollout";
  CHECK(refused(rollout, R"({"strategy": "recreate", "max_surge": 1})").place == std::string(rollout) + "/max_surge");
  const scene::Changes stuck = {{"/services/web/rollout", R"({"min_healthy_percent": 100, "max_percent": 100})"},
                                {rollout, R"({"strategy": "recreate"})"}};
  CHECK(scene::workload(scene::run_of(scene::loaded(stuck), "eks-ec2"), "web")->eks.recreate);
}

TEST_CASE("a progress deadline that no pod can meet is refused") {
  CHECK(refused("/services/web/eks", R"({"min_ready": "2 min", "progress_deadline": "1 min"})").place ==
        "/services/web/eks/progress_deadline");
  CHECK(refused("/services/web/eks", R"({"min_ready": "20 min"})").place == "/services/web/eks/min_ready");
}

TEST_CASE("a cluster on EKS says how fast its controllers call, else upstream's defaults are assumed") {
  const std::string architectures = R"({"mine": {"clusters": {"main": {"orchestrator": "ORCHESTRATOR",
      "controller_manager": {"qps": 100, "burst": 200},
      "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 2, "max": 4}},
      "runs_on": {"*": "ec2"}}}}})";
  const auto with = [&](const std::string& orchestrator) {
    std::string text = architectures;
    return text.replace(text.find("ORCHESTRATOR"), 12, orchestrator);
  };
  const RunSpec eks = run_with("/architectures", with("eks"), "mine");
  CHECK(eks.clusters.front().controller_manager.qps == 100);
  CHECK(eks.clusters.front().controller_manager.burst == 200);
  const auto assumed = [](const RunSpec& run) {
    return std::count_if(run.assumptions.begin(), run.assumptions.end(),
                         [](const Assumption& a) { return scene::has(a.assumed, "API server"); });
  };
  CHECK(assumed(eks) == 0);
  CHECK(assumed(scene::run_of(scene::loaded(), "eks-ec2")) == 1);
  CHECK(scene::error_of([&] { run_with("/architectures", with("ecs"), "mine"); }).place ==
        "/architectures/mine/clusters/main/controller_manager");
}

}  // namespace
}  // namespace berth

// Fargate profiles of EKS: who is selected, what runs_on still says, what is refused, assumed and told by `check`.
#include <doctest/doctest.h>

#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace profiles {
namespace {

const std::string kPools = "/architectures/mine/clusters/main/pools",
                  kRunsOn = "/architectures/mine/clusters/main/runs_on";

const char* const kMixed = R"x({"clusters": {"main": {"orchestrator": "eks", "runs_on": {"*": "ec2"}, "pools": {
  "ec2": {"kind": "ec2", "instance_types": ["m6i.large"], "min": 2, "max": 4},
  "batch": {"kind": "fargate", "selectors": [{"namespace": "batch"}]}}}}})x";

const char* const kFargate = R"x({"clusters": {"main": {"orchestrator": "eks", "runs_on": {"*": "fargate"}, "pools": {
  "fargate": {"kind": "fargate", "selectors": [{"namespace": "default"}, {"namespace": "kube-system"}]}}}}})x";

scene::Changes with(const char* architecture, scene::Changes changes) {
  changes.insert(changes.begin(), {"/architectures/mine", architecture});
  return changes;
}

berth::RunSpec run_of(const char* architecture, const scene::Changes& changes = {}) {
  return scene::run_of(scene::loaded(with(architecture, changes)), "mine");
}

std::string pool_of(const berth::RunSpec& run, const char* name) {
  const auto* workload = scene::workload(run, name);
  REQUIRE(workload != nullptr);
  REQUIRE(workload->pools.size() == 1);
  return workload->pools.front().pool;
}

berth::InputError::Parts refused(const char* architecture, const scene::Changes& changes) {
  return scene::error_of([&] { run_of(architecture, changes); });
}

bool assumes(const berth::RunSpec& run, const std::string& subject, const std::string& part) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(),
                     [&](const berth::Assumption& a) { return a.subject == subject && scene::has(a.assumed, part); });
}

std::vector<berth::Finding> findings_of(const char* architecture, const scene::Changes& changes) {
  const auto scenario = scene::loaded(with(architecture, changes));
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, "mine", catalog), catalog);
}

const berth::Finding* about(const std::vector<berth::Finding>& findings, const std::string& subject,
                            const std::string& part) {
  for (const berth::Finding& f : findings)
    if (f.subject == subject && scene::has(f.why, part)) return &f;
  return nullptr;
}

}  // namespace

TEST_CASE("a profile takes the pods that it selects, whatever runs_on says of the rest, and that is told") {
  const auto run = run_of(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch"})"}});
  CHECK(pool_of(run, "report") == "batch");
  CHECK(pool_of(run, "web") == "ec2");
  CHECK(assumes(run, "job report", "in Fargate pool batch, where runs_on says ec2"));
  CHECK(scene::workload(run, "report")->containers.size() == 2);  // the daemon is its sidecar there
  CHECK(scene::workload(run, "web")->containers.size() == 1);
  CHECK(pool_of(run_of(kMixed), "report") == "ec2");  // namespace default
}

TEST_CASE("labels select as namespaces do: those of the workload, its name as app, a job's as job-name") {
  const std::string selectors = kPools + "/batch/selectors";
  const auto pool = [&](const char* labels, const char* workload) {
    return pool_of(run_of(kMixed, {{selectors, fmt::format(R"([{{"namespace": "*", "labels": {{{}}}}}])", labels)},
                                   {"/services/web/labels", R"({"tier": "front"})"}}),
                   workload);
  };
  CHECK(pool(R"("tier": "fr*")", "web") == "batch");
  CHECK(pool(R"("tier": "back")", "web") == "ec2");
  CHECK(pool(R"("app": "w?b")", "web") == "batch");
  CHECK(pool(R"("job-name": "*")", "report") == "batch");
  CHECK(pool(R"("job-name": "*")", "web") == "ec2");
}

TEST_CASE("runs_on may not say of one workload what profiles do otherwise") {
  const auto taken =
      refused(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch"})"}, {kRunsOn + "/report", "\"ec2\""}});
  CHECK(taken.place == kRunsOn + "/report");
  CHECK(scene::has(taken.expected,
                   "\"batch\", the Fargate profile that takes its pods (namespace batch, labels app=report"));
  CHECK(scene::has(taken.cure, "write \"batch\""));
  const auto not_taken = refused(kMixed, {{kRunsOn + "/report", "\"batch\""}});
  CHECK(not_taken.place == kRunsOn + "/report");
  CHECK(scene::has(not_taken.cure, "{\"namespace\": \"default\"}"));
  CHECK(scene::has(refused(kMixed, {{kRunsOn + "/jobs~1*", "\"batch\""}}).cure, "name an EC2 pool"));
  CHECK(pool_of(run_of(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch"})"}, {kRunsOn + "/report", "\"batch\""}}),
                "report") == "batch");
}

TEST_CASE("whom no profile selects waits for good where there is nothing but Fargate, and check says so") {
  const scene::Changes changes = {{"/jobs/report/eks", R"({"namespace": "reports"})"}};
  const auto run = run_of(kFargate, changes);
  CHECK(scene::workload(run, "report")->eks.without_profile);
  CHECK_FALSE(scene::workload(run, "web")->eks.without_profile);
  const auto findings = findings_of(kFargate, changes);
  const auto* finding = about(findings, "job report", "no Fargate profile selects its pods (namespace reports)");
  REQUIRE(finding != nullptr);
  CHECK(finding->verdict == berth::Verdict::no);
  CHECK(scene::has(finding->nearest, "{\"namespace\": \"reports\"}"));
  CHECK_FALSE(berth::can_host(findings));
  CHECK(berth::can_simulate(findings));
  CHECK(berth::can_host(findings_of(kFargate, {})));
  CHECK(refused(kFargate, {changes[0], {kRunsOn + "/report", "\"fargate\""}}).place == kRunsOn + "/report");
}

TEST_CASE("system workloads need a profile where there is nothing but Fargate") {
  const std::string selectors = kPools + "/fargate/selectors";
  const scene::Changes only_web = {{selectors, R"([{"namespace": "default"}])"}};
  CHECK(about(findings_of(kFargate, only_web), "system workload coredns", "namespace kube-system") != nullptr);
  const std::string kube_dns = R"({"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}})";
  const auto by_label = run_of(kFargate, {{selectors, R"([{"namespace": "default"}, )" + kube_dns + "]"}});
  CHECK_FALSE(scene::workload(by_label, "coredns")->eks.without_profile);
  CHECK(scene::workload(by_label, "metrics-server")->eks.without_profile);
  const auto mixed = run_of(kMixed, {{kPools + "/batch/selectors", "[" + kube_dns + "]"}});
  CHECK(pool_of(mixed, "coredns") == "batch");
  CHECK(assumes(mixed, "system workload coredns", "as Fargate pods"));
  CHECK(pool_of(mixed, "metrics-server") == "ec2");
  CHECK(pool_of(mixed, "kube-proxy") == "ec2");  // of a DaemonSet: made for its node
}

TEST_CASE("without selectors runs_on decides, and the profiles that this takes are told") {
  const auto run = run_of(kFargate, {{kPools + "/fargate", R"({"kind": "fargate"})"}});
  CHECK(pool_of(run, "web") == "fargate");
  CHECK(pool_of(run, "coredns") == "fargate");
  CHECK(assumes(run, "pool fargate", "selects the pods that runs_on gives it, and one for namespace kube-system"));
  CHECK_FALSE(assumes(run_of(kFargate), "pool fargate", "a Fargate profile"));
}

TEST_CASE("every pod on Fargate is as critical as those of the system, and has a node of its own") {
  const auto run = run_of(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch", "node_selector": "a = b"})"}});
  CHECK(scene::workload(run, "report")->eks.pod.priority == berth::kSystemNodeCritical);
  CHECK(scene::workload(run, "web")->eks.pod.priority == 0);
  CHECK_FALSE(assumes(run, "job report", "its priority"));
  CHECK(assumes(run_of(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch", "priority": 5})"}}), "job report",
                "its priority has no effect"));
  const auto findings =
      findings_of(kMixed, {{"/jobs/report/eks", R"({"namespace": "batch", "node_selector": "a = b"})"}});
  const auto* note = about(findings, "job report", "do not apply");
  REQUIRE(note != nullptr);
  CHECK(note->verdict == berth::Verdict::note);
}

TEST_CASE("profiles have at most what EKS allows, or what the account has been given") {
  const auto list = [](int count, const char* one) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + fmt::format(fmt::runtime(one), i);
    return text;
  };
  const std::string selectors = kPools + "/batch/selectors";
  const auto of_selectors = [&](int count) { return "[" + list(count, R"({{"namespace": "n{}"}})") + "]"; };
  CHECK(refused(kMixed, {{selectors, of_selectors(5)}}).place.empty());
  CHECK(refused(kMixed, {{selectors, of_selectors(6)}}).place == selectors);
  CHECK(refused(kMixed, {{selectors, of_selectors(6)}, {"/account/quotas/eks_fargate_selectors", "6"}}).place.empty());
  const auto of_labels = [&](int count) {
    return R"([{"namespace": "a", "labels": {)" + list(count, R"("l{}": "x")") + "}}]";
  };
  CHECK(refused(kMixed, {{selectors, of_labels(5)}}).place.empty());
  CHECK(refused(kMixed, {{selectors, of_labels(6)}}).place == selectors + "/0/labels");
  scene::Changes pools;
  for (int i = 0; i < 9; ++i)
    pools.push_back({fmt::format("{}/more{}", kPools, i), R"({"kind": "fargate", "selectors": [{"namespace": "x"}]})"});
  CHECK(refused(kMixed, pools).place.empty());
  pools.push_back({kPools + "/more", R"({"kind": "fargate", "selectors": [{"namespace": "x"}]})"});
  CHECK(refused(kMixed, pools).place == kPools);
}

TEST_CASE("selectors that cannot be are refused with their place") {
  const std::string batch = kPools + "/batch", selectors = batch + "/selectors";
  struct Case {
    std::string path;
    const char* json;
    std::string place;
  };
  const Case cases[] = {
      {selectors, "[]", selectors},
      {selectors, R"([{"namespace": "Prod"}])", selectors + "/0/namespace"},
      {selectors, R"([{"namespace": ""}])", selectors + "/0/namespace"},
      {selectors, R"([{"labels": {"a": "b"}}])", selectors + "/0"},
      {selectors, R"([{"namespace": "a", "labels": {"a b": "c"}}])", selectors + "/0/labels/a b"},
      {selectors, R"([{"namespace": "a", "labels": {"a": "-"}}])", selectors + "/0/labels/a"},
      {kPools + "/ec2/selectors", R"([{"namespace": "a"}])", kPools + "/ec2/selectors"},
      {kPools + "/other", R"({"kind": "fargate"})", kPools + "/other"},
      {"/services/web/eks/namespace", "\"a_b\"", "/services/web/eks/namespace"},
      {batch + "/purchase", "\"spot\"", batch + "/purchase"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    CHECK(refused(kMixed, {{c.path, c.json}}).place == c.place);
  }
  const char* const on_ecs = R"x({"clusters": {"main": {"orchestrator": "ecs", "runs_on": {"*": "fargate"},
    "pools": {"fargate": {"kind": "fargate", "selectors": [{"namespace": "a"}]}}}}})x";
  CHECK(refused(on_ecs, {}).place == kPools + "/fargate/selectors");
}

TEST_CASE("an image that is built for Arm alone does not run on EKS Fargate") {
  const auto findings = findings_of(kFargate, {{"/images/web/platforms", R"(["arm64"])"}});
  CHECK(about(findings, "service web", "not built for amd64") != nullptr);
  CHECK_FALSE(berth::can_simulate(findings));
}

TEST_CASE("where Fargate runs short, pods on EKS are assumed to wait") {
  const scene::Changes changes = {
      {"/faults", R"([{"at": "10 min", "for": "10 min", "kind": "insufficient_capacity", "target": "fargate"}])"}};
  CHECK(assumes(run_of(kFargate, changes), "Fargate on EKS", "waits until there is capacity again"));
  CHECK_FALSE(assumes(run_of(kFargate), "Fargate on EKS", "waits"));
}

}  // namespace profiles

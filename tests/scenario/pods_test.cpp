// Where pods go, as scenarios say it: what is read, what is refused with place and cure, and what `check` says.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace {

const char* const kTainted =
    R"x({"clusters": {"main": {"orchestrator": "eks", "runs_on": {"*": "ec2"}, "pools": {"ec2": {
  "kind": "ec2", "instance_types": ["m6i.large", "g5.xlarge"], "min": 2, "max": 4, "labels": {"stack": "prod"},
  "taints": ["dedicated=web:NoSchedule"]}}}}})x";

scene::Changes on_eks(const std::string& path, const std::string& json) {
  return {{"/architectures/mine", kTainted}, {"/jobs/report/eks", R"x({"tolerations": ["*"]})x"}, {path, json}};
}

std::vector<berth::Finding> findings_of(const scene::Changes& changes) {
  const auto scenario = scene::loaded(changes);
  const auto catalog = scene::catalog_of(scenario);
  return berth::feasibility(scenario, berth::build_run(scenario, "mine", catalog), catalog);
}

bool tells(const std::vector<berth::Finding>& findings, berth::Verdict verdict, const std::string& part) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const berth::Finding& f) { return f.verdict == verdict && scene::has(f.why, part); });
}

}  // namespace

TEST_CASE("labels, taints, tolerations, affinity and spreading come from the scenario") {
  using Is = berth::LabelRequirement::Operator;
  scene::Changes changes = on_eks("/services/web/eks", R"x({
      "node_selector": "stack = prod, !old, karpenter.k8s.aws/instance-cpu > 4",
      "tolerations": ["dedicated=web:NoSchedule", "spot", "*:NoExecute"],
      "affinity": {"node": {"required": ["stack in (prod, test)"], "preferred": [{"weight": 7, "nodes": "gpu"}]},
                   "pod": {"required": [{"pods": "app = api", "topology": "topology.kubernetes.io/zone"}]},
                   "pod_anti": {"preferred": [{"weight": 9, "pods": "tier notin (back)"}]}},
      "topology_spread": [{"max_skew": 2, "min_domains": 3}, {"when_unsatisfiable": "schedule_anyway",
                           "topology": "kubernetes.io/hostname", "pods": "tier = front"}]})x");
  changes.push_back({"/services/web/labels", R"x({"tier": "front"})x"});
  const auto run = scene::run_of(scene::loaded(changes), "mine");
  const auto* web = scene::workload(run, "web");
  const berth::PodSpec& pod = web->eks.pod;
  CHECK(web->labels.at("tier") == "front");
  REQUIRE(pod.nodes.selector.size() == 3);
  CHECK(pod.nodes.selector[1].is == Is::does_not_exist);
  CHECK(pod.nodes.selector[2].is == Is::greater);
  REQUIRE(pod.tolerations.size() == 3);
  CHECK(pod.tolerations[0].value == "web");
  CHECK_FALSE(pod.tolerations[1].effect);
  CHECK(pod.tolerations[2].key.empty());
  CHECK(pod.nodes.required.front().front().values.size() == 2);
  CHECK(pod.nodes.preferred.front().weight == 7);
  CHECK(pod.together.front().weight == 0);
  CHECK(pod.apart.front().weight == 9);
  CHECK(pod.apart.front().topology == berth::kHostname);
  REQUIRE(pod.spread.size() == 2);
  CHECK(pod.spread[0].min_domains == 3);
  CHECK(pod.spread[0].pods->front().values.front() == "web");
  CHECK_FALSE(pod.spread[1].hard);
  CHECK(run.clusters.front().pools.front().taints.front().value == "web");
}

TEST_CASE("a priority is a number, or one with its preemption policy, and system pods stand above all") {
  const auto run = scene::run_of(scene::loaded(on_eks("/services/web/eks", R"x({"priority": -5})x")), "mine");
  CHECK(scene::workload(run, "web")->eks.pod.priority == -5);
  CHECK(scene::workload(run, "web")->eks.pod.preempts);
  CHECK(scene::workload(run, "kube-proxy")->eks.pod.priority == berth::kSystemNodeCritical);
  CHECK(scene::workload(run, "coredns")->eks.pod.priority == berth::kSystemClusterCritical);
  const auto meek = scene::run_of(
      scene::loaded(on_eks("/services/web/eks", R"x({"priority": {"value": 9, "preemption": "never"}})x")), "mine");
  CHECK(scene::workload(meek, "web")->eks.pod.priority == 9);
  CHECK_FALSE(scene::workload(meek, "web")->eks.pod.preempts);
}

TEST_CASE("kube-scheduler's score comes from the cluster") {
  const auto run =
      scene::run_of(scene::loaded(on_eks("/architectures/mine/clusters/main/scheduler",
                                         R"x({"score": "requested_to_capacity_ratio", "percent_of_nodes": 30,
                             "shape": [{"utilisation": 0, "score": 0}, {"utilisation": "100 %", "score": 10}]})x")),
                    "mine");
  const berth::KubeSchedulerSpec& scheduler = run.clusters.front().scheduler;
  CHECK(scheduler.score == berth::KubeSchedulerSpec::Score::requested_to_capacity_ratio);
  CHECK(scheduler.percent_of_nodes == 30);
  CHECK(scheduler.shape.back().utilisation == 100);
  CHECK(scheduler.cpu_weight == 1);
  CHECK(scheduler.memory_weight == 1);
  const auto memory = scene::run_of(
      scene::loaded(on_eks("/architectures/mine/clusters/main/scheduler", R"x({"resources": {"memory": 3}})x")),
      "mine");
  CHECK(memory.clusters.front().scheduler.cpu_weight == 0);
  CHECK(memory.clusters.front().scheduler.memory_weight == 3);
}

TEST_CASE("what Kubernetes would refuse is refused with place, expectation and cure") {
  struct Row {
    const char *path, *json, *place, *expected, *cure;
  };
  const Row rows[] = {
      {"/services/web/eks/node_selector", R"x("stack = = prod")x", "/services/web/eks/node_selector",
       "a comma or the end at character 9", "tier in"},
      {"/services/web/eks/node_selector", R"x("cores > many")x", "/services/web/eks/node_selector",
       "a whole number before", "cores > 4"},
      {"/services/web/eks/node_selector", R"x("")x", "/services/web/eks/node_selector", "the name of a label",
       "tier in"},
      {"/services/web/eks/affinity", R"x({"pod": {"required": [{"pods": "cores > 4"}]}})x",
       "/services/web/eks/affinity/pod/required/0/pods", "only labels of nodes have", "tier in"},
      {"/services/web/eks/affinity", R"x({"node": {"preferred": [{"weight": 101, "nodes": "gpu"}]}})x",
       "/services/web/eks/affinity/node/preferred/0/weight", "1 to 100", "1 to 100"},
      {"/services/web/eks/tolerations", R"x(["dedicated=web:NoShedule"])x", "/services/web/eks/tolerations/0",
       "the effect", "dedicated=web:NoSchedule"},
      {"/services/web/eks/topology_spread", R"x([{"when_unsatisfiable": "schedule_anyway", "min_domains": 2}])x",
       "/services/web/eks/topology_spread/0/min_domains", "no min_domains of a soft", "do_not_schedule"},
      {"/services/web/eks/priority", "2000000000", "/services/web/eks/priority", "1000000000", ""},
      {"/services/web/labels", R"x({"a b": "c"})x", "/services/web/labels/a b", "1 to 63", "another name"},
      {"/architectures/mine/clusters/main/pools/ec2/taints", R"x(["dedicated"])x",
       "/architectures/mine/clusters/main/pools/ec2/taints/0", "a key and an effect", "dedicated=gpu:NoSchedule"},
      {"/architectures/mine/clusters/main/pools/ec2/labels", R"x({"stack": " "})x",
       "/architectures/mine/clusters/main/pools/ec2/labels/stack", "at most 63", "another value"},
      {"/architectures/mine/clusters/main/scheduler", R"x({"score": "requested_to_capacity_ratio"})x",
       "/architectures/mine/clusters/main/scheduler", "the shape", "utilisation"},
      {"/architectures/mine/clusters/main/scheduler", R"x({"resources": {}})x",
       "/architectures/mine/clusters/main/scheduler/resources", "at least one resource", "memory"},
      {"/architectures/mine/clusters/main/scheduler", R"x({"resources": {"cpu": 101}})x",
       "/architectures/mine/clusters/main/scheduler/resources/cpu", "100", ""},
      {"/architectures/mine/clusters/main/orchestrator", "\"ecs\"",
       "/architectures/mine/clusters/main/pools/ec2/taints", "no such key on ECS", "ecs/constraints"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const auto error = scene::error_of([&] { scene::run_of(scene::loaded(on_eks(row.path, row.json)), "mine"); });
    CHECK(error.place == row.place);
    CHECK_MESSAGE(scene::has(error.expected, row.expected), error.expected);
    CHECK_MESSAGE(scene::has(error.cure, row.cure), error.cure);
  }
}

TEST_CASE("check names taints, labels and pods that leave nowhere to go for good") {
  using berth::Verdict;
  CHECK(tells(findings_of(on_eks("/services/web/eks", "{}")), Verdict::no, "does not tolerate the taints of pool ec2"));
  const auto tolerant = [](const std::string& more) {
    return findings_of(on_eks("/services/web/eks", R"x({"tolerations": ["dedicated"])x" + more + "}"));
  };
  CHECK(berth::can_host(tolerant("")));
  CHECK(berth::can_host(tolerant(R"x(, "node_selector": "stack = prod, kubernetes.io/arch = amd64")x")));
  CHECK(tells(tolerant(R"x(, "node_selector": "stack = test")x"), Verdict::no, "can ever have the labels"));
  CHECK(tells(tolerant(R"x(, "affinity": {"pod": {"required": [{"pods": "app = nobody"}]}})x"), Verdict::no,
              "no workload has the labels"));
  CHECK(berth::can_host(tolerant(R"x(, "affinity": {"pod": {"required": [{"pods": "app = web"}]}})x")));
}

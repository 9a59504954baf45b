// Labels, taints and affinity compiled against classes of nodes, and what they refuse on a view.
#include "sim/world/pod_rules.hpp"

#include <doctest/doctest.h>

#include "sim/world/node_labels.hpp"
#include "sim/world/pod_filter.hpp"
#include "tests/support/constant_models.hpp"
#include "tests/support/specs.hpp"

namespace berth::test {
namespace {

using Is = LabelRequirement::Operator;

const std::string kZone = "topology.kubernetes.io/zone";

/// Two zones; of each a plain class and one with GPUs, which is tainted: a, a-gpu, b, b-gpu.
std::vector<LabelledClass> classes() {
  const Taint taint{"gpu", "true", TaintEffect::no_schedule};
  const std::string host(kHostname);
  return {{{{host, ""}, {kZone, "a"}}, {}},
          {{{host, ""}, {kZone, "a"}, {"gpu", "4"}}, {taint}},
          {{{host, ""}, {kZone, "b"}}, {}},
          {{{host, ""}, {kZone, "b"}, {"gpu", "8"}}, {taint}}};
}

struct Pods {
  explicit Pods(std::vector<PodSpec> all) : specs(std::move(all)) {
    const char* names[] = {"web", "db", "cache"};
    for (std::size_t i = 0; i < specs.size(); ++i)
      kinds.push_back({ServiceId{static_cast<std::uint32_t>(i)}, {{"app", names[i]}}, &specs[i]});
  }
  PodRules rules_of(std::size_t i) const { return compile_pod_rules(kinds[i], kinds, classes()); }

  std::vector<PodSpec> specs;
  std::vector<LabelledPods> kinds;
};

/// A node of each class, in their order.
ViewBuilder four_nodes() {
  ViewBuilder nodes;
  for (std::uint16_t c = 0; c < 4; ++c) nodes.node(4 * kVcpu, 8 * kGiB).node_class(c);
  return nodes.with(4, 3);
}

std::vector<std::optional<WaitReason>> refusals(const ClusterView& view, const PodRules& rules) {
  Ask ask;
  ask.service = ServiceId{0};
  ask.rules = &rules;
  const PodFilter filter(view, ask);
  std::vector<std::optional<WaitReason>> all;
  for (std::uint32_t p = 0; p < view.size(); ++p) all.push_back(filter.refusal(p));
  return all;
}
using Refusals = std::vector<std::optional<WaitReason>>;
constexpr auto kFree = std::nullopt;

}  // namespace

TEST_CASE("a node has the labels of Kubernetes, of who made it and of its pool") {
  const Catalog catalog = constant_catalog();
  PoolSpec pool = ec2_pool(1, 1);
  pool.labels = {{"team", "blue"}};
  const InstanceType& type = *catalog.instance("m6i.large");
  const Labels group = node_labels(pool, type, "a", "us-east-1", true);
  CHECK(group.at("topology.kubernetes.io/zone") == "us-east-1a");
  CHECK(group.at("eks.amazonaws.com/nodegroup") == "ec2");
  CHECK(group.at("eks.amazonaws.com/capacityType") == "SPOT");
  CHECK(group.at("team") == "blue");
  CHECK(group.count("karpenter.sh/nodepool") == 0);
  pool.scaler.kind = NodeScalerKind::karpenter;
  const Labels made = node_labels(pool, type, "a", "us-east-1", false);
  CHECK(made.at("karpenter.sh/capacity-type") == "on-demand");
  CHECK(made.at("karpenter.k8s.aws/instance-category") == "m");
  CHECK(made.at("karpenter.k8s.aws/instance-generation") == "6");
  CHECK(made.at("karpenter.k8s.aws/instance-size") == "large");
  CHECK(made.count("eks.amazonaws.com/nodegroup") == 0);
}

TEST_CASE("each operator of a label requirement holds as in Kubernetes, also where the label is missing") {
  struct Case {
    Is is;
    std::vector<std::string> values;
    bool there, missing;
  };
  const Labels labels = {{"cores", "8"}};
  for (const Case& c : {Case{Is::in, {"4", "8"}, true, false}, Case{Is::not_in, {"4"}, true, true},
                        Case{Is::not_in, {"8"}, false, true}, Case{Is::exists, {}, true, false},
                        Case{Is::does_not_exist, {}, false, true}, Case{Is::greater, {"7"}, true, false},
                        Case{Is::less, {"8"}, false, false}, Case{Is::greater, {"many"}, false, false}}) {
    CHECK(holds({"cores", c.is, c.values}, labels) == c.there);
    CHECK(holds({"other", c.is, c.values}, labels) == c.missing);
  }
}

TEST_CASE("taints keep away who does not tolerate them, and affinity chooses among classes") {
  PodSpec plain, gpu, either;
  gpu.tolerations = {{"gpu", "true", TaintEffect::no_schedule}};
  gpu.nodes.selector = {{"gpu", Is::exists}};
  either.tolerations = {{""}};
  either.nodes.required = {{{"gpu", Is::greater, {"4"}}}, {{"gpu", Is::does_not_exist}, {kZone, Is::in, {"a"}}}};
  const Pods pods({plain, gpu, either});
  const ViewBuilder nodes = four_nodes();
  const ClusterView view = nodes.view();
  CHECK(refusals(view, pods.rules_of(0)) == Refusals{kFree, WaitReason::taint, kFree, WaitReason::taint});
  CHECK(refusals(view, pods.rules_of(1)) ==
        Refusals{WaitReason::node_affinity, kFree, WaitReason::node_affinity, kFree});
  CHECK(refusals(view, pods.rules_of(2)) ==
        Refusals{kFree, WaitReason::node_affinity, WaitReason::node_affinity, kFree});
}

TEST_CASE("a hard spread counts pods by zone, those that are leaving left out") {
  PodSpec web;
  web.tolerations = {{""}};
  web.spread = {{1, kZone, true, selector_of("app", "web")}};
  const Pods pods({web});
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 8 * kGiB).node_class(0).holds(ServiceId{0}, 2);
  nodes.node(4 * kVcpu, 8 * kGiB).node_class(2).holds(ServiceId{0}, 2, 1);
  nodes.node(4 * kVcpu, 8 * kGiB).node_class(3);
  CHECK(refusals(nodes.view(), pods.rules_of(0)) == Refusals{WaitReason::topology_spread, kFree, kFree});
}

TEST_CASE("while there are fewer domains than min_domains every domain takes max_skew and no more") {
  PodSpec web;
  web.tolerations = {{""}};
  web.spread = {{1, kZone, true, selector_of("app", "web"), 3}};
  const Pods pods({web});
  ViewBuilder nodes = four_nodes();
  CHECK(refusals(nodes.view(), pods.rules_of(0)) == Refusals{kFree, kFree, kFree, kFree});
  ViewBuilder full;
  full.node(kVcpu, kGiB).node_class(0).holds(ServiceId{0}, 1);
  full.node(kVcpu, kGiB).node_class(2).holds(ServiceId{0}, 1);
  CHECK(refusals(full.view(), pods.rules_of(0)) == Refusals{WaitReason::topology_spread, WaitReason::topology_spread});
}

TEST_CASE("anti-affinity keeps away both who has it and who is meant by it") {
  PodSpec web, db;
  db.apart = {{selector_of("app", "web"), std::string(kHostname)}};
  const Pods pods({web, db});
  ViewBuilder nodes;
  nodes.node(kVcpu, kGiB).holds(ServiceId{0}, 1);
  nodes.node(kVcpu, kGiB).holds(ServiceId{1}, 1);
  const ClusterView view = nodes.with(4, 3).view();
  CHECK(refusals(view, pods.rules_of(1)) == Refusals{WaitReason::pod_anti_affinity, kFree});
  CHECK(refusals(view, pods.rules_of(0)) == Refusals{kFree, WaitReason::pod_anti_affinity});
}

TEST_CASE("the first of a series that wants to be with itself may go anywhere, the next goes where it is") {
  PodSpec web, lonely;
  web.tolerations = lonely.tolerations = {{""}};
  web.together = {{selector_of("app", "web"), kZone}};
  lonely.together = {{selector_of("app", "web"), kZone}};
  const Pods pods({web, lonely});
  ViewBuilder empty = four_nodes();
  CHECK(refusals(empty.view(), pods.rules_of(0)) == Refusals{kFree, kFree, kFree, kFree});
  const auto nowhere = WaitReason::pod_affinity;
  CHECK(refusals(empty.view(), pods.rules_of(1)) == Refusals{nowhere, nowhere, nowhere, nowhere});
  Overlay trial(empty.view());
  const PodRules rules = pods.rules_of(0);
  Ask ask;
  ask.service = ServiceId{0};
  ask.rules = &rules;
  trial.put_on(3, ask);
  CHECK(refusals(trial.view(), pods.rules_of(1)) == Refusals{nowhere, nowhere, kFree, kFree});
  CHECK(trial.first_fit(ask) == 2);
  trial.take_off(3, ask);
  CHECK(trial.first_fit(ask) == 0);
}

TEST_CASE("what pods prefer of others counts for both sides, and a required affinity for one") {
  PodSpec web, db;
  db.together = {{selector_of("app", "web"), kZone, 30}, {selector_of("app", "web"), kZone}};
  db.apart = {{selector_of("app", "db"), std::string(kHostname), 5}};
  const Pods pods({web, db});
  std::vector<std::int64_t> of_web, of_db;
  for (const PodRules::Attraction& a : pods.rules_of(0).attractions) of_web.push_back(a.weight);
  for (const PodRules::Attraction& a : pods.rules_of(1).attractions) of_db.push_back(a.weight);
  CHECK(of_web == std::vector<std::int64_t>{30, 1});
  CHECK(of_db == std::vector<std::int64_t>{30, -5, -5});  // its own term, and that of the others of its kind
}

}  // namespace berth::test

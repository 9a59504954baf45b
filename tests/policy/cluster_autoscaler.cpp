// Cluster Autoscaler: how many nodes pods need.
#include <vector>

#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "sim/world/pod_rules.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

TEST_CASE("ten pods of 350 m on nodes of 1,000 m need five nodes, and no more than the maximum are counted") {
  const NodeTemplate node{offering(0, kVcpu, 4 * kGiB, 10)};
  const PodGroup groups[] = {{ask_for(millicores(350), kMiB), 10}};
  CHECK(estimate_nodes(node, groups, 0).nodes == 5);
  const auto bounded = estimate_nodes(node, groups, 3);
  CHECK(bounded.nodes == 3);
  CHECK(bounded.scheduled == std::vector<std::int64_t>{6});
}

TEST_CASE("pods that no fresh node could take ask for no node") {
  const PodGroup groups[] = {{ask_for(2 * kVcpu, kMiB), 10}};
  CHECK(estimate_nodes({offering(0, kVcpu, 4 * kGiB, 10)}, groups, 0).nodes == 0);
}

namespace {

/// Pods of `app` by what they say, on nodes that are all of one class in one zone.
struct OneKind {
  explicit OneKind(PodSpec of_pods, std::vector<Taint> taints = {}) : spec(std::move(of_pods)) {
    const LabelledPods pods{ServiceId{0}, {{"app", "web"}}, &spec};
    const std::vector<LabelledClass> classes = {
        {{{"kubernetes.io/hostname", "a"}, {"topology.kubernetes.io/zone", "z"}}, std::move(taints)}};
    rules = compile_pod_rules(pods, {&pods, 1}, classes);
    cluster.with(1, 1);
  }
  NodeEstimate of(std::int64_t pods, EstimateRules how = {}) {
    NodeTemplate node{offering(0, 4 * kVcpu, 16 * kGiB, 10)};
    node.cpu = 4 * kVcpu;
    node.memory = 16 * kGiB;
    Ask ask = ask_for(millicores(400), kMiB);
    ask.service = ServiceId{0};
    ask.rules = &rules;
    const PodGroup groups[] = {{ask, pods}};
    return estimate_nodes(node, groups, 0, cluster.view(), how);
  }
  PodSpec spec;
  PodRules rules;
  ViewBuilder cluster;
};

PodSpec apart_by(const char* topology) {
  PodSpec spec;
  spec.apart = {{selector_of("app", "web"), topology}};
  return spec;
}

PodSpec over_hosts(std::int64_t at_least) {
  PodSpec spec;
  TopologySpread spread;
  spread.topology = kHostname;
  spread.pods = selector_of("app", "web");
  spread.min_domains = at_least;
  spec.spread = {spread};
  return spec;
}

}  // namespace

TEST_CASE("pods that keep apart need a node each, over zones one node for all that it helps") {
  CHECK(OneKind(PodSpec{}).of(4).nodes == 1);
  CHECK(OneKind(apart_by("kubernetes.io/hostname")).of(4).nodes == 4);
  const NodeEstimate zone = OneKind(apart_by("topology.kubernetes.io/zone")).of(4);
  CHECK(zone.nodes == 1);
  CHECK(zone.scheduled == std::vector<std::int64_t>{1});
}

TEST_CASE("nodes whose taint or labels pods do not bear help none of them") {
  CHECK(OneKind(PodSpec{}, {{"dedicated", "gpu", TaintEffect::no_schedule}}).of(4).nodes == 0);
  PodSpec picky;
  picky.nodes.selector = selector_of("topology.kubernetes.io/zone", "y");
  CHECK(OneKind(picky).of(4).nodes == 0);
}

TEST_CASE("pods spread over three hosts at least fill three, before 1.34 each host only as long as it was the last") {
  CHECK(OneKind(over_hosts(3)).of(9, {true, false}).nodes == 3);
  CHECK(OneKind(over_hosts(3)).of(9, {false, false}).nodes == 6);
}

TEST_CASE("the fast path comes to the same for equal pods, and none may take it that spreads") {
  const NodeTemplate node{offering(0, kVcpu, 4 * kGiB, 10), PoolId{0}, ZoneId{0}, kVcpu, 4 * kGiB};
  const PodGroup groups[] = {{ask_for(millicores(350), kMiB), 9}};
  for (const std::int64_t most : {0, 5, 3}) {
    const NodeEstimate packed = estimate_nodes(node, groups, most),
                       taken = estimate_nodes(node, groups, most, {}, {false, true});
    CHECK(packed.nodes == taken.nodes);
    CHECK(packed.scheduled == taken.scheduled);
  }
  CHECK(OneKind(over_hosts(3)).of(9, {true, true}).nodes == 3);
  const PodGroup too_big[] = {{ask_for(2 * kVcpu, kMiB), 9}};
  CHECK(estimate_nodes(node, too_big, 0, {}, {false, true}).nodes == 0);
}

}  // namespace berth

// Taints, affinity and topology spread in whole runs on EKS.
#include <set>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

using Is = LabelRequirement::Operator;

constexpr const char* kZoneLabel = "topology.kubernetes.io/zone";

WorkloadSpec light(const std::string& name, std::int64_t desired, const std::string& pool = "ec2") {
  return service(name, desired, millicores(100), 128 * kMiB, pool);
}

/// As users get it: a workload's pods are spread over zones with at most one of difference.
TopologySpread even(const std::string& app) { return {1, kZoneLabel, true, selector_of("app", app)}; }

std::map<ZoneId, int> by_zone(Scene& s, const std::string& service) {
  std::map<ZoneId, int> count;
  for (const ReplicaId r : s.replicas(service))
    if (s.world()[r].node != kNone<NodeId>) ++count[s.world()[s.world()[r].node].zone];
  return count;
}

std::set<NodeId> nodes_of(Scene& s, const std::string& service) {
  std::set<NodeId> nodes;
  for (const ReplicaId r : s.replicas(service))
    if (s.world()[r].node != kNone<NodeId>) nodes.insert(s.world()[r].node);
  return nodes;
}

}  // namespace

TEST_CASE("pods keep off a tainted pool unless they tolerate it, and say so") {
  PoolSpec pool = ec2_pool(2, 2);
  pool.taints = {{"dedicated", "gpu", TaintEffect::no_schedule}};
  WorkloadSpec plain = light("plain", 1), tolerant = light("tolerant", 1);
  tolerant.eks.pod.tolerations = {{"dedicated", "gpu", TaintEffect::no_schedule}};
  Scene s(run_of(Orchestrator::eks, {pool}, {plain, tolerant}));
  s.run_for(60s);
  CHECK(s.healthy("tolerant") == 1);
  REQUIRE(s.pending("plain") == 1);
  CHECK(s.reason(s.replicas("plain").front()) == "taint");
}

TEST_CASE("a node selector on the zone takes only nodes there, and one that nobody meets waits for good") {
  WorkloadSpec there = light("there", 3), nowhere = light("nowhere", 1);
  there.eks.pod.nodes.selector = {{kZoneLabel, Is::in, {"us-east-1b"}}};
  nowhere.eks.pod.nodes.selector = {{kZoneLabel, Is::in, {"us-east-1f"}}};
  Scene s(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {there, nowhere}));
  s.run_for(60s);
  CHECK(by_zone(s, "there") == std::map<ZoneId, int>{{ZoneId{1}, 3}});
  REQUIRE(s.pending("nowhere") == 1);
  CHECK(s.reason(s.replicas("nowhere").front()) == "node_affinity");
}

TEST_CASE("a hard spread holds pods back where there is room, because the other zone has none") {
  WorkloadSpec web = service("web", 6, millicores(450), 512 * kMiB, "ec2");  // four a node
  web.eks.pod.spread = {even("web")};
  Scene s(run_of(Orchestrator::eks, {ec2_pool(5, 5)}, {web}));  // three nodes in one zone, two in the other
  s.run_for(60s);
  CHECK(by_zone(s, "web") == std::map<ZoneId, int>{{ZoneId{0}, 3}, {ZoneId{1}, 3}});
  s.world().set_desired(s.id("web"), 17);
  s.run_for(60s);
  CHECK(by_zone(s, "web") == std::map<ZoneId, int>{{ZoneId{0}, 9}, {ZoneId{1}, 8}});
  s.world().set_desired(s.id("web"), 18);
  s.run_for(60s);
  REQUIRE(s.pending("web") == 1);
  CHECK(s.reason(s.replicas("web", ReplicaStage::pending).front()) == "topology_spread");
}

TEST_CASE("anti-affinity puts one pod on a node, and who finds none waits for it") {
  WorkloadSpec web = light("web", 4);
  web.eks.pod.apart = {{selector_of("app", "web"), std::string(kHostname)}};
  Scene s(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {web}));
  s.run_for(60s);
  CHECK(nodes_of(s, "web").size() == 3);
  REQUIRE(s.pending("web") == 1);
  CHECK(s.reason(s.replicas("web", ReplicaStage::pending).front()) == "pod_anti_affinity");
}

TEST_CASE("pods that must be near others wait for them and go where they are") {
  WorkloadSpec cache = light("cache", 0), web = light("web", 3);
  web.eks.pod.together = {{selector_of("app", "cache"), std::string(kHostname)}};
  Scene s(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {cache, web}));
  s.run_for(60s);
  REQUIRE(s.pending("web") == 3);
  CHECK(s.reason(s.replicas("web").front()) == "pod_affinity");
  s.world().set_desired(s.id("cache"), 1);  // its pod is bound: they are tried again
  s.run_for(60s);
  CHECK(s.healthy("web") == 3);
  CHECK(nodes_of(s, "web") == nodes_of(s, "cache"));
}

TEST_CASE("a daemon skips the nodes that its selector leaves out, and they keep what it would have taken") {
  PoolSpec tainted = ec2_pool(1, 1);
  tainted.name = "tainted";
  tainted.taints = {{"dedicated", "", TaintEffect::no_schedule}};
  WorkloadSpec logs = daemon("logs"), here = daemon("here");
  logs.pools = here.pools = {{"ec2", 0, 1}, {"tainted", 0, 1}};
  logs.eks.pod.tolerations = {{""}};
  here.eks.pod.nodes.selector = {{kZoneLabel, Is::in, {"us-east-1a"}}};
  Scene s(run_of(Orchestrator::eks, {ec2_pool(2, 2), tainted}, {logs, here}));
  s.run_for(60s);
  CHECK(s.healthy("logs") == 3);
  CHECK(s.healthy("here") == 1);
  CHECK(s.pending("here") == 0);
}

TEST_CASE("Karpenter launches a node with the labels that a pod wants, and none where no node could have them") {
  PoolSpec pool = ec2_pool(0, 4, NodeScalerKind::karpenter);
  WorkloadSpec there = light("there", 1), nowhere = light("nowhere", 1);
  there.eks.pod.nodes.selector = {{kZoneLabel, Is::in, {"us-east-1b"}}};
  nowhere.eks.pod.nodes.selector = {{"karpenter.sh/capacity-type", Is::in, {"spot"}}};
  Scene s(run_of(Orchestrator::eks, {pool}, {there, nowhere}, false));
  s.run_for(10min);
  CHECK(s.healthy("there") == 1);
  CHECK(by_zone(s, "there") == std::map<ZoneId, int>{{ZoneId{1}, 1}});
  CHECK(s.pool().births == 1);
  CHECK(s.reason(s.replicas("nowhere").front()) == "node_affinity");
}

}  // namespace berth::test

// An EKS node that is terminated with pods on it: from 1.34 on the kubelet lets them use their grace time.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

Catalog with_slow_exits(Duration exit) { return constant_catalog_of(test_day(), {{"container.exit", exit}}); }

/// From SIGTERM to the end of a pod whose node is terminated.
Duration goes_on_for(const Catalog& catalog, Duration grace, std::int32_t priority = 0,
                     Orchestrator orchestrator = Orchestrator::eks, std::optional<KubeVersion> version = {}) {
  WorkloadSpec web = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  web.containers.front().stop_timeout = grace;
  web.eks.pod.priority = priority;
  RunSpec run = run_of_one(orchestrator, web);
  run.clusters.front().kubernetes.version = version;
  Life life(run, catalog);
  const NodeId node = life.ready_node();
  const ReplicaId pod = life.create();
  life.replicas.begin_healthy(pod, node);
  life.run_for(1min);
  life.nodes.terminate(node, StopReason::scale_in);
  life.run_for(10min);
  CHECK_FALSE(life.alive(node));
  Time asked = kNever, ended = kNever;
  for (const Life::ReplicaMove& move : life.moves) {
    if (move.to == ReplicaStage::stopping) asked = move.at;
    if (move.to == ReplicaStage::stopped) ended = move.at;
  }
  return ended - asked;
}

}  // namespace

TEST_CASE("a node that shuts down waits for pods in their grace time: 120 s, critical ones 30 s") {
  const Catalog slow = with_slow_exits(100s), slower = with_slow_exits(300s);
  CHECK(goes_on_for(slow, 110s) == 100s);
  CHECK(goes_on_for(slower, 40s) == 40s);
  CHECK(goes_on_for(slower, 300s) == 120s);
  CHECK(goes_on_for(slower, 300s, kSystemNodeCritical) == kInstanceTerminate);
  CHECK(goes_on_for(constant_catalog(), 40s) == kContainerExit);
}

TEST_CASE("before 1.34, and on ECS, who is not done in time ends with the machine") {
  const Catalog slow = with_slow_exits(100s);
  CHECK(goes_on_for(slow, 110s, 0, Orchestrator::eks, KubeVersion{33}) == kInstanceTerminate);
  CHECK(goes_on_for(slow, 110s, 0, Orchestrator::ecs) == kInstanceTerminate);
}

}  // namespace berth::test

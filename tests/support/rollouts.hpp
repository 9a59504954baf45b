// Services that are deployed anew a minute after the run begins, and nodes that drain.
#pragma once

#include "tests/support/scene.hpp"

namespace berth::test {

inline constexpr Duration kRolledAt = 60s;

inline WorkloadSpec web_on(const std::string& pool, std::int64_t desired) {
  return service("web", desired, millicores(500), 1 * kGiB, pool);
}

inline WorkloadSpec rolled(WorkloadSpec web) {
  web.deployments = {{Time{kRolledAt}, {{"app", container(millicores(500), 1 * kGiB, "web-2")}}}};
  return web;
}

/// As its Auto Scaling group or its agent would have it.
inline void drain(Scene& scene, NodeId node) {
  scene.world().move(node, NodeStage::draining, StopReason::node_drained);
  scene.world().report(node, NodeStage::draining);
}

inline std::int64_t tasks_on(Scene& scene, const std::string& service, NodeId node) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas(service)) n += scene.world()[r].node == node;
  return n;
}

}  // namespace berth::test

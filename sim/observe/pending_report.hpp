// Why a replica waits at one moment: which instances refuse it, how the others rank, what holds it, what is coming.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/control/control.hpp"
#include "sim/observe/kube_ranking.hpp"

namespace berth {

/// Instances that one filter turned down; each counts once, at the first that does.
struct RefusedNodes {
  WaitReason reason;
  std::int64_t nodes = 0;
  std::string nearest;              ///< the one that lacks least, and how much; empty where that means nothing
  bool another_node_helps = false;  ///< one more of them, empty, would not refuse it
};

struct RankedNode {
  std::string node, zone;
  std::vector<std::string> values;  ///< what each strategy says of it, in their order
};

struct ComingNode {
  std::string node;
  NodeStage stage;
  Time requested;
  Time ready = kNever;  ///< as the run went on; whoever knows puts it there
};

struct PendingReport {
  std::string replica, service, architecture, cluster, pool, only_node;
  std::string written_at;  ///< the service's path in the scenario
  bool ecs = true, fargate = false;
  Time at{}, decided{};
  Time placed = kNever, stopped = kNever;  ///< in the end, put there by whoever knows
  bool refused_by_run_task = false;        ///< in this moment: it waits for nothing
  std::int64_t attempt = 1, attempts = 1;  ///< of a job's work: this one is which, of how many at most
  WaitReason reason = WaitReason::no_nodes;
  bool tried = true;  ///< a control plane has looked at it
  Cpu cpu;
  Bytes memory;
  std::int64_t slots = 0;                   ///< ECS: network interfaces of its instance; a pod is one
  std::int64_t waiting = 0, before_it = 0;  ///< replicas of its pool that wait too; of those, decided before it
  std::int64_t nodes = 0;                   ///< instances that were looked at
  std::vector<RefusedNodes> refused;        ///< the most first
  std::vector<std::string> strategies;      ///< ECS
  std::size_t fitting = 0;
  std::vector<RankedNode> ranking;         ///< the best ten; ECS
  std::string event;                       ///< FailedScheduling, as kube-scheduler words it; EKS
  KubeRanking kube;                        ///< EKS, where nodes fit
  std::optional<Held> held;                ///< by a limit
  std::vector<HeldBesides> held_launches;  ///< instances of its pool
  std::vector<HeldBesides> held_starts;    ///< of its service, beside it
  std::vector<std::string> quotas;         ///< of the account that hold it or those instances
  std::optional<Time> gives_up;            ///< ECS stops it then, because it has waited too long
  std::optional<Time> looks_again;         ///< by launch type: when its service looks for room again
  std::vector<ComingNode> coming;
  std::int64_t pool_nodes = 0, pool_max = 0;  ///< in service or on their way; EC2
  bool pool_grows = false;                    ///< it has a node scaler
  std::string max_key = "max";               ///< of the pool, that says pool_max
  std::vector<std::string> limits;            ///< keys of its limits that leave no room for another node; Karpenter
};

/// At the world's present moment; the replica is pending.
PendingReport report_pending(const World& world, const Control& control, ReplicaId replica);

}  // namespace berth

// The words of kube-scheduler for a pod that no node takes: its event FailedScheduling.
#pragma once

#include <string>

#include "sim/world/world.hpp"

namespace berth {

/// The filter that refuses with that reason: "NodeResourcesFit"; empty where it is none of kube-scheduler's, as that a
/// node is another pool's: what the pod's event then says depends on labels and taints.
const char* filter_plug_in(WaitReason reason);

/// "0/5 nodes are available: 3 Insufficient cpu, 2 node(s) had untolerated taint {dedicated: gpu}. preemption: …" for a
/// pod of an EC2 pool that waits; empty where a node would take it now. Nodes that have not joined are none.
std::string failed_scheduling(const World& world, ReplicaId pod);

}  // namespace berth

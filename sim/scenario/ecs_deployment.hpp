// How ECS replaces the tasks of a service: built, refused where AWS refuses it, warned of where it would be stuck.
#pragma once

#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/feasibility.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {

/// ecs.deployment and ecs.az_rebalancing of a service whose placement, load balancer and rollout are known.
void build_ecs_deployment(Building& building, const Field& service, WorkloadSpec& workload);

/// Bounds that let no deployment move.
void find_in_deployments(const RunSpec& run, std::vector<Finding>& findings);

}  // namespace berth

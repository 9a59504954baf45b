// A demand in busy cores: a load that the replicas of a service share, without requests.
#pragma once

#include "sim/scenario/load.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {

/// Whether its demand says what a request takes: neither a load in cores nor a scripted count.
bool is_asked_by_requests(const Field& service);

/// InputError where something of a service with a load in cores is about requests.
void check_cores(const Field& service, const Field& demand);

DemandSpec build_cores(Building& building, const Field& service, const Field& cores);
/// InputError where the targets of its load balancer are nodes.
void check_cores_targets(const Field& service, const WorkloadSpec& workload);

/// InputError where the trace of a load in cores has requests, or more cores than a run may.
void check_cores_traces(const Field& scenario, const Traces& traces);

}  // namespace berth

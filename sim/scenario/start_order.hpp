// The order in which a replica's containers start, their ends and their checks: refused, built, made a pod's, warned
// of.
#pragma once

#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/feasibility.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {

/// InputError where a service's, daemon's or job's containers wait for each other in a circle, for one that is not
/// there, or for what can never be.
void check_start_order(const Field& workload);
/// InputError where a service's eks.probes name no container of it, or say what Kubernetes refuses.
void check_probes(const Field& service);

/// What a container waits for, how it ends and how ECS checks it.
void build_start_order(const Field& container, const Catalog& catalog, ContainerSpec& spec);
/// A service's eks.probes, where it runs on EKS.
void build_probes(Building& building, const Field& service, WorkloadSpec& workload);
/// Makes the start order the platform's own and says what that changed. `group`: "services" …
void arrange_start(Building& building, const std::string& group, WorkloadSpec& workload);

/// The nearest form of dependsOn in a pod. Who is waited for until its end becomes an init container, who is waited
/// for by one of those a sidecar; the rest is left to the order of writing.
struct PodForm {
  std::vector<std::string> inits, sidecars;
  bool ignored = false;  ///< some START or HEALTHY between main containers
};
PodForm as_pod(std::vector<ContainerSpec>& containers);

/// Applications that start so slowly that their platform gives them up before they can serve.
void find_in_start_order(const RunSpec& run, std::vector<Finding>& findings);

}  // namespace berth

// A HorizontalPodAutoscaler of a service on EKS: refused, built, warned of.
#pragma once

#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/feasibility.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {

/// InputError where a service's eks.hpa contradicts itself or names no container of it.
void check_hpa(const Field& service);

/// An amount of what the metric measures: millicores, bytes, or thousandths of what is counted.
std::int64_t hpa_amount(const Field& amount, HpaMeasure measure);

/// The service's eks.hpa, or what its scale becomes, with the bounds in `workload.scale`. `workload.scale` is built.
void build_hpa(Building& building, const Field& service, WorkloadSpec& workload);

/// Targets that the pods' limits keep out of reach, so that nothing ever scales up by them.
void find_in_hpas(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings);

}  // namespace berth

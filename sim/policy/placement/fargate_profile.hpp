// Which Fargate profile of an EKS cluster takes a pod when it is created.
#pragma once

#include <string_view>
#include <vector>

#include "sim/world/specs.hpp"

namespace berth {

/// The pool whose selectors meet the pod, of several the first by name; null where none does, and the pod is
/// kube-scheduler's. A pod whose label names a profile is that one's or nobody's.
const PoolSpec* profile_of(const std::vector<PoolSpec>& pools, std::string_view name_space, const Labels& labels);

}  // namespace berth

// Fargate profiles of EKS as written: which pods run there, by namespace and labels.
#pragma once

#include <string>
#include <string_view>

#include "sim/world/pod_specs.hpp"

namespace berth {

inline constexpr const char* kDefaultNamespace = "default";
inline constexpr const char* kSystemNamespace = "kube-system";
/// A pod's label that names the one profile that may take it.
inline constexpr const char* kProfileLabel = "eks.amazonaws.com/fargate-profile";
/// The Job controller labels its pods with the name of their Job (kubernetes v1.30.0, batch/v1 types.go).
inline constexpr const char* kJobLabel = "job-name";

/// `*` stands for any characters or none, `?` for exactly one, in all three.
struct ProfileSelector {
  std::string name_space;
  Labels labels;  ///< each must be met by one of the pod's
};

/// The whole text, not a part of it.
bool matches_wildcards(std::string_view pattern, std::string_view text);
bool selects(const ProfileSelector& selector, std::string_view name_space, const Labels& labels);

}  // namespace berth

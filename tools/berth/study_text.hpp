// The tables of a study as text.
#pragma once

#include <string>
#include <vector>

#include "sim/study/cluster_runs.hpp"
#include "sim/study/pod_replay.hpp"

namespace berth {

/// Scalers beside each other, then their nodes by type.
std::string cluster_table(const std::vector<ClusterCase>& cases);

/// One score policy with all its runs.
struct PolicyRuns {
  std::string policy;
  std::vector<PodReplayResult> as_recorded, filled;
};
std::string policy_table(const PodRecording& recording, const std::vector<PolicyRuns>& policies);
/// The same as rows: policy, run, figure by figure with p10, p50, p90.
std::string policy_csv(const std::vector<PolicyRuns>& policies);

}  // namespace berth

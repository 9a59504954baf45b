// Recorded pods on recorded nodes, placed by kube-scheduler's rules without any latency: what a score policy makes of
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/importers/openb.hpp"
#include "sim/policy/placement/kube_placement.hpp"
#include "sim/study/packing.hpp"

namespace berth {

struct PodReplayResult {
  std::int64_t pods = 0, placed = 0;
  std::vector<double> pending_s;  ///< of those that were placed, ascending
  PackingFigures mean;            ///< over the time from the first arrival to the last
  PackingFigures end;             ///< after the last arrival
  std::uint64_t placements = 0;   ///< hash over (pod, node, moment) of all, in their order
};

struct PodReplayOptions {
  KubeProfile profile = default_kube_profile();
  std::uint64_t seed = 1;   ///< which of several best nodes
  std::int64_t copies = 1;  ///< every pod so many times, one after the other
  bool pods_stay = false;   ///< nobody leaves: the cluster fills up
};

PodReplayResult replay_pods(const PodRecording& recording, const PodReplayOptions& options);

/// So many copies of all pods that they ask for that share of the nodes' CPU or memory, whichever comes first.
std::int64_t copies_to_fill(const PodRecording& recording, double share);

}  // namespace berth

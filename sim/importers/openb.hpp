// Alibaba's openb cluster (cluster-trace-gpu-v2023): its nodes, and pods with the moments of their life.
#pragma once

#include <string>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"

namespace berth {

struct RecordedNode {
  Cpu cpu;
  Bytes memory;
};

struct RecordedPod {
  std::string name;
  Cpu cpu;
  Bytes memory;
  Time arrives;      ///< since the first of all was created
  Duration runs{0};  ///< from its creation to its deletion
};

struct PodRecording {
  std::vector<RecordedNode> nodes;
  std::vector<RecordedPod> pods;  ///< in order of arrival
};

/// Columns name, cpu_milli, memory_mib, creation_time, deletion_time (seconds; empty: it ran to the end of the
/// recording). In order of arrival, as listed on a tie. InputError with line and column for anything else.
std::vector<RecordedPod> read_openb_pods(const std::string& file);
/// Columns sn, cpu_milli, memory_mib.
std::vector<RecordedNode> read_openb_nodes(const std::string& file);

}  // namespace berth

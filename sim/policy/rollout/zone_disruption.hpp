// How many unreachable nodes of a zone Kubernetes gives up on at a time: the fewer the more of them there are.
#pragma once

#include <cstdint>

namespace berth {

enum class ZoneState : std::uint8_t { normal, partly_disrupted, disrupted };

/// Disrupted: no node is ready. Partly: at least three are not, and those are so much of all (kubernetes v1.30
/// pkg/controller/nodelifecycle ComputeZoneState).
ZoneState zone_state(std::int64_t ready, std::int64_t not_ready, double unhealthy_percent);

struct TaintRates {
  double normal;            ///< nodes a second of each zone
  double unhealthy;         ///< … of a large zone that is partly disrupted; a small one waits
  std::int64_t large_zone;  ///< more nodes than these
};
/// Nodes a second; 0: none. A disrupted zone goes on as ever: only where all of them are does it stop, which is the
/// caller's to say.
double taints_per_s(ZoneState state, std::int64_t nodes, const TaintRates& rates);

}  // namespace berth

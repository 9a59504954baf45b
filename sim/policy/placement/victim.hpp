// What the scale-in policies of both platforms see of a replica that could be stopped.
#pragma once

#include <cstdint>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/world/ids.hpp"
#include "sim/world/stages.hpp"

namespace berth {

inline constexpr std::uint32_t kNoPosition = ~0u;

/// One candidate; the order of candidates is the order of birth.
struct VictimView {
  std::uint32_t position = kNoPosition;  ///< of its EC2 node; none while it waits, and on Fargate
  ZoneId zone = kNone<ZoneId>;           ///< none while it waits
  std::uint16_t node_class = 0;          ///< of its EC2 node
  std::int64_t node_cpu_free = 0;        ///< what its node has left now
  std::int64_t node_memory_free = 0;
  Cpu cpu;  ///< what its end would give back
  Bytes memory;
  ReplicaStage seen = ReplicaStage::pending;
  bool old_revision = false;
  std::int64_t siblings = 0;  ///< pods of its workload on its node that nobody has asked to stop, itself included
  Time created{};
  Time healthy_since = kNever;
  std::uint32_t restarts = 0;
};

}  // namespace berth

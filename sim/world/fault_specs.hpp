// What breaks in a run, as the scenario asks for it, and how AWS takes spot machines back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

enum class FaultKind : std::uint8_t {
  instance_loss,
  spot_interruption,
  zone_loss,
  task_retirement,
  fargate_spot_interruption,
  container_exit,
  oom,
  insufficient_capacity,
  fargate_patching,
  slow_down
};
inline constexpr int kFaultKinds = 10;

/// One fault whose target exists in this run; of `at`, `every` and `hazard` one is set.
struct FaultSpec {
  struct Pool {
    std::string cluster, pool;
  };
  FaultKind kind = FaultKind::instance_loss;
  std::string name;  ///< "instance_loss of ec2", with " #2" for the second of that name: the key of its luck
  std::optional<Time> at;
  Duration every{0};
  double hazard = 0;  ///< a second: of each machine or replica, else of the target
  Duration lasts{0};  ///< of a zone's loss, of a shortage and of a slow-down
  std::vector<Pool> pools;
  std::string service;
  std::string zone;           ///< of a loss, or of a shortage; empty: all
  std::string instance_type;  ///< of a shortage; empty: those of its pools
  std::int64_t number = 0;    ///< ec2/3 or web/17; 0: each of them for a hazard, else one drawn by lot
  std::int64_t code = 1;      ///< of a container's exit
  // Of a slow-down, whose `service` may be an external.
  double factor = 1;      ///< service times are so much longer
  double error_rate = 0;  ///< so many of the answers are errors
};

/// Whether a fault makes the answers of that service or external slower, or wrong, for a time.
inline bool is_slowed_down(const std::vector<FaultSpec>& faults, const std::string& name) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const FaultSpec& f) { return f.kind == FaultKind::slow_down && f.service == name; });
}

/// How often AWS takes a machine of a spot pool back. by_band: the Spot Advisor's band of each type.
enum class Interruptions : std::uint8_t { none, by_band, rate };

struct SpotSpec {
  Interruptions interruptions = Interruptions::none;
  double per_second = 0;  ///< of one machine
  bool draining = false;  ///< with the notice the node takes no more replicas, and those it has are moved
};

}  // namespace berth

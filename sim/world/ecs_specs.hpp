// What only ECS knows of a workload: its task definition's own size, where its tasks go, how they are replaced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// rolling: the ECS deployment controller; blue_green: all new tasks beside the old ones, traffic moves at once, the
/// old ones stay for the bake time.
enum class EcsDeployment : std::uint8_t { rolling, blue_green };

struct CircuitBreakerSpec {
  bool rollback = false;
};

struct EcsSpec {
  std::vector<std::string> placement;    ///< strategies in order: "spread(zone)", "binpack(memory)" …; empty: default
  std::vector<std::string> constraints;  ///< "distinctInstance", "memberOf(…)": all must hold
  bool launch_type = false;              ///< started by launch type, else by capacity provider
  bool service_connect = false;          ///< a task is RUNNING only when its proxy stands
  bool az_rebalancing = false;
  std::optional<Cpu> task_cpu;       ///< of the task definition; empty: the containers' sum
  std::optional<Bytes> task_memory;  ///< likewise; a hard limit
  EcsDeployment deployment = EcsDeployment::rolling;
  Duration bake{0};                                   ///< blue/green
  bool high_resolution = false;                       ///< its CPU and memory metrics have a point every 20 s
  std::optional<CircuitBreakerSpec> circuit_breaker;  ///< empty: off, as by default
};

}  // namespace berth

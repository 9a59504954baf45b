// What is asked of an Auto Scaling group: what it buys, how it ends instances, by what it scales itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/scaling_specs.hpp"

namespace berth {

/// Which spot instances a group with mixed purchase options takes first.
enum class Allocation : std::uint8_t {
  lowest_price,
  capacity_optimized,        ///< the type that is reclaimed least
  price_capacity_optimized,  ///< … and of several such the cheapest
};

/// On demand and spot in one group.
struct PurchaseSpec {
  std::int64_t on_demand_base = 0;  ///< the first so many
  double on_demand_percent = 100;   ///< of the rest
  Allocation allocation = Allocation::lowest_price;
};

/// Who goes first when a group shrinks; its zones stay balanced whatever it says.
enum class Termination : std::uint8_t { standard, oldest_instance, newest_instance, allocation_strategy };

/// What a group scales itself by.
enum class GroupMetric : std::uint8_t {
  cpu,                 ///< of its instances
  cpu_reservation,     ///< of its ECS cluster
  memory_reservation,  ///< likewise
};
inline constexpr int kGroupMetrics = 3;

/// Exactly one of `tracking` and `steps` is there.
struct GroupPolicySpec {
  std::string name;
  GroupMetric metric = GroupMetric::cpu;
  std::optional<TargetTrackingSpec> tracking;
  std::optional<StepScalingSpec> steps;
  std::int64_t datapoints = 1;  ///< that must breach the alarm of steps
  bool simple = false;          ///< simple scaling: waits for what is under way and for its cooldown
  Duration warmup{0};           ///< a younger instance counts as there, but not in the metric
};

/// All instances are replaced, from a moment on.
struct RefreshSpec {
  Time at;
  double min_healthy_percent = 90;
};

struct GroupSpec {
  std::optional<std::int64_t> desired;   ///< when the run begins; empty: the minimum
  std::optional<PurchaseSpec> purchase;  ///< empty: PoolSpec::spot says it for all
  Termination termination = Termination::standard;
  bool az_rebalance = false;
  bool draining = false;  ///< ECS moves the tasks of an instance before the group ends it
  Duration health_check_grace{0};
  bool detailed_monitoring = false;  ///< metrics of its instances every minute
  std::optional<RefreshSpec> refresh;
  std::vector<GroupPolicySpec> policies;
  std::vector<ScheduledActionSpec> scheduled;
  std::vector<ScheduledActionSpec> by_hand;
};

}  // namespace berth

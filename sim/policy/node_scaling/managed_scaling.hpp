// ECS managed scaling: CapacityProviderReservation and what it makes of an Auto Scaling group.
#pragma once

#include <cstdint>
#include <span>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/policy/replica_scaling/target_tracking.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// Tasks in PROVISIONING with identical requirements.
struct ProvisioningGroup {
  Cpu cpu;
  Bytes memory;
  std::int32_t slots = 0;
  std::int64_t replicas = 0;
  std::int32_t volumes = 0;
  std::int32_t gpus = 0;
  bool alone = false;  ///< an instance each: constraint distinctInstance, or a host port
};
/// Whether tasks that ask for these belong to the group.
bool same_group(const ProvisioningGroup& group, const Ask& ask);
/// No two of its kind on one instance.
inline bool stands_alone(const Ask& ask) { return ask.distinct_instance || ask.ports != 0; }

struct ManagedScalingState {
  std::int64_t nodes = 0;         ///< N: instances of the group now
  std::int64_t nodes_in_use = 0;  ///< those with at least one task that is not a daemon's
  std::span<const ProvisioningGroup> provisioning;
  std::span<const Offering> offerings;  ///< one an instance type of the group
  std::int64_t min_step = 1, max_step = 10'000;
  bool counts_misfits = false;  ///< until 2022: also groups that the smallest type cannot hold
};
/// M: instances needed. While tasks are provisioning: N + the lower bound of the nodes they need, over groups and
/// dimensions on the largest type, at least min_step and at most max_step more; groups that do not fit the smallest
/// type are left out, as are those that fit none. It is AWS's own bound, no trial packing: ten tasks of 2 vCPU and
/// 8 GB on instances of 16 vCPU and 24 GB are 2 by CPU and 4 by memory, so 4. Otherwise the nodes in use.
std::int64_t nodes_needed(const ManagedScalingState& state);
/// CapacityProviderReservation in percent: M / N × 100; 100 when both are 0, 200 when only N is.
double capacity_provider_reservation(std::int64_t needed, std::int64_t nodes);

struct ManagedScalingParameters {
  Duration period;                  ///< of a datapoint: 1 min
  TargetTrackingParameters alarms;  ///< 1 datapoint out, 15 in, both alarms at the target
  double in_step_share;             ///< at most this share of the group goes in one step: 0.5
  bool counts_misfits;              ///< until 2022
};
ManagedScalingParameters managed_scaling_parameters(const Catalog& catalog);
struct ManagedScalingInput {
  Time now;                             ///< the end of a period: ECS's metric can be read at once
  std::span<const MetricPoint> points;  ///< of CapacityProviderReservation, newest last
  std::int64_t nodes = 0;               ///< N
  std::int64_t desired = 0;             ///< of the group
  std::int64_t removable = 0;           ///< nodes that are not protected from scale-in
  std::int64_t min = 0, max = 0;
  double target = 100;   ///< targetCapacity, percent
  bool warming = false;  ///< an instance is younger than the warm-up: no scale-out
};
struct ManagedScalingMemory {
  Time seen = Time::min();  ///< the newest point already judged
};
struct ManagedScalingDecision {
  std::int64_t desired;
  ManagedScalingMemory memory;
};
/// Target tracking on the metric. The group comes to rest where its high alarm is quiet. Without any instance the
/// metric is 100, which is above a target below 100: it then keeps one that nobody uses, and never scales in to zero.
/// That is our reading. The formula alone has no state of rest there: from none to two and back every 17 minutes, as
/// seen in December 2019 (aws/containers-roadmap#653, closed since; what AWS changed is not published).
ManagedScalingDecision managed_scaling(const ManagedScalingInput& input, const ManagedScalingParameters& parameters,
                                       ManagedScalingMemory memory);

}  // namespace berth

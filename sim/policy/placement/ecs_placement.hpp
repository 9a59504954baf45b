// Where ECS puts a task on EC2: the rule itself, which looks at every node.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/policy/placement/ecs_victims.hpp"
#include "sim/policy/placement/placement.hpp"

namespace berth {

/// The default of a service, in place of no strategies.
const Strategies& or_default(const Strategies& strategies);

/// Why the node cannot take the task: the shared filters, then the memberOf constraints.
std::optional<WaitReason> refusal_ecs(const ClusterView& view, const Ask& ask, const EcsConstraints& constraints,
                                      std::uint32_t position);

/// The nodes that pass every filter, ascending; the others are counted.
std::vector<std::uint32_t> filter_ecs(const ClusterView& view, const Ask& ask, const EcsConstraints& constraints,
                                      std::array<std::uint16_t, kWaitReasons>& refused);

/// What one strategy says of a node: the lowest is best.
std::int64_t dislike(const EcsStrategy& strategy, const ClusterView& view, const Ask& ask, std::uint32_t position);

/// Among nodes that the strategies find equally good the lowest position is taken: AWS documents no tie-break, and
/// a fixed one keeps runs comparable. `draw` is used by `random` only. The referee of EcsIndex, which answers the same
/// without looking at every node.
Placement place_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies, std::uint64_t draw,
                    const EcsConstraints& constraints = {});

}  // namespace berth

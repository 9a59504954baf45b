// Which replicas of a service end when there are too many.
#pragma once

#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// The `count` replicas of `candidates`, in order of birth, that the service's platform would end first.
std::vector<ReplicaId> victims(const World& world, ServiceId service, const std::vector<ReplicaId>& candidates,
                               std::size_t count);

/// Ends `count` of `some` (all where there are fewer), the oldest first.
void stop_oldest(Hands hands, std::vector<ReplicaId> some, std::int64_t count, StopReason why);
void stop_all(Hands hands, std::vector<ReplicaId> some, StopReason why);

/// `count` replicas of the service, chosen by its platform's rule and so that the split over its pools stays.
/// `only_old`: of revisions before the newest. `only`: of that one.
std::vector<ReplicaId> choose_some(const World& world, ServiceId service, std::int64_t count, bool only_old,
                                   RevisionId only = kNone<RevisionId>);
/// Ends `count` replicas of the service, chosen by its platform's rule and so that the split over its pools stays.
/// `only_old`: of revisions before the newest.
void stop_some(Hands hands, ServiceId service, std::int64_t count, bool only_old, StopReason why);

}  // namespace berth

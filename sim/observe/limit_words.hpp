// What a limit is called to people, and which quota of the account it is.
#pragma once

#include <string>
#include <string_view>

#include "sim/world/world.hpp"

namespace berth {

/// The name in models/quotas.json of what raises the limit for replicas of that pool; empty: it is no quota.
std::string quota_behind(const World& world, Limit limit, PoolId pool);

/// "tasks that one service starts a minute"
std::string_view meaning(Limit limit);
/// What would make it hold less.
std::string_view cure(Limit limit);

}  // namespace berth

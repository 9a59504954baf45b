// What no single key can show: names that must differ, bounds that must be in order, pools that must exist.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/field.hpp"

namespace berth {

/// InputError at the first contradiction of a scenario whose keys and types are right.
void check_relations(const Field& scenario);

/// The names of /network/zones, as written or by default.
std::vector<std::string> zones_of(const Field& scenario);

/// The pool or shares that runs_on gives a workload: by its name, else "services/*" (or daemons, jobs), else "*";
/// empty when the cluster does not run it.
std::optional<Field> runs_on(const Field& cluster, const std::string& group, const std::string& workload);

}  // namespace berth

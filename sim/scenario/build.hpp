// From the completed scenario to what one architecture runs: typed specs, and a list of all that was assumed.
#pragma once

#include <string>

#include "sim/catalog/catalog.hpp"
#include "sim/scenario/load.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// The specs of one run. `architecture` is one of scenario.architectures (InputError names the nearest otherwise).
/// Daemons whose `on_fargate` is sidecar are already a container of every replica on Fargate.
RunSpec build_run(const LoadedScenario& scenario, const std::string& architecture, const Catalog& catalog,
                  std::int64_t replication = 0);

}  // namespace berth

// The architectures that a scenario does not name, from models/architectures.json.
#pragma once

#include <string>
#include <vector>

#include "sim/base/value.hpp"
#include "sim/scenario/load.hpp"

namespace berth {

/// {"architectures": {name: as completed}}: all that complete_architectures() may add.
Value model_architectures(const LoadOptions& options);

/// Adds the missing standard architectures. One that only options speak of (`--set /architectures/ecs-ec2/…`) is
/// completed under what they say.
void complete_architectures(LoadedScenario& scenario, const std::vector<std::string>& written,
                            const LoadOptions& options);

}  // namespace berth

// `berth explain --pending`: what the control plane saw of a replica while it waited.
#pragma once

#include <vector>

#include "sim/scenario/replay.hpp"
#include "sim/world/specs.hpp"
#include "tools/berth/recorded_replicas.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {

/// InputError for options that do not go together.
void check_pending_options(const ExplainRequest& request);

/// Makes the run again up to the moment asked for, and prints the report; `folder` is that of the results.
int explain_pending(const ExplainRequest& request, const std::string& folder, const Replay& replay, const RunSpec& run,
                    const Catalog& catalog, const std::vector<Recorded>& all);

}  // namespace berth

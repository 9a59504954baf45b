// A run again from its results: the manifest's scenario, when nothing that it was made from has changed.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/load.hpp"

namespace berth {

struct Replay {
  LoadedScenario scenario;
  std::vector<std::string> architectures;  ///< that were run
};

/// Reads FOLDER/manifest.json. InputError when there is none, when another version of berth or other models made it,
/// when the manifest has been changed by hand, or when a trace has gone or changed.
Replay load_replay(const std::string& folder, const std::string& version, const std::string& models);

/// The scenario with trace files named as they can be opened from the current folder: what a manifest keeps.
Value with_paths_from_here(Value effective);

}  // namespace berth

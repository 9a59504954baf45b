// Can this architecture host the scenario at all, and if not, what is the nearest form that it can host?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/catalog/catalog.hpp"
#include "sim/scenario/load.hpp"
#include "sim/world/specs.hpp"

namespace berth {

enum class Verdict : std::uint8_t { note, warning, no };
std::string_view name(Verdict verdict);

struct Finding {
  std::string subject;  ///< "service web"
  Verdict verdict = Verdict::note;
  std::string why;
  std::string nearest;  ///< what can be hosted instead; empty for notes that need no cure
  /// Of a no: the run enforces it, so its replicas stay pending for good, with the reason.
  bool pending_for_good = false;
};

/// In order of the workloads. No finding with Verdict::no: it can be hosted.
std::vector<Finding> feasibility(const LoadedScenario& scenario, const RunSpec& run, const Catalog& catalog);
bool can_host(const std::vector<Finding>& findings);
/// Whether a run shows what is wrong: every no leaves replicas pending. Else it would show what cannot be.
bool can_simulate(const std::vector<Finding>& findings);

}  // namespace berth

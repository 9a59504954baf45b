// What stands under the comparison: why something cannot be hosted, warnings, what is equal, what was assumed.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/observe/summary.hpp"

namespace berth {

/// One note an architecture that says no, in order of the columns.
std::map<std::string, std::size_t> hosting_notes(std::span<const Summary> summaries);
std::string hosting_text(std::span<const Summary> summaries, const std::map<std::string, std::size_t>& notes);
/// Warnings do not change whether it can be hosted: one line, and `check` has the rest.
std::string warnings_text(std::span<const Summary> summaries);
/// Roll-outs that could not go on for a while, and why.
std::string stuck_text(std::span<const Summary> summaries);
/// Replicas that waited for long and still do when the run ends.
std::string still_pending_text(std::span<const Summary> summaries);
std::string failed_upgrades_text(std::span<const Summary> summaries);
/// The services that were a flow in place of single requests, and how far off their figures may be.
std::string fluid_text(std::span<const Summary> summaries);
/// Why a day and a month are empty; nothing when they are not.
std::string short_run_text(std::span<const Summary> summaries);
/// The rows in which no difference was seen.
std::string equal_text(const std::vector<std::string>& rows);
/// Equal assumptions once, by subject in order of appearance.
std::string assumptions_text(std::span<const Summary> summaries);

}  // namespace berth

// What a step of a start is called, which knob of the scenario shortens it, and how.
#pragma once

#include <cstddef>
#include <string>

#include "sim/observe/start_probe.hpp"
#include "sim/observe/waterfall.hpp"

namespace berth {

struct StepWords {
  std::string label;
  std::string knob;  ///< a path of the scenario; empty: none
  std::string cure;
};

/// What would end that wait, or keep it from beginning; `pool` and `service` are their paths.
std::string knob_of(WaitReason reason, const std::string& pool, const std::string& service);
/// … of a limit that is no quota; empty: none does.
std::string knob_of(Limit limit, const std::string& pool, const std::string& service);

/// The first half of the reason's sentence: what is so, and not what it waits for.
std::string what_refuses(WaitReason reason);

/// `reason` is looked at for StartCause::no_room only, `hold` for held_back. A cure names only what that platform has.
StepWords words_of(const ObservedStart& start, StartCause cause, std::size_t container, WaitReason reason,
                   const LimitHold* hold = nullptr);

}  // namespace berth

// Where each second of a start went: a path of causes without gap and overlap, from the decision to healthy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/observe/start_probe.hpp"

namespace berth {

/// What a replica can wait for, in order of a start. Adding one: a word here, a line in waterfall_causes.cpp.
enum class StartCause : std::uint8_t {
  control_plane,  ///< decided, and not yet looked at
  launch_token,
  no_room,
  node_scaler,  ///< until somebody asked for the node that it came to
  node_launch,
  node_boot,
  node_pooled,
  node_join,
  placement,  ///< the node was ready
  network,
  volumes,
  machine,
  agent,  ///< between the machine and the first container
  image_pull,
  container_start,
  container_run,  ///< an init container's work
  back_off,
  app_start,
  readiness,
  first_check,
};
inline constexpr int kStartCauses = 20;

/// What can be said of a cause; {…} in the texts stand for the names of the start.
struct CauseText {
  std::string_view label;
  std::string_view knob;  ///< the scenario's path that shortens it; empty: none
  std::string_view cure;  ///< how, in words
};
const CauseText& text_of(StartCause cause);

/// One stretch of the path: from the end of the one before to the beginning of the next.
struct PathStep {
  StartCause cause;
  Time from, to;
  std::string label, knob, cure;
  std::size_t container;  ///< of the start; kNoContainer where the step is no container's
};

/// Contiguous from `decided` to `until`; steps that took no time are left out.
std::vector<PathStep> critical_path(const ObservedStart& start);

}  // namespace berth

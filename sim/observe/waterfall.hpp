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
  held_back,      ///< by a limit of the account or of ECS
  no_room,
  address,      ///< the subnet, or the node's part of it, had none
  node_scaler,  ///< until somebody asked for the node that it came to
  node_launch,
  node_boot,
  node_pooled,  ///< in the warm pool, until it was taken
  warm_start,
  warm_boot,
  node_join,
  placement,  ///< the node was ready
  network,
  volume_detach,
  volume_create,
  volume_attach,
  volume_mount,
  machine,
  agent,      ///< takes the replica up, or goes on with its next container
  pull_turn,  ///< the node pulls other images first
  manifest,
  image_cached,
  image_lazy,
  image_download,
  download_turn,  ///< other layers come first
  image_unpack,
  unpack_turn,
  pull_back_off,
  image_read,  ///< of a large image, at its first start on Fargate
  container_start,
  container_run,  ///< until it ended
  crash_back_off,
  app_start,
  first_read,  ///< of a snapshot's data
  check,       ///< of the container
  service_connect,
  registration,
  first_check,  ///< of the load balancer
};
inline constexpr int kStartCauses = 38;
inline constexpr std::size_t kNoContainer = ~std::size_t{0};

/// One stretch of the path: from the end of the one before to the beginning of the next.
struct PathStep {
  StartCause cause;
  Time from, to;
  std::string label, knob, cure;
  std::size_t container;  ///< of the start; kNoContainer where the step is no container's
  std::string waiter;     ///< who waits for that container meanwhile, and for what; empty: nobody
};

/// Contiguous from `decided` to `until`; steps that took no time are left out.
std::vector<PathStep> critical_path(const ObservedStart& start);

}  // namespace berth

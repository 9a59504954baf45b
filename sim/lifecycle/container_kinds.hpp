// What the steps of a container ask of its row and its spec.
#pragma once

#include "sim/world/world.hpp"

namespace berth {

constexpr std::uint8_t kOutOfMemory = 137;  ///< the exit code of who is killed: 128 + 9
constexpr std::uint8_t kKilled = 143;       ///< the exit code of who ends on SIGTERM: 128 + 15

/// In place of one container: all together have reached what their task may use.
constexpr ContainerIndex kWholeTask = static_cast<ContainerIndex>(~0u);

inline std::size_t count_of(const ReplicaRow& row) { return row.containers.size(); }
inline ContainerIndex nth(std::size_t i) { return static_cast<ContainerIndex>(i); }

inline const ContainerSpec& spec_of(const World& world, const ReplicaRow& row, ContainerIndex container) {
  return world[row.revision].containers[container];
}

inline bool is_job(const World& world, const ReplicaRow& row) {
  return world[row.service].spec->kind == WorkloadKind::job;
}

/// Whether a task ends with it. What others wait to see ended cannot be (ECS refuses it).
inline bool is_essential(const ContainerSpec& spec) { return spec.essential && !spec.init; }

/// Its turn has not come yet.
inline bool still_waits(const ContainerRow& c) {
  return c.stage == ContainerStage::waiting || (c.stage == ContainerStage::created && !c.starting);
}

/// Data of a snapshot is read before a container serves that is no init container.
inline Time can_serve(const ReplicaRow& row, const ContainerSpec& spec, const ContainerRow& running) {
  return spec.never_serves ? kNever : running.started_up + (spec.init ? Duration{0} : row.first_read);
}

}  // namespace berth

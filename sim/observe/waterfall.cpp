// The path is found stage by stage in order of life.
#include "sim/observe/waterfall.hpp"

#include <algorithm>

#include "sim/observe/container_walk.hpp"
#include "sim/observe/waterfall_words.hpp"

namespace berth {
namespace {

/// Builds the path front to back; whoever adds says only until when it lasted.
class PathBuilder {
 public:
  explicit PathBuilder(const ObservedStart& start) : start_(start), at_(start.decided) {}

  Time at() const { return at_; }
  void until(Time to, StartCause cause, std::size_t container = kNoContainer, const std::string& waiter = {},
             WaitReason reason = {}, const LimitHold* hold = nullptr) {
    to = std::min(to, start_.until);
    if (to <= at_) return;
    const StepWords words = words_of(start_, cause, container, reason, hold);
    const bool same = !path_.empty() && path_.back().cause == cause && path_.back().label == words.label &&
                      path_.back().waiter == waiter;
    if (same) path_.back().to = to;
    else path_.push_back({cause, at_, to, words.label, words.knob, words.cure, container, waiter});
    at_ = to;
  }
  /// The same while it waits for its node or an address: what a limit held back is that limit's.
  void pending_until(Time to, StartCause cause, WaitReason reason = {}) {
    for (const LimitHold& hold : start_.holds) {
      if (hold.to <= at_) continue;
      if (hold.from >= to) break;
      until(hold.from, cause, kNoContainer, {}, reason);
      until(std::min(hold.to, to), StartCause::held_back, kNoContainer, {}, reason, &hold);
    }
    until(to, cause, kNoContainer, {}, reason);
  }
  std::vector<PathStep> take() { return std::move(path_); }

 private:
  const ObservedStart& start_;
  Time at_;
  std::vector<PathStep> path_;
};

StartCause cause_of(NodeStage stage, bool taken) {
  switch (stage) {
    case NodeStage::requested:
      return StartCause::node_launch;
    case NodeStage::booting:
      return taken ? StartCause::warm_boot : StartCause::node_boot;
    case NodeStage::pooled:
      return taken ? StartCause::warm_start : StartCause::node_pooled;
    case NodeStage::joining:
      return StartCause::node_join;
    default:
      return StartCause::placement;
  }
}

StartCause cause_of(WaitReason reason) {
  return reason == WaitReason::no_addresses ? StartCause::address : StartCause::no_room;
}

/// What the last look at it said, from look to look.
void add_reasons(const ObservedStart& start, Time to, PathBuilder& path) {
  for (std::size_t i = 0; i < start.waits.size(); ++i) {
    const WaitReason reason = start.waits[i].what;
    path.pending_until(std::min(start.waits[i].at, to), StartCause::control_plane);  // before the first look
    const Time next = i + 1 < start.waits.size() ? start.waits[i + 1].at : to;
    path.pending_until(std::min(next, to), cause_of(reason), reason);
  }
  path.pending_until(to, StartCause::control_plane);
}

/// Pending: for a node that came later than the decision each second is that node's; else it waited for room.
void add_pending(const ObservedStart& start, PathBuilder& path) {
  const Time placed = std::min(start.placed, start.until);
  const auto& life = start.node_life;
  const auto ready = std::find_if(life.rbegin(), life.rend(), [](const auto& m) { return m.what == NodeStage::ready; });
  if (ready == life.rend() || ready->at <= start.decided) {
    add_reasons(start, placed, path);
    return;
  }
  const bool warm = start.taken != kNever;
  path.pending_until(std::min(warm ? start.taken : life.front().at, placed), StartCause::node_scaler);
  for (std::size_t i = 0; i < life.size(); ++i) {
    const Time next = i + 1 < life.size() ? std::min(life[i + 1].at, placed) : placed;
    path.pending_until(next, cause_of(life[i].what, warm && next > start.taken));
  }
}

StartCause cause_of(VolumeStage stage) {
  switch (stage) {
    case VolumeStage::creating:
      return StartCause::volume_create;
    case VolumeStage::detaching:
      return StartCause::volume_detach;
    case VolumeStage::attached:
      return StartCause::volume_mount;
    default:
      return StartCause::volume_attach;
  }
}

/// A file system has nothing to be created and attached.
void add_volumes(const ObservedStart& start, Time end, PathBuilder& path) {
  for (std::size_t i = 0; i < start.volumes.size(); ++i) {
    const Time next = i + 1 < start.volumes.size() ? std::min(start.volumes[i + 1].at, end) : end;
    path.until(next, cause_of(start.volumes[i].what));
  }
  path.until(end, StartCause::volume_mount);
}

/// Until its node had an address for it, then its interface. ECS's agent takes the task up first.
void add_network(const ObservedStart& start, Time end, PathBuilder& path) {
  path.until(std::min(path.at() + start.agent, end), StartCause::agent);
  if (start.address_asked != kNever) {
    path.until(std::min(start.address_asked, end), StartCause::network);
    path.pending_until(std::min(start.addressed, end), StartCause::address);
  }
  path.until(end, StartCause::network);
}

/// Parts come side by side: the last one is what all waited for. The kubelet begins with the network when the volumes
/// are there, a micro-VM with its own start when all is attached.
void add_attaching(const ObservedStart& start, Time end, PathBuilder& path) {
  const auto at = [&](const ObservedPart& p) { return std::min(p.at, end); };
  for (const ObservedPart& p : start.parts) {
    if (p.part == AttachPart::volumes && (p.last || !start.ecs)) add_volumes(start, at(p), path);
    if (p.part == AttachPart::network && p.last) add_network(start, at(p), path);
    if (p.part == AttachPart::machine) path.until(at(p), StartCause::machine);
  }
  // Broken off, or the run ended meanwhile.
  const bool volumes = start.parts.empty() && !start.volumes.empty();
  if (volumes) add_volumes(start, end, path);
  else if (start.parts.empty()) add_network(start, end, path);
  path.until(end, StartCause::network);
}

void add_containers(const ObservedStart& start, PathBuilder& path) {
  for (const ContainerStep& s : container_walk(start, path.at(), start.until)) {
    path.until(s.from, StartCause::agent);
    path.until(s.to, s.cause, s.container, s.waiter);
  }
  path.until(start.until, StartCause::agent);
}

Time first_after(const ObservedStart& start, ReplicaStage stage) {
  for (const auto& m : start.moves)
    if (m.what > stage) return m.at;
  return kNever;
}

}  // namespace

std::vector<PathStep> critical_path(const ObservedStart& start) {
  PathBuilder path(start);
  add_pending(start, path);
  if (start.placed != kNever) {
    add_attaching(start, std::min(first_after(start, ReplicaStage::attaching), start.until), path);
    add_containers(start, path);
  }
  return path.take();
}

}  // namespace berth

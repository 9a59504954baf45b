// The path is found stage by stage in order of life.
#include "sim/observe/waterfall.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/observe/container_walk.hpp"

namespace berth {
namespace {

using Names = std::map<std::string_view, std::string>;

/// The text with each {name} replaced; empty when one of the names is.
std::string filled(std::string_view text, const Names& names) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t end = text.find('}', open);
    const std::string& value = names.at(text.substr(open + 1, end - open - 1));
    if (value.empty()) return {};
    out += value;
    text.remove_prefix(end + 1);
  }
  return out;
}

/// What would end that wait, or keep it from beginning.
std::string knob_of(WaitReason reason, const std::string& pool, const std::string& service) {
  if (reason == WaitReason::pool_at_max) return pool.empty() ? "" : pool + "/max";
  if (reason == WaitReason::too_big) return service.empty() ? "" : service + "/containers";
  if (reason >= WaitReason::fargate_privileged) return service.empty() ? "" : service + "/needs";
  return pool.empty() ? "" : pool + "/scaler";
}

/// Builds the path front to back; whoever adds says only until when it lasted.
class PathBuilder {
 public:
  explicit PathBuilder(const ObservedStart& start) : start_(start), at_(start.decided) {}

  Time at() const { return at_; }
  void until(Time to, StartCause cause, std::size_t container = kNoContainer, WaitReason reason = {}) {
    to = std::min(to, start_.until);
    if (to <= at_) return;
    const Names names = names_of(container, reason);
    const CauseText& text = text_of(cause);
    std::string label = filled(text.label, names);
    const bool same = !path_.empty() && path_.back().cause == cause && path_.back().label == label;
    if (same) path_.back().to = to;
    else path_.push_back({cause, at_, to, label, filled(text.knob, names), filled(text.cure, names), container});
    at_ = to;
  }
  std::vector<PathStep> take() { return std::move(path_); }

 private:
  std::string service_path() const {
    const std::string& first = start_.containers.empty() ? std::string() : start_.containers.front().written_at;
    const std::size_t end = first.find("/containers/");
    return end == std::string::npos ? std::string() : first.substr(0, end);
  }
  Names names_of(std::size_t container, WaitReason reason) const {
    static const ObservedContainer none;
    const ObservedContainer& c = container == kNoContainer ? none : start_.containers.at(container);
    const std::string pool = start_.pool.empty() ? ""
                                                 : fmt::format("/architectures/{}/clusters/{}/pools/{}",
                                                               start_.architecture, start_.cluster, start_.pool);
    const bool own_interface = start_.ecs && !start_.fargate;
    return {{"limit", start_.limit.empty() ? "fargate_launch" : start_.limit},
            {"reason", std::string(name(reason))},
            {"reason_text", std::string(explain(reason).substr(0, explain(reason).rfind('.')))},
            {"reason_knob", knob_of(reason, pool, service_path())},
            {"pool", pool},
            {"service", service_path()},
            {"network_knob", own_interface && !service_path().empty() ? service_path() + "/network_mode" : ""},
            {"network_cure", own_interface ? "bridge mode uses the node's own interface" : ""},
            {"container", c.name},
            {"container_path", c.written_at},
            {"image", c.image},
            {"pull_cure", start_.fargate ? "a smaller image; a larger size unpacks faster"
                                         : "a smaller image, or layers that the node has already"}};
  }

  const ObservedStart& start_;
  Time at_;
  std::vector<PathStep> path_;
};

StartCause cause_of(NodeStage stage) {
  switch (stage) {
    case NodeStage::requested:
      return StartCause::node_launch;
    case NodeStage::booting:
      return StartCause::node_boot;
    case NodeStage::pooled:
      return StartCause::node_pooled;
    case NodeStage::joining:
      return StartCause::node_join;
    default:
      return StartCause::placement;
  }
}

/// What the last look at it said, from look to look.
void add_reasons(const ObservedStart& start, Time to, PathBuilder& path) {
  for (std::size_t i = 0; i < start.waits.size(); ++i) {
    const WaitReason reason = start.waits[i].what;
    path.until(std::min(start.waits[i].at, to), StartCause::control_plane);  // before the first look
    const Time next = i + 1 < start.waits.size() ? start.waits[i + 1].at : to;
    const bool token = reason == WaitReason::launch_rate;
    path.until(std::min(next, to), token ? StartCause::launch_token : StartCause::no_room, kNoContainer, reason);
  }
  path.until(to, StartCause::control_plane);
}

/// Pending: for a node that came later than the decision each second is that node's; else it waited for room.
void add_pending(const ObservedStart& start, PathBuilder& path) {
  const Time placed = std::min(start.placed, start.until);
  const auto& life = start.node_life;
  const auto ready = std::find_if(life.begin(), life.end(), [](const auto& m) { return m.what == NodeStage::ready; });
  if (life.empty() || ready == life.end() || ready->at <= start.decided) {
    add_reasons(start, placed, path);
    return;
  }
  path.until(std::min(life.front().at, placed), StartCause::node_scaler);
  for (std::size_t i = 0; i < life.size(); ++i)
    path.until(i + 1 < life.size() ? std::min(life[i + 1].at, placed) : placed, cause_of(life[i].what));
}

/// Parts come side by side: the last one of a group is what all waited for.
void add_attaching(const ObservedStart& start, Time end, PathBuilder& path) {
  constexpr StartCause kCauseOfPart[kAttachParts] = {StartCause::network, StartCause::volumes, StartCause::machine};
  for (const ObservedPart& p : start.parts)
    if (p.last) path.until(std::min(p.at, end), kCauseOfPart[static_cast<std::size_t>(p.part)]);
  path.until(end, start.parts.empty() ? StartCause::network : StartCause::agent);
}

StartCause cause_of(const ObservedContainer& container, ContainerStage stage) {
  switch (stage) {
    case ContainerStage::waiting:
      return StartCause::back_off;  // its first wait, for its turn, is no move
    case ContainerStage::pulling:
      return StartCause::image_pull;
    case ContainerStage::created:
      return StartCause::container_start;
    case ContainerStage::running:
      return container.init ? StartCause::container_run : StartCause::app_start;
    case ContainerStage::exited:
      return StartCause::back_off;
  }
  return StartCause::agent;
}

void add_containers(const ObservedStart& start, Time end, PathBuilder& path) {
  for (const ContainerStep& s : container_walk(start.containers, path.at(), end)) {
    path.until(s.from, StartCause::agent);
    path.until(s.to, cause_of(start.containers[s.container], s.stage), s.container);
  }
  path.until(end, StartCause::agent);
}

std::size_t slowest_container(const ObservedStart& start) {
  const auto slowest =
      std::max_element(start.containers.begin(), start.containers.end(),
                       [](const ObservedContainer& a, const ObservedContainer& b) { return a.start < b.start; });
  return slowest == start.containers.end() ? kNoContainer
                                           : static_cast<std::size_t>(slowest - start.containers.begin());
}

/// All containers run: the slowest one's own start, then the checks of it.
void add_warming(const ObservedStart& start, PathBuilder& path) {
  const std::size_t slowest = slowest_container(start);
  const Duration app_start = slowest == kNoContainer ? Duration{0} : start.containers[slowest].start;
  const Time warmed = std::min(start.warmed, start.until);
  path.until(std::min(path.at() + app_start, warmed), StartCause::app_start, slowest);
  path.until(warmed, StartCause::readiness);
  path.until(start.until, StartCause::first_check);
}

/// The last move to `stage`; kNever when there was none.
Time last_move(const ObservedStart& start, ReplicaStage stage) {
  Time at = kNever;
  for (const auto& m : start.moves)
    if (m.what == stage) at = m.at;
  return at;
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
    add_attaching(start, first_after(start, ReplicaStage::attaching), path);
    const Time warming = last_move(start, ReplicaStage::warming);
    add_containers(start, std::min(warming, start.until), path);
    add_warming(start, path);
  }
  return path.take();
}

}  // namespace berth

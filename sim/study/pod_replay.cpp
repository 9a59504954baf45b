#include "sim/study/pod_replay.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"
#include "sim/study/pod_flow.hpp"

namespace berth {
namespace {

constexpr std::int32_t kManyPods = 1'000'000;  // openb's nodes state no limit of pods

std::vector<RecordedKind> kinds_of(const PodRecording& recording, std::vector<std::uint32_t>& of_pod) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::uint32_t> known;
  std::vector<RecordedKind> kinds;
  for (const RecordedPod& pod : recording.pods) {
    const auto [at, fresh] =
        known.emplace(std::pair(pod.cpu.count(), pod.memory.count()), static_cast<std::uint32_t>(kinds.size()));
    if (fresh) kinds.push_back({pod.cpu.count(), pod.memory.count(), 0});
    kinds[at->second].share += 1.0 / static_cast<double>(recording.pods.size());
    of_pod.push_back(at->second);
  }
  return kinds;
}

NodeColumns columns_of(const std::vector<RecordedNode>& nodes) {
  NodeColumns columns;
  const std::size_t count = nodes.size();
  for (std::size_t n = 0; n < count; ++n) {
    columns.node.push_back(NodeId{static_cast<std::uint32_t>(n)});
    columns.cpu_allocatable.push_back(nodes[n].cpu.count());
    columns.memory_allocatable.push_back(nodes[n].memory.count());
  }
  columns.cpu_used.assign(count, 0);
  columns.memory_used.assign(count, 0);
  columns.slots_allocatable.assign(count, kManyPods);
  columns.slots_used.assign(count, 0);
  columns.zone.assign(count, ZoneId{0});
  columns.pool.assign(count, PoolId{0});
  columns.type.assign(count, 0);
  columns.seen.assign(count, NodeStage::ready);
  return columns;
}

/// Copies of recorded pods on the recorded nodes, as PodFlow asks for them.
class ReplayedPods {
 public:
  ReplayedPods(const PodRecording& recording, const PodReplayOptions& options)
      : recording_(recording),
        options_(options),
        nodes_(columns_of(recording.nodes)),
        packing_(recording.nodes, kinds_of(recording, kind_)),
        node_(recording.pods.size() * static_cast<std::size_t>(options.copies)),
        last_arrival_(arrival(count() - 1)) {}

  std::uint32_t count() const { return static_cast<std::uint32_t>(node_.size()); }
  std::uint32_t kind(std::uint32_t pod) const { return kind_[original(pod)]; }
  Time arrival(std::uint32_t pod) const {
    // Where the list comes again it comes after all others; its own order is kept.
    const std::size_t round = options_.pods_stay ? pod / recording_.pods.size() : 0;
    const Duration whole = recording_.pods.back().arrives.time_since_epoch() + std::chrono::seconds{1};
    return recording_.pods[original(pod)].arrives + whole * static_cast<std::int64_t>(round);
  }
  std::optional<Duration> runs(std::uint32_t pod) const {
    return options_.pods_stay ? std::nullopt : std::optional(recording_.pods[original(pod)].runs);
  }

  std::optional<std::uint32_t> place(std::uint32_t pod, Time now) {
    const RecordedPod& recorded = recording_.pods[original(pod)];
    Ask ask;
    ask.cpu = recorded.cpu;
    ask.memory = recorded.memory;
    const Draws draws(options_.seed, Purpose::placement, name_hash(recorded.name), pod);
    const Placement answer = place_kube(view_of(nodes_, 1), ask, options_.profile, memory_, {}, draws.at(0));
    if (!answer.position) return std::nullopt;
    node_[pod] = *answer.position;
    move(pod, now, +1);
    result_.pending_s.push_back(seconds(now - arrival(pod)));
    return answer.position;
  }
  void end(std::uint32_t pod, Time now) { move(pod, now, -1); }

  PodReplayResult result() {
    result_.pods = count();
    result_.placed = static_cast<std::int64_t>(result_.pending_s.size());
    std::sort(result_.pending_s.begin(), result_.pending_s.end());
    pass_to(last_arrival_);
    if (!arrivals_over_) result_.end = packing_.now();
    result_.mean = mean_.empty() ? result_.end : mean_.mean();
    return std::move(result_);
  }

 private:
  /// Copies of a pod stand behind each other, or, where nobody leaves, copies of the whole list.
  std::size_t original(std::uint32_t pod) const {
    return options_.pods_stay ? pod % recording_.pods.size() : pod / static_cast<std::size_t>(options_.copies);
  }

  void move(std::uint32_t pod, Time now, int sign) {
    if (now > last_arrival_ && !std::exchange(arrivals_over_, true)) result_.end = packing_.now();
    pass_to(std::min(now, last_arrival_));
    const RecordedPod& recorded = recording_.pods[original(pod)];
    const std::uint32_t n = node_[pod];
    const std::int64_t cpu = sign * recorded.cpu.count(), memory = sign * recorded.memory.count();
    nodes_.cpu_used[n] += cpu;
    nodes_.memory_used[n] += memory;
    nodes_.slots_used[n] += sign;
    packing_.move(n, cpu, memory, sign);
  }

  /// What holds since the last change has held until `t`.
  void pass_to(Time t) {
    const double length = seconds(t - std::exchange(since_, t));
    if (length > 0) mean_.add(packing_.now(), length);
  }

  const PodRecording& recording_;
  const PodReplayOptions& options_;
  NodeColumns nodes_;
  std::vector<std::uint32_t> kind_;  // by recorded pod
  Packing packing_;
  std::vector<std::uint32_t> node_;  // by pod
  KubeMemory memory_;
  Time since_{}, last_arrival_;
  bool arrivals_over_ = false;
  MeanPacking mean_;
  PodReplayResult result_;
};

}  // namespace

PodReplayResult replay_pods(const PodRecording& recording, const PodReplayOptions& options) {
  SIM_CHECK(!recording.pods.empty());
  SIM_CHECK(!recording.nodes.empty());
  SIM_CHECK(options.copies >= 1);
  ReplayedPods pods(recording, options);
  PodFlow<ReplayedPods> flow(pods, pods.count());
  flow.run();
  PodReplayResult result = pods.result();
  result.placements = flow.placements_hash();
  return result;
}

std::int64_t copies_to_fill(const PodRecording& recording, double share) {
  double cpu = 0, memory = 0, asked_cpu = 0, asked_memory = 0;
  for (const RecordedNode& node : recording.nodes) {
    cpu += static_cast<double>(node.cpu.count());
    memory += static_cast<double>(node.memory.count());
  }
  for (const RecordedPod& pod : recording.pods) {
    asked_cpu += static_cast<double>(pod.cpu.count());
    asked_memory += static_cast<double>(pod.memory.count());
  }
  const double of_one = std::max(asked_cpu / cpu, asked_memory / memory);
  if (of_one <= 0) return 1;
  return static_cast<std::int64_t>(std::min(1e9, std::ceil(share / of_one)));  // one at least: share is above 0
}

}  // namespace berth

#include "sim/study/pod_replay.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <variant>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"
#include "sim/engine/calendar.hpp"

namespace berth {
namespace {

constexpr std::int32_t kManyPods = 1'000'000;  // openb's nodes state no limit of pods

/// Pods that ask for the same.
struct Kind {
  std::int64_t cpu = 0, memory = 0;
  double share = 0;  ///< of all pods
};

class Packing {
 public:
  Packing(const std::vector<RecordedNode>& nodes, std::vector<Kind> kinds)
      : kinds_(std::move(kinds)),
        cpu_(nodes.size()),
        memory_(nodes.size()),
        stranded_(nodes.size()),
        pods_(nodes.size()) {
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      cpu_[n].all = nodes[n].cpu.count();
      memory_[n].all = nodes[n].memory.count();
      all_cpu_ += static_cast<double>(cpu_[n].all);
      all_memory_ += static_cast<double>(memory_[n].all);
      strand(n);
    }
  }

  void move(std::size_t n, std::int64_t cpu, std::int64_t memory, int pods) {
    count_if_used(n, -1);
    cpu_[n].used += cpu;
    memory_[n].used += memory;
    pods_[n] += pods;
    used_cpu_ += static_cast<double>(cpu);
    used_memory_ += static_cast<double>(memory);
    count_if_used(n, +1);
    sum_cpu_stranded_ -= stranded_[n].cpu;
    sum_memory_stranded_ -= stranded_[n].memory;
    strand(n);
  }

  PackingFigures now() const {
    PackingFigures f;
    f.nodes_used = static_cast<double>(nodes_used_);
    f.packing_cpu = nodes_used_ == 0 ? 0 : used_cpu_ / cpu_of_used_;
    f.packing_memory = nodes_used_ == 0 ? 0 : used_memory_ / memory_of_used_;
    f.cpu_used = used_cpu_ / all_cpu_;
    f.memory_used = used_memory_ / all_memory_;
    f.cpu_stranded = std::max(0.0, sum_cpu_stranded_) / all_cpu_;
    f.memory_stranded = std::max(0.0, sum_memory_stranded_) / all_memory_;
    return f;
  }

 private:
  struct Amount {
    std::int64_t all = 0, used = 0;
    std::int64_t free() const { return all - used; }
  };
  struct Stranded {
    double cpu = 0, memory = 0;
  };

  void count_if_used(std::size_t n, int sign) {
    if (pods_[n] == 0) return;
    nodes_used_ += sign;
    cpu_of_used_ += sign * static_cast<double>(cpu_[n].all);
    memory_of_used_ += sign * static_cast<double>(memory_[n].all);
  }

  /// A kind that one resource alone keeps away cannot use the other.
  void strand(std::size_t n) {
    double cpu = 0, memory = 0;
    for (const Kind& kind : kinds_) {
      const bool has_cpu = kind.cpu <= cpu_[n].free(), has_memory = kind.memory <= memory_[n].free();
      if (has_cpu && !has_memory) cpu += kind.share;
      if (has_memory && !has_cpu) memory += kind.share;
    }
    stranded_[n] = {cpu * static_cast<double>(cpu_[n].free()), memory * static_cast<double>(memory_[n].free())};
    sum_cpu_stranded_ += stranded_[n].cpu;
    sum_memory_stranded_ += stranded_[n].memory;
  }

  std::vector<Kind> kinds_;
  std::vector<Amount> cpu_, memory_;
  std::vector<Stranded> stranded_;
  std::vector<int> pods_;
  std::int64_t nodes_used_ = 0;
  double all_cpu_ = 0, all_memory_ = 0, used_cpu_ = 0, used_memory_ = 0, cpu_of_used_ = 0, memory_of_used_ = 0;
  double sum_cpu_stranded_ = 0, sum_memory_stranded_ = 0;
};

std::vector<Kind> kinds_of(const PodRecording& recording, std::vector<std::uint32_t>& of_pod) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::uint32_t> known;
  std::vector<Kind> kinds;
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

/// One replay: a pod is placed in the instant of its arrival, or when one that ends makes room.
class PodReplay {
 public:
  PodReplay(const PodRecording& recording, const PodReplayOptions& options)
      : recording_(recording),
        options_(options),
        nodes_(columns_of(recording.nodes)),
        packing_(recording.nodes, kinds_of(recording, kind_)),
        count_(recording.pods.size() * static_cast<std::size_t>(options.copies)),
        node_(count_, 0),
        last_arrival_(arrival(static_cast<std::uint32_t>(count_ - 1))) {}

  PodReplayResult run() {
    result_.pods = static_cast<std::int64_t>(count_);
    arrive_next();
    Calendar<Event>::Entry entry;
    while (calendar_.pop(entry)) std::visit([this](const auto& event) { on(event); }, entry.event);
    result_.placed = static_cast<std::int64_t>(result_.pending_s.size());
    std::sort(result_.pending_s.begin(), result_.pending_s.end());
    finish_means();
    return std::move(result_);
  }

 private:
  struct PodArrives {
    std::uint32_t pod;
  };
  struct PodEnds {
    std::uint32_t pod;
  };
  struct PlacementDue {};
  using Event = std::variant<PodArrives, PodEnds, PlacementDue>;

  /// Equal pods that wait: what did not fit at an epoch is not tried again at it.
  struct Group {
    std::deque<std::uint32_t> waiting;
    std::uint64_t refused_at = ~std::uint64_t{0};
  };

  /// Copies of a pod stand behind each other, or, where nobody leaves, copies of the whole list.
  std::size_t original(std::uint32_t pod) const {
    return options_.pods_stay ? pod % recording_.pods.size() : pod / static_cast<std::size_t>(options_.copies);
  }
  Time arrival(std::uint32_t pod) const {
    // Where the list comes again it comes after all others; its own order is kept.
    const std::size_t round = options_.pods_stay ? pod / recording_.pods.size() : 0;
    const Duration whole = recording_.pods.back().arrives.time_since_epoch() + std::chrono::seconds{1};
    return recording_.pods[original(pod)].arrives + whole * static_cast<std::int64_t>(round);
  }

  void arrive_next() {
    if (next_ == count_) return;
    calendar_.at(arrival(next_), Phase::arrival, PodArrives{next_});
    ++next_;
  }

  void on(const PodArrives& e) {
    groups_[kind_[original(e.pod)]].waiting.push_back(e.pod);
    placement_due();
    arrive_next();
  }

  void on(const PodEnds& e) {
    move(e.pod, -1);
    ++epoch_;
    if (!groups_.empty()) placement_due();
  }

  void on(const PlacementDue&) {
    due_ = false;
    while (Group* group = next_to_try()) {
      if (place(group->waiting.front())) group->waiting.pop_front();
      else group->refused_at = epoch_;
    }
    if (calendar_.now() == last_arrival_) result_.end = packing_.now();
  }

  void placement_due() {
    if (due_) return;
    due_ = true;
    calendar_.at(calendar_.now(), Phase::decision, PlacementDue{});
  }

  /// The pod that came first of those that were not refused since room was made.
  Group* next_to_try() {
    Group* first = nullptr;
    for (auto at = groups_.begin(); at != groups_.end();) {
      Group& group = at->second;
      if (group.waiting.empty()) {
        at = groups_.erase(at);
        continue;
      }
      ++at;
      if (group.refused_at == epoch_) continue;
      if (first == nullptr || group.waiting.front() < first->waiting.front()) first = &group;
    }
    return first;
  }

  bool place(std::uint32_t pod) {
    const RecordedPod& recorded = recording_.pods[original(pod)];
    Ask ask;
    ask.cpu = recorded.cpu;
    ask.memory = recorded.memory;
    const Draws draws(options_.seed, Purpose::placement, name_hash(recorded.name), pod);
    const Placement answer = place_kube(view_of(nodes_, 1), ask, options_.profile, memory_, {}, draws.at(0));
    if (!answer.position) return false;
    node_[pod] = *answer.position;
    move(pod, +1);
    result_.pending_s.push_back(seconds(calendar_.now() - arrival(pod)));
    for (const std::uint64_t part : {std::uint64_t{pod}, std::uint64_t{node_[pod]},
                                     static_cast<std::uint64_t>(calendar_.now().time_since_epoch().count())})
      result_.placements = (result_.placements ^ part) * 0x0000'0100'0000'01b3;
    if (!options_.pods_stay) calendar_.at(calendar_.now() + recorded.runs, Phase::completion, PodEnds{pod});
    return true;
  }

  void move(std::uint32_t pod, int sign) {
    pass_to(std::min(calendar_.now(), last_arrival_));
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
    const double length = seconds(t - since_);
    since_ = t;
    if (length <= 0) return;
    const PackingFigures f = packing_.now();
    PackingFigures& m = result_.mean;
    m.nodes_used += length * f.nodes_used;
    m.packing_cpu += length * f.packing_cpu;
    m.packing_memory += length * f.packing_memory;
    m.cpu_used += length * f.cpu_used;
    m.memory_used += length * f.memory_used;
    m.cpu_stranded += length * f.cpu_stranded;
    m.memory_stranded += length * f.memory_stranded;
    length_ += length;
    if (f.nodes_used > 0) length_used_ += length;
  }

  void finish_means() {
    PackingFigures& m = result_.mean;
    pass_to(last_arrival_);
    if (length_ <= 0) {
      m = result_.end;
      return;
    }
    for (double* sum : {&m.nodes_used, &m.cpu_used, &m.memory_used, &m.cpu_stranded, &m.memory_stranded})
      *sum /= length_;
    if (length_used_ > 0)
      for (double* sum : {&m.packing_cpu, &m.packing_memory}) *sum /= length_used_;
  }

  const PodRecording& recording_;
  const PodReplayOptions& options_;
  Calendar<Event> calendar_;
  NodeColumns nodes_;
  std::vector<std::uint32_t> kind_;  // by recorded pod
  Packing packing_;
  std::size_t count_;
  std::vector<std::uint32_t> node_;  // by pod
  KubeMemory memory_;
  std::map<std::uint32_t, Group> groups_;
  std::uint64_t epoch_ = 0;
  bool due_ = false;
  std::uint32_t next_ = 0;
  Time since_{}, last_arrival_;
  double length_ = 0, length_used_ = 0;
  PodReplayResult result_;
};

}  // namespace

PodReplayResult replay_pods(const PodRecording& recording, const PodReplayOptions& options) {
  SIM_CHECK(!recording.pods.empty());
  SIM_CHECK(!recording.nodes.empty());
  SIM_CHECK(options.copies >= 1);
  return PodReplay(recording, options).run();
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

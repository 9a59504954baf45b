// Containers that use CPU while they start: among their neighbours like those that serve, and as long as their work
// takes.
#include <algorithm>
#include <cmath>

#include "sim/demand/lanes.hpp"
#include "sim/demand/part_of.hpp"

namespace berth {
namespace {

/// The reference core's work, on the cores of that node; centuries are cut off.
std::int64_t work_of(const Catalog& catalog, const ContainerSpec& spec, const NodeRow& node) {
  constexpr double kLongest = 4e18;
  const double speed = node.fargate ? catalog.fargate_cpu_speed() : catalog.instances()[node.type].cpu_speed;
  return static_cast<std::int64_t>(std::min(kLongest, seconds(spec.start) * 1e9 * vcpus(spec.start_cpu) / speed));
}

}  // namespace

/// One that was there when the run began has started long ago.
void Lanes::begin_start(ReplicaId replica, ContainerIndex container, Time at) {
  const ReplicaRow& row = world_[replica];
  const ContainerSpec& spec = world_[row.revision].containers[container];
  if (spec.start_cpu == Cpu{} || (row.initial && at == Time{})) return;
  Serving serving = serving_on(replica);
  serving.starts = true;
  serving.wanted = spec.start_cpu.count();
  serving.limit = serving.whole = std::min(serving.limit, serving.wanted);
  const bool shares = serving.node_cpu > 0;
  const Cpu allotment{std::max<std::int64_t>(shares ? std::min(serving.limit, serving.request) : serving.limit, 1)};
  const std::uint32_t place = seat(serving, allotment);
  starts_[place] = {container, row.containers[container].restarts, work_of(world_.catalog(), spec, world_[row.node]),
                    at};
  if (shares) join(place, row.node);
  plan_start(place, at);
  share_replica(replica, at);
}

/// When it can serve, if it goes on as now.
void Lanes::plan_start(std::uint32_t place, Time t) {
  constexpr double kLongest_us = 1e15;
  const Start& start = starts_.at(place);
  const double cores = vcpus(allotments_[place]);
  const double takes = std::min(kLongest_us, std::ceil(static_cast<double>(start.left) / 1000 / cores));
  world_[serving_[place].replica].containers[start.container].started_up =
      t + Duration{static_cast<Duration::rep>(takes)};
}

void Lanes::settle_starts(Time t) {
  for (auto it = starts_.begin(); it != starts_.end();) {
    const std::uint32_t place = (it++)->first;
    settle_start(place, starts_.at(place), t);
    if (starts_.at(place).left > 0) continue;
    const ReplicaId replica = serving_[place].replica;
    forget_start(place);
    share_replica(replica, t);
  }
}

void Lanes::settle_start(std::uint32_t place, Start& start, Time t) {
  Serving& serving = serving_[place];
  ReplicaRow& replica = world_[serving.replica];
  const std::int64_t could = part_of((t - start.since).count() * 1000, allotments_[place].count(), kVcpu.count());
  const bool over = replica.containers[start.container].started_up <= t;
  const std::int64_t used = over ? start.left : std::min(could, start.left - 1);
  start.left -= used;
  start.since = t;
  by_service_[index(serving.service)].used += used;
  by_service_[index(serving.service)].demanded += used;
  by_pool_[index(serving.pool)] += used;
  replica.cpu_used_ns += used;
  world_[replica.node].cpu_used_ns += used;
  set_rate(place, std::min(serving.wanted, allotments_[place].count()));
}

/// More or less CPU from now on: it can serve earlier or later.
void Lanes::move_start(std::uint32_t place, Cpu allotment, Time t) {
  Start& start = starts_.at(place);
  settle_start(place, start, t);
  allotments_[place] = std::max(allotment, Cpu{1});
  reconsider(place);
  if (start.left == 0) return;  // it has just ended
  plan_start(place, t);
  consequences_.push_back(
      {serving_[place].replica, StartMoved{serving_[place].replica, start.container, start.restarts}});
}

/// Of a replica, or of one container that ends, before they were over.
void Lanes::end_starts(ReplicaId replica, Time t, std::optional<ContainerIndex> only) {
  bool any = false;
  for (auto it = starts_.begin(); it != starts_.end();) {
    const std::uint32_t place = it->first;
    Start& start = (it++)->second;
    if (serving_[place].replica != replica || (only && start.container != *only)) continue;
    settle_start(place, start, t);
    forget_start(place);
    any = true;
  }
  if (any) share_replica(replica, t);
}

void Lanes::forget_start(std::uint32_t place) {
  starts_.erase(place);
  if (serving_[place].neighbours != kAlone) leave(place);
  free_serving_.push_back(place);
}

/// Those that start in it and the one that serves share what the replica may use: first the starts, in proportion.
void Lanes::share_replica(ReplicaId replica, Time t) {
  std::vector<std::uint32_t> starting;
  std::int64_t wanted = 0;
  for (const auto& [place, start] : starts_) {
    if (serving_[place].replica != replica) continue;
    starting.push_back(place);
    wanted += serving_[place].wanted;
  }
  const std::int64_t whole = serving_on(replica).limit;
  for (const std::uint32_t place : starting) {
    const std::int64_t own = serving_[place].wanted;
    hold_to(place, std::max<std::int64_t>(wanted > whole ? part_of(whole, own, wanted) : own, 1), t);
  }
  const ServiceId service = world_[replica].service;
  for (const std::uint32_t place : watched_[index(service)].serving)
    if (serving_[place].replica == replica)
      hold_to(place, std::max<std::int64_t>(serving_[place].whole - wanted, 1), t);
}

void Lanes::hold_to(std::uint32_t place, std::int64_t limit, Time t) {
  Serving& serving = serving_[place];
  if (serving.limit == limit && allotments_[place].count() <= limit) return;
  serving.limit = limit;
  if (serving.neighbours != kAlone) crowd_changed(serving.neighbours);
  else if (allotments_[place].count() != limit) give(place, Cpu{limit}, t);
}

}  // namespace berth

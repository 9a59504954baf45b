// Containers that use CPU while they start: among their neighbours like those that serve, and as long as their work
// takes.
#include <algorithm>
#include <cmath>

#include "sim/demand/lanes.hpp"
#include "sim/demand/part_of.hpp"
#include "sim/world/memory_use.hpp"

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
  const std::uint32_t place = seat(serving, std::min(first_allotment(serving), spec.start_cpu));
  starts_[place] = {container, row.containers[container].restarts, work_of(world_.catalog(), spec, world_[row.node]),
                    at};
  join(place, row.node);
  Starting& starting = starting_[replica];
  if (starting.starts.empty() && row.target != kNone<TargetId>)
    for (const std::uint32_t other : watched_[index(row.service)].serving)
      if (serving_[other].replica == replica) starting.serving = other;
  starting.starts.push_back(place);
  share_replica(starting);
  plan_start(place, at);
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
    forget_start(place);
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
  const auto starting = starting_.find(replica);
  if (starting == starting_.end()) return;
  const std::vector<std::uint32_t> places = starting->second.starts;
  for (const std::uint32_t place : places) {
    if (only && starts_.at(place).container != *only) continue;
    settle_start(place, starts_.at(place), t);
    forget_start(place);
  }
}

void Lanes::forget_start(std::uint32_t place) {
  const ReplicaId replica = serving_[place].replica;
  starts_.erase(place);
  leave(place);
  free_serving_.push_back(place);
  Starting& starting = starting_.at(replica);
  std::erase(starting.starts, place);
  share_replica(starting);
  if (starting.starts.empty()) starting_.erase(replica);
}

/// Those that start in a replica and the one that serves divide its weight among its neighbours by their own requests,
/// as Linux does within a pod or a task. When none starts any more the one that serves has it all.
void Lanes::share_replica(const Starting& replica) {
  std::vector<std::uint32_t> places = replica.starts;
  if (replica.serving != kAlone) places.push_back(replica.serving);
  std::int64_t all = 0;
  for (const std::uint32_t place : places) all += own_request(place);
  for (const std::uint32_t place : places) {
    Serving& serving = serving_[place];
    const Serving whole = serving_on(serving.replica);
    serving.request = whole.request;
    serving.limit = whole.limit;
    if (!replica.starts.empty()) weigh(place, all);
    if (serving.starts) serving.limit = std::min(serving.limit, serving.wanted);
    crowd_changed(serving.neighbours);
  }
}

/// Its part of its replica's weight; and its own limit, or of one of the whole replica its part.
void Lanes::weigh(std::uint32_t place, std::int64_t all) {
  Serving& serving = serving_[place];
  const ReplicaRow& replica = world_[serving.replica];
  const std::int64_t own = own_request(place);
  const std::optional<Cpu> limit = container_at(place).amount.cpu_limit;
  serving.request = std::max<std::int64_t>(part_of(serving.request, own, all), 1);
  if (limit) serving.limit = std::min(serving.limit, limit->count());
  else if (world_[replica.revision].cpu_limit && !world_[replica.node].fargate)
    serving.limit = part_of(serving.limit, own, all);
  serving.limit = std::max<std::int64_t>(serving.limit, 1);
}

const ContainerSpec& Lanes::container_at(std::uint32_t place) const {
  const auto& containers = world_[world_[serving_[place].replica].revision].containers;
  return containers[serving_[place].starts ? starts_.at(place).container : serving_container(containers)];
}

std::int64_t Lanes::own_request(std::uint32_t place) const {
  return std::max<std::int64_t>(container_at(place).amount.cpu.count(), 1);
}

}  // namespace berth

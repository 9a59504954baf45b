#include "sim/observe/services_observer.hpp"

#include <algorithm>
#include <utility>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

bool is_application(const World& world, ServiceId service) {
  const WorkloadSpec& spec = *world[service].spec;
  return spec.kind == WorkloadKind::service && !spec.system;
}

}  // namespace

ServicesObserver::ServicesObserver(const World& world, const Lanes& lanes, NodeShares& shares,
                                   const std::string& folder)
    : world_(world),
      lanes_(lanes),
      shares_(shares),
      file_(open_results(folder, world.spec(), "services")),
      memory_(world, MemoryMeter::By::service),
      levels_(world.service_count()),
      of_service_(world.service_count()) {
  for (std::uint32_t i = 0; i < world.service_count(); ++i) levels_[i].desired.set(world[ServiceId{i}].desired, Time{});
}

void ServicesObserver::hear(const Fact& fact, Time at) {
  memory_.hear(fact, at);
  if (const auto* move = std::get_if<ReplicaMoved>(&fact)) {
    moved(*move, at);
  } else if (const auto* created = std::get_if<ReplicaCreated>(&fact)) {
    const ReplicaRow& row = world_[created->replica];
    states_.resize(std::max<std::size_t>(states_.size(), index(created->replica) + 1), State::stopped);
    of_revision_.resize(std::max<std::size_t>(of_revision_.size(), index(row.revision) + 1));
    ++of_revision_[index(row.revision)];
    ++of_service_[index(row.service)];
    states_[index(created->replica)] = State::pending;
    of(created->replica).by_state[static_cast<int>(State::pending)].add(1, at);
    count_old(row.service, at);
  } else if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    const ReplicaRow& row = world_[placed->replica];
    of(placed->replica).cpu_reserved.add(world_[row.revision].cpu.count(), at);
    of(placed->replica).memory_reserved.add(world_[row.revision].memory.count(), at);
    if (is_application(world_, row.service)) placed_.add(1, at);
  } else if (const auto* serves = std::get_if<TargetServes>(&fact)) {
    levels_[index(world_.targets()[serves->target].service)].serving.add(1, at);
  } else if (const auto* failed = std::get_if<TargetFailed>(&fact)) {
    const TargetRow& row = world_.targets()[failed->target];
    if (row.state == TargetState::unhealthy) levels_[index(row.service)].serving.add(-1, at);
  } else if (const auto* drains = std::get_if<TargetDrains>(&fact)) {
    if (drains->healthy) levels_[index(world_.targets()[drains->target].service)].serving.add(-1, at);
  } else if (const auto* lost = std::get_if<TargetLost>(&fact)) {
    if (lost->healthy) levels_[index(world_.targets()[lost->target].service)].serving.add(-1, at);
  } else if (const auto* gone = std::get_if<TargetGone>(&fact)) {
    const TargetRow& row = world_.targets()[gone->target];
    if (row.state == TargetState::serving) levels_[index(row.service)].serving.add(-1, at);
  } else if (const auto* desired = std::get_if<DesiredChanged>(&fact)) {
    levels_[index(desired->service)].desired.set(desired->to, at);
  } else if (const auto* started = std::get_if<DeploymentStarted>(&fact)) {
    count_old(world_[started->deployment].service, at);
  }
}

ServicesObserver::State ServicesObserver::state_of(const ReplicaRow& row) const {
  switch (row.stage) {
    case ReplicaStage::pending:
      return State::pending;
    case ReplicaStage::healthy:
      return State::healthy;
    case ReplicaStage::stopping:
      return State::stopping;
    case ReplicaStage::stopped:
      return State::stopped;
    default:
      return row.healthy == kNever ? State::starting : State::unhealthy;
  }
}

void ServicesObserver::enter(ReplicaId replica, State state, Time at) {
  State& now = states_[index(replica)];
  if (now == state) return;
  of(replica).by_state[static_cast<int>(now)].add(-1, at);
  of(replica).by_state[static_cast<int>(state)].add(1, at);
  now = state;
}

void ServicesObserver::moved(const ReplicaMoved& fact, Time at) {
  const ReplicaRow& row = world_[fact.replica];
  enter(fact.replica, state_of(row), at);
  const bool fargate = on_fargate(world_, row);
  const bool stopped = fact.to == ReplicaStage::stopped;
  if (fargate && begins_bill(fact)) of(fact.replica).usd_hour.add(hourly(world_, meters_of(world_, row)), at);
  if (!stopped) return;
  if (fargate && billed_from(row) != kNever) of(fact.replica).usd_hour.add(-hourly(world_, meters_of(world_, row)), at);
  if (row.node != kNone<NodeId>) {
    of(fact.replica).cpu_reserved.add(-world_[row.revision].cpu.count(), at);
    of(fact.replica).memory_reserved.add(-world_[row.revision].memory.count(), at);
    if (is_application(world_, row.service)) placed_.add(-1, at);
  }
  --of_revision_[index(row.revision)];
  --of_service_[index(row.service)];
  count_old(row.service, at);
}

void ServicesObserver::count_old(ServiceId service, Time at) {
  const std::uint32_t newest = index(world_[service].revision);
  const std::int64_t current = newest < of_revision_.size() ? of_revision_[newest] : 0;
  levels_[index(service)].old_revision.set(of_service_[index(service)] - current, at);
}

void ServicesObserver::sample(Time from, Time to) {
  const Duration window = to - from;
  const std::string time = iso8601(in_utc(world_, from));
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    Levels& levels = levels_[i];
    const auto level = [&](Gauge& gauge) { return mean(gauge.take(to), window); };
    CsvRow& row = file_->row();
    put_seconds(row, from).text(time).text(world_[service].spec->cluster).text(world_.name(service));
    const double desired = level(levels.desired);
    row.number_if(world_[service].spec->kind == WorkloadKind::service, desired);
    for (int s = 0; s < static_cast<int>(State::stopped); ++s) row.number(level(levels.by_state[s]));
    row.number(level(levels.old_revision));
    row.number(level(levels.cpu_reserved) / static_cast<double>(kVcpu.count()));
    put_cpu(row, service, levels, window);
    row.number(level(levels.memory_reserved) / static_cast<double>(kGiB.count()));
    const double held = std::exchange(levels.request_memory, lanes_.request_memory(service));
    put_memory_used(row, memory_, i, levels.request_memory - held, from, to);
    put_demand(row, service, levels, to, window);
    put_usd(row, spent(service, levels, to)).end();
  }
}

/// Used and asked for; a daemon or a service without demand uses what nobody knows.
void ServicesObserver::put_cpu(CsvRow& row, ServiceId service, Levels& levels, Duration window) const {
  const bool known = lanes_.has(service) || world_[service].spec->kind == WorkloadKind::job;
  if (!known) {
    row.empty().empty();
    return;
  }
  const double nanoseconds = static_cast<double>(window.count()) * 1e3;
  const std::int64_t used = lanes_.cpu_used(service), demanded = lanes_.cpu_demanded(service);
  row.number(static_cast<double>(used - levels.cpu_used) / nanoseconds);
  row.number(static_cast<double>(demanded - levels.cpu_demanded) / nanoseconds);
  levels.cpu_used = used;
  levels.cpu_demanded = demanded;
}

void ServicesObserver::put_demand(CsvRow& row, ServiceId service, Levels& levels, Time to, Duration window) const {
  const auto& points = world_[service].cpu_pct.points;
  const auto seen =
      std::find_if(points.rbegin(), points.rend(), [&](const MetricPoint& p) { return p.published_at <= to; });
  row.number_if(seen != points.rend(), seen != points.rend() ? seen->value : 0);
  const __int128 serving = levels.serving.take(to);
  if (!lanes_.has(service) || world_[service].spec->demand->in_cores) {
    row.empty().empty();
    return;
  }
  // What one target can serve is known now; how many there were is known for the whole interval.
  if (levels.serving.level() > 0)
    levels.rps_per_target = lanes_.capacity_rps(service) / static_cast<double>(levels.serving.level());
  row.number(mean(serving, window) * levels.rps_per_target);
  const std::int64_t arrived = lanes_.lane(service).totals().arrived;
  row.whole(arrived - levels.arrived);
  levels.arrived = arrived;
}

Usd ServicesObserver::spent(ServiceId service, Levels& levels, Time to) {
  constexpr __int128 kHour = Duration{1h}.count();
  Usd sum = scaled(Usd{levels.usd_hour.take(to)}, 1, kHour);
  for (auto& [key, group] : shares_.groups()) {
    const auto held = group.services.find(service);
    if (held != group.services.end()) sum += scaled(Usd{held->second.take(to)}, group.usd_hour, kHour * 1'000'000);
  }
  return sum;
}

void ServicesObserver::finish(Time end, Summary& summary) {
  file_->close();
  double memory_reserved = 0, memory_used = 0;
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    if (!memory_.knows(i)) continue;
    memory_reserved += static_cast<double>(levels_[i].memory_reserved.integral(end)) / 1e6;
    memory_used += memory_.gauge(i).integral(end) + lanes_.request_memory(ServiceId{i});
  }
  if (memory_reserved > 0) summary.memory_used_pct = 100 * memory_used / memory_reserved;
  __int128 reserved = 0;
  double used = 0;
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!lanes_.has(service) && world_[service].spec->kind != WorkloadKind::job) continue;
    reserved += levels_[i].cpu_reserved.integral(end);
    used += static_cast<double>(lanes_.cpu_used(service)) / 1e3;
  }
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!lanes_.has(service) || !world_[service].spec->demand->in_cores) continue;
    constexpr double kHour = 3600e9;
    const CoresTotals cores = lanes_.lane(service).cores_totals();
    summary.core_hours = summary.core_hours.value_or(0) + static_cast<double>(cores.asked) / kHour;
    summary.core_hours_unserved = summary.core_hours_unserved.value_or(0) + static_cast<double>(cores.unserved) / kHour;
  }
  const double reserved_core_us = static_cast<double>(reserved) / static_cast<double>(kVcpu.count());
  if (reserved_core_us > 0) summary.cpu_used_pct = 100 * used / reserved_core_us;
  summary.replicas_mean = mean(placed_.integral(end), end.time_since_epoch());
  summary.replicas_max = placed_.highest();
}

}  // namespace berth

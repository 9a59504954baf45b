#include "sim/observe/pools_observer.hpp"

#include <algorithm>
#include <utility>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

bool runs(NodeStage s) { return s >= NodeStage::booting && s != NodeStage::pooled && s < NodeStage::terminating; }
bool offers_capacity(NodeStage s) { return s == NodeStage::ready || s == NodeStage::draining; }

/// What is left of `free` when the other kind's free amount is used in the proportion of the whole node.
std::int64_t beyond(std::int64_t free, std::int64_t whole, std::int64_t other_free, std::int64_t other_whole) {
  if (other_whole == 0) return free;
  const auto usable = static_cast<std::int64_t>(static_cast<__int128>(other_free) * whole / other_whole);
  return std::max<std::int64_t>(0, free - usable);
}

}  // namespace

PoolsObserver::PoolsObserver(const World& world, const Lanes& lanes, const std::string& folder)
    : world_(world),
      lanes_(lanes),
      file_(open_results(folder, world.spec(), "pools")),
      memory_(world, MemoryMeter::By::pool),
      levels_(world.pool_count()) {}

void PoolsObserver::hear(const Fact& fact, Time at) {
  memory_.hear(fact, at);
  if (const auto* node = std::get_if<NodeMoved>(&fact)) {
    node_moved(*node, at);
  } else if (const auto* created = std::get_if<NodeCreated>(&fact)) {
    count_stage(levels_[index(world_[created->node].pool)], NodeStage::requested, +1, at);
  } else if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    replica_placed(world_[placed->replica], +1, at);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    const ReplicaRow& row = world_[moved->replica];
    if (moved->to == ReplicaStage::stopped && row.node != kNone<NodeId>) replica_placed(row, -1, at);
    if (!on_fargate(world_, row)) return;
    Gauge& usd_hour = levels_[index(row.pool)].usd_hour;
    if (begins_bill(*moved)) usd_hour.add(hourly(world_, meters_of(world_, row)), at);
    if (moved->to == ReplicaStage::stopped && billed_from(row) != kNever)
      usd_hour.add(-hourly(world_, meters_of(world_, row)), at);
  }
}

void PoolsObserver::count_stage(Levels& levels, NodeStage stage, int sign, Time at) {
  switch (stage) {
    case NodeStage::requested:
      levels.requested.add(sign, at);
      break;
    case NodeStage::booting:
    case NodeStage::joining:
      levels.booting.add(sign, at);
      break;
    case NodeStage::ready:
      levels.ready.add(sign, at);
      break;
    case NodeStage::draining:
      levels.draining.add(sign, at);
      break;
    case NodeStage::pooled:  // not on its way to anybody
    case NodeStage::unreachable:
    case NodeStage::terminating:
    case NodeStage::gone:
      break;
  }
}

void PoolsObserver::node_moved(const NodeMoved& fact, Time at) {
  const NodeRow& row = world_[fact.node];
  Levels& levels = levels_[index(row.pool)];
  count_stage(levels, fact.from, -1, at);
  count_stage(levels, fact.to, +1, at);
  if (row.spot) levels.spot.add(static_cast<int>(runs(fact.to)) - static_cast<int>(runs(fact.from)), at);
  if (row.fargate) return;
  const NodeBill before = node_bill(world_, row, fact.from), after = node_bill(world_, row, fact.to);
  if (before != after)
    levels.usd_hour.add(hourly(world_, meters_of(world_, row, after)) - hourly(world_, meters_of(world_, row, before)),
                        at);
  const int sign = static_cast<int>(offers_capacity(fact.to)) - static_cast<int>(offers_capacity(fact.from));
  if (sign == 0) return;
  ec2_nodes_.add(sign, at);
  levels.cpu.allocatable.add(sign * row.cpu_allocatable.count(), at);
  levels.memory.allocatable.add(sign * row.memory_allocatable.count(), at);
  strand(fact.node, sign > 0 ? stranded_on(row) : Stranded{}, at);
}

/// The row is placed, or has just stopped: its node has already booked it.
void PoolsObserver::replica_placed(const ReplicaRow& row, int sign, Time at) {
  Levels& levels = levels_[index(row.pool)];
  const RevisionRow& revision = world_[row.revision];
  levels.cpu.reserved.add(sign * revision.cpu.count(), at);
  levels.memory.reserved.add(sign * revision.memory.count(), at);
  if (!on_fargate(world_, row)) {
    strand(row.node, stranded_on(world_[row.node]), at);
    return;
  }
  const FargateSize& size = *revision.fargate;
  levels.cpu.allocatable.add(sign * size.cpu.count(), at);
  levels.memory.allocatable.add(sign * size.memory.count(), at);
  levels.cpu.stranded.add(sign * (size.cpu - revision.cpu).count(), at);
  levels.memory.stranded.add(sign * (size.memory - revision.memory).count(), at);
}

PoolsObserver::Stranded PoolsObserver::stranded_on(const NodeRow& node) const {
  if (!offers_capacity(node.stage)) return {};
  const std::int64_t cpu = node.cpu_allocatable.count(), memory = node.memory_allocatable.count();
  const std::int64_t cpu_free = (node.cpu_allocatable - node.cpu_used).count();
  const std::int64_t memory_free = (node.memory_allocatable - node.memory_used).count();
  if (node.slots_used >= node.slots_allocatable) return {cpu_free, memory_free};
  return {beyond(cpu_free, cpu, memory_free, memory), beyond(memory_free, memory, cpu_free, cpu)};
}

void PoolsObserver::strand(NodeId node, Stranded now, Time at) {
  Levels& levels = levels_[index(world_[node].pool)];
  Stranded& last = stranded_[node];
  levels.cpu.stranded.add(now.cpu - last.cpu, at);
  levels.memory.stranded.add(now.memory - last.memory, at);
  last = now;
  if (now.cpu == 0 && now.memory == 0) stranded_.erase(node);
}

/// CapacityProviderReservation as the alarms of managed scaling read it: the last that is published.
void PoolsObserver::put_provider_reservation(CsvRow& row, PoolId pool) const {
  const bool managed = world_[pool].spec->scaler.kind == NodeScalerKind::managed_scaling;
  const auto points = managed ? world_[pool].reservation.published(world_.now()) : std::span<const MetricPoint>{};
  row.number_if(!points.empty(), points.empty() ? 0 : points.back().value);
}

void PoolsObserver::sample(Time from, Time to) {
  const Duration window = to - from;
  const std::string time = iso8601(in_utc(world_, from));
  const double vcpu = static_cast<double>(kVcpu.count()), gibibyte = static_cast<double>(kGiB.count());
  for (std::uint32_t i = 0; i < world_.pool_count(); ++i) {
    Levels& levels = levels_[i];
    const auto level = [&](Gauge& gauge) { return mean(gauge.take(to), window); };
    CsvRow& row = file_->row();
    put_seconds(row, from).text(time);
    row.text(world_[world_[PoolId{i}].cluster].spec->name).text(world_.name(PoolId{i}));
    row.number(level(levels.requested)).number(level(levels.booting)).number(level(levels.ready));
    row.number(level(levels.draining));
    row.number(level(levels.spot));
    const double cpu = level(levels.cpu.allocatable), cpu_reserved = level(levels.cpu.reserved);
    const std::int64_t used = lanes_.cpu_used(PoolId{i});
    row.number(cpu / vcpu).number(cpu_reserved / vcpu);
    row.number(static_cast<double>(used - levels.cpu_used) / (static_cast<double>(window.count()) * 1e3));
    row.number(level(levels.cpu.stranded) / vcpu);
    levels.cpu_used = used;
    const double memory = level(levels.memory.allocatable), memory_reserved = level(levels.memory.reserved);
    row.number(memory / gibibyte).number(memory_reserved / gibibyte);
    const double held = std::exchange(levels.request_memory, lanes_.request_memory(PoolId{i}));
    put_memory_used(row, memory_, i, levels.request_memory - held, from, to);
    row.number(level(levels.memory.stranded) / gibibyte);
    const bool any = cpu > 0 && memory > 0;
    row.number_if(any, any ? 100 * std::max(cpu_reserved / cpu, memory_reserved / memory) : 0);
    put_provider_reservation(row, PoolId{i});
    put_usd(row, scaled(Usd{levels.usd_hour.take(to)}, 1, Duration{1h}.count())).end();
  }
}

void PoolsObserver::finish(Time end, Summary& summary) {
  file_->close();
  __int128 cpu = 0, cpu_reserved = 0, memory = 0, memory_reserved = 0;
  for (const Levels& levels : levels_) {
    cpu += levels.cpu.allocatable.integral(end);
    cpu_reserved += levels.cpu.reserved.integral(end);
    memory += levels.memory.allocatable.integral(end);
    memory_reserved += levels.memory.reserved.integral(end);
  }
  const auto percent = [](__int128 part, __int128 whole) {
    return 100 * static_cast<double>(part) / static_cast<double>(whole);
  };
  if (cpu > 0) summary.cpu_reserved_pct = percent(cpu_reserved, cpu);
  if (memory > 0) summary.memory_reserved_pct = percent(memory_reserved, memory);
  const auto& clusters = world_.spec().clusters;
  const bool any_ec2 = std::any_of(clusters.begin(), clusters.end(), [](const ClusterSpec& c) {
    return std::any_of(c.pools.begin(), c.pools.end(), [](const PoolSpec& p) { return p.launch == Launch::ec2; });
  });
  if (!any_ec2) return;
  summary.nodes_mean = mean(ec2_nodes_.integral(end), end.time_since_epoch());
  summary.nodes_max = ec2_nodes_.highest();
}

}  // namespace berth

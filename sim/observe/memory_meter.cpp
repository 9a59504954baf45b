#include "sim/observe/memory_meter.hpp"

#include <algorithm>

namespace berth {
namespace {

bool says_memory(const WorkloadSpec& spec) {
  return std::any_of(spec.containers.begin(), spec.containers.end(),
                     [](const ContainerSpec& c) { return c.memory_use.has_value(); });
}

}  // namespace

void MemoryGauge::advance(Time at) {
  const double passed = seconds(at - since_);
  integral_ += level_ * passed + growth_ * passed * passed / 2;
  level_ += growth_ * passed;
  since_ = at;
}

void MemoryGauge::begin(const MemoryUseSpec& use, Time at) {
  advance(at);
  level_ += static_cast<double>(use.idle.count());
  growth_ += use.growth;
  ++containers_;
}

void MemoryGauge::end(const MemoryUseSpec& use, Time since, Time at) {
  advance(at);
  level_ -= static_cast<double>(use.idle.count()) + use.growth * seconds(at - since);
  growth_ -= use.growth;
  if (--containers_ == 0) level_ = growth_ = 0;  // what rounding has left
}

double MemoryGauge::integral(Time at) {
  advance(at);
  return integral_;
}

double MemoryGauge::take(Time at) {
  const double part = integral(at) - taken_;
  taken_ = integral_;
  return std::max(part, 0.0);
}

MemoryMeter::MemoryMeter(const World& world, By by)
    : world_(world),
      by_(by),
      gauges_(by == By::service ? world.service_count() : world.pool_count()),
      known_(gauges_.size()) {
  for (std::uint32_t i = 0; i < world.service_count(); ++i) {
    const ServiceRow& row = world[ServiceId{i}];
    if (!says_memory(*row.spec)) continue;
    if (by == By::service) known_[i] = true;
    else
      for (const PoolId pool : row.pools) known_[index(pool)] = true;
  }
}

std::size_t MemoryMeter::entity_of(const ReplicaRow& row) const {
  return by_ == By::service ? index(row.service) : index(row.pool);
}

/// Whoever dies with its machine ends with its replica.
void MemoryMeter::hear(const Fact& fact, Time at) {
  if (const auto* moved = std::get_if<ContainerMoved>(&fact)) {
    const ReplicaRow& row = world_[moved->replica];
    const auto& use = world_[row.revision].containers[moved->container].memory_use;
    if (!use) return;
    if (moved->to == ContainerStage::running) {
      gauges_[entity_of(row)].begin(*use, at);
      running_[{moved->replica, moved->container}] = at;
    }
    if (moved->from == ContainerStage::running) end(moved->replica, moved->container, at);
  } else if (const auto* stopped = std::get_if<ReplicaMoved>(&fact)) {
    if (stopped->to != ReplicaStage::stopped || running_.empty()) return;
    const std::size_t containers = world_[stopped->replica].containers.size();
    for (std::size_t i = 0; i < containers; ++i) end(stopped->replica, static_cast<ContainerIndex>(i), at);
  }
}

void MemoryMeter::end(ReplicaId replica, ContainerIndex container, Time at) {
  const auto found = running_.find({replica, container});
  if (found == running_.end()) return;
  const ReplicaRow& row = world_[replica];
  gauges_[entity_of(row)].end(*world_[row.revision].containers[container].memory_use, found->second, at);
  running_.erase(found);
}

void put_memory_used(CsvRow& row, MemoryMeter& meter, std::size_t entity, double requests, Time from, Time to) {
  const double used = meter.gauge(entity).take(to) + requests;
  const double gibibyte_seconds = static_cast<double>(kGiB.count()) * std::max(seconds(to - from), 1e-6);
  row.number_if(meter.knows(entity), used / gibibyte_seconds);
}

}  // namespace berth

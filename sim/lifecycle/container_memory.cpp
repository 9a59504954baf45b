// When a container will have used more memory than it may: one planned event for each limit, no look in between.
#include <cmath>

#include "sim/lifecycle/container_kinds.hpp"
#include "sim/lifecycle/containers.hpp"
#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

/// Until what is used now, growing so fast, is more than the limit; empty: never within any run.
std::optional<Duration> until_above(double used, double growth, Bytes limit) {
  constexpr double kLongest_s = 1e10;
  const double left = static_cast<double>(limit.count()) - used;
  if (left < 0) return Duration{0};
  if (growth <= 0 || left / growth > kLongest_s) return std::nullopt;
  return Duration{static_cast<Duration::rep>(std::ceil(left / growth * 1e6)) + 1};
}

struct MemoryUse {
  double now = 0, growth = 0;
};

MemoryUse use_of(const World& world, const ReplicaRow& row, ContainerIndex container) {
  const ContainerSpec& spec = spec_of(world, row, container);
  const ContainerRow& c = row.containers[container];
  if (!spec.memory_use || c.stage != ContainerStage::running) return {};
  const double grown = spec.memory_use->growth * seconds(world.now() - c.since);
  const Bytes at_rest = spec.memory_use->idle + requests_in(world, row, container);
  return {static_cast<double>(at_rest.count()) + grown, spec.memory_use->growth};
}

MemoryUse use_of(const World& world, const ReplicaRow& row) {
  MemoryUse sum;
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const MemoryUse one = use_of(world, row, nth(i));
    sum.now += one.now;
    sum.growth += one.growth;
  }
  return sum;
}

/// The kernel kills the largest one; the first of equals.
ContainerIndex largest(const World& world, const ReplicaRow& row) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < count_of(row); ++i)
    if (use_of(world, row, nth(i)).now > use_of(world, row, nth(best)).now) best = i;
  return nth(best);
}

}  // namespace

/// Every start plans the end of what its task may use together anew: who ended meanwhile uses nothing any more.
void Containers::plan_memory(ReplicaId replica, ContainerIndex container) {
  const ReplicaRow& row = world_[replica];
  if (!spec_of(world_, row, container).memory_use) return;
  const MemoryUse own = use_of(world_, row, container), all = use_of(world_, row);
  const std::uint16_t run = row.containers[container].restarts;
  if (const auto limit = memory_limit(world_, row, container))
    if (const auto left = until_above(own.now, own.growth, *limit))
      agenda_.then(replica, *left, MemoryExceeded{replica, container, run});
  if (const auto limit = memory_limit(world_, row))
    if (const auto left = until_above(all.now, all.growth, *limit))
      agenda_.then(replica, *left, MemoryExceeded{replica, kWholeTask, 0});
}

Ending Containers::on(const MemoryExceeded& e) {
  ContainerIndex killed = e.container;
  const ReplicaRow& row = world_[e.replica];
  if (killed == kWholeTask) {
    const MemoryUse all = use_of(world_, row);
    const Bytes limit = *memory_limit(world_, row);
    if (until_above(all.now, all.growth, limit).value_or(Duration{1s}) > Duration{2}) return {};  // one ended meanwhile
    killed = largest(world_, row);
  } else if (row.containers[killed].restarts != e.restarts) {
    return {};
  }
  if (row.containers[killed].stage != ContainerStage::running) return {};
  world_.publish(MemoryExhausted{e.replica, killed});
  const Ending ending = on(ContainerExited{e.replica, killed, kOutOfMemory, row.containers[killed].restarts});
  return ending == StopReason::failed ? StopReason::out_of_memory : ending;
}

}  // namespace berth

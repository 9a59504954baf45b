// The machines under lanes: what CPU there is and how fast, credits that run out, and memory that requests take.
#include <algorithm>

#include "sim/demand/lanes.hpp"
#include "sim/lifecycle/container_kinds.hpp"
#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMostMemory = std::int64_t{1} << 60;

std::int64_t product(std::int64_t requests, std::int64_t bytes) {
  std::int64_t both = 0;
  return __builtin_mul_overflow(requests, bytes, &both) ? kMostMemory : std::min(both, kMostMemory);
}

/// The container that uses more than it may, or all where together they use more than their task may.
std::optional<ContainerIndex> exceeds(const World& world, const ReplicaRow& replica, ContainerIndex container) {
  const auto used = memory_used(world, replica, container);
  const auto limit = memory_limit(world, replica, container);
  if (used && limit && *used > *limit) return container;
  const auto all = memory_limit(world, replica);
  if (all && memory_used(world, replica).value_or(Bytes{}) > *all) return kWholeTask;
  return std::nullopt;
}

}  // namespace

/// What CPU there is for a replica.
Lanes::Serving Lanes::serving_on(ReplicaId id) const {
  const ReplicaRow& replica = world_[id];
  const RevisionRow& revision = world_[replica.revision];
  const NodeRow& node = world_[replica.node];
  Serving serving;
  serving.replica = id;
  serving.service = replica.service;
  serving.pool = replica.pool;
  serving.request = revision.cpu.count();
  serving.limit = revision.cpu_limit ? revision.cpu_limit->count() : node.cpu_allocatable.count();
  if (node.fargate) {
    serving.limit = std::min(serving.limit, node.cpu_allocatable.count());
  } else {
    serving.node_cpu = world_.catalog().instances()[node.type].vcpu * kVcpu.count();
    serving.limit = revision.cpu_limit ? serving.limit : serving.node_cpu;
  }
  serving.whole = serving.limit;
  return serving;
}

double Lanes::core_time(ServiceId service, const NodeRow& node) const {
  if (node.fargate) return 1 / world_.catalog().fargate_cpu_speed();
  const InstanceType& type = world_.catalog().instances()[node.type];
  const DemandSpec& demand = *world_[service].spec->demand;
  const bool own = type.arch == "arm64" && demand.cpu_per_request_arm64 && demand.cpu_per_request > Duration{};
  const double work = own ? seconds(*demand.cpu_per_request_arm64) / seconds(demand.cpu_per_request) : 1;
  return work / type.cpu_speed;
}

void Lanes::settle_credits(Time t) {
  for (const NodeId node : credits_.running()) settle_credits(node, t);
  for (std::uint32_t s = 0; s < quiet_until_.size(); ++s)  // what they use is asked for in every slice
    if (lanes_[s] != nullptr) quiet_until_[s] = 0;
}

void Lanes::settle_credits(NodeId node, Time t) {
  if (!credits_.runs(node)) return;
  book_node(node, t);
  const std::int64_t most = credits_.settle(node, world_[node].cpu_used_ns, t, slice_);
  const auto shared = node_at_.find(node);
  if (shared == node_at_.end() || nodes_[shared->second].most == most) return;
  nodes_[shared->second].most = most;
  crowd_changed(shared->second);
}

void Lanes::book_node(NodeId node, Time t) {
  if (const auto shared = node_at_.find(node); shared != node_at_.end())
    for (const std::uint32_t i : nodes_[shared->second].serving) book(serving_[i]);
  for (auto& [job, since] : working_jobs_)
    if (world_[job].node == node) book_job(job, t);
}

/// Of what is there when the slice ends, as if it had been there all the while.
void Lanes::settle_memory(ServiceId service, Duration slice, Time t) {
  const std::int64_t per_request = world_[service].spec->demand->memory_per_request.count();
  RequestLane& lane = *lanes_[index(service)];
  lane.advance_to(t);
  for (const std::uint32_t i : watched_[index(service)].serving) {
    const Serving& serving = serving_[i];
    ReplicaRow& replica = world_[serving.replica];
    replica.request_memory = product(lane.target_totals(serving.target).outstanding, per_request);
    const double held = static_cast<double>(replica.request_memory) * seconds(slice);
    memory_by_service_[index(service)] += held;
    memory_by_pool_[index(serving.pool)] += held;
    const ContainerIndex container = serving_container(world_[replica.revision].containers);
    const ContainerRow& row = replica.containers[container];
    if (replica.request_memory == 0 || row.stage != ContainerStage::running) continue;
    if (const auto killed = exceeds(world_, replica, container))
      consequences_.push_back({serving.replica, MemoryExceeded{serving.replica, *killed, row.restarts}});
  }
}

}  // namespace berth

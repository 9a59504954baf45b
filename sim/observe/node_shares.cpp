#include "sim/observe/node_shares.hpp"

#include <algorithm>

#include "sim/observe/meters.hpp"

namespace berth {
namespace {

constexpr std::int64_t kWhole = 1'000'000;

std::int64_t part_of(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<std::int64_t>(static_cast<__int128>(part) * kWhole / whole);
}

}  // namespace

void NodeShares::hear(const Fact& fact, Time at) {
  if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    put_on(placed->node, placed->replica, at);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    const ReplicaRow& row = world_[moved->replica];
    if (moved->to == ReplicaStage::stopped && row.node != kNone<NodeId>) take_off(row.node, moved->replica, at);
  } else if (const auto* node = std::get_if<NodeMoved>(&fact)) {
    const auto runs = [&](NodeStage s) { return node_bill(world_, world_[node->node], s) == NodeBill::all; };
    if (runs(node->to) && !runs(node->from)) open(node->node, at);
    if (runs(node->from) && !runs(node->to)) close(node->node, at);
  }
}

NodeShares::Group& NodeShares::group_of(NodeId node) {
  const NodeRow& row = world_[node];
  const auto [at, fresh] = groups_.try_emplace({row.pool, row.type});
  if (fresh) at->second.usd_hour = hourly(world_, meters_of(world_, row));
  return at->second;
}

NodeShares::Load* NodeShares::load_of(NodeId node) {
  return index(node) < loads_.size() ? loads_[index(node)].get() : nullptr;
}

void NodeShares::open(NodeId node, Time at) {
  Group& group = group_of(node);
  if (loads_.size() <= index(node)) loads_.resize(index(node) + std::size_t{1});
  if (load_of(node) == nullptr) loads_[index(node)] = std::make_unique<Load>(Load{&group, {}, 0});
  group.nodes.add(kWhole, at);
}

void NodeShares::close(NodeId node, Time at) {
  const Load* const load = load_of(node);
  if (load == nullptr) return;
  count(*load, -1, at);
  load->group->nodes.add(-kWhole, at);
  loads_[index(node)].reset();
}

void NodeShares::put_on(NodeId node, ReplicaId replica, Time at) {
  Load* const load = load_of(node);
  if (load == nullptr) return;
  const NodeRow& row = world_[node];
  const ReplicaRow& placed = world_[replica];
  const RevisionRow& revision = world_[placed.revision];
  const std::int64_t share = std::max(part_of(revision.cpu.count(), row.cpu_allocatable.count()),
                                      part_of(revision.memory.count(), row.memory_allocatable.count()));
  Gauge& of_service = load->group->services[placed.service];
  const bool fits = load->sum + share <= kWhole;  // then the others' shares stay what they are
  if (!fits) count(*load, -1, at);
  load->held.push_back({replica, &of_service, share});
  load->sum += share;
  if (fits) {
    of_service.add(share, at);
  } else {
    count(*load, +1, at);
  }
}

void NodeShares::take_off(NodeId node, ReplicaId replica, Time at) {
  Load* const load = load_of(node);
  if (load == nullptr) return;  // its bill had ended before
  const auto held =
      std::find_if(load->held.begin(), load->held.end(), [&](const Held& h) { return h.replica == replica; });
  SIM_CHECK(held != load->held.end());
  const Held gone = *held;
  const bool fitted = load->sum <= kWhole;
  if (!fitted) count(*load, -1, at);
  load->held.erase(held);
  load->sum -= gone.millionths;
  if (fitted) {
    gone.of_service->add(-gone.millionths, at);
  } else {
    count(*load, +1, at);
  }
}

void NodeShares::count(const Load& load, int sign, Time at) {
  for (const Held& held : load.held) {
    const std::int64_t share = load.sum <= kWhole ? held.millionths : part_of(held.millionths, load.sum);
    held.of_service->add(sign * share, at);
  }
}

std::vector<std::pair<ServiceId, __int128>> NodeShares::weights(PoolId pool, std::optional<std::uint16_t> type,
                                                                Time end) const {
  std::map<ServiceId, __int128> held;
  __int128 idle = 0;
  for (const auto& [key, group] : groups_) {
    if (key.first != pool || (type && key.second != *type)) continue;
    idle += group.nodes.integral(end);
    for (const auto& [service, gauge] : group.services) {
      held[service] += gauge.integral(end);
      idle -= gauge.integral(end);
    }
  }
  SIM_CHECK(idle >= 0);
  std::vector<std::pair<ServiceId, __int128>> weights(held.begin(), held.end());
  weights.emplace_back(kNone<ServiceId>, idle);
  return weights;
}

}  // namespace berth

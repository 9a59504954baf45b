#include "sim/demand/cpu_credits.hpp"

#include <algorithm>

#include "sim/demand/part_of.hpp"

namespace berth {
namespace {

constexpr std::int64_t kHour = 3'600'000'000'000;  // nanoseconds

bool may_have(const World& world, const PoolRow& pool) {
  const auto& types = world.catalog().instances();
  return std::any_of(pool.types.begin(), pool.types.end(),
                     [&](std::uint16_t type) { return types[type].burstable.has_value(); });
}

}  // namespace

CpuCredits::CpuCredits(const World& world) : world_(world) {
  for (std::size_t p = 0; p < world.pool_count(); ++p)
    any_ = any_ || may_have(world, world[PoolId{static_cast<std::uint32_t>(p)}]);
}

const BurstableCpu* CpuCredits::burstable(NodeId node) const {
  const NodeRow& row = world_[node];
  if (row.fargate) return nullptr;
  const auto& cpu = world_.catalog().instances()[row.type].burstable;
  return cpu ? &*cpu : nullptr;
}

/// T2 gets its launch credits again at every start, and only in standard mode.
CpuCredits::Account CpuCredits::opened(NodeId node, Time at) const {
  const BurstableCpu& cpu = *burstable(node);
  Account account;
  account.unlimited = world_[world_[node].pool].spec->unlimited_credits.value_or(cpu.unlimited);
  account.at_launch = account.unlimited ? 0 : cpu.at_launch;
  account.since = at;
  account.used = world_[node].cpu_used_ns;
  return account;
}

void CpuCredits::moved(NodeId node, NodeStage to, Time at) {
  const bool now = to >= NodeStage::booting && to != NodeStage::pooled && to < NodeStage::terminating;
  const std::optional<WarmPoolSpec>& warm_pool = world_[world_[node].pool].spec->warm_pool;
  const bool warm = to == NodeStage::pooled && warm_pool && warm_pool->state == WarmState::running;
  if (now || warm) {
    if (runs(node)) return;
    const auto kept = stopped_.find(node);
    Account account = kept != stopped_.end() ? kept->second : opened(node, at);
    account.since = at;
    accounts_.emplace(node, account);
    stopped_.erase(node);
  } else if (runs(node)) {
    end(node, to == NodeStage::pooled);
  }
}

/// What is owed is charged when an instance stops. A T2 loses its credits then, others have seven days: no run in which
/// a warm pool keeps one that long has been seen.
void CpuCredits::end(NodeId node, bool keeps) {
  Account account = accounts_.at(node);
  accounts_.erase(node);
  const BurstableCpu& cpu = *burstable(node);
  if (account.surplus > 0) charged_[{world_[node].pool, cpu.sku}] += account.surplus;
  account.surplus = 0;
  if (keeps && cpu.at_launch == 0) stopped_.emplace(node, account);
}

std::vector<NodeId> CpuCredits::running() const {
  std::vector<NodeId> nodes;
  nodes.reserve(accounts_.size());
  for (const auto& [node, account] : accounts_) nodes.push_back(node);
  return nodes;
}

std::int64_t CpuCredits::settle(NodeId node, std::int64_t used, Time at, Duration slice) {
  Account& account = accounts_.at(node);
  const BurstableCpu& cpu = *burstable(node);
  const __int128 earning =
      static_cast<__int128>(cpu.earned_per_hour) * ((at - account.since).count() * 1000) + account.earned_rest;
  const auto earned = static_cast<std::int64_t>(earning / kHour);
  account.earned_rest = static_cast<std::int64_t>(earning % kHour);
  std::int64_t net = earned - (used - account.used);
  account.used = used;
  account.since = at;
  if (net >= 0) {
    const std::int64_t paid = std::min(account.surplus, net);
    account.surplus -= paid;
    account.accrued = std::min(cpu.most, account.accrued + net - paid);
  } else {
    net += account.at_launch;
    account.at_launch = std::max<std::int64_t>(net, 0);
    account.accrued += std::min<std::int64_t>(net, 0);
  }
  if (account.unlimited) {
    account.surplus += std::max<std::int64_t>(-account.accrued, 0);
    account.accrued = std::max<std::int64_t>(account.accrued, 0);
    const std::int64_t beyond = std::max<std::int64_t>(account.surplus - cpu.most, 0);
    if (beyond > 0) charged_[{world_[node].pool, cpu.sku}] += beyond;
    account.surplus -= beyond;
    return INT64_MAX;
  }
  const std::int64_t baseline = part_of(cpu.earned_per_hour, kVcpu.count(), kHour);
  const std::int64_t burst = part_of(account.at_launch + account.accrued, kVcpu.count(), slice.count() * 1000);
  const std::int64_t whole = world_.catalog().instances()[world_[node].type].vcpu * kVcpu.count();
  const std::int64_t most = std::max<std::int64_t>(baseline + burst, 1);
  return most >= whole ? INT64_MAX : most;
}

std::int64_t CpuCredits::balance(NodeId node) const {
  const auto found = accounts_.find(node);
  return found == accounts_.end() ? 0 : found->second.at_launch + found->second.accrued;
}

std::int64_t CpuCredits::owed(NodeId node) const {
  const auto found = accounts_.find(node);
  return found == accounts_.end() ? 0 : found->second.surplus;
}

CpuCredits::Charges CpuCredits::charges(bool with_owed) const {
  Charges sums = charged_;
  if (!with_owed) return sums;
  for (const auto& [node, account] : accounts_)
    if (account.surplus > 0) sums[{world_[node].pool, burstable(node)->sku}] += account.surplus;
  return sums;
}

}  // namespace berth

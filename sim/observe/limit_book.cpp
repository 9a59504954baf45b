#include "sim/observe/limit_book.hpp"

#include <algorithm>

namespace berth {

void LimitBook::hear(const Fact& fact, Time) {
  if (const auto* holds = std::get_if<LimitHolds>(&fact)) {
    if (holds->replica != kNone<ReplicaId>) replicas_[holds->replica].push_back(holds->limit);
    else if (holds->service != kNone<ServiceId>) starts_[{holds->service, holds->limit}] += holds->count;
    else nodes_[holds->limit] += holds->count;
  } else if (const auto* passes = std::get_if<LimitPasses>(&fact)) {
    if (passes->replica != kNone<ReplicaId>) pass(passes->replica, passes->limit);
    else if (passes->service != kNone<ServiceId>) starts_[{passes->service, passes->limit}] -= passes->count;
    else nodes_[passes->limit] -= passes->count;
  } else if (const auto* placed = std::get_if<ReplicaPlaced>(&fact)) {
    replicas_.erase(placed->replica);
  } else if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    if (moved->to >= ReplicaStage::stopping) replicas_.erase(moved->replica);
  }
}

void LimitBook::pass(ReplicaId replica, Limit limit) {
  const auto known = replicas_.find(replica);
  if (known == replicas_.end()) return;
  auto& limits = known->second;
  const auto held = std::find(limits.begin(), limits.end(), limit);
  if (held != limits.end()) limits.erase(held);
  if (limits.empty()) replicas_.erase(known);
}

std::vector<Limit> LimitBook::of(ReplicaId replica) const {
  const auto known = replicas_.find(replica);
  return known == replicas_.end() ? std::vector<Limit>{} : known->second;
}

std::map<Limit, std::int64_t> LimitBook::of(ServiceId service) const {
  std::map<Limit, std::int64_t> held;
  for (const auto& [key, count] : starts_)
    if (key.first == service && count > 0) held[key.second] = count;
  return held;
}

std::map<Limit, std::int64_t> LimitBook::of_nodes() const {
  std::map<Limit, std::int64_t> held;
  for (const auto& [limit, count] : nodes_)
    if (count > 0) held[limit] = count;
  return held;
}

}  // namespace berth
